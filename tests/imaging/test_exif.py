"""EXIF: kept as it is, without what would lie; broken blocks never matter."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from desktop_app.core.extent import Extent
from desktop_app.imaging.exif import (
    HEADER,
    JPEG_LIMIT_BYTES,
    Entry,
    ExifBlock,
    for_picture,
    orientation_of,
    parse,
    serialised,
    tidied,
)
from desktop_app.imaging.opening import open_photo, photo_from_bytes

Encode = Callable[..., bytes]

CAMERA, GPS = 0x8769, 0x8825
MAKE, MODEL, DATE, ARTIST = 0x010F, 0x0110, 0x0132, 0x013B


def sample() -> Image.Exif:
    """Return a block like a camera's."""
    exif = Image.Exif()
    exif[MAKE], exif[MODEL], exif[DATE] = "Maker", "Model 5", "2024:05:06 07:08:09"
    exif[0x0112] = 1
    exif.get_ifd(CAMERA)[0x9003] = "2024:05:06 07:08:09"
    exif.get_ifd(CAMERA)[0x829A] = 0.004
    exif.get_ifd(CAMERA)[0xA002] = 4000
    exif.get_ifd(CAMERA)[0x927C] = b"maker note" * 20
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    return exif


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_kept_from_every_format(
    encode: Encode, quarters: NDArray[np.uint8], file_format: str
) -> None:
    photo = photo_from_bytes(encode(quarters, file_format, exif=sample().tobytes()), "a")
    assert photo.exif is not None
    assert photo.exif.startswith(HEADER)
    seen = Image.Exif()
    seen.load(photo.exif)
    assert (seen[MAKE], seen[MODEL], seen[DATE]) == ("Maker", "Model 5", "2024:05:06 07:08:09")
    assert seen.get_ifd(CAMERA)[0x9003] == "2024:05:06 07:08:09"
    assert float(seen.get_ifd(CAMERA)[0x829A]) == pytest.approx(0.004)
    assert seen.get_ifd(GPS)[1] == "N"
    assert 0x927C not in seen.get_ifd(CAMERA)
    assert not {256, 257, 273, 279} & set(seen)


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_the_place_is_stripped_on_demand(
    tmp_path: Path, encode: Encode, quarters: NDArray[np.uint8], file_format: str
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(quarters, file_format, exif=sample().tobytes()))
    block = open_photo(path, keep_gps=False).exif
    assert block is not None
    assert not parse(block).gps
    assert b"N\0" not in block.replace(b"Maker", b"")
    kept = open_photo(path).exif
    assert kept is not None
    assert parse(kept).gps


def test_texts_stay_as_they_were() -> None:
    """Pillow would turn an umlaut into a question mark."""
    name = "Jürgen 写真".encode() + b"\0"
    block = ExifBlock("<", {ARTIST: Entry(2, len(name), name)})
    kept = tidied(block, keep_gps=True)
    assert kept is not None
    assert parse(kept).main[ARTIST].data == name


def test_nothing_worth_keeping_is_none() -> None:
    assert tidied(ExifBlock(), keep_gps=True) is None
    turned = ExifBlock()
    turned.set_short(turned.main, 0x0112, 6)
    assert tidied(turned, keep_gps=True) is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_parse_gives_back_what_was_serialised(order: str) -> None:
    block = ExifBlock(">" if order == ">" else "<")
    block.set_short(block.main, 0x0112, 6)
    block.main[MAKE] = Entry(2, 6, b"Maker\0")
    block.camera[0x9286] = Entry(7, 11, b"ASCII\0\0\0abc")
    block.gps[1] = Entry(2, 2, b"N\0")
    again = parse(serialised(block))
    assert (again.main[MAKE], again.camera, again.gps) == (
        block.main[MAKE],
        block.camera,
        block.gps,
    )
    assert orientation_of(again) == 6


def test_over_the_limit_the_longest_values_go() -> None:
    block = ExifBlock()
    block.main[MAKE] = Entry(2, 6, b"Maker\0")
    block.camera[0x9286] = Entry(7, 40000, bytes(40000))
    block.camera[0x9287] = Entry(7, 40001, bytes(40001))
    data = serialised(block)
    assert len(data) <= JPEG_LIMIT_BYTES
    assert 0x9286 in parse(data).camera
    assert 0x9287 not in parse(data).camera


def test_for_picture_tells_the_truth() -> None:
    block = ExifBlock()
    block.set_short(block.main, 0x0112, 6)
    block.set_short(block.camera, 0xA001, 0xFFFF)
    block.camera[0xA002] = Entry(4, 1, struct.pack(">I", 4000))
    made = for_picture(serialised(block), Extent(30, 20), "Toonroom 1", is_srgb=True)
    assert made.number(made.main, 0x0112) == 1
    assert made.number(made.camera, 0xA001) == 1
    assert made.number(made.camera, 0xA002) == 30
    assert made.main[0x0131].data == b"Toonroom 1\0"
    assert for_picture(b"nonsense", Extent(1, 1), "T", is_srgb=True).main


@given(data=st.binary(max_size=300), order=st.sampled_from([b"II*\0", b"MM\0*"]))
def test_no_block_is_too_broken(data: bytes, order: bytes) -> None:
    block = parse(order + struct.pack("<I" if order[:1] == b"I" else ">I", 8) + data)
    assert 1 <= orientation_of(block) <= 8
    kept = tidied(block, keep_gps=True)
    assert kept is None or orientation_of(parse(kept)) == 1


@pytest.mark.parametrize("seed", range(40))
def test_damaged_exif_never_stops_a_photo(
    encode: Encode, quarters: NDArray[np.uint8], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    block = bytearray(sample().tobytes())
    for _ in range(8):
        block[int(rng.integers(6, len(block)))] = int(rng.integers(256))
    photo = photo_from_bytes(encode(quarters, "JPEG", exif=bytes(block)), "a")
    assert sorted(photo.pixels.shape) == [3, 48, 64]


def test_a_directory_that_contains_itself_ends() -> None:
    data = struct.pack(">4sIHHHIII", b"MM\0*", 8, 1, CAMERA, 4, 1, 8, 0)
    assert parse(data).camera.keys() == {CAMERA}


def test_what_imagemagick_writes_into_png(encode: Encode, quarters: NDArray[np.uint8]) -> None:
    info = PngInfo()
    block = sample().tobytes()
    lines = block.hex()
    info.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{lines}\n")
    photo = photo_from_bytes(encode(quarters, "PNG", pnginfo=info), "a")
    assert photo.exif is not None
    assert Image.open(io.BytesIO(encode(quarters, "JPEG", exif=photo.exif))).getexif()[MAKE]
