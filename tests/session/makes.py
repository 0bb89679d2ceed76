"""Results and photos for tests of what is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.core.events import (
    BlendOp,
    Interpretation,
    Layer,
    Rendering,
    Result,
    Upsampling,
)
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request


def make_photo(path: Path | None = None, width: int = 40, height: int = 30) -> Photo:
    """Return a photo of noise."""
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
    return Photo(pixels, path=path)


def make_result(
    seed: int = 1, width: int = 40, height: int = 30, *, alpha: bool = False, blend: float = 1.0
) -> Result:
    """Return a result with two layers, all of it noise that `seed` decides."""
    generator = np.random.default_rng(seed)
    picture = generator.integers(0, 256, (height, width, 3), np.uint8)
    flats = generator.integers(0, 256, (10, 12, 3), np.uint8)
    lines = np.zeros((10, 12, 3), np.uint8)
    ink = generator.integers(0, 256, (10, 12), np.uint8)
    rendering = Rendering(
        (Layer("flats", flats), Layer("lines", lines, ink, BlendOp.MULTIPLY, Upsampling.CRISP))
    )
    return Result(
        Request(seed=seed, parameters={"line_weight": 1.5}, blend=blend),
        picture,
        generator.integers(0, 256, (height, width), np.uint8) if alpha else None,
        rendering,
        Interpretation("cartoon", ("bolder lines",), ("hat",), {"line_weight": 1.5}, "A note."),
        1.25,
    )
