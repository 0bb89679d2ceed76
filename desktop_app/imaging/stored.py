"""A decoded photo as it is stored: before colours are converted and it is turned upright."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.exif import ExifBlock

MOST_PIXELS = 300_000_000


@dataclass
class Stored:
    """What a decoder found.

    Attributes:
        width: of the stored picture, before it is turned.
        height: as well.
        strip: returns some rows as an 8-bit Pillow image, in a mode that Pillow can make RGB(A).
        format: what people call the format.
        has_alpha: whether a strip made RGBA says more than made RGB.
        icc_profile: as it was found.
        exif: as it was found; None for none or a broken one.
        orientation: 1 to 8, still to be applied.
        request_json: settings that this program wrote, unchecked.
    """

    width: int
    height: int
    strip: Callable[[slice], Image.Image]
    format: str
    has_alpha: bool = False
    icc_profile: bytes | None = None
    exif: ExifBlock | None = None
    orientation: int = 1
    request_json: str | None = None


def check_size(width: int, height: int, name: str) -> None:
    """Refuse a picture that has no pixels or too many; called with the header's word alone.

    Raises:
        PhotoError: it does.
    """
    if width < 1 or height < 1:
        raise PhotoError(f"“{name}” has no pixels ({width} x {height}).")
    if width * height > MOST_PIXELS:
        raise PhotoError(
            f"“{name}” is too large ({width} x {height} pixels);"
            f" {MOST_PIXELS // 1_000_000} megapixels are the most, make it smaller first."
        )


def reduced(values: NDArray[np.uint16], maximum: int = 65535) -> NDArray[np.uint8]:
    """Return 0..maximum as 0..255, rounded: exactly (v * 255 + maximum // 2) // maximum."""
    if maximum == 65535:
        # One pass with the processor's own rounding; v / 257 is never half-way for whole v.
        flat = np.ascontiguousarray(values).reshape(values.shape[0], -1)
        return np.asarray(cv2.convertScaleAbs(flat, alpha=1 / 257), np.uint8).reshape(values.shape)
    table = (np.arange(maximum + 1, dtype=np.uint32) * 255 + maximum // 2) // maximum
    return np.take(table.astype(np.uint8), values, mode="clip")


def reduced_halves(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what `reduced` gives for high * 256 + low, without ever making 16-bit numbers.

    (256 h + l + 128) // 257 is h, and one more or less where l is far from h.
    """
    more = cv2.subtract(low, high) > 128
    less = cv2.subtract(high, low) > 128
    result: NDArray[np.uint8] = high + more - less
    return result


def as_image(pixels: NDArray[np.uint8], mode: str) -> Image.Image:
    """Return rows of `pixels` as a Pillow image of `mode`."""
    height, width = pixels.shape[:2]
    return Image.frombuffer(mode, (width, height), np.ascontiguousarray(pixels), "raw", mode, 0, 1)
