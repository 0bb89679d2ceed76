"""What a single file of weights is, told by the names and shapes in it. No torch."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from desktop_app.core.errors import ModelError
from desktop_app.models.configs import Config, check_unet, check_vae, completed, is_file, read_json
from desktop_app.models.weight_files import check_weights

CHECKPOINT_ENDINGS = (".safetensors", ".ckpt")

Shapes = Mapping[str, tuple[int, ...]]

UNET_PREFIX = "model.diffusion_model."
_FIRST = f"{UNET_PREFIX}input_blocks.0.0.weight"
_VAE = ("first_stage_model.", "vae.")
_TEXT = "cond_stage_model.transformer."
_WANTED = "choose an InstructPix2Pix model based on Stable Diffusion 1"
_SD2_WIDTH = 1024
_PAGE_STARTS = (b"<!doctype", b"<html", b"<?xml", b"<head")
_START_BYTES = 512

# By a part of a name that files of that kind have, the surest first.
_OTHERS = (
    ("lora_", "a LoRA, which only changes another model"),
    (".lora", "a LoRA, which only changes another model"),
    ("hada_w1", "a LoRA, which only changes another model"),
    ("control_model.", "a ControlNet"),
    ("controlnet_", "a ControlNet"),
    ("string_to_param", "an embedding, which only adds a word to another model"),
    ("emb_params", "an embedding, which only adds a word to another model"),
    ("double_blocks.", "a Flux model"),
    ("joint_blocks.", "a Stable Diffusion 3 model"),
    ("down_blocks.0.resnets.0.time_emb_proj", "the UNet of a folder; choose the whole folder, or"),
    ("encoder.mid", "a VAE alone"),
    ("decoder.mid", "a VAE alone"),
    ("text_model.encoder.", "a text encoder alone"),
)


def check_start(path: Path) -> None:
    """Check that the file `path` can be a checkpoint, by its name, its beginning and its length.

    Raises:
        ModelError: it is something else, or cut off.
    """
    if not is_file(path):
        raise ModelError(f"There is no file {path}; choose a model's file or folder.")
    try:
        with path.open("rb") as file:
            start = file.read(_START_BYTES)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE_STARTS):
        raise ModelError(
            f"{path} is a web page, not a model; download the file itself, with the link that its"
            " page has for that."
        )
    if path.suffix.lower() not in CHECKPOINT_ENDINGS:
        raise ModelError(
            f"{path} is no model; choose a folder in diffusers layout, or a file that ends in"
            " .safetensors or .ckpt. Archives must be unpacked first."
        )
    check_weights(path)


def read_shapes(path: Path) -> Shapes:
    """Return the shapes in the safetensors file `path`, which was checked.

    Raises:
        ModelError: it cannot be read.
    """
    return {name: tuple(entry["shape"]) for name, entry in _tensors(path).items()}


def read_dtypes(path: Path) -> set[str]:
    """Return the names of the dtypes in the safetensors file `path`, which was checked.

    Raises:
        ModelError: it cannot be read.
    """
    return {str(entry["dtype"]) for entry in _tensors(path).values()}


def _tensors(path: Path) -> dict[str, Any]:
    """Return what the header of a file says of each tensor."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"{path} cannot be read ({error}); download it again.") from error
    return {name: entry for name, entry in header.items() if name != "__metadata__"}


def check_checkpoint(path: Path, shapes: Shapes, configs: Path) -> None:
    """Check that a file with tensors of these names and shapes is an InstructPix2Pix model.

    Args:
        path: the file.
        shapes: by name.
        configs: a model folder without weights: what its components are to be like.

    Raises:
        ModelError: it is something else; the sentence says what.
    """
    if _FIRST not in shapes:
        _refuse(path, shapes)
    unet = configs / "unet" / "config.json"
    wanted = check_unet(Config(unet, completed(read_json(unet), "UNet2DConditionModel")))
    vae = configs / "vae" / "config.json"
    latents = check_vae(
        Config(vae, completed(read_json(vae), "AutoencoderKL")), "AutoencoderKL"
    ).latent_channels
    _check_family(path, shapes, wanted.text_width)
    channels = _side(shapes[_FIRST])
    if channels != wanted.in_channels:
        kind = {
            latents: "a text-to-image model, not an InstructPix2Pix one",
            latents + 1: "a model that follows a depth map, not an InstructPix2Pix one",
            2 * latents + 1: "an inpainting model, not an InstructPix2Pix one",
        }.get(channels, "no InstructPix2Pix model")
        raise ModelError(
            f"{path} is {kind}: its UNet takes {channels} channels where {wanted.in_channels} are"
            f" wanted; {_WANTED}."
        )
    for starts, name in ((_VAE, "VAE"), ((_TEXT,), "text encoder")):
        if not any(key.startswith(starts) for key in shapes):
            raise ModelError(f"{path} holds no {name}, so it is no whole model; {_WANTED}.")


def _check_family(path: Path, shapes: Shapes, wanted_width: int) -> None:
    widths = {
        _side(shape)
        for name, shape in shapes.items()
        if name.startswith(UNET_PREFIX) and name.endswith("attn2.to_k.weight")
    }
    if any(name.startswith(("conditioner.", f"{UNET_PREFIX}label_emb.")) for name in shapes):
        family = "an SDXL model"
    elif _SD2_WIDTH in widths or any(n.startswith("cond_stage_model.model.") for n in shapes):
        family = (
            "based on Stable Diffusion 2, of which only folders in diffusers layout can be read"
        )
    elif widths != {wanted_width}:
        family = "not based on Stable Diffusion 1"
    else:
        return
    raise ModelError(f"{path} is {family}; {_WANTED}.")


def _refuse(path: Path, shapes: Shapes) -> NoReturn:
    for sign, kind in _OTHERS:
        if any(sign in name for name in shapes):
            raise ModelError(f"{path} is {kind}; {_WANTED}.".replace("or; choose", "or choose"))
    if any(name.startswith(_VAE) for name in shapes):
        raise ModelError(f"{path} is a VAE alone; {_WANTED}.")
    raise ModelError(f"{path} holds no model that Toonroom knows; {_WANTED}.")


def _side(shape: tuple[int, ...]) -> int:
    """Return how many channels a layer with weights of this shape takes."""
    return shape[1] if len(shape) > 1 else 0
