"""What `toonroom.json` says of a model that we trained: title, note, defaults, preview."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.core.errors import ModelError
from desktop_app.core.events import Defaults
from desktop_app.models.configs import is_file, read_json, shown

EXTRAS_NAME = "toonroom.json"

_LONGEST_TITLE = 80
_LONGEST_NOTE = 500
_LONGEST_SCHEDULER = 60
_LARGEST_FACTOR = 1e6

log = logging.getLogger(__name__)

Row = tuple[float, ...]


@dataclass(frozen=True)
class Extras:
    """The values of a `toonroom.json` that make sense.

    Attributes:
        title: what people read; "" where nothing is said.
        note: one sentence: what the model is good at; "" where nothing is said.
        defaults: what its makers recommend.
        preview_matrix: (latent channels, 3): what each latent channel adds to red, green and blue
            of a preview with values from -1 to 1; None where nothing is said.
        preview_bias: (3,): what is added to each colour; None where there is no matrix.
    """

    title: str = ""
    note: str = ""
    defaults: Defaults = field(default_factory=Defaults)
    preview_matrix: tuple[Row, ...] | None = None
    preview_bias: Row | None = None


def read_extras(folder: Path, latent_channels: int) -> Extras:
    """Return what the `toonroom.json` in `folder` says; what is damaged is logged and left out."""
    path = folder / EXTRAS_NAME
    if not is_file(path):
        return Extras()
    try:
        values = read_json(path)
    except ModelError as error:
        log.warning("%s", error)
        return Extras()
    matrix, bias = _preview(path, values.get("preview"), latent_channels)
    return Extras(
        title=_text(path, values, "title", _LONGEST_TITLE) or "",
        note=_text(path, values, "note", _LONGEST_NOTE) or "",
        defaults=_defaults(path, values.get("defaults")),
        preview_matrix=matrix,
        preview_bias=bias,
    )


def _defaults(path: Path, values: object) -> Defaults:
    if values is None:
        return Defaults()
    if not isinstance(values, Mapping):
        _drop(path, "defaults", values)
        return Defaults()
    return Defaults(
        steps=_whole(path, values, "steps", 1, 1000),
        text_guidance=_number(path, values, "text_guidance", 0, 100),
        image_guidance=_number(path, values, "image_guidance", 0, 100),
        scheduler=_text(path, values, "scheduler", _LONGEST_SCHEDULER),
        working_size_px=_whole(path, values, "working_size_px", 64, 8192),
        smallest_working_px=_whole(path, values, "smallest_working_px", 8, 4096),
    )


def _preview(
    path: Path, values: object, channels: int
) -> tuple[tuple[Row, ...] | None, Row | None]:
    if values is None:
        return None, None
    if isinstance(values, Mapping):
        matrix, bias = values.get("matrix"), values.get("bias", [0.0, 0.0, 0.0])
        if (
            isinstance(matrix, list)
            and len(matrix) == channels
            and all(_is_row(row) for row in matrix)
            and _is_row(bias)
        ):
            return tuple(_row(row) for row in matrix), _row(bias)
    _drop(path, "preview", values)
    return None, None


def _text(path: Path, values: Mapping[str, Any], key: str, longest: int) -> str | None:
    value = values.get(key)
    if value is None:
        return None
    # A title must not break a list's lines, nor a halved letter the log.
    words = " ".join(value.split()) if isinstance(value, str) else ""
    if not words or len(words) > longest or not words.isprintable():
        _drop(path, key, value)
        return None
    return words


def _whole(path: Path, values: Mapping[str, Any], key: str, least: int, most: int) -> int | None:
    number = _number(path, values, key, least, most)
    if number is not None and number != int(number):
        _drop(path, key, number)
        return None
    return None if number is None else int(number)


def _number(path: Path, values: Mapping[str, Any], key: str, least: int, most: int) -> float | None:
    value = values.get(key)
    if value is None:
        return None
    if not _is_number(value) or not least <= value <= most:
        _drop(path, key, value)
        return None
    return float(value)


def _is_number(value: object) -> bool:
    # To Python, true is a whole number; and a comparison with what is not a number is False.
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_row(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(_is_number(part) and abs(part) <= _LARGEST_FACTOR for part in value)
    )


def _row(values: list[float]) -> Row:
    return tuple(float(value) for value in values)


def _drop(path: Path, key: str, value: object) -> None:
    log.warning("%s: %s cannot be %s; it is left out", path, key, shown(value))
