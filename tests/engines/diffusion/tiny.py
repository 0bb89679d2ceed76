"""Tiny randomly initialised pipelines: everything that a real one has, in a few megabytes.

Nothing is downloaded. The same seed gives the same weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from diffusers.schedulers.scheduling_pndm import PNDMScheduler
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
)

START, END = "<|startoftext|>", "<|endoftext|>"
MAX_TOKENS = 77
HIDDEN = 32

_MERGES = ("t o", "to o", "too n", "c a", "ca r", "e r", "i n", "in g</w>", "t h", "th e</w>")


def merges() -> list[tuple[str, str]]:
    """Return the pairs that the tiny tokenizer joins, in order."""
    pairs = [line.split(" ") for line in _MERGES]
    return [(first, second) for first, second in pairs]


def vocabulary() -> dict[str, int]:
    """Return a byte-level vocabulary: every byte, every byte that ends a word, and the merges."""
    letters = _byte_letters()
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["".join(pair) for pair in merges()]
    return {token: number for number, token in enumerate([*tokens, START, END])}


def make_tokenizer() -> CLIPTokenizer:
    """Return a tokenizer that knows every byte."""
    pairs: Any = merges()  # the annotation wants texts, the tokenizer pairs
    return CLIPTokenizer(vocab=vocabulary(), merges=pairs, model_max_length=MAX_TOKENS)


def make_unet(latent_channels: int = 4, **changes: Any) -> UNet2DConditionModel:
    """Return a UNet that takes noise and photo latents, and halves the picture once."""
    config: dict[str, Any] = {
        "sample_size": 32,
        "in_channels": 2 * latent_channels,
        "out_channels": latent_channels,
        "block_out_channels": (32, 64),
        "layers_per_block": 2,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "cross_attention_dim": HIDDEN,
        "attention_head_dim": 8,
    }
    unet: UNet2DConditionModel = UNet2DConditionModel(**(config | changes))
    return unet


def make_vae(
    kind: Literal["kl", "tiny"] = "kl", levels: int = 2, latent_channels: int = 4
) -> AutoencoderKL | AutoencoderTiny:
    """Return a VAE that makes the picture 2 ** (levels - 1) times smaller."""
    if kind == "tiny":
        small: AutoencoderTiny = AutoencoderTiny(
            encoder_block_out_channels=(32,) * levels,
            decoder_block_out_channels=(32,) * levels,
            num_encoder_blocks=(1,) * levels,
            num_decoder_blocks=(1,) * levels,
            latent_channels=latent_channels,
        )
        _spread(small)
        return small
    vae: AutoencoderKL = AutoencoderKL(
        block_out_channels=(32, 64, 64, 64)[:levels],
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        latent_channels=latent_channels,
        sample_size=32,
    )
    return vae


def _spread(vae: AutoencoderTiny) -> None:
    """Have a tiny VAE give pictures in all tones: at random most of them would be all black."""
    last = vae.decoder.layers[-1]
    assert isinstance(last, torch.nn.Conv2d)
    assert last.bias is not None
    with torch.no_grad():
        last.weight.mul_(4.0)
        last.bias.fill_(0.5)


def make_text_encoder() -> CLIPTextModel:
    """Return a text encoder for `make_tokenizer`."""
    words = vocabulary()
    config = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=HIDDEN,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=MAX_TOKENS,
        projection_dim=HIDDEN,
        bos_token_id=words[START],
        eos_token_id=words[END],
        pad_token_id=words[END],
    )
    return CLIPTextModel(config)


def make_safety_checker() -> StableDiffusionSafetyChecker:
    """Return a safety checker that never finds anything."""
    vision = {
        "hidden_size": HIDDEN,
        "intermediate_size": 37,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "image_size": 30,
        "patch_size": 15,
        "projection_dim": HIDDEN,
    }
    text = make_text_encoder().config.to_dict()
    return StableDiffusionSafetyChecker(
        CLIPConfig(text_config=text, vision_config=vision, projection_dim=HIDDEN)
    )


def make_pipeline(
    seed: int = 0,
    *,
    latent_channels: int = 4,
    vae: Literal["kl", "tiny"] = "kl",
    vae_levels: int = 2,
    with_safety_checker: bool = False,
    scheduler: Any = None,
) -> StableDiffusionInstructPix2PixPipeline:
    """Return a tiny pipeline of diffusers, in float32 on the CPU, that shows no progress bar.

    Args:
        seed: of all weights; the global generators are left as they were.
        latent_channels: channels of the VAE's latents; the UNet takes twice as many.
        vae: "kl" for AutoencoderKL, "tiny" for AutoencoderTiny.
        vae_levels: 2 to 4; latents are 2 ** (levels - 1) times smaller than the picture.
        with_safety_checker: whether it has one, and the preprocessor for it.
        scheduler: of diffusers; None for PNDM as Stable Diffusion v1-5 has it.
    """
    # Its annotations know neither the small VAE nor that parts may be left out.
    kind: Any = StableDiffusionInstructPix2PixPipeline
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pipeline: StableDiffusionInstructPix2PixPipeline = kind(
            vae=make_vae(vae, vae_levels, latent_channels),
            text_encoder=make_text_encoder(),
            tokenizer=make_tokenizer(),
            unet=make_unet(latent_channels),
            scheduler=make_scheduler() if scheduler is None else scheduler,
            safety_checker=make_safety_checker() if with_safety_checker else None,
            feature_extractor=(
                CLIPImageProcessorPil(
                    size={"shortest_edge": 30}, crop_size={"height": 30, "width": 30}
                )
                if with_safety_checker
                else None
            ),
            requires_safety_checker=with_safety_checker,
        )
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval()
    kind.set_progress_bar_config(pipeline, disable=True)
    return pipeline


def make_scheduler() -> PNDMScheduler:
    """Return the scheduler of Stable Diffusion v1-5."""
    scheduler: PNDMScheduler = PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        steps_offset=1,
    )
    return scheduler


def save(
    pipeline: StableDiffusionInstructPix2PixPipeline,
    folder: Path,
    safe: bool = True,
    *,
    variant: str | None = None,
    max_shard_size: str | None = None,
    tokenizer_json: bool = True,
) -> Path:
    """Write `pipeline` in diffusers layout, and return `folder`.

    Args:
        pipeline: what to write.
        folder: where; made where it is not there yet.
        safe: safetensors, or else the zipped pickles of 2023.
        variant: "fp16" puts that into the weights' names; it changes no dtype.
        max_shard_size: "50KB" cuts the weights into several files.
        tokenizer_json: whether the tokenizer is one file too, or only vocab.json and merges.txt as
            in the folders of 2023.
    """
    sharding: dict[str, Any] = {} if max_shard_size is None else {"max_shard_size": max_shard_size}
    pipeline.save_pretrained(folder, safe_serialization=safe, variant=variant, **sharding)
    for name in ("text_encoder", "safety_checker"):
        part = getattr(pipeline, name)
        if part is not None and not safe:  # transformers 5 writes nothing but safetensors
            for written in (folder / name).glob("*.safetensors*"):
                written.unlink()
            ending = "bin" if variant is None else f"{variant}.bin"
            torch.save(part.state_dict(), folder / name / f"pytorch_model.{ending}")
    tokenizer = folder / "tokenizer"
    (tokenizer / "vocab.json").write_text(json.dumps(vocabulary()), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges())]
    (tokenizer / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not tokenizer_json:
        (tokenizer / "tokenizer.json").unlink()
    return folder


def _byte_letters() -> list[str]:
    """Return the printable letter that stands for each byte.

    Source: `bytes_to_unicode` of OpenAI's GPT-2 encoder.
    """
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    plain += range(ord("®"), ord("ÿ") + 1)
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(len(others))]
