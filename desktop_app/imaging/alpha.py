"""Pictures without their transparency."""

from __future__ import annotations

import cv2
import numpy as np

from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.imaging.strips import strips


def over_white(picture: RgbImage, alpha: GreyImage | None) -> RgbImage:
    """Return `picture` as it looks on white paper; the same array where it is opaque."""
    if alpha is None:
        return picture
    result = np.empty_like(picture)
    for rows in strips(picture.shape[1], picture.shape[0]):
        share = cv2.cvtColor(alpha[rows], cv2.COLOR_GRAY2RGB)
        ink = cv2.multiply(picture[rows], share, scale=1 / 255)
        result[rows] = cv2.add(ink, cv2.bitwise_not(share))
    return result
