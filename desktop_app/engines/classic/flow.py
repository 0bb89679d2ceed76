"""Directions in a picture: the structure tensor, and smoothing along edges.

Source: Kang, Lee and Chui, "Coherent Line Drawing", NPAR 2007 (edge tangent flow); the flow is
taken from the smoothed structure tensor as in Kyprianidis and Döllner, "Image Abstraction by
Structure Adaptive Filtering", TPCG 2008, which needs no iteration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.float32]
"""(height, width) float32, or (height, width, channels)."""

_WIDE_SIGMA_PX = 8.0


def blurred(image: FloatImage, sigma_px: float) -> FloatImage:
    """Return `image` under a Gaussian of standard deviation `sigma_px`.

    A wide one is computed at a quarter of the resolution, where nothing is lost.
    """
    height, width = image.shape[:2]
    if sigma_px < _WIDE_SIGMA_PX or min(height, width) < 32:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)
    quarter = ((width + 3) // 4, (height + 3) // 4)
    small = cv2.resize(image, quarter, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / 4.0)
    return np.asarray(cv2.resize(small, (width, height)), np.float32)


def smoothstep(value: FloatImage, low: float, high: float) -> FloatImage:
    """Return 0 under `low`, 1 over `high`, and the cubic between them."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def gradient(channel: FloatImage, sigma_px: float) -> tuple[FloatImage, FloatImage]:
    """Return the x and y derivative of a Gaussian at scale `sigma_px`, times `sigma_px`.

    The factor makes a step edge answer alike at every scale. Large scales are computed at half
    the resolution, where nothing is lost.
    """
    height, width = channel.shape
    halved = sigma_px >= 4.0 and min(height, width) >= 16
    if halved:
        half = ((width + 1) // 2, (height + 1) // 2)
        channel = np.asarray(cv2.resize(channel, half, interpolation=cv2.INTER_AREA), np.float32)
    reduction = 2.0 if halved else 1.0
    smooth = blurred(channel, sigma_px / reduction)
    scale = sigma_px / 8.0 / reduction
    pair = (
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=scale),
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=scale),
    )
    if halved:
        pair = (cv2.resize(pair[0], (width, height)), cv2.resize(pair[1], (width, height)))
    return np.asarray(pair[0], np.float32), np.asarray(pair[1], np.float32)


@dataclass(frozen=True, eq=False)
class Flow:
    """Unit vectors across the edges of a picture, (height, width) float32 each.

    (across_x, across_y) points across the edge at a pixel, with either sign;
    (-across_y, across_x) runs along it.
    """

    across_x: FloatImage
    across_y: FloatImage

    @classmethod
    def of_tensor(cls, xx: FloatImage, yy: FloatImage, xy: FloatImage) -> Flow:
        """Return the flow of a structure tensor [[xx, xy], [xy, yy]], already smoothed."""
        angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
        return cls(np.cos(angle), np.sin(angle))

    def enlarged(self, width: int, height: int) -> Flow:
        """Return the flow at another size, by way of its tensor, where signs do not matter."""
        tensor = (
            self.across_x * self.across_x,
            self.across_y * self.across_y,
            self.across_x * self.across_y,
        )
        size = (width, height)
        xx, yy, xy = (np.asarray(cv2.resize(part, size), np.float32) for part in tensor)
        return Flow.of_tensor(xx, yy, xy)

    def smooth_along(self, image: FloatImage, reaches_px: Iterable[float]) -> FloatImage:
        """Return `image` smoothed along the edges, one pass of [1 2 1] / 4 for each reach.

        With reaches that double (1, 2, 4, ...) it is an à-trous line integral convolution: few
        passes reach far and follow curves, since each starts from what the last one gathered.
        """
        grid_x, grid_y = pixel_grid(image.shape[1], image.shape[0])
        for reach in reaches_px:
            step_x, step_y = -reach * self.across_y, reach * self.across_x
            ahead = _sample(image, grid_x + step_x, grid_y + step_y)
            behind = _sample(image, grid_x - step_x, grid_y - step_y)
            image = 0.5 * image + 0.25 * (ahead + behind)
        return image


def pixel_grid(width: int, height: int) -> tuple[FloatImage, FloatImage]:
    """Return the x and the y of every pixel, (height, width) float32 each."""
    x = np.arange(width, dtype=np.float32)
    y = np.arange(height, dtype=np.float32)
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x, grid_y


def _sample(image: FloatImage, x: FloatImage, y: FloatImage) -> FloatImage:
    sampled = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(sampled, np.float32)
