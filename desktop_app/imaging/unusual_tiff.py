"""TIFFs that Pillow does not know: floating-point colour and other rare layouts, by OpenCV."""

from __future__ import annotations

from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.deep import scaled, white_level
from desktop_app.imaging.exif import parse_from
from desktop_app.imaging.stored import Stored, as_image, check_size, reduced

_WIDTH, _HEIGHT, _PROFILE = 256, 257, 34675
_LARGEST_FILE_BYTES = (1 << 31) - 1


def decode(stream: BinaryIO, name: str) -> Stored:
    """Read what OpenCV can read of it.

    Raises:
        PhotoError: it cannot, or the photo is too large.
    """
    unreadable = PhotoError(
        f"“{name}” is damaged, or a kind of TIFF that cannot be read; export it as PNG or JPEG."
    )

    def read_at(offset: int, size: int) -> bytes:
        stream.seek(offset)
        return stream.read(size)

    try:
        block = parse_from(read_at)
    except ValueError as error:
        raise unreadable from error
    width, height = (block.number(block.main, tag) for tag in (_WIDTH, _HEIGHT))
    if width is None or height is None:
        raise unreadable
    check_size(width, height, name)
    if stream.seek(0, 2) > _LARGEST_FILE_BYTES:
        raise unreadable
    stream.seek(0)
    decoded: Any = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or sorted(decoded.shape[:2]) != sorted((height, width)):
        raise unreadable
    profile = block.main.get(_PROFILE)
    return Stored(
        decoded.shape[1],  # OpenCV has turned it upright
        decoded.shape[0],
        _strips_of(_eight_bit(decoded)),
        "TIFF",
        has_alpha=decoded.ndim == 3 and decoded.shape[2] == 4,
        icc_profile=None if profile is None else profile.data,
        exif=block,
    )


def _eight_bit(decoded: NDArray[Any]) -> NDArray[np.uint8]:
    if decoded.dtype == np.uint8:
        return decoded
    if decoded.dtype == np.uint16:
        return reduced(decoded)
    finite = decoded[np.isfinite(decoded)]
    largest = float(finite.max()) if finite.size else 1.0
    return scaled(decoded, white_level(largest, decoded.dtype.kind in "iu"))


def _strips_of(pixels: NDArray[np.uint8]) -> Any:
    """Return the strips of what OpenCV decoded: its colours run backwards."""

    def strip(rows: slice) -> Image.Image:
        part = pixels[rows]
        if part.ndim == 2 or part.shape[2] == 1:
            return as_image(part.reshape(part.shape[:2]), "L")
        if part.shape[2] == 3:
            return as_image(np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB), np.uint8), "RGB")
        return as_image(np.asarray(cv2.cvtColor(part, cv2.COLOR_BGRA2RGBA), np.uint8), "RGBA")

    return strip
