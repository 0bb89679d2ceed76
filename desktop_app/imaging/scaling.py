"""Scaling: whole pictures, and layers strip by strip.

Colour areas are enlarged by a fast guided filter, so that their edges are the photo's own; lines
are enlarged smoothly and then sharpened to one pixel of transition, as a vector drawing would be.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.events import Layer, Upsampling
from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, Photo, RgbImage

FloatImage = NDArray[np.float32]

GUIDE_RADIUS_PX = 2
GUIDE_EPSILON = 12.0


def resized(pixels: NDArray[np.uint8], extent: Extent) -> NDArray[np.uint8]:
    """Return `pixels` at `extent`; the same array where it has that size already."""
    height, width = pixels.shape[:2]
    if (width, height) == (extent.width, extent.height):
        return pixels
    shrinks = extent.width * extent.height < width * height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(pixels, (extent.width, extent.height), interpolation=method).astype(
        np.uint8, copy=False
    )


def plane_for(layer: Layer, photo: Photo, extent: Extent) -> Plane:
    """Return what gives strips of `layer` at `extent`, enlarged as the layer says."""
    if layer.upsampling is Upsampling.GUIDED:
        return _GuidedPlane(layer, photo, extent)
    return Plane(layer, extent)


class Plane:
    """One layer, ready to give strips of itself at the full size. Used by several threads."""

    def __init__(self, layer: Layer, extent: Extent) -> None:
        height, width = layer.rgb.shape[:2]
        self._layer = layer
        self._extent = extent
        self._same_size = (width, height) == (extent.width, extent.height)
        self._uniform = bool((layer.rgb == layer.rgb[:1, :1]).all())
        crisp = layer.upsampling is Upsampling.CRISP and layer.alpha is not None
        self._peak = _local_peak(layer.alpha) if crisp and layer.alpha is not None else None

    def strip(self, guide: RgbImage, first: int, last: int) -> tuple[RgbImage, GreyImage | None]:
        """Return colour and alpha of the rows `first` to `last`; `guide` is the photo's strip."""
        alpha = self._layer.alpha
        if self._same_size:
            return self._layer.rgb[first:last], None if alpha is None else alpha[first:last]
        return self._colour(guide, first, last), self._alpha(first, last)

    def _colour(self, guide: RgbImage, first: int, last: int) -> RgbImage:
        del guide
        if self._uniform:
            shape = (last - first, self._extent.width, 3)
            return np.ascontiguousarray(np.broadcast_to(self._layer.rgb[0, 0], shape))
        enlarged = enlarge_strip(self._layer.rgb, self._extent, first, last)
        return enlarged.astype(np.uint8, copy=False)

    def _alpha(self, first: int, last: int) -> GreyImage | None:
        if self._layer.alpha is None:
            return None
        alpha = enlarge_strip(self._layer.alpha, self._extent, first, last, cv2.INTER_CUBIC)
        if self._peak is None:
            return alpha.astype(np.uint8, copy=False)
        peak = enlarge_strip(self._peak, self._extent, first, last)
        factor = self._extent.width / self._layer.rgb.shape[1]
        return _sharpened(alpha, peak, factor)


class _GuidedPlane(Plane):
    """A layer of colour areas, enlarged along the photo's edges.

    Source: He and Sun, "Fast Guided Filter", 2015: q = a I + b with a and b from the small images.
    """

    def __init__(self, layer: Layer, photo: Photo, extent: Extent) -> None:
        super().__init__(layer, extent)
        if self._same_size or self._uniform:
            return
        height, width = layer.rgb.shape[:2]
        guide = _grey(resized(photo.pixels, Extent(width, height))).astype(np.float32)
        self._slope, self._offset = _guided_coefficients(guide, layer.rgb.astype(np.float32))
        kernel = np.ones((3, 3), np.uint8)
        self._low: RgbImage = np.asarray(cv2.erode(layer.rgb, kernel), np.uint8)
        self._high: RgbImage = np.asarray(cv2.dilate(layer.rgb, kernel), np.uint8)

    def _colour(self, guide: RgbImage, first: int, last: int) -> RgbImage:
        if self._uniform:
            return super()._colour(guide, first, last)
        slope = np.asarray(enlarge_strip(self._slope, self._extent, first, last), np.float32)
        offset = enlarge_strip(self._offset, self._extent, first, last)
        grey = cv2.cvtColor(_grey(guide), cv2.COLOR_GRAY2RGB)
        cv2.multiply(slope, grey, dst=slope, dtype=cv2.CV_32F)
        cv2.add(slope, offset, dst=slope)
        colour = cv2.convertScaleAbs(np.maximum(slope, 0.0, out=slope))
        # a steep slope must not ring: stay within the colours that meet here
        low = enlarge_strip(self._low, self._extent, first, last)
        high = enlarge_strip(self._high, self._extent, first, last)
        return np.asarray(cv2.min(cv2.max(colour, low), high), np.uint8)


def enlarge_strip(
    plane: NDArray[np.uint8] | FloatImage,
    extent: Extent,
    first: int,
    last: int,
    interpolation: int = cv2.INTER_LINEAR,
) -> NDArray[np.uint8] | FloatImage:
    """Return rows `first` to `last` of `plane` enlarged to `extent`, pixel centres aligned.

    Only the rows that are needed are computed. `plane` is (h, w) or (h, w, channels), uint8 or
    float32; the result has its type.
    """
    height, width = plane.shape[:2]
    scale_x, scale_y = width / extent.width, height / extent.height
    matrix = np.array(
        [
            [scale_x, 0.0, 0.5 * scale_x - 0.5],
            [0.0, scale_y, (first + 0.5) * scale_y - 0.5],
        ]
    )
    top = max(0, int(np.floor(matrix[1, 2])) - 2)
    bottom = min(height, int(np.ceil((last + 0.5) * scale_y)) + 3)
    matrix[1, 2] -= top
    flags = interpolation | cv2.WARP_INVERSE_MAP
    size = (extent.width, last - first)
    enlarged = cv2.warpAffine(
        plane[top:bottom], matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return cast("NDArray[np.uint8] | FloatImage", enlarged)


def _grey(rgb: RgbImage) -> GreyImage:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _guided_coefficients(guide: FloatImage, colour: FloatImage) -> tuple[FloatImage, FloatImage]:
    side = 2 * GUIDE_RADIUS_PX + 1

    def mean(image: FloatImage) -> FloatImage:
        return np.asarray(cv2.blur(image, (side, side)), np.float32)

    mean_guide = mean(guide)
    variance = mean(guide * guide) - mean_guide * mean_guide
    guide3, mean3 = guide[:, :, None], mean_guide[:, :, None]
    mean_colour = mean(colour)
    covariance = mean(guide3 * colour) - mean3 * mean_colour
    slope = covariance / (variance[:, :, None] + np.float32(GUIDE_EPSILON))
    offset = mean_colour - slope * mean3
    return mean(np.asarray(slope, np.float32)), mean(np.asarray(offset, np.float32))


def _local_peak(alpha: GreyImage) -> GreyImage:
    return np.asarray(cv2.dilate(alpha, np.ones((5, 5), np.uint8)), np.uint8)


def _sharpened(
    alpha: NDArray[np.uint8] | FloatImage, peak: NDArray[np.uint8] | FloatImage, factor: float
) -> GreyImage:
    """Return `alpha` with the transition around half its local peak made `factor` times steeper."""
    steepness = max(1.0, factor)
    centred = cv2.addWeighted(alpha, steepness, peak, 0.5 - 0.5 * steepness, 0.0)
    return np.asarray(cv2.min(centred, peak), np.uint8)
