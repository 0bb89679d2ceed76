"""What the classic engine knows of a photo before any look is chosen."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.engines.classic.boundaries import (
    LONG_SIDE_PX,
    Boundaries,
    evidence_of,
    find_boundaries,
)
from desktop_app.engines.classic.flow import FloatImage, Flow, blurred
from desktop_app.imaging.finishing import resized

_LEAST_SIDE_PX = 24
_SMALL_LONG_SIDE_PX, _LARGE_LONG_SIDE_PX = 1024, 1536


def working_extent(extent: Extent, wanted_px: int | None) -> Extent:
    """Return the size at which a photo of `extent` is worked on.

    Small photos are worked on at twice their size, so that lines come out smooth when the picture
    is reduced again; large ones at about a third, where everything that a line can show is there.
    """
    large = max(_SMALL_LONG_SIDE_PX, min(_LARGE_LONG_SIDE_PX, extent.long_side // 2))
    return extent.with_long_side(wanted_px or min(2 * extent.long_side, large))


class Study:
    """A photo at the working size, and what was measured on it, computed when first asked for.

    Attributes:
        extent: the working size.
        rgb: (height, width, 3) uint8: the photo at the working size, edges repeated where a side
            would be too short for the filters; `cropped` takes the repetition away again.
        unit_px: how long 1/512 of the longer side is, at least 0.5: pens and filters scale with it.
    """

    def __init__(self, photo: Photo, extent: Extent) -> None:
        self.extent = extent
        small = resized(photo.pixels, extent)
        right = max(0, _LEAST_SIDE_PX - extent.width)
        bottom = max(0, _LEAST_SIDE_PX - extent.height)
        if right or bottom:
            small = np.asarray(
                cv2.copyMakeBorder(small, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.uint8
            )
        self.rgb: RgbImage = small
        self.unit_px = max(0.5, extent.long_side / LONG_SIDE_PX)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of `rgb`."""
        return self.rgb.shape[0], self.rgb.shape[1]

    def cropped(self, image: RgbImage) -> RgbImage:
        """Return the part of `image` that is the photo; any (height, width, ...) uint8."""
        return np.ascontiguousarray(image[: self.extent.height, : self.extent.width])

    @cached_property
    def boundaries(self) -> Boundaries:
        """Where people see boundaries, at about LONG_SIDE_PX."""
        height, width = self.shape
        factor = min(1.0, LONG_SIDE_PX / max(height, width))
        return find_boundaries(resized(self.rgb, Extent(width, height).scaled(factor)))

    @cached_property
    def flow(self) -> Flow:
        """Directions of the edges at the working size."""
        height, width = self.shape
        return self.boundaries.flow.enlarged(width, height)

    @cached_property
    def evidence(self) -> FloatImage:
        """Log odds that people see a boundary, (height, width) float32, smooth."""
        height, width = self.shape
        evidence = evidence_of(self.boundaries.probability)
        along = self.boundaries.flow.smooth_along(evidence, (1.0, 2.0))
        enlarged = cv2.resize(along, (width, height), interpolation=cv2.INTER_CUBIC)
        return blurred(np.asarray(enlarged, np.float32), 0.8 * self.unit_px)

    @cached_property
    def lightness(self) -> FloatImage:
        """CIE L* of the photo, (height, width) float32 in 0..100."""
        lab = cv2.cvtColor(self.rgb.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
        return np.ascontiguousarray(lab[:, :, 0])


@dataclass
class StudyDesk:
    """Keeps the last study, so that another look at the same photo starts half way."""

    _photo: weakref.ref[Photo] | None = None
    _study: Study | None = None

    def study(self, photo: Photo, extent: Extent) -> Study:
        """Return the study of `photo` at `extent`."""
        known = self._photo() if self._photo is not None else None
        if known is not photo or self._study is None or self._study.extent != extent:
            self._study = Study(photo, extent)
            self._photo = weakref.ref(photo)
        return self._study

    def clear(self) -> None:
        """Forget the last photo."""
        self._photo = self._study = None
