"""Pixels to QImages that own their memory. Called off the GUI thread.

OpenCV does all the work on memory that Qt has allocated, because it releases the GIL meanwhile;
QImage's own copy and format conversion hold it, 20-30 ms for 12 megapixels each.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColorSpace, QImage

from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.imaging.colour import to_srgb

SMALLEST_LEVEL_PX = 512
THUMBNAIL_PX = 256

_OPAQUE = QImage.Format.Format_RGB32
_TRANSPARENT = QImage.Format.Format_ARGB32_Premultiplied


def to_qimage(rgb: RgbImage, alpha: GreyImage | None = None) -> QImage:
    """Return an image that owns its pixels.

    Args:
        rgb: (height, width, 3) uint8, sRGB, R first. The caller may reuse it afterwards.
        alpha: (height, width) uint8, 255 = opaque.

    Returns:
        RGB32, or premultiplied ARGB32 where there is an alpha: what Qt paints fastest.

    Raises:
        MemoryError: there is no room for the image.
    """
    height, width = rgb.shape[:2]
    image = _allocate(width, height, _OPAQUE if alpha is None else _TRANSPARENT)
    target = _writable(image)
    if alpha is None:
        cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGRA, dst=target)
        return image
    premultiplied = cv2.multiply(rgb, cv2.merge((alpha, alpha, alpha)), scale=1 / 255)
    # Channels by number: source 0-2 are R, G, B, 3 is alpha; targets are B, G, R, A.
    cv2.mixChannels([premultiplied, alpha], [target], [0, 2, 1, 1, 2, 0, 3, 3])
    return image


def display_levels(
    pixels: RgbImage, alpha: GreyImage | None, icc_profile: bytes | None
) -> tuple[QImage, ...]:
    """Return the picture at full size, then each time half of that, down to 512 px or less.

    Args:
        pixels: (height, width, 3) uint8, in the space that `icc_profile` names.
        alpha: (height, width) uint8, or None.
        icc_profile: None for sRGB.

    Returns:
        sRGB images that own their pixels: never empty.

    Raises:
        MemoryError: there is no room for the images.
    """
    levels = [to_qimage(to_srgb(pixels, icc_profile), alpha)]
    while max(levels[-1].width(), levels[-1].height()) > SMALLEST_LEVEL_PX:
        levels.append(_halved(levels[-1]))
    return tuple(levels)


def small_image(levels: tuple[QImage, ...], long_side_px: int = THUMBNAIL_PX) -> QImage:
    """Return a thumbnail of `levels`, no side longer than `long_side_px`, never enlarged."""
    last = levels[-1]
    long_side = max(last.width(), last.height())
    if long_side <= long_side_px:
        return last
    factor = long_side_px / long_side
    return _resized(last, round(last.width() * factor), round(last.height() * factor))


def to_rgba(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels of `image` as (height, width, 4) uint8 sRGB, R first, not premultiplied."""
    space = image.colorSpace()
    if space.isValid():
        srgb = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
        if space != srgb:
            image = image.convertedToColorSpace(srgb)
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    height, width = image.height(), image.width()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, : width * 4].reshape(height, width, 4).copy()


def _halved(image: QImage) -> QImage:
    return _resized(image, (image.width() + 1) // 2, (image.height() + 1) // 2)


def _resized(image: QImage, width: int, height: int) -> QImage:
    smaller = _allocate(max(1, width), max(1, height), image.format())
    target = _writable(smaller)
    # Averaging premultiplied values is right; averaging plain ones would give dark fringes.
    cv2.resize(_readable(image), target.shape[1::-1], dst=target, interpolation=cv2.INTER_AREA)
    return smaller


def _allocate(width: int, height: int, image_format: QImage.Format) -> QImage:
    image = QImage(width, height, image_format)
    if image.isNull():
        raise MemoryError(f"no room for a picture of {width} x {height} pixels")
    return image


def _writable(image: QImage) -> NDArray[np.uint8]:
    """Return a view of a fresh 32-bit image, in memory order B, G, R, A; it must not outlive it."""
    return np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.width(), 4)


def _readable(image: QImage) -> NDArray[np.uint8]:
    """Return a view as `_writable` does, without making the image take a copy of shared pixels."""
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
