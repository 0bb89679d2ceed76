"""What the benchmarks share: photos in, the classic engine, OpenCV's stylization beside it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Engine, OnStep
from desktop_app.core.events import Result, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.develop import develop


def read_rgb(path: Path) -> RgbImage:
    """Return the picture at `path`, upright, as (height, width, 3) uint8 sRGB."""
    with Image.open(path) as image:
        return np.array(ImageOps.exif_transpose(image).convert("RGB"))


def sample_photos() -> list[RgbImage]:
    """Return photos that come with scikit-image."""
    from skimage import data

    names = ("astronaut", "coffee", "chelsea")
    return [np.asarray(getattr(data, name)(), np.uint8) for name in names]


def run(
    engine: Engine, pixels: RgbImage, request: Request | None = None, on_step: OnStep | None = None
) -> Result:
    """Return what `engine` makes of `pixels`, finished."""
    photo = Photo(pixels)
    return develop(engine, request or Request(), photo, on_step or _nothing, CancelToken())


def stylized(pixels: RgbImage) -> RgbImage:
    """Return OpenCV's own stylization of `pixels`, with the settings of its documentation."""
    picture: RgbImage = np.asarray(cv2.stylization(pixels, sigma_s=60, sigma_r=0.45), np.uint8)
    return picture


def tiled(pixels: RgbImage, extent: Extent, seed: int = 0) -> RgbImage:
    """Return a photo of `extent` made of mirrored tiles of `pixels`, twice enlarged, with noise.

    Enlarging keeps the share of detail near that of a real photo of that size; the noise is that
    of a sensor in good light.
    """
    large = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    height, width = large.shape[:2]
    down, across = -(-extent.height // height), -(-extent.width // width)
    mirrored = [large, large[:, ::-1]]
    row = np.hstack([mirrored[i % 2] for i in range(across)])[:, : extent.width]
    flipped = [row, row[::-1]]
    photo = np.vstack([flipped[i % 2] for i in range(down)])[: extent.height]
    noise = np.random.default_rng(seed).normal(0, 2.5, (1024, 1024, 3)).astype(np.int8)
    result: RgbImage = np.empty((extent.height, extent.width, 3), np.uint8)
    for top in range(0, extent.height, 1024):
        for left in range(0, extent.width, 1024):
            part = photo[top : top + 1024, left : left + 1024].astype(np.int16)
            part += noise[: part.shape[0], : part.shape[1]]
            result[top : top + 1024, left : left + 1024] = np.clip(part, 0, 255)
    return result


def _nothing(_preview: StepPreview) -> None:
    pass
