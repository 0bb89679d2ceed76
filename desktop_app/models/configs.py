"""Configuration files of a model: read with suspicion, as anybody may have written them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.core.errors import ModelError

MAX_CONFIG_BYTES = 1 << 20
AGAIN = "download the model again"

_TOWER = {
    "hidden_size": 512,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "layer_norm_eps": 1e-5,
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "UNet2DConditionModel": {
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": [320, 640, 1280, 1280],
        "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"],
        "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
        "layers_per_block": 2,
        "transformer_layers_per_block": 1,
        "attention_head_dim": 8,
        "cross_attention_dim": 1280,
        "norm_eps": 1e-5,
    },
    "AutoencoderKL": {
        "in_channels": 3,
        "out_channels": 3,
        "latent_channels": 4,
        "block_out_channels": [64],
        "layers_per_block": 1,
        "norm_num_groups": 32,
        "scaling_factor": 0.18215,
    },
    "AutoencoderTiny": {
        "in_channels": 3,
        "out_channels": 3,
        "latent_channels": 4,
        "encoder_block_out_channels": [64] * 4,
        "decoder_block_out_channels": [64] * 4,
        "num_encoder_blocks": [1, 3, 3, 3],
        "num_decoder_blocks": [3, 3, 3, 1],
        "upsampling_scaling_factor": 2,
        "scaling_factor": 1.0,
    },
    "CLIPTextModel": {**_TOWER, "vocab_size": 49_408, "max_position_embeddings": 77},
}

_LFS_START = b"version https://git-lfs"
_SHOWN_LENGTH = 60
_MOST_LEVELS = 8
_MOST_CHANNELS = 16_384
_MOST_LAYERS = 64
_MOST_BLOCKS = 16  # of a level; building thousands would take minutes
_MOST_WORDS = 10_000_000


def is_file(path: Path) -> bool:
    """Return whether `path` is a file that can be seen; unlike pathlib, never raise."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Return whether `path` is a folder that can be seen; unlike pathlib, never raise."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_plain_name(name: str) -> bool:
    """Return whether `name` names something directly in a folder, on any system."""
    return bool(name) and name not in (".", "..") and not any(char in name for char in "/\\:\0")


def is_lfs_pointer(start: bytes) -> bool:
    """Return whether a file that begins with `start` only stands for one kept in Git LFS."""
    return start.startswith(_LFS_START)


def lfs_sentence(path: Path) -> str:
    """Return what to say of the Git LFS pointer `path`."""
    return f"{path} is only a placeholder of Git LFS; fetch the file itself with 'git lfs pull'."


