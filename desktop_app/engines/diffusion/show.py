"""Previews as people see them: enlarged along the photo's edges. No torch."""

from __future__ import annotations

import numpy as np

from desktop_app.core.events import Layer
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.engines.diffusion.photo_in import ModelPhoto
from desktop_app.imaging.scaling import plane_for, resized

LONG_SIDE_PX = 256
"""Long side of what is shown of previews as small as latents: larger takes time from the model."""


def shown(preview: RgbImage, seen: ModelPhoto) -> RgbImage:
    """Return the part of a preview that is photo; a small one enlarged, its edges the photo's.

    Args:
        preview: (height, width, 3) uint8, of all that the model sees, at any size.
        seen: what the model sees.
    """
    part = np.ascontiguousarray(seen.photo_part(preview))
    height, width = part.shape[:2]
    if max(height, width) >= LONG_SIDE_PX:
        return part
    extent = seen.extent
    if extent.long_side > LONG_SIDE_PX:
        extent = extent.with_long_side(LONG_SIDE_PX)
    guide = resized(np.ascontiguousarray(seen.photo_part(seen.pixels)), extent)
    if min(extent.width, extent.height) < 2 or min(height, width) < 2:
        return resized(part, extent)
    picture, _ = plane_for(Layer("preview", part), Photo(guide), extent).strip(
        guide, 0, extent.height
    )
    return np.ascontiguousarray(picture)
