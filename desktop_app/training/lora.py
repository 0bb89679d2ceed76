"""Adapters: a few numbers beside frozen weights, for a style learnt from 10 to 50 pairs.

Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022. peft, which
brings the adapters, is an extra: nothing else in the app needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)

NAME = "style"
TARGETS = ("to_q", "to_k", "to_v", "to_out.0", "conv1", "conv2", "conv_in")
"""Attention, and convolutions too: a style is more in textures than in what is where."""


def add_adapters(unet: Any, rank: int, frozen_dtype: torch.dtype) -> None:
    """Freeze `unet` and give it adapters of a rank, which are to be trained and change nothing yet.

    Features are computed again on the way back instead of kept, for cards of 6 to 8 GB.

    Args:
        unet: changed in place.
        rank: of the adapters.
        frozen_dtype: what the frozen weights are kept in; the adapters are in full precision.

    Raises:
        ModuleNotFoundError: peft is not installed.
    """
    from peft import LoraConfig

    unet.requires_grad_(False)
    unet.to(frozen_dtype)
    unet.enable_gradient_checkpointing()
    targets = [name for name in TARGETS if any(n.endswith(name) for n, _ in unet.named_modules())]
    config = LoraConfig(r=rank, lora_alpha=rank, init_lora_weights=True, target_modules=targets)
    unet.add_adapter(config, adapter_name=NAME)
    for parameter in unet.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float32)


def save_adapters(unet: Any, folder: Path) -> None:
    """Write the adapters as `pytorch_lora_weights.safetensors`, which diffusers can load."""
    from peft import get_peft_model_state_dict

    weights = get_peft_model_state_dict(unet, adapter_name=NAME)
    StableDiffusionInstructPix2PixPipeline.save_lora_weights(folder, unet_lora_layers=weights)


def melt_in(unet: Any) -> None:
    """Add the adapters to the weights they stand beside, and take them away."""
    unet.fuse_lora(adapter_names=[NAME])
    unet.unload_lora()
