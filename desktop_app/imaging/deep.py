"""More than 8 bits a channel, where Pillow would cut or clip: rounded instead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.imaging.stored import as_image, reduced, reduced_halves

Strip = Callable[[slice], Image.Image]
Kind = Literal["plain", "number", "grey-alpha", "halves"]

_BITS, _PLANAR = 258, 284  # TIFF tags

# Reading the same samples with the other byte order gives Pillow's 8-bit modes the low halves.
_NATIVE, _FOREIGN = (";16L", ";16B") if sys.byteorder == "little" else (";16B", ";16L")
_OTHER_ORDER = {";16L": ";16B", ";16B": ";16L", ";16N": _FOREIGN}


def kind_of(image: Image.Image) -> Kind:
    """Return how `image`, not decoded yet, has to be read.

    "number": one sample a pixel, which Pillow keeps whole. "grey-alpha": 16-bit grey with alpha.
    "halves": 16-bit colour, which Pillow cuts to the upper half.
    """
    if image.mode.startswith(("I", "F")):
        return "number"
    _repair_planes(image)
    raw_modes = {_raw_mode(tile) for tile in getattr(image, "tile", ())}
    if raw_modes == {"LA;16B"}:
        return "grey-alpha"
    if raw_modes and all(mode[-4:] in _OTHER_ORDER for mode in raw_modes):
        return "halves"
    return "plain"


def _repair_planes(image: Any) -> None:
    """Tell Pillow the depth of a TIFF that stores its channels one after the other.

    WORKAROUND Pillow 13, TiffImagePlugin._setup: it names such planes "R", "G", "B" whatever their
    depth, and reads 16-bit ones as garbage.
    """
    tags: Any = getattr(image, "tag_v2", {})
    if tags.get(_PLANAR) != 2 or set(tags.get(_BITS, ())) != {16}:
        return
    depth = ";16L" if tags.prefix == b"II" else ";16B"
    image.tile = [
        _with_raw_mode(tile, _raw_mode(tile) + depth) if len(_raw_mode(tile)) == 1 else tile
        for tile in image.tile
    ]


def _raw_mode(tile: Any) -> str:
    arguments = tile.args
    found = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return found if isinstance(found, str) else ""


def _with_raw_mode(tile: Any, raw_mode: str) -> Any:
    if isinstance(tile.args, tuple):
        return tile._replace(args=(raw_mode, *tile.args[1:]))
    return tile._replace(args=raw_mode)


def grey_alpha_strips(image: Any) -> Strip:
    """Read a 16-bit grey PNG with alpha: each pixel is four bytes, the same as 8-bit RGBA."""
    image.tile = [_with_raw_mode(tile, "RGBA") for tile in image.tile]
    image.load()

    def strip(rows: slice) -> Image.Image:
        halves = _pixels(image, rows)
        grey = reduced_halves(halves[..., 0].copy(), halves[..., 1].copy())
        alpha = reduced_halves(halves[..., 2].copy(), halves[..., 3].copy())
        return as_image(np.stack([grey, alpha], -1), "LA")

    return strip


def halves_strips(high: Any, low: Any) -> tuple[Strip, bool]:
    """Read 16-bit colour from two images of one file: upper and lower halves of samples."""
    premultiplied = False
    _repair_planes(low)
    for image, raw_mode_of in ((high, str), (low, _low_mode)):
        tiles = []
        for tile in image.tile:
            raw_mode = _raw_mode(tile)
            premultiplied |= raw_mode.startswith("RGBa")
            tiles.append(_with_raw_mode(tile, raw_mode_of(raw_mode.replace("RGBa", "RGBA"))))
        image.tile = tiles
        image.load()
    mode = "RGBa" if premultiplied else high.mode
    clear = high.info.get("transparency")

    def strip(rows: slice) -> Image.Image:
        upper, lower = _pixels(high, rows), _pixels(low, rows)
        result = reduced_halves(upper, lower)
        if isinstance(clear, tuple) and mode == "RGB":
            alpha = _alpha_of_key(upper, lower, clear)
            return as_image(np.dstack([result, alpha]), "RGBA")
        return as_image(result, mode)

    return strip, mode in ("RGBA", "RGBa") or (isinstance(clear, tuple) and mode == "RGB")


def _low_mode(raw_mode: str) -> str:
    return raw_mode[:-4] + _OTHER_ORDER[raw_mode[-4:]]


def _alpha_of_key(
    upper: NDArray[np.uint8], lower: NDArray[np.uint8], clear: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Return 0 where a pixel has the one colour that a PNG calls transparent, else 255."""
    key_upper = np.array([c >> 8 for c in clear], np.uint16)
    key_lower = np.array([c & 255 for c in clear], np.uint16)
    is_clear = (upper == key_upper).all(-1) & (lower == key_lower).all(-1)
    return np.where(is_clear, np.uint8(0), np.uint8(255))


def _pixels(image: Image.Image, rows: slice) -> NDArray[np.uint8]:
    return np.asarray(image.crop((0, rows.start, image.width, rows.stop)))


def number_strips(image: Image.Image) -> tuple[Strip, bool]:
    """Read grey of 16 or 32 bits or floating point."""
    clear = image.info.get("transparency")
    has_key = isinstance(clear, int)
    scale = 1.0 if image.mode.startswith("I;16") else white_level(*_range(image))

    def strip(rows: slice) -> Image.Image:
        values = _pixels(image, rows)
        if image.mode.startswith("I;16"):
            grey = reduced(np.asarray(values, np.uint16))
        else:
            grey = scaled(values, scale)
        if not has_key:
            return as_image(grey, "L")
        alpha = np.where(values == clear, np.uint8(0), np.uint8(255))
        return as_image(np.dstack([grey, alpha]), "LA")

    return strip, has_key


def _range(image: Image.Image) -> tuple[float, bool]:
    """Return the largest value and whether values are whole numbers."""
    extrema: Any = image.getextrema()
    return float(extrema[1]), image.mode == "I"


def white_level(largest: float, whole: bool) -> float:
    """Return what means white in values that do not say.

    Floating point runs to 1 by custom, whole numbers to the end of their bits; larger values mean
    the next larger custom.
    """
    levels = (255.0, 65535.0, 2.0**31 - 1) if whole else (1.0, 255.0, 65535.0)
    for level in levels:
        if largest <= level * 1.0001:
            return level
    return largest if np.isfinite(largest) else 1.0


def scaled(values: NDArray[Any], white: float) -> NDArray[np.uint8]:
    """Return values of any kind as 8 bits: 0 stays 0, `white` becomes 255, nonsense becomes 0."""
    with np.errstate(all="ignore"):
        numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=white, neginf=0.0)
        return np.rint(np.clip(numbers / white, 0.0, 1.0) * 255.0).astype(np.uint8)
