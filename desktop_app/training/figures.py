"""How far two pictures are apart."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.photo import RgbImage

_WINDOW, _SIGMA = (11, 11), 1.5
_C1, _C2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
_BEST_PSNR = 100.0

_Plane = NDArray[np.float32]


def psnr(picture: RgbImage, other: RgbImage) -> float:
    """Return the peak signal-to-noise ratio in dB, at most 100; both (height, width, 3) uint8."""
    difference = picture.astype(np.float32) - other.astype(np.float32)
    error = float(np.mean(np.square(difference), dtype=np.float64))
    return min(_BEST_PSNR, 10.0 * math.log10(255.0**2 / error)) if error > 0.0 else _BEST_PSNR


def ssim(picture: RgbImage, other: RgbImage) -> float:
    """Return the structural similarity, 1 for equal pictures; the mean over red, green and blue.

    Source: Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity",
    IEEE TIP 2004, equation 13, with its Gaussian window of 11 × 11; borders are left out.
    """
    a, b = picture.astype(np.float32), other.astype(np.float32)
    mean_a, mean_b = _blurred(a), _blurred(b)
    variance_a = _blurred(a * a) - mean_a * mean_a
    variance_b = _blurred(b * b) - mean_b * mean_b
    covariance = _blurred(a * b) - mean_a * mean_b
    structure = (2.0 * mean_a * mean_b + _C1) * (2.0 * covariance + _C2)
    structure /= (mean_a * mean_a + mean_b * mean_b + _C1) * (variance_a + variance_b + _C2)
    inside = slice(_WINDOW[0] // 2, -(_WINDOW[0] // 2))
    return float(structure[inside, inside].mean(dtype=np.float64))


def tint(picture: RgbImage, other: RgbImage) -> float:
    """Return how far the mean colours are apart: the largest of three, in steps of 8 bits."""
    return float(np.abs(picture.mean((0, 1)) - other.mean((0, 1))).max())


def _blurred(plane: _Plane) -> _Plane:
    return np.asarray(cv2.GaussianBlur(plane, _WINDOW, _SIGMA), np.float32)
