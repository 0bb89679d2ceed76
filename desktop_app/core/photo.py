"""A photo in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.extent import Extent

RgbImage = NDArray[np.uint8]
"""(height, width, 3) uint8, R first, C-contiguous."""

GreyImage = NDArray[np.uint8]
"""(height, width) uint8."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as the engines see it: upright, 8 bits a channel, alpha apart.

    Attributes:
        pixels: (height, width, 3) uint8, R first, orientation applied, in the space that
            `icc_profile` names; where the photo is transparent, the colour under the alpha. Shared
            and never written to.
        alpha: (height, width) uint8, 255 = opaque; None where the photo has no transparency.
        icc_profile: the RGB profile of `pixels` when that is a wide gamut that is kept
            (Display-P3, Adobe RGB, ...); None means sRGB.
        exif: the photo's EXIF block with its orientation reset, to be written back; None if none.
        path: where it came from; None for a picture from the clipboard.
        format: what it was stored as, as people call it: "JPEG", "PNG", "HEIC", ...
        request_json: the Request found inside a picture that Toonroom made, else None.
    """

    pixels: RgbImage
    alpha: GreyImage | None = None
    icc_profile: bytes | None = None
    exif: bytes | None = None
    path: Path | None = None
    format: str = "PNG"
    request_json: str | None = None

    @property
    def extent(self) -> Extent:
        """The photo's own size."""
        height, width = self.pixels.shape[:2]
        return Extent(width, height)
