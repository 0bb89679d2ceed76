"""Portable maps of all six kinds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.opening import photo_from_bytes


def levels(data: bytes) -> list[int]:
    """Return the first channel of every pixel."""
    return [int(v) for v in photo_from_bytes(data, "a.ppm").pixels[..., 0].ravel()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"P1\n# a comment\n3 2\n1 0 1\n0 1 0\n", [0, 255, 0, 255, 0, 255]),
        (b"P1 3 2 101010", [0, 255, 0, 255, 0, 255]),
        (b"P2 3 1 100 0 50 100", [0, 128, 255]),
        (b"P2 2 1 # white\n 65535 0 65535\n", [0, 255]),
        (b"P3 2 1 255 1 2 3 # red\n 4 5 6", [1, 4]),
        (b"P4\n10 1\n\xaa\x80", [0, 255, 0, 255, 0, 255, 0, 255, 0, 255]),
        (b"P5 3 1 255\n\x00\x80\xff", [0, 128, 255]),
        (b"P5 2 1 15\n\x00\x0f", [0, 255]),
        (b"P5 2 1 1000\n\x00\x00\x03\xe8", [0, 255]),
        (b"P6 1 1 65535\n\xff\xff\x00\x00\x80\x00", [255]),
    ],
)
def test_kinds(data: bytes, expected: list[int]) -> None:
    assert levels(data) == expected


def test_ten_megapixels_of_text_do_not_take_minutes() -> None:
    values = np.full(1_000_000, 7, np.uint8)
    data = b"P2 1000 1000 255\n" + b"7 " * values.size
    assert set(levels(data)) == {7}


@pytest.mark.parametrize(
    "data",
    [
        b"P5 3 1 255\n\x00",
        b"P2 3 1 255\n1 2",
        b"P1 3 1\n1 0",
        b"P6 2 2\n",
        b"P5 x y 255\n",
        b"P5 1 1 0\n\x00",
        b"P5 1 1 70000\n\x00",
        b"P2 1 1 255\nred",
        b"P2 1 1 255\n-5",
        b"P2 1 1 255\n99999999999999999999",
        b"P5 99999999999999999999 1 255\n",
        b"P3 ",
    ],
)
def test_damage(data: bytes) -> None:
    with pytest.raises(PhotoError, match=r"“a\.ppm”"):
        photo_from_bytes(data, "a.ppm")


@given(st.binary(max_size=60), st.integers(1, 6))
def test_anything_else(tail: bytes, kind: int) -> None:
    try:
        photo = photo_from_bytes(b"P%d " % kind + tail, "a.ppm")
    except PhotoError:
        return
    assert photo.pixels.dtype == np.uint8
