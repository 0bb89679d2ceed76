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
from desktop_app.engines.classic.faces import FaceBox, find_faces
from desktop_app.engines.classic.flow import FloatImage, Flow, blurred, smoothstep
from desktop_app.imaging.scaling import resized

MOST_LONG_SIDE_PX = 4096
"""Working larger would only make the same drawing slowly: everything scales with the size."""

FACE_SIDE_UNITS = 400.0
"""How many units a face with its hair is across, where it is drawn by itself."""

_WORTH_WHILE = 0.8
_LEAST_UNIT_PX = 0.5
_LEAST_SIDE_PX = 24
_SMALL_LONG_SIDE_PX, _LARGE_LONG_SIDE_PX = 1024, 1536


def working_extent(extent: Extent, wanted_px: int | None) -> Extent:
    """Return the size at which a photo of `extent` is worked on.

    Small photos are worked on at twice their size, so that lines come out smooth when the picture
    is reduced again; large ones at no more than 1536 px, which is enough for any line and quick.
    """
    large = max(_SMALL_LONG_SIDE_PX, min(_LARGE_LONG_SIDE_PX, extent.long_side // 2))
    if wanted_px is not None:
        return extent.with_long_side(min(wanted_px, MOST_LONG_SIDE_PX))
    return extent.with_long_side(min(2 * extent.long_side, large))


class Study:
    """A picture at the working size, and what was measured on it, computed when first asked for.

    Attributes:
        rgb: (height, width, 3) uint8, each side at least 24 px.
        unit_px: pens and filters scale with it: what boundaries are looked for at is `rgb`
            reduced by this factor, 1/512 of the longer side of a whole photo.
    """

    def __init__(self, rgb: RgbImage, unit_px: float) -> None:
        self.rgb = rgb
        self.unit_px = max(_LEAST_UNIT_PX, unit_px)

    @classmethod
    def of_photo(cls, photo: Photo, extent: Extent) -> Study:
        """Return the study of `photo` at `extent`; short sides are filled by repeating the edge."""
        small = resized(photo.pixels, extent)
        right = max(0, _LEAST_SIDE_PX - extent.width)
        bottom = max(0, _LEAST_SIDE_PX - extent.height)
        if right or bottom:
            small = np.asarray(
                cv2.copyMakeBorder(small, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.uint8
            )
        return cls(small, extent.long_side / LONG_SIDE_PX)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of `rgb`."""
        return self.rgb.shape[0], self.rgb.shape[1]

    @cached_property
    def reduced(self) -> RgbImage:
        """The picture divided by `unit_px`: what boundaries and faces are looked for in."""
        height, width = self.shape
        factor = min(1.0, 1.0 / self.unit_px)
        reduced = Extent(width, height).scaled(factor)
        at_least = Extent(max(8, reduced.width), max(8, reduced.height))
        return resized(self.rgb, at_least)

    @cached_property
    def boundaries(self) -> Boundaries:
        """Where people see boundaries, at the reduced size."""
        return find_boundaries(self.reduced)

    @cached_property
    def faces(self) -> tuple[tuple[FaceBox, Study], ...]:
        """Faces that are too small for the picture's pen, each with a finer study of its own."""
        boxes = find_faces(self.reduced, self.shape[1] / self.reduced.shape[1])
        small = []
        for box in boxes:
            unit = box.side / FACE_SIDE_UNITS
            if unit < _WORTH_WHILE * self.unit_px and box.side > 2 * _LEAST_SIDE_PX:
                rgb = np.ascontiguousarray(self.rgb[box.part])
                small.append((box, Study(rgb, unit)))
        return tuple(small)

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

    @cached_property
    def fine_darkness(self) -> FloatImage:
        """How much darker a pixel is than beside it, in L*, smooth along edges.

        Source: the flow-based difference of Gaussians, Kang, Lee and Chui, NPAR 2007.
        """
        sigma = 0.6 * self.unit_px
        difference = blurred(self.lightness, 1.6 * sigma) - blurred(self.lightness, sigma)
        reach = self.unit_px
        return self.flow.smooth_along(difference, (0.5 * reach, reach, 2.0 * reach))

    @cached_property
    def prominence(self) -> FloatImage:
        """Whether a fine dark or bright thing stands out, (height, width) float32 in 0..1.

        An eye does, and a letter; one blade of grass among others does not.
        """
        strength = np.abs(self.fine_darkness)
        busy = blurred(strength, 7.0 * self.unit_px)
        stands_out = smoothstep(strength / (busy + np.float32(0.3)), 1.6, 3.2)
        return stands_out * smoothstep(self.evidence, -4.5, -2.5)


@dataclass
class StudyDesk:
    """Keeps the last study, so that another look at the same photo starts half way."""

    _photo: weakref.ref[Photo] | None = None
    _study: Study | None = None
    _extent: Extent | None = None

    def study(self, photo: Photo, extent: Extent) -> Study:
        """Return the study of `photo` at `extent`."""
        known = self._photo() if self._photo is not None else None
        if known is not photo or self._study is None or self._extent != extent:
            self._study = Study.of_photo(photo, extent)
            self._photo, self._extent = weakref.ref(photo), extent
        return self._study

    def clear(self) -> None:
        """Forget the last photo."""
        self._photo = self._study = self._extent = None