def shown(value: object) -> str:
    """Return `value` as a sentence can quote it: short, on one line, printable."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits
        return "something very long"
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file `path`.

    Raises:
        ModelError: there is no such file, it is too large, or it holds something else.
    """
    if not is_file(path):
        raise ModelError(f"{path} is missing; {AGAIN}.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_CONFIG_BYTES:
        raise ModelError(f"{path} is far too large for a configuration; {AGAIN}.")
    if is_lfs_pointer(data):
        raise ModelError(lfs_sentence(path))
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is not UTF-8 text; {AGAIN}.") from error
    except RecursionError as error:
        raise ModelError(f"{path} is nested too deeply; {AGAIN}.") from error
    except ValueError as error:  # also for a number of thousands of digits
        raise ModelError(f"{path} is not valid JSON; {AGAIN}.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} does not hold a JSON object; {AGAIN}.")
    return value


def completed(values: Mapping[str, Any], class_name: str) -> dict[str, Any]:
    """Return a configuration with the libraries' own defaults for what it leaves out.

    Only what decides how large a model is, and what it fits.
    """
    config = {**_DEFAULTS.get(class_name, {}), **values}
    if class_name == "AutoencoderTiny":
        config["block_out_channels"] = config["decoder_block_out_channels"]  # as diffusers does
    return config


@dataclass(frozen=True)
class Config:
    """Values of a configuration that is `completed`, each taken only where it makes sense.

    Attributes:
        path: the file they were read from.
        values: what it says.
    """

    path: Path
    values: Mapping[str, Any]

    def whole(self, key: str, most: int) -> int:
        """Return the whole number of `key`, from 1 to `most`."""
        value: Any = self.values.get(key)
        if not _is_whole(value, most):
            raise self.fault(key, f"a whole number from 1 to {most}")
        return int(value)

    def wholes(
        self, key: str, most: int, count: int | None = None, *, least: int = 1
    ) -> tuple[int, ...]:
        """Return the whole numbers of `key`, one for each level: `count`, or else 1 to 8."""
        value: Any = self.values.get(key)
        counts = range(1, _MOST_LEVELS + 1) if count is None else (count,)
        if (
            not isinstance(value, list | tuple)
            or len(value) not in counts
            or not all(_is_whole(part, most, least) for part in value)
        ):
            wanted = f"1 to {_MOST_LEVELS}" if count is None else f"{count}"
            raise self.fault(key, f"a list of {wanted} whole numbers up to {most}")
        return tuple(value)

    def each(self, key: str, most: int, count: int) -> None:
        """Check the whole numbers of `key`, where one number may stand for all `count` levels."""
        if isinstance(self.values.get(key), list | tuple):
            self.wholes(key, most, count)
        else:
            self.whole(key, most)

    def names(self, key: str, count: int) -> None:
        """Check that `key` has a list of `count` names."""
        value: Any = self.values.get(key)
        if (
            not isinstance(value, list | tuple)
            or len(value) != count
            or not all(isinstance(part, str) for part in value)
        ):
            raise self.fault(key, f"a list of {count} names")

    def number(self, key: str) -> float:
        """Return the number of `key`, finite and above 0."""
        value: Any = self.values.get(key)
        if not _is_number(value) or value <= 0:
            raise self.fault(key, "a number above 0")
        return float(value)

    def absent(self, *keys: str) -> None:
        """Refuse a model that has a value for one of `keys`: it wants inputs nobody gives it."""
        for key in keys:
            if self.values.get(key) is not None:
                raise ModelError(
                    f"{self.path} asks for {key} {shown(self.values[key])},"
                    " which Toonroom does not support; choose another model."
                )

    def fault(self, key: str, wanted: str) -> ModelError:
        """Return the error for a value of `key` that is not what is `wanted`."""
        value = shown(self.values.get(key))
        return ModelError(f"{self.path} is damaged: {key} is {value}, not {wanted}; {AGAIN}.")


@dataclass(frozen=True)
class UnetShape:
    """What a UNet takes and gives, in channels, and how many numbers stand for a word."""

    in_channels: int
    out_channels: int
    text_width: int


def check_unet(config: Config) -> UnetShape:
    """Check the config of a UNet2DConditionModel."""
    levels = len(config.wholes("block_out_channels", _MOST_CHANNELS))
    for key in ("down_block_types", "up_block_types"):
        config.names(key, levels)
    config.each("layers_per_block", _MOST_BLOCKS, levels)
    config.each("transformer_layers_per_block", _MOST_BLOCKS, levels)
    config.each("attention_head_dim", _MOST_CHANNELS, levels)
    config.number("norm_eps")
    config.absent(
        "class_embed_type",
        "num_class_embeds",
        "encoder_hid_dim",
        "encoder_hid_dim_type",
    )
    if config.values.get("addition_embed_type") != "text":  # which is given to the attention too
        config.absent("addition_embed_type")
    return UnetShape(
        config.whole("in_channels", _MOST_CHANNELS),
        config.whole("out_channels", _MOST_CHANNELS),
        config.whole("cross_attention_dim", _MOST_CHANNELS),
    )


@dataclass(frozen=True)
class VaeShape:
    """What a VAE makes of a picture."""

    latent_channels: int
    scale_factor: int


def check_vae(config: Config, class_name: str) -> VaeShape:
    """Check the config of an AutoencoderKL or AutoencoderTiny."""
    for key in ("in_channels", "out_channels"):
        if config.whole(key, _MOST_CHANNELS) != 3:
            raise config.fault(key, "3, for red, green and blue")
    config.number("scaling_factor")
    if class_name == "AutoencoderTiny":
        levels = _tiny_levels(config)
    else:
        levels = len(config.wholes("block_out_channels", _MOST_CHANNELS))
        config.whole("layers_per_block", _MOST_BLOCKS)
        config.whole("norm_num_groups", _MOST_CHANNELS)
    return VaeShape(config.whole("latent_channels", _MOST_CHANNELS), 2 ** (levels - 1))


def _tiny_levels(config: Config) -> int:
    levels = len(config.wholes("decoder_block_out_channels", _MOST_CHANNELS))
    config.wholes("encoder_block_out_channels", _MOST_CHANNELS, levels)
    # A level may have none: then it is a convolution and a change of size.
    config.wholes("num_encoder_blocks", _MOST_BLOCKS, levels, least=0)
    config.wholes("num_decoder_blocks", _MOST_BLOCKS, levels, least=0)
    if config.whole("upsampling_scaling_factor", _MOST_CHANNELS) != 2:
        # It would give pictures of another size than it takes.
        raise config.fault("upsampling_scaling_factor", "2")
    return levels


def check_text_encoder(config: Config) -> int:
    """Check the config of a CLIPTextModel, and return its width."""
    config.whole("vocab_size", _MOST_WORDS)
    config.whole("max_position_embeddings", _MOST_CHANNELS)
    return _check_tower(config)


def check_safety_checker(config: Config) -> None:
    """Check the config of a safety checker, as far as building it could take for ever."""
    for key in ("vision_config", "vision_config_dict"):
        vision = config.values.get(key)
        if isinstance(vision, Mapping):
            _check_tower(Config(config.path, {**_TOWER, **vision}))
        elif vision is not None:
            raise config.fault(key, "a JSON object")


def _check_tower(config: Config) -> int:
    config.whole("num_hidden_layers", _MOST_LAYERS)
    config.number("layer_norm_eps")
    config.whole("num_attention_heads", _MOST_CHANNELS)
    config.whole("intermediate_size", 16 * _MOST_CHANNELS)
    return config.whole("hidden_size", _MOST_CHANNELS)


def _is_whole(value: object, most: int, least: int = 1) -> bool:
    # To Python, true is a whole number.
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False
