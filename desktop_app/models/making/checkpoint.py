"""A single file of Stability's layout into the components of a model folder.

diffusers' own converters say which tensor becomes which. They are given names and shapes alone, so
the weights themselves are read when they are written, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders import single_file_utils
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from desktop_app.core.errors import ModelError
from desktop_app.models.configs import read_json
from desktop_app.models.disk import check_room
from desktop_app.models.jobs import ConvertCheckpoint
from desktop_app.models.making.parts import Meter, OnProgress, write_part
from desktop_app.models.making.stored import StoredTensor, open_tensors
from desktop_app.models.making.writing import Piece
from desktop_app.models.plans import WHOLE_FILES
from desktop_app.models.recognition import UNET_PREFIX, check_checkpoint

_TO_DIFFUSERS: Any = single_file_utils  # its functions bear no types
_TEXT_PREFIX = "text_model."
_UNUSED_IN_TEXT = ("text_projection", "logit_scale", "position_ids")
_HALF_BYTES = 2


@dataclass(frozen=True)
class _Stand:
    """Stands for a tensor while it is found out what becomes of it."""

    name: str
    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        """How many sides it has."""
        return len(self.shape)

    def __getitem__(self, index: tuple[slice | int, ...]) -> _Stand:
        """Leave out sides of length 1, as convolutions of one pixel become matrices."""
        sides = zip(self.shape, index, strict=True)
        kept = [side for side, at in sides if at == slice(None) or side != 1]
        return _Stand(self.name, tuple(kept))


def convert_checkpoint(
    job: ConvertCheckpoint, on_progress: OnProgress, on_part: Callable[[str], None]
) -> None:
    """Write the components that are in a file; what is there already is left as it is.

    The UNet's weights are those of its last step, as diffusers and others take them; a running
    average that a file may hold beside them is not looked at.

    Args:
        job: what to write.
        on_progress: told of the bytes of the weights that are done, and of all there are.
        on_part: told the name of each component once it is on the disk.

    Raises:
        ModelError: the file is no model of the kind, or damaged, or the disk is full.
    """
    with open_tensors(job.path, key="state_dict") as tensors:
        stored = {tensor.name: tensor for tensor in tensors}
        check_checkpoint(job.path, {t.name: t.shape for t in tensors}, job.configs)
        parts = parts_of(job, stored)
        missing = {
            name: pieces for name, pieces in parts.items() if not _target(job, name).exists()
        }
        pieces = [piece for part in missing.values() for piece in part]
        check_room(
            job.target,
            sum(_HALF_BYTES * torch.Size(p.shape).numel() for p in pieces),
            "Importing the model",
        )
        meter = Meter(sum(_size(part) for part in parts.values()), on_progress)
        for name, part in parts.items():
            if name in missing:
                write_part(part, _target(job, name), meter)
            else:
                meter.add(_size(part))
            on_part(name)


def parts_of(job: ConvertCheckpoint, stored: Mapping[str, StoredTensor]) -> dict[str, list[Piece]]:
    """Return what each component's file is to hold, once it is sure that it fits.

    Raises:
        ModelError: it does not.
    """
    stands: Any = {name: _Stand(name, tensor.shape) for name, tensor in stored.items()}
    unet, vae = (read_json(job.configs / name / "config.json") for name in ("unet", "vae"))
    found = {
        "unet": _TO_DIFFUSERS.convert_ldm_unet_checkpoint(stands, unet),
        "vae": _TO_DIFFUSERS.convert_ldm_vae_checkpoint(stands, vae),
        "text_encoder": _text_stands(stands),
    }
    with torch.device("meta"):
        for name, given in found.items():
            _check_fit(job.path, build(name, job.configs), given)
    _check_all_used(job.path, stored, found["unet"])
    return {
        name: [Piece(key, stored[stand.name], stand.shape) for key, stand in given.items()]
        for name, given in found.items()
    }


def build(name: str, configs: Path) -> nn.Module:
    """Return the module that is called `name`, as `configs` describes it."""
    config: Any = read_json(configs / name / "config.json")
    if name == "text_encoder":
        return CLIPTextModel(CLIPTextConfig(**config))
    kind: Any = {"unet": UNet2DConditionModel, "vae": AutoencoderKL}[name]
    module: nn.Module = kind.from_config(config)
    return module


def _text_stands(stands: dict[str, _Stand]) -> dict[str, _Stand]:
    found: dict[str, _Stand] = _TO_DIFFUSERS.convert_ldm_clip_checkpoint(stands)
    # Some tools leave the prefix out; folders in diffusers layout have it.
    return {
        f"{_TEXT_PREFIX}{name.removeprefix(_TEXT_PREFIX)}": stand
        for name, stand in found.items()
        if not any(unused in name for unused in _UNUSED_IN_TEXT)
    }


def _check_fit(path: Path, module: nn.Module, given: Mapping[str, _Stand | None]) -> None:
    wanted = {_plain(name): tuple(slot.shape) for name, slot in module.state_dict().items()}
    shapes = {_plain(name): stand.shape for name, stand in given.items() if stand is not None}
    for name, shape in wanted.items():
        if name not in shapes:
            raise _misfit(path, f"{name} of its {type(module).__name__} is missing")
        if shapes[name] != shape:
            raise _misfit(path, f"the shape of {name} is {list(shapes[name])}, not {list(shape)}")
    for name in shapes:
        if name not in wanted:
            raise _misfit(path, f"{name} has no place in its {type(module).__name__}")


def _check_all_used(path: Path, stored: Iterable[str], unet: Mapping[str, _Stand]) -> None:
    """Check that nothing of the UNet is left over, as more layers than we know would be."""
    used = {stand.name for stand in unet.values()}
    for name in stored:
        if name.startswith(UNET_PREFIX) and name not in used:
            raise _misfit(path, f"{name} has no place in its UNet")


def _plain(name: str) -> str:
    return name.removeprefix(_TEXT_PREFIX)  # transformers 5 leaves it out


def _misfit(path: Path, fault: str) -> ModelError:
    return ModelError(
        f"{path} is not built like Stable Diffusion 1: {fault}; choose another model."
    )


def _size(part: list[Piece]) -> int:
    return sum(piece.source.size_bytes for piece in part)


def _target(job: ConvertCheckpoint, name: str) -> Path:
    return job.target / WHOLE_FILES[name]
