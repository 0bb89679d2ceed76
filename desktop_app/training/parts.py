"""The modules that are trained: a fresh small model, or Stable Diffusion 1 given a photo to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from desktop_app.core.errors import ModelError, UsageError
from desktop_app.imaging.names import printable
from desktop_app.models.configs import read_json
from desktop_app.training.lora import add_adapters
from desktop_app.training.objective import PREDICTIONS, SCHEDULE, Objective
from desktop_app.training.phrases import load_phrases
from desktop_app.training.settings import SmallModel, UNetSettings
from desktop_app.training.text import make_text_encoder, make_tokenizer, teach_text_encoder

_HEAD_FEATURES = 32
_NORM_GROUPS = 16
_TEXT_HEADS = 4
_FROZEN_DTYPES = {"no": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True, eq=False)
class Parts:
    """Everything that a model has but its scheduler.

    Attributes:
        unet: takes noisy latents and, behind them, the photo's.
        text_encoder: trained along where the model is fresh, else frozen.
        tokenizer: the text encoder's.
        vae: frozen.
        is_fresh: whether nothing but the autoencoder was trained before.
        objective: what the UNet says of which noise.
    """

    unet: Any
    text_encoder: Any
    tokenizer: Any
    vae: Any
    is_fresh: bool
    objective: Objective


class InstructedDenoiser(nn.Module):
    """UNet and text encoder as one module: what is told and seen in, the UNet's word out."""

    def __init__(self, unet: Any, text_encoder: Any, *, trains_text: bool) -> None:
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder
        self._trains_text = trains_text

    def forward(self, noisy: Tensor, photo: Tensor, timesteps: Tensor, tokens: Tensor) -> Tensor:
        """Return (batch, channels, height, width), for latents of that shape."""
        with torch.set_grad_enabled(self._trains_text and torch.is_grad_enabled()):
            text = self.text_encoder(tokens)[0]
        sample: Tensor = self.unet(torch.cat([noisy, photo], 1), timesteps, text).sample
        return sample


