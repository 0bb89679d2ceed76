"""A model of Stable Diffusion 1.5's size and InstructPix2Pix's shape, of random numbers.

Its pictures are noise; its time and memory are those of every trained model of that shape.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)
from transformers import CLIPTextConfig, CLIPTextModel

from tests.engines.diffusion import tiny

UNET: dict[str, Any] = {
    "sample_size": 64,
    "in_channels": 8,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
"""Source: unet/config.json of timbrooks/instruct-pix2pix; the rest are diffusers' defaults."""
VAE: dict[str, Any] = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 512,
}
TEXT: dict[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
}
"""All but the vocabulary of OpenAI's CLIP ViT-L/14, which costs memory and no time."""


def large_model(folder: Path) -> Path:
    """Write the model into `folder` in half precision, 2 GB, unless it is there; return it."""
    if (folder / "model_index.json").exists():
        return folder
    words = tiny.vocabulary()
    kind: Any = StableDiffusionInstructPix2PixPipeline
    torch.manual_seed(0)
    text = CLIPTextConfig(
        vocab_size=len(words),
        max_position_embeddings=tiny.MAX_TOKENS,
        bos_token_id=words[tiny.START],
        eos_token_id=words[tiny.END],
        pad_token_id=words[tiny.END],
        **TEXT,
    )
    encoder: Any = CLIPTextModel(text)
    pipeline = kind(
        vae=AutoencoderKL(**VAE).to(torch.float16),
        text_encoder=encoder.to(torch.float16),
        tokenizer=tiny.make_tokenizer(),
        unet=UNet2DConditionModel(**UNET).to(torch.float16),
        scheduler=tiny.make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    # The index is written last here, so that a folder that was cut off is made again.
    unfinished = folder.with_name(f"{folder.name}.part")
    tiny.save(pipeline, unfinished)
    unfinished.rename(folder)
    return folder
