"""Small pictures for lists."""

from __future__ import annotations

import cv2
import numpy as np

from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.imaging.alpha import over_white

_DRAFT_FACTOR = 4


def thumbnail(pixels: RgbImage, alpha: GreyImage | None, long_side_px: int) -> RgbImage:
    """Return a copy whose longer side is `long_side_px`, on white; never enlarged.

    Args:
        pixels: (height, width, 3) uint8.
        alpha: (height, width) uint8 or None.
        long_side_px: at least 1.
    """
    extent = Extent(pixels.shape[1], pixels.shape[0])
    if extent.long_side <= long_side_px:
        return np.ascontiguousarray(over_white(pixels, alpha)).copy()
    small = extent.with_long_side(long_side_px)
    step = max(1, min(extent.width // small.width, extent.height // small.height) // _DRAFT_FACTOR)
    if alpha is None:
        draft = pixels[
            ::step, ::step
        ]  # four samples a side are plenty for each pixel of the result
    else:
        draft = over_white(
            np.ascontiguousarray(pixels[::step, ::step]),
            np.ascontiguousarray(alpha[::step, ::step]),
        )
    size = (small.width, small.height)
    resized = cv2.resize(np.ascontiguousarray(draft), size, interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)