def make_parts(settings: UNetSettings, *, goes_on: bool = False) -> Parts:
    """Return the modules that a run begins with; the settings' seed decides fresh weights.

    Args:
        settings: what was asked.
        goes_on: whether a checkpoint will bring everything that is trained: then a fresh text
            encoder has no lessons, which take minutes.

    Raises:
        UsageError: neither an autoencoder nor a model to start from is named.
        ModelError: one is missing or broken.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        if settings.base is not None:
            return _of_base(settings.base, settings)
        if settings.vae is None:
            raise UsageError(
                "Name an autoencoder with --vae, or a model to start from with --base."
            )
        vae = load_vae(settings.vae)
        small = replace(settings.small, lessons=0) if goes_on else settings.small
        return _fresh(small, vae, settings.prediction, settings.seed)


def load_vae(folder: Path) -> Any:
    """Return the autoencoder in `folder`, frozen.

    Raises:
        ModelError: there is none, or it is broken.
    """
    class_name = read_json(folder / "config.json").get("_class_name")
    kind = AutoencoderTiny if class_name == "AutoencoderTiny" else AutoencoderKL
    vae = _loaded(folder, kind.from_pretrained)
    return vae.requires_grad_(False).eval()


def small_unet(small: SmallModel, latent_channels: int) -> UNet2DConditionModel:
    """Return a fresh UNet that sees a photo, its weights from torch's global generator.

    The text is read by the attention of some levels and, as a whole, with the timestep: what a look
    does to the tones of a picture concerns each pixel alike, and is learnt sooner from there.
    """
    down = ("DownBlock2D", "CrossAttnDownBlock2D")
    up = ("UpBlock2D", "CrossAttnUpBlock2D")
    unet: UNet2DConditionModel = UNet2DConditionModel(
        sample_size=64,
        in_channels=2 * latent_channels,
        out_channels=latent_channels,
        block_out_channels=small.channels,
        layers_per_block=small.layers,
        down_block_types=tuple(down[reads] for reads in small.attention),
        up_block_types=tuple(up[reads] for reads in reversed(small.attention)),
        cross_attention_dim=small.text_width,
        # In diffusers this is the number of heads, whatever its name.
        attention_head_dim=tuple(max(1, width // _HEAD_FEATURES) for width in small.channels),
        norm_num_groups=_NORM_GROUPS,
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=_TEXT_HEADS,
    )
    return unet


def given_a_photo(unet: Any) -> Any:
    """Return `unet` with a first convolution that takes a photo's latents too.

    The new channels weigh nothing at first, so that it does what it did; the bias is kept, which
    the original's code forgot.

    Source: Brooks et al., "InstructPix2Pix", CVPR 2023, section 3.2.
    """
    before = unet.conv_in
    channels = before.in_channels
    if channels == 2 * unet.config.out_channels:
        return unet
    after = nn.Conv2d(
        2 * channels, before.out_channels, before.kernel_size, before.stride, before.padding
    )
    with torch.no_grad():
        after.weight.zero_()
        after.weight[:, :channels].copy_(before.weight)
        assert after.bias is not None
        after.bias.copy_(before.bias)
    unet.conv_in = after.to(before.weight.dtype)
    unet.register_to_config(in_channels=2 * channels)
    return unet


def _fresh(small: SmallModel, vae: Any, prediction: str, seed: int) -> Parts:
    phrases = load_phrases()
    tokenizer = make_tokenizer(phrases, small.vocabulary)
    text_encoder = make_text_encoder(tokenizer, small)
    teach_text_encoder(text_encoder, tokenizer, phrases, lessons=small.lessons, seed=seed)
    unet = small_unet(small, vae.config.latent_channels)
    objective = Objective(prediction, ends_in_noise=prediction == "v_prediction")
    return Parts(unet, text_encoder, tokenizer, vae, is_fresh=True, objective=objective)


def _of_base(base: Path, settings: UNetSettings) -> Parts:
    objective = _objective(base / "scheduler" / "scheduler_config.json")
    unet = given_a_photo(_loaded(base / "unet", UNet2DConditionModel.from_pretrained))
    if settings.rank is not None:
        add_adapters(unet, settings.rank, _FROZEN_DTYPES[settings.mixed_precision])
    text_encoder = _loaded(base / "text_encoder", CLIPTextModel.from_pretrained)
    return Parts(
        unet,
        text_encoder.requires_grad_(False).eval(),
        _loaded(base / "tokenizer", lambda f, **_: CLIPTokenizer.from_pretrained(f)),
        load_vae(settings.vae or base / "vae"),
        is_fresh=False,
        objective=objective,
    )


def _objective(path: Path) -> Objective:
    """Return what the model that a scheduler's configuration belongs to was trained for.

    Raises:
        ModelError: its noise schedule is another one than this room trains with.
    """
    config = read_json(path)
    for name in ("beta_start", "beta_end", "beta_schedule"):
        if config.get(name) != SCHEDULE[name]:
            raise ModelError(
                f"“{printable(path)}” has another noise schedule than Stable Diffusion 1"
                f" ({name}); choose another model to start from."
            )
    prediction = config.get("prediction_type", "epsilon")
    if prediction not in PREDICTIONS:
        raise ModelError(
            f"“{printable(path)}” is of a model that predicts “{printable(str(prediction))}”, which"
            " cannot be trained here; choose another model to start from."
        )
    return Objective(
        prediction,
        ends_in_noise=config.get("rescale_betas_zero_snr") is True,
    )


def _loaded(folder: Path, load: Callable[..., Any]) -> Any:
    """Return what `load` makes of a folder, in full precision, without asking any network."""
    try:
        return load(str(folder), torch_dtype=torch.float32, local_files_only=True)
    except Exception as error:  # the libraries raise anything for what they cannot read
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"“{printable(folder)}” cannot be loaded: {reason}") from error
