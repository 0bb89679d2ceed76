"""Crops of the data set's pictures, drawn by step number alone: a run can go on anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from desktop_app.core.errors import PhotoError
from desktop_app.core.photo import RgbImage
from desktop_app.imaging.names import printable

SCALES = (1.0, 1.0, 0.75, 0.5)
"""How much pictures are reduced before they are cut; drawn evenly."""

_PER_PICTURE = 2


def chance_at(seed: int, step: int) -> np.random.Generator:
    """Return the random numbers of one step, which depend on nothing else."""
    return np.random.default_rng([seed, step])


def noise_at(seed: int, step: int) -> torch.Generator:
    """Return torch's random numbers of one step, on the CPU."""
    return torch.Generator("cpu").manual_seed(seed * 1_000_003 + step)


def read_rgb(path: Path) -> RgbImage:
    """Return a picture of the data set, (height, width, 3) uint8.

    Raises:
        PhotoError: it cannot be read.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise PhotoError(f"“{printable(path)}” cannot be read: {error.strerror}.") from error
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if bgr is None:
        raise PhotoError(f"“{printable(path)}” is damaged; make the data set again.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def draw_crops(
    paths: Sequence[Path], side_px: int, count: int, chance: np.random.Generator
) -> Tensor:
    """Return (count, 3, side_px, side_px) float32 within -1 and 1, cut from pictures at random."""
    crops: list[NDArray[np.uint8]] = []
    while len(crops) < count:
        picture = read_rgb(paths[int(chance.integers(len(paths)))])
        wanted = min(_PER_PICTURE, count - len(crops))
        crops += [_crop(picture, side_px, chance) for _ in range(wanted)]
    return to_tensor(np.stack(crops))


def _crop(picture: RgbImage, side_px: int, chance: np.random.Generator) -> RgbImage:
    height, width = picture.shape[:2]
    scale = float(chance.choice(SCALES))
    # Where the picture is too small for the crop, as much of it as there is.
    cut = min(round(side_px / scale), height, width)
    y, x = int(chance.integers(height - cut + 1)), int(chance.integers(width - cut + 1))
    part = picture[y : y + cut, x : x + cut]
    if chance.random() < 0.5:
        part = part[:, ::-1]
    if cut != side_px:
        method = cv2.INTER_AREA if cut > side_px else cv2.INTER_CUBIC
        part = np.asarray(cv2.resize(part, (side_px, side_px), interpolation=method), np.uint8)
    return np.ascontiguousarray(part)


def centre(picture: RgbImage, side_px: int) -> RgbImage:
    """Return the square in the middle, at most `side_px` wide, cut to a multiple of 8."""
    height, width = picture.shape[:2]
    cut = min(side_px, height, width) // 8 * 8
    y, x = (height - cut) // 2, (width - cut) // 2
    return np.ascontiguousarray(picture[y : y + cut, x : x + cut])


def to_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """Return (n, height, width, 3) uint8 as (n, 3, height, width) float32 within -1 and 1."""
    values = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(torch.float32)
    return values.div(127.5).sub(1.0).contiguous()
