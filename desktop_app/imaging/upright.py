"""From a photo as it is stored to a photo as engines see it: colours converted, turned upright."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from desktop_app.core.photo import GreyImage, Photo, RgbImage
from desktop_app.imaging.colour import ColourPlan, Space, plan_colours
from desktop_app.imaging.exif import tidied
from desktop_app.imaging.stored import Stored
from desktop_app.imaging.strips import strips

_SPACES: dict[str, Space] = {"1": "L", "L": "L", "LA": "L", "La": "L", "CMYK": "CMYK", "LAB": "LAB"}
_STRAIGHT_MODES = {"La": "LA", "RGBa": "RGBA"}


def to_photo(stored: Stored, path: Path | None, *, keep_gps: bool) -> Photo:
    """Convert and turn a decoded photo, strip by strip, straight into its final place."""
    plan, space = _plan(stored)
    turned = stored.orientation >= 5
    shape = (stored.width, stored.height) if turned else (stored.height, stored.width)
    pixels = np.empty((*shape, 3), np.uint8)
    alpha = np.empty(shape, np.uint8) if stored.has_alpha else None
    for rows in strips(stored.width, stored.height):
        rgb, strip_alpha = _converted(stored.strip(rows), plan, space, stored.has_alpha)
        _place(pixels, rgb, rows, stored)
        if alpha is not None and strip_alpha is not None:
            _place(alpha, strip_alpha, rows, stored)
    if alpha is not None and int(alpha.min()) == 255:
        alpha = None
    return Photo(
        pixels=pixels,
        alpha=alpha,
        icc_profile=plan.kept,
        exif=None if stored.exif is None else tidied(stored.exif, keep_gps=keep_gps),
        path=path,
        format=stored.format,
        request_json=stored.request_json,
    )


def _plan(stored: Stored) -> tuple[ColourPlan, Space]:
    mode = stored.strip(slice(0, 1)).mode
    space = _SPACES.get(mode, "RGB")
    profile = stored.icc_profile
    if space == "L" and profile is not None and profile[16:20] == b"RGB ":
        space = "RGB"  # grey pixels that are meant as three equal channels
    return plan_colours(profile, space), space


def _converted(
    strip: Image.Image, plan: ColourPlan, space: Space, has_alpha: bool
) -> tuple[RgbImage, GreyImage | None]:
    """Return a strip's colours and alpha."""
    if strip.mode in _STRAIGHT_MODES:
        strip = strip.convert(_STRAIGHT_MODES[strip.mode])
    alpha: GreyImage | None = None
    if has_alpha:
        strip = strip.convert("RGBA")
        alpha = np.asarray(strip.getchannel("A"))
    if plan.transform is not None:
        converted = ImageCms.applyTransform(strip.convert(space), plan.transform)
        return np.asarray(converted), alpha
    return np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB")), alpha


_Turn = Callable[[Any], Any]
# For each EXIF orientation: what is done to a strip, whether its rows become columns, and whether
# the first strip comes last. Source: Exif 2.32, orientation tag.
_TURNS: dict[int, tuple[_Turn, bool, bool]] = {
    2: (lambda a: cv2.flip(a, 1), False, False),
    3: (lambda a: cv2.flip(a, -1), False, True),
    4: (lambda a: cv2.flip(a, 0), False, True),
    5: (cv2.transpose, True, False),
    6: (lambda a: cv2.rotate(a, cv2.ROTATE_90_CLOCKWISE), True, True),
    7: (lambda a: cv2.flip(cv2.transpose(a), -1), True, True),
    8: (lambda a: cv2.rotate(a, cv2.ROTATE_90_COUNTERCLOCKWISE), True, False),
}


def _place(
    canvas: NDArray[np.uint8], strip: NDArray[np.uint8], rows: slice, stored: Stored
) -> None:
    """Write a strip where it belongs in the upright picture."""
    if stored.orientation not in _TURNS:
        canvas[rows] = strip
        return
    turn, becomes_columns, from_end = _TURNS[stored.orientation]
    place = slice(stored.height - rows.stop, stored.height - rows.start) if from_end else rows
    if becomes_columns:
        canvas[:, place] = turn(strip)
    else:
        canvas[place] = turn(strip)
