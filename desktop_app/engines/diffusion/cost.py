"""How much a run computes, from the model's configuration alone. No torch.

Counted are multiplications and additions of convolutions, linear layers and attention (2 for each
pair), as torch's flop counter does; the rest is little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from desktop_app.core.extent import Extent
from desktop_app.engines.diffusion.modes import Savings, StepKind
from desktop_app.engines.diffusion.plan import RunPlan
from desktop_app.models.layout import ModelLayout

TOKENS = 77
_TINY_CONVOLUTIONS = 3
_TWICE_A_STEP = ("HeunDiscreteScheduler",)


@dataclass(frozen=True)
class Work:
    """What the parts of a run compute.

    Attributes:
        row: of one row through the whole UNet.
        outer_row: of one row through its outer levels alone.
        encode: of the photo through the autoencoder.
        decode: of the latents back through it.
    """

    row: float
    outer_row: float
    encode: float
    decode: float

    def step(self, kind: StepKind, rows: int) -> float:
        """Return what a step of this kind computes where guidance needs `rows`."""
        count = rows if kind.guides else 1
        return count * (self.row if kind.deep else self.outer_row)


def work_of(layout: ModelLayout, padded: Extent, savings: Savings) -> Work:
    """Return the work of a model at a size, in floating-point operations."""
    factor = layout.scale_factor
    size = (padded.height // factor, padded.width // factor)
    unet = unet_levels(layout.unet.config, size, layout.text_encoder.config)
    row = sum(unet)
    outer = sum(unet[: savings.deep_level + 1])
    return Work(row, outer, *_autoencoder(layout, padded))


def model_calls(plan: RunPlan, layout: ModelLayout) -> int:
    """Return how often the scheduler, a plan's or else the model's own, asks the model."""
    scheduler = plan.scheduler or layout.scheduler.class_name
    if scheduler in _TWICE_A_STEP:
        return 2 * plan.steps - 1
    return plan.steps + (scheduler == "PNDMScheduler")


def steps_work(plan: RunPlan, layout: ModelLayout, work: Work) -> float:
    """Return what all steps of a plan compute."""
    rows = len(plan.weights.rows)
    kinds = plan.savings.schedule(model_calls(plan, layout))
    return sum(work.step(kind, rows) for kind in kinds)


def unet_levels(
    config: Mapping[str, Any], size: tuple[int, int], text_config: Mapping[str, Any]
) -> list[float]:
    """Return the work of one row: what comes before and after the levels, then each level.

    Args:
        config: of a UNet2DConditionModel.
        size: height and width of the latents.
        text_config: of its text encoder.

    Returns:
        One number more than there are levels, the largest level second; the middle is counted
        with the smallest level.
    """
    channels = list(config["block_out_channels"])
    count = len(channels)
    layers = _for_each(config.get("layers_per_block", 2), count)
    depths = _for_each(config.get("transformer_layers_per_block", 1), count)
    downs = config.get("down_block_types") or ["CrossAttnDownBlock2D"] * (count - 1) + ["Down"]
    ups = config.get("up_block_types") or ["Up"] + ["CrossAttnUpBlock2D"] * (count - 1)
    context = int(config.get("cross_attention_dim") or text_config.get("hidden_size", 768))
    time = 4 * channels[0]
    height, width = size
    ends = _conv(int(config["in_channels"]), channels[0], height * width)
    ends += _conv(channels[0], int(config["out_channels"]), height * width)
    levels = [ends]
    for level in range(count):
        pixels = _pixels(size, level)
        here, below = channels[level], channels[max(0, level - 1)]
        deeper = channels[min(count - 1, level + 1)]
        attends_down = "CrossAttn" in downs[level]
        attends_up = "CrossAttn" in ups[count - 1 - level]
        work = 0.0
        for layer in range(layers[level]):
            work += _resnet(below if layer == 0 else here, here, pixels, time)
            work += attends_down * _transformer(here, pixels, context, depths[level])
        for layer in range(layers[level] + 1):
            skip = below if layer == layers[level] else here
            work += _resnet((deeper if layer == 0 else here) + skip, here, pixels, time)
            work += attends_up * _transformer(here, pixels, context, depths[level])
        if level < count - 1:
            work += _conv(here, here, _pixels(size, level + 1))
        if level > 0:
            work += _conv(here, here, _pixels(size, level - 1))
        if level == count - 1:
            work += 2 * _resnet(here, here, pixels, time)
            work += _transformer(here, pixels, context, depths[level])
        levels.append(work)
    return levels


def _autoencoder(layout: ModelLayout, padded: Extent) -> tuple[float, float]:
    config = layout.vae.config
    channels = tuple(config["block_out_channels"])
    latents = layout.latent_channels
    size = (padded.height, padded.width)
    if layout.vae.class_name == "AutoencoderTiny":
        return _tiny(config, size, latents)
    layers = int(config.get("layers_per_block", 1))
    return autoencoder_kl(channels, layers, size, latents)


@lru_cache(maxsize=64)
def autoencoder_kl(
    channels: tuple[int, ...], layers: int, size: tuple[int, int], latents: int
) -> tuple[float, float]:
    """Return the work of an AutoencoderKL: of a picture in, and out.

    Args:
        channels: of each level, the largest level first.
        layers: residual blocks of a level.
        size: height and width of the picture.
        latents: channels of the latents.
    """
    last = len(channels) - 1
    smallest = _pixels(size, last)
    attention = 8 * channels[-1] ** 2 * smallest + 4 * smallest**2 * channels[-1]
    middle = 2 * _resnet(channels[-1], channels[-1], smallest) + attention
    encode = middle + _conv(3, channels[0], _pixels(size, 0))
    encode += _conv(channels[-1], 2 * latents, smallest)
    decode = middle + _conv(latents, channels[-1], smallest)
    decode += _conv(channels[0], 3, _pixels(size, 0))
    for level, here in enumerate(channels):
        pixels = _pixels(size, level)
        before = channels[max(0, level - 1)]
        deeper = channels[min(last, level + 1)]
        encode += _resnet(before, here, pixels) + (layers - 1) * _resnet(here, here, pixels)
        decode += _resnet(deeper, here, pixels) + layers * _resnet(here, here, pixels)
        if level < last:
            encode += _conv(here, here, _pixels(size, level + 1))
        if level > 0:
            decode += _conv(here, here, _pixels(size, level - 1))
    return encode, decode


def _tiny(config: Mapping[str, Any], size: tuple[int, int], latents: int) -> tuple[float, float]:
    encoder = list(config.get("encoder_block_out_channels") or config["block_out_channels"])
    decoder = list(config.get("decoder_block_out_channels") or config["block_out_channels"])
    last = len(encoder) - 1
    down = config.get("num_encoder_blocks") or [1] + [3] * last
    up = config.get("num_decoder_blocks") or [3] * last + [1]
    encode = _conv(3, encoder[0], _pixels(size, 0)) + _conv(
        encoder[-1], latents, _pixels(size, last)
    )
    decode = _conv(latents, decoder[0], _pixels(size, last)) + _conv(
        decoder[-1], 3, _pixels(size, 0)
    )
    for level in range(last + 1):
        pixels, small = _pixels(size, level), _pixels(size, last - level)
        encode += _TINY_CONVOLUTIONS * down[level] * _conv(encoder[level], encoder[level], pixels)
        decode += _TINY_CONVOLUTIONS * up[level] * _conv(decoder[level], decoder[level], small)
        if level:
            encode += _conv(encoder[level], encoder[level], pixels)
        if level < last:
            decode += _conv(decoder[level], decoder[level], _pixels(size, last - level - 1))
    return encode, decode


def _pixels(size: tuple[int, int], level: int) -> int:
    height, width = size
    for _ in range(level):
        height, width = -(-height // 2), -(-width // 2)
    return height * width


def _conv(before: int, after: int, pixels: int, side: int = 3) -> float:
    return 2.0 * before * after * side * side * pixels


def _resnet(before: int, after: int, pixels: int, time: int = 0) -> float:
    shortcut = _conv(before, after, pixels, 1) if before != after else 0.0
    return (
        _conv(before, after, pixels) + _conv(after, after, pixels) + shortcut + (2.0 * time * after)
    )


def _transformer(channels: int, pixels: int, context: int, depth: int) -> float:
    """Return the work of `depth` transformer blocks with their projections in and out."""
    square = 2.0 * channels * channels * pixels
    own = 4 * square + 4.0 * pixels * pixels * channels
    across = 2 * square + 4.0 * context * channels * TOKENS + 4.0 * pixels * TOKENS * channels
    feed_forward = 12 * square
    return depth * (own + across + feed_forward) + 2 * square


def _for_each(value: int | Sequence[int], count: int) -> list[int]:
    if isinstance(value, Sequence):
        return [int(v if not isinstance(v, Sequence) else sum(v)) for v in value]
    return [int(value)] * count


def memory_bytes(layout: ModelLayout, plan: RunPlan, padded: Extent, precision: str) -> int:
    """Return about how much memory a run takes at its peak.

    Weights and what libraries bring; and either the features of the UNet's largest level for all
    rows, or those of the autoencoder at full size, whichever are more.

    Args:
        layout: the model.
        plan: what to do.
        padded: size of the picture that the model works on.
        precision: "fp32", "fp16" or "bf16", that of the device.
    """
    number = 4 if plan.needs_fp32 or precision == "fp32" else 2
    parts = [layout.unet, layout.vae, layout.text_encoder]
    if plan.safety_check and layout.safety_checker is not None:
        parts.append(layout.safety_checker)
    weights = sum(part.numbers for part in parts)
    latent_pixels = padded.pixels // layout.scale_factor**2
    unet_channels = int(layout.unet.config["block_out_channels"][0])
    vae_channels = int(layout.vae.config["block_out_channels"][0])
    unet = _UNET_FEATURES * len(plan.weights.rows) * latent_pixels * unet_channels
    vae = _AUTOENCODER_FEATURES * padded.pixels * vae_channels
    return _LIBRARIES_BYTES + (weights + max(unet, vae)) * number


# Measured on a processor in fp32 with a model of Stable Diffusion 1.5's size, at 256 and 512 px.
_LIBRARIES_BYTES = 600_000_000
_UNET_FEATURES = 30
_AUTOENCODER_FEATURES = 8
