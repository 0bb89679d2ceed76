"""The photo as the model sees it: composited, scaled, padded. No torch.

All that diffusers' own pipeline trips over (transparency, other modes than RGB, sides that are no
multiples of 8, sizes without a limit) is settled here, before the model is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.engines.diffusion.plan import padded_extent
from desktop_app.imaging.scaling import resized

_PAPER = 255


@dataclass(frozen=True, eq=False)
class ModelPhoto:
    """What goes into the model.

    Attributes:
        pixels: (height, width, 3) uint8, each side a multiple of what the model wants; beyond
            `extent` the photo is mirrored.
        extent: the part of it, at the top left, that is the photo.
    """

    pixels: RgbImage
    extent: Extent

    def photo_part(self, image: RgbImage) -> RgbImage:
        """Return the part of a picture of the model's size, or a fraction of it, that is photo."""
        height, width = image.shape[:2]
        share_y = self.extent.height / self.pixels.shape[0]
        share_x = self.extent.width / self.pixels.shape[1]
        return image[: max(1, round(height * share_y)), : max(1, round(width * share_x))]


def model_photo(photo: Photo, extent: Extent, multiple_px: int) -> ModelPhoto:
    """Return `photo` at `extent`, of the photo's own shape, padded to multiples of `multiple_px`.

    Colours stay numbers of the photo's own space, as with every engine; what is transparent lies
    on white.
    """
    pixels = resized(_on_paper(photo, extent), extent)
    padded = padded_extent(extent, multiple_px)
    right, below = padded.width - extent.width, padded.height - extent.height
    if right or below:
        # Mirrored without the edge itself, which needs something to mirror.
        border = (
            cv2.BORDER_REFLECT_101
            if min(extent.width, extent.height) > multiple_px
            else (cv2.BORDER_REPLICATE)
        )
        pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, below, 0, right, border), np.uint8)
    return ModelPhoto(np.ascontiguousarray(pixels), extent)


def _on_paper(photo: Photo, extent: Extent) -> RgbImage:
    if photo.alpha is None or bool((photo.alpha == _PAPER).all()):
        return photo.pixels
    # Weighed before it is made small: colours that nobody sees must not bleed into the edges.
    weighed = cv2.cvtColor(photo.alpha, cv2.COLOR_GRAY2RGB)
    cv2.multiply(photo.pixels, weighed, dst=weighed, scale=1.0 / _PAPER)
    paper = _PAPER - resized(photo.alpha, extent)
    pixels = resized(np.asarray(weighed, np.uint8), extent)
    return np.asarray(cv2.add(pixels, cv2.cvtColor(paper, cv2.COLOR_GRAY2RGB)), np.uint8)
