"""HEIC by libheif: small files made with x265 stand in for phones' photos."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.exif import orientation_of, parse
from desktop_app.imaging.opening import photo_from_bytes

CENTRES = [(12, 16), (12, 48), (36, 16), (36, 48)]


def difference(pixels: NDArray[np.uint8], expected: NDArray[np.uint8]) -> int:
    """Return the largest difference of the middles of the quarters."""
    return int(max(np.abs(pixels[p].astype(int) - expected[p]).max() for p in CENTRES))


def test_upright_once(heic: dict[str, bytes], quarters: NDArray[np.uint8]) -> None:
    photo = photo_from_bytes(heic["turned"], "a.heic")
    assert (photo.format, photo.pixels.shape) == ("HEIC", (64, 48, 3))
    assert photo.pixels[5, 5].argmax() == 2  # blue came up from below
    assert photo.pixels[60, 44].argmax() == 1
    assert photo.exif is not None
    assert orientation_of(parse(photo.exif)) == 1
    assert b"Camera" in photo.exif


def test_alpha(heic: dict[str, bytes], quarters: NDArray[np.uint8]) -> None:
    photo = photo_from_bytes(heic["alpha"], "a.heic")
    assert photo.alpha is not None
    assert photo.alpha[10, 10] == 0
    assert photo.alpha[10, 60] == 255
    assert difference(photo.pixels, quarters) <= 4


def test_ten_bits(heic: dict[str, bytes], quarters: NDArray[np.uint8]) -> None:
    assert difference(photo_from_bytes(heic["deep"], "a").pixels, quarters) <= 3
    grey = photo_from_bytes(heic["grey"], "a").pixels
    assert grey[10, 10].max() <= 2
    assert abs(int(grey[10, 60, 0]) - 195) <= 2


def test_the_brand_may_be_general(heic: dict[str, bytes]) -> None:
    data = heic["deep"].replace(b"ftypheix", b"ftypmif1", 1)
    assert photo_from_bytes(data, "a").pixels.shape == (48, 64, 3)


def test_an_announced_size_over_the_limit_is_refused(heic: dict[str, bytes]) -> None:
    place = heic["deep"].index(b"ispe") + 8
    data = bytearray(heic["deep"])
    data[place : place + 8] = (40000).to_bytes(4, "big") * 2
    with pytest.raises(PhotoError, match="too large"):
        photo_from_bytes(bytes(data), "a")


@pytest.mark.parametrize("name", ["turned", "alpha", "deep", "grey"])
def test_cut_short(heic: dict[str, bytes], name: str) -> None:
    for share in (0.2, 0.5, 0.9, 0.99):
        data = heic[name]
        with pytest.raises(PhotoError):
            photo_from_bytes(data[: int(len(data) * share)], "a.heic")


def test_item_kinds_that_are_not_text_do_not_crash(heic: dict[str, bytes]) -> None:
    place = heic["turned"].index(b"Exif")
    data = bytearray(heic["turned"])
    data[place] = 0x80
    with pytest.raises(PhotoError, match="damaged"):
        photo_from_bytes(bytes(data), "a.heic")


def test_a_wrong_depth_does_not_crash(heic: dict[str, bytes]) -> None:
    """The header's bits and the picture's disagree; libheif's wrapper would write past rows."""
    whole = heic["grey"]
    start = whole.index(b"hvcC")
    for place in range(start, start + 40):
        for value in (0, 1, 2, 0xF8, 0xFA, 0xFC):
            data = bytearray(whole)
            data[place] = value
            try:
                photo_from_bytes(bytes(data), "a.heic")
            except PhotoError:
                continue


def test_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys; import desktop_app.imaging.opening;"
        " sys.exit('pi_heif' in sys.modules or 'PIL.AvifImagePlugin' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
