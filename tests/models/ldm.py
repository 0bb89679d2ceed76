"""Single files of Stability's layout, made of models in diffusers' by turning the names round."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

Tensors = dict[str, torch.Tensor]

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_UNET = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
_VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def checkpoint(unet: nn.Module, vae: nn.Module, text_encoder: nn.Module) -> Tensors:
    """Return the tensors of a single file that holds all three."""
    tensors = {
        f"model.diffusion_model.{_unet_name(name, unet.config)}": value
        for name, value in unet.state_dict().items()
    }
    for name, value in vae.state_dict().items():
        is_matrix = "mid_block.attentions" in name and value.ndim == 2
        tensors[f"first_stage_model.{_vae_name(name, vae.config)}"] = (
            value[:, :, None, None] if is_matrix else value
        )
    prefix = "cond_stage_model.transformer.text_model."
    for name, value in text_encoder.state_dict().items():
        tensors[prefix + name.removeprefix("text_model.")] = value
    tensors[f"{prefix}embeddings.position_ids"] = torch.arange(77)[None]
    tensors["betas"] = torch.linspace(0.0, 1.0, 1000)
    return {name: value.contiguous() for name, value in tensors.items()}


def _unet_name(name: str, config: Any) -> str:
    for known, other in _UNET.items():
        if name.startswith(f"{known}."):
            name = name.replace(known, other, 1)
    layers = config["layers_per_block"] + 1
    if match := re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.", name):
        way, level, kind, number = match[1], int(match[2]), match[3], int(match[4])
        has_attention = "CrossAttn" in config[f"{way}_block_types"][level]
        first = 1 + level * layers if way == "down" else level * layers
        place = {
            "resnets": (first + number, "0."),
            "attentions": (first + number, "1."),
            "downsamplers": (first + layers - 1, "0.op."),
            "upsamplers": (first + layers - 1, "2.conv." if has_attention else "1.conv."),
        }[kind]
        rest = name[match.end() :].removeprefix("conv." if kind.endswith("samplers") else "")
        side = "input" if way == "down" else "output"
        name = f"{side}_blocks.{place[0]}.{place[1]}{rest}"
    is_resnet = re.match(r"(input|output)_blocks\.\d+\.0\.|middle_block\.[02]\.", name)
    return _renamed(name, _RESNET) if is_resnet else name


def _vae_name(name: str, config: Any) -> str:
    levels = len(config["block_out_channels"])
    name = re.sub(r"down_blocks\.(\d+)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(
        r"up_blocks\.(\d+)\.(resnets|upsamplers\.0)",
        lambda m: f"up.{levels - 1 - int(m[1])}." + ("block" if m[2] == "resnets" else "upsample"),
        name,
    )
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0" in name:
        name = _renamed(name.replace("mid_block.attentions.0", "mid.attn_1"), _VAE_ATTENTION)
    return name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")


def _renamed(name: str, names: Mapping[str, str]) -> str:
    for known, other in names.items():
        if f".{known}." in name:
            return name.replace(f".{known}.", f".{other}.")
    return name
