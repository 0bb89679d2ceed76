"""Pictures out: what is written is what comes in again."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import OutOfMemory, PhotoError, UsageError
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.imaging import saving
from desktop_app.imaging.exif import HEADER, Entry, ExifBlock, parse, serialised
from desktop_app.imaging.opening import open_photo, photo_from_bytes
from desktop_app.imaging.saving import SAVE_SUFFIXES, AlreadyThere, encode_png, save_picture

MakeProfile = Callable[[str], bytes]
LOSSLESS = (".png", ".tif", ".tiff")
REQUEST = Request(instruction='Käse 写真 🙂 </x> & "q"', seed=7, parameters={"lines": 0.5})


def exif_of_a_camera() -> bytes:
    """Return a block with a camera, a date, a size and a place."""
    block = ExifBlock("<", {0x010F: Entry(2, 7, "Jürge\0".encode())})
    block.set_short(block.main, 0x0112, 1)
    block.camera[0x9003] = Entry(2, 20, b"2024:05:06 07:08:09\0")
    block.camera[0xA002] = Entry(4, 1, struct.pack("<I", 4000))
    block.gps[1] = Entry(2, 2, b"N\0")
    return serialised(block)


@pytest.mark.parametrize("suffix", SAVE_SUFFIXES)
def test_round_trip(
    tmp_path: Path, make_profile: MakeProfile, quarters: NDArray[np.uint8], suffix: str
) -> None:
    profile = make_profile("Display P3")
    photo = Photo(quarters, icc_profile=profile, exif=exif_of_a_camera())
    path = tmp_path / f"Ünïcode{suffix.upper()}"
    save_picture(path, quarters, photo, request=REQUEST)
    again = open_photo(path)
    most = 0 if suffix in LOSSLESS else 12
    assert np.abs(again.pixels[12, 16].astype(int) - quarters[12, 16]).max() <= most
    if suffix in LOSSLESS:
        assert np.array_equal(again.pixels, quarters)
    assert again.icc_profile == profile
    assert again.alpha is None
    assert again.request_json is not None
    assert Request.from_json(again.request_json) == REQUEST
    assert again.exif is not None
    block = parse(again.exif)
    assert block.main[0x010F].data == "Jürge\0".encode()
    assert block.main[0x0131].data.startswith(b"Toonroom ")
    assert block.camera[0x9003].data == b"2024:05:06 07:08:09\0"
    assert block.number(block.camera, 0xA002) == 64
    assert block.gps[1].data == b"N\0"


@pytest.mark.parametrize("suffix", SAVE_SUFFIXES)
def test_without_exif_and_request(tmp_path: Path, quarters: NDArray[np.uint8], suffix: str) -> None:
    photo = Photo(quarters, exif=exif_of_a_camera())
    save_picture(tmp_path / f"a{suffix}", quarters, photo, keep_exif=False)
    again = open_photo(tmp_path / f"a{suffix}")
    assert again.request_json is None
    assert again.icc_profile is None
    assert again.exif is not None
    block = parse(again.exif)
    assert (0x010F in block.main, block.camera, block.gps) == (False, {}, {})


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_alpha(tmp_path: Path, quarters: NDArray[np.uint8], suffix: str) -> None:
    alpha = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (48, 1))
    save_picture(tmp_path / f"a{suffix}", quarters, Photo(quarters), alpha=alpha)
    again = open_photo(tmp_path / f"a{suffix}")
    assert again.alpha is not None
    assert np.array_equal(again.alpha, alpha)
    assert again.pixels[5, 0].argmax() == 0  # red under full transparency


def test_a_tiff_says_its_resolution_the_photos_own_where_it_has_one(
    tmp_path: Path, quarters: NDArray[np.uint8]
) -> None:
    Image.fromarray(quarters).save(tmp_path / "photo.tif", dpi=(300, 300))
    photo = open_photo(tmp_path / "photo.tif")
    save_picture(tmp_path / "kept.tif", quarters, photo)
    save_picture(tmp_path / "none.tif", quarters, Photo(quarters))
    with Image.open(tmp_path / "kept.tif") as kept, Image.open(tmp_path / "none.tif") as none:
        assert kept.info["dpi"] == (300, 300)
        assert none.info["dpi"] == (72, 72)


def test_jpeg_puts_transparent_parts_on_white(tmp_path: Path, quarters: NDArray[np.uint8]) -> None:
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:, :32] = 0
    save_picture(tmp_path / "a.jpg", quarters, Photo(quarters), alpha=alpha)
    pixels = open_photo(tmp_path / "a.jpg").pixels
    assert pixels[10, 5].min() >= 250
    assert pixels[10, 60].argmax() == 1


def test_jpeg_keeps_colour_edges_sharp(tmp_path: Path) -> None:
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:, ::2] = (255, 0, 0)
    picture[:, 1::2] = (0, 0, 255)
    save_picture(tmp_path / "a.jpg", picture, Photo(picture))
    pixels = open_photo(tmp_path / "a.jpg").pixels
    assert np.abs(pixels.astype(int) - picture).max() < 40


@given(width=st.integers(1, 40), height=st.integers(1, 40), transparent=st.booleans())
def test_any_small_shape_as_png(width: int, height: int, transparent: bool) -> None:
    rng = np.random.default_rng(width * 50 + height)
    rgba = rng.integers(0, 255, (height, width, 4), np.uint8)
    picture, alpha = rgba[..., :3].copy(), rgba[..., 3].copy() if transparent else None
    again = photo_from_bytes(encode_png(picture, alpha, None), "a")
    assert np.array_equal(again.pixels, picture)
    assert (again.alpha is not None) == transparent
    if again.alpha is not None:
        assert np.array_equal(again.alpha, rgba[..., 3])


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (701, 803)])
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_shapes(tmp_path: Path, shape: tuple[int, int], suffix: str) -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (*shape, 3), np.uint8)
    alpha = rng.integers(0, 255, shape, np.uint8)
    for number, a in enumerate((None, alpha)):
        path = tmp_path / f"{number}{suffix}"
        save_picture(path, picture, Photo(picture), alpha=a)
        assert np.array_equal(open_photo(path).pixels, picture)
        plain = np.asarray(Image.open(path))
        assert np.array_equal(plain[..., :3], picture)
        if a is not None:
            assert np.array_equal(plain[..., 3], alpha)


def test_srgb_is_said(tmp_path: Path, quarters: NDArray[np.uint8]) -> None:
    save_picture(tmp_path / "a.png", quarters, Photo(quarters))
    assert b"sRGB\0" in (tmp_path / "a.png").read_bytes()
    for suffix in (".jpg", ".webp", ".tif"):
        save_picture(tmp_path / f"a{suffix}", quarters, Photo(quarters))
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert b"sRGB" in image.info["icc_profile"].replace(b"\0", b"")


def test_the_same_picture_gives_the_same_file(tmp_path: Path, quarters: NDArray[np.uint8]) -> None:
    for suffix in SAVE_SUFFIXES:
        for name in ("one", "two"):
            save_picture(tmp_path / f"{name}{suffix}", quarters, Photo(quarters), request=REQUEST)
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


def test_half_a_surrogate_pair_in_an_instruction(
    tmp_path: Path, quarters: NDArray[np.uint8]
) -> None:
    """A terminal that is not in UTF-8 gives such arguments."""
    request = Request(instruction=os.fsdecode(b"K\xe4se"))
    for suffix in SAVE_SUFFIXES:
        path = tmp_path / f"a{suffix}"
        save_picture(path, quarters, Photo(quarters), request=request)
        found = open_photo(path).request_json
        assert found is not None
        assert Request.from_json(found) == request


def test_a_very_long_instruction_does_not_stop_saving(
    tmp_path: Path, quarters: NDArray[np.uint8]
) -> None:
    request = Request(instruction="bolder " * 20_000)
    for suffix in SAVE_SUFFIXES:
        path = tmp_path / f"a{suffix}"
        save_picture(path, quarters, Photo(quarters), request=request)
        found = open_photo(path).request_json
        assert found is None if suffix in (".jpg", ".jpeg") else found == request.to_json()


def test_huge_exif_does_not_stop_saving(tmp_path: Path, quarters: NDArray[np.uint8]) -> None:
    block = ExifBlock("<", {0x010F: Entry(2, 6, b"Maker\0")})
    for tag in range(0x9400, 0x9404):
        block.camera[tag] = Entry(7, 30000, bytes(30000))
    photo = Photo(quarters, exif=serialised(block, 1 << 20))
    for suffix in SAVE_SUFFIXES:
        save_picture(tmp_path / f"a{suffix}", quarters, photo)
        exif = open_photo(tmp_path / f"a{suffix}").exif
        assert exif is not None
        assert parse(exif).main[0x010F].data == b"Maker\0"


def test_exif_with_and_without_header(tmp_path: Path, quarters: NDArray[np.uint8]) -> None:
    for exif in (exif_of_a_camera(), exif_of_a_camera().removeprefix(HEADER), b"", b"nonsense"):
        save_picture(tmp_path / "a.jpg", quarters, Photo(quarters, exif=exif), overwrite=True)
        assert open_photo(tmp_path / "a.jpg").exif is not None


@pytest.mark.parametrize("name", ["a", "a.gif", "a.txt", "png", ".png"])
def test_unknown_endings(tmp_path: Path, quarters: NDArray[np.uint8], name: str) -> None:
    with pytest.raises(UsageError, match=r"\.png, \.jpg"):
        save_picture(tmp_path / name, quarters, Photo(quarters))
    assert not list(tmp_path.iterdir())


def test_limits_of_formats(tmp_path: Path) -> None:
    wide = np.zeros((1, 65501, 3), np.uint8)
    for name, most in (("a.jpg", "65500"), ("a.webp", "16383")):
        with pytest.raises(PhotoError, match=most):
            save_picture(tmp_path / name, wide, Photo(wide))
    save_picture(tmp_path / "a.png", wide, Photo(wide))
    assert open_photo(tmp_path / "a.png").extent.width == 65501
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_never_over_a_file_unasked(tmp_path: Path, quarters: NDArray[np.uint8]) -> None:
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(AlreadyThere):
        save_picture(tmp_path / "a.png", quarters, Photo(quarters))
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    save_picture(tmp_path / "a.png", quarters, Photo(quarters), overwrite=True)
    assert open_photo(tmp_path / "a.png").format == "PNG"


@pytest.mark.parametrize("suffix", SAVE_SUFFIXES)
def test_a_full_disk_leaves_nothing(
    tmp_path: Path, quarters: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(PhotoError, match="disk is full"):
        save_picture(tmp_path / f"a{suffix}", quarters, Photo(quarters))
    assert not list(tmp_path.iterdir())


def test_out_of_memory(
    tmp_path: Path, quarters: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(saving, "over_white", refuse)
    with pytest.raises(OutOfMemory, match=r"a\.jpg"):
        save_picture(tmp_path / "a.jpg", quarters, Photo(quarters))
    assert not list(tmp_path.iterdir())


def test_strangers_metadata_is_not_a_request(tmp_path: Path, quarters: NDArray[np.uint8]) -> None:
    packet = b"<x:xmpmeta><toonroom:request>%s</toonroom:request></x:xmpmeta>"
    for text in (b"", b"{", b"[]", b'{"seed": -1}', b'{"seed": "x"}', b"[" * 100_000):
        Image.fromarray(quarters).save(tmp_path / "a.webp", xmp=packet % text)
        assert open_photo(tmp_path / "a.webp").request_json is None
