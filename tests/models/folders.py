"""Model folders made of nothing but headers: whole enough to be read, far too small to run."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

INDEX: dict[str, Any] = {
    "_class_name": "StableDiffusionInstructPix2PixPipeline",
    "_diffusers_version": "0.15.0",
    "feature_extractor": ["transformers", "CLIPFeatureExtractor"],
    "requires_safety_checker": True,
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}

FILES: dict[str, dict[str, Any]] = {
    "unet/config.json": {
        "in_channels": 8,
        "out_channels": 4,
        "cross_attention_dim": 768,
        "block_out_channels": [320, 640, 1280, 1280],
        "layers_per_block": 2,
        "attention_head_dim": 8,
    },
    "vae/config.json": {"latent_channels": 4, "block_out_channels": [128, 256, 512, 512]},
    "text_encoder/config.json": {"hidden_size": 768, "num_attention_heads": 12},
    "safety_checker/config.json": {"projection_dim": 768, "vision_config": {"hidden_size": 1024}},
    "feature_extractor/preprocessor_config.json": {"size": 224},
    "scheduler/scheduler_config.json": {"beta_end": 0.012, "lambda_min_clipped": float("-inf")},
    "tokenizer/vocab.json": {"a": 0},
}

UNET = "unet/diffusion_pytorch_model.safetensors"
VAE = "vae/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"
CHECKER = "safety_checker/model.safetensors"


def make_folder(folder: Path) -> Path:
    """Write a model into `folder`, and return the folder."""
    for name, content in {"model_index.json": INDEX, **FILES}.items():
        write_json(folder / name, content)
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\n")
    for name in (UNET, VAE, TEXT, CHECKER):
        write_safetensors(folder / name)
    return folder


def write_json(path: Path, content: object) -> None:
    """Write `content` where there need not be a folder yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def edit(path: Path, **values: Any) -> None:
    """Change values in a JSON file; None takes one out."""
    content = json.loads(path.read_text(encoding="utf-8")) | values
    write_json(path, {key: value for key, value in content.items() if value is not None})


def write_safetensors(path: Path, header: object = None, data_bytes: int = 64) -> None:
    """Write a safetensors file of one tensor, or one with another header."""
    if header is None:
        header = {
            "__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [data_bytes // 4], "data_offsets": [0, data_bytes]},
        }
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"\1" * data_bytes)


def write_pickle(path: Path) -> None:
    """Write what looks like a zipped pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
