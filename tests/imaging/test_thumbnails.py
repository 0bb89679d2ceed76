"""Small pictures for lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.imaging.alpha import over_white
from desktop_app.imaging.thumbnails import thumbnail


@given(width=st.integers(1, 3000), height=st.integers(1, 60), side=st.integers(1, 300))
def test_sizes(width: int, height: int, side: int) -> None:
    pixels = np.full((height, width, 3), 77, np.uint8)
    small = thumbnail(pixels, None, side)
    assert max(small.shape[:2]) == min(side, max(width, height))
    assert min(small.shape[:2]) >= 1
    assert set(np.unique(small)) == {77}
    assert small.flags.c_contiguous
    assert not np.shares_memory(small, pixels)


def test_it_shows_the_whole_picture() -> None:
    pixels = np.zeros((2000, 3000, 3), np.uint8)
    pixels[:1000, :1500] = 255
    small = thumbnail(pixels, None, 150)
    assert small.shape == (100, 150, 3)
    assert abs(float(small.mean()) - 255 / 4) < 2
    assert small[10, 10].min() == 255
    assert small[90, 140].max() == 0


def test_transparent_parts_are_white() -> None:
    pixels = np.zeros((400, 400, 3), np.uint8)
    alpha = np.full((400, 400), 255, np.uint8)
    alpha[:, :200] = 0
    small = thumbnail(pixels, alpha, 50)
    assert small[25, 5].min() == 255
    assert small[25, 45].max() == 0


def test_over_white_is_the_formula() -> None:
    rng = np.random.default_rng(4)
    picture = rng.integers(0, 256, (700, 900, 3), np.uint8)
    alpha = rng.integers(0, 256, (700, 900), np.uint8)
    share = alpha[..., None].astype(float) / 255
    expected = picture * share + 255 * (1 - share)
    assert np.abs(over_white(picture, alpha) - expected).max() <= 0.51
    assert over_white(picture, None) is picture
