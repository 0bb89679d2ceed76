"""Every kind of photo becomes upright 8-bit RGB with its alpha apart."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import PhotoError
from desktop_app.core.photo import Photo
from desktop_app.imaging.opening import open_photo, photo_from_bytes, photo_from_pixels

Encode = Callable[..., bytes]


def closeness(photo: Photo, expected: NDArray[np.uint8]) -> int:
    """Return the largest difference of the middles of the quarters."""
    assert photo.pixels.shape == expected.shape
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous
    points = [(12, 16), (12, 48), (36, 16), (36, 48)]
    return max(int(np.abs(photo.pixels[p].astype(int) - expected[p]).max()) for p in points)


@pytest.mark.parametrize(
    ("file_format", "options", "name"),
    [
        ("JPEG", {}, "JPEG"),
        ("JPEG", {"progressive": True}, "JPEG"),
        ("MPO", {"save_all": True}, "JPEG"),
        ("PNG", {}, "PNG"),
        ("WEBP", {"quality": 90}, "WebP"),
        ("WEBP", {"lossless": True}, "WebP"),
        ("TIFF", {}, "TIFF"),
        ("TIFF", {"compression": "tiff_lzw"}, "TIFF"),
        ("TIFF", {"compression": "tiff_adobe_deflate"}, "TIFF"),
        ("TIFF", {"compression": "packbits"}, "TIFF"),
        ("TIFF", {"compression": "jpeg"}, "TIFF"),
        ("TIFF", {"big_tiff": True}, "TIFF"),
        ("BMP", {}, "BMP"),
        ("GIF", {}, "GIF"),
        ("AVIF", {"speed": 10}, "AVIF"),
        ("PPM", {}, "PPM"),
    ],
)
def test_formats(
    encode: Encode,
    quarters: NDArray[np.uint8],
    file_format: str,
    options: dict[str, object],
    name: str,
) -> None:
    photo = photo_from_bytes(encode(quarters, file_format, **options), "a")
    assert closeness(photo, quarters) <= 6
    assert (photo.format, photo.alpha, photo.icc_profile, photo.path) == (name, None, None, None)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "AVIF"])
def test_alpha_is_apart_and_colour_stays_under_it(
    encode: Encode, quarters: NDArray[np.uint8], file_format: str
) -> None:
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:, :32] = 0
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    data = encode(np.dstack([quarters, alpha]), file_format, **options)
    photo = photo_from_bytes(data, "a")
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, alpha)
    assert closeness(photo, quarters) <= 6


def test_an_alpha_that_hides_nothing_is_none(encode: Encode, quarters: NDArray[np.uint8]) -> None:
    opaque = np.dstack([quarters, np.full((48, 64), 255, np.uint8)])
    assert photo_from_bytes(encode(opaque, "PNG"), "a").alpha is None


def test_palette_with_and_without_transparency(encode: Encode, quarters: NDArray[np.uint8]) -> None:
    palette = Image.fromarray(quarters).quantize(8)
    clear = int(np.asarray(palette)[0, 0])
    for file_format in ("PNG", "GIF", "TIFF"):
        assert closeness(photo_from_bytes(encode(palette, file_format), "a"), quarters) <= 6
    for file_format in ("PNG", "GIF"):
        photo = photo_from_bytes(encode(palette, file_format, transparency=clear), "a")
        assert photo.alpha is not None
        assert photo.alpha[0, 0] == 0
        assert photo.alpha[47, 63] == 255
    table = bytes([128] * 8)
    photo = photo_from_bytes(encode(palette, "PNG", transparency=table), "a")
    assert photo.alpha is not None
    assert int(photo.alpha[0, 0]) == 128


@pytest.mark.parametrize("mode", ["1", "L", "LA", "CMYK", "YCbCr", "LAB", "I;16", "F", "I"])
def test_modes_in_tiff(encode: Encode, mode: str) -> None:
    grey = np.zeros((48, 64), np.uint8)
    grey[:, 32:] = 255
    image = Image.fromarray(grey)
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode in ("F", "I"):
        image = Image.fromarray(grey.astype(np.float32 if mode == "F" else np.int32))
    elif mode in ("CMYK", "YCbCr", "LAB"):
        image = image.convert("RGB").convert(mode if mode != "LAB" else "RGB")
        if mode == "LAB":
            lab = np.zeros((48, 64, 3), np.uint8)
            lab[..., 0] = grey
            image = Image.frombytes("LAB", (64, 48), lab.tobytes())
    else:
        image = image.convert(mode)
    photo = photo_from_bytes(encode(image, "TIFF"), "a")
    assert photo.pixels[10, 10].max() <= 3
    assert photo.pixels[10, 50].min() >= 252


def test_cmyk_jpeg_keeps_its_colours(encode: Encode, quarters: NDArray[np.uint8]) -> None:
    image = Image.fromarray(quarters).convert("CMYK")
    photo = photo_from_bytes(encode(image, "JPEG", quality=95), "a")
    assert closeness(photo, quarters) <= 8


def test_first_page_and_first_frame(encode: Encode, quarters: NDArray[np.uint8]) -> None:
    first, second = Image.fromarray(quarters), Image.fromarray(quarters[::-1].copy())
    for file_format in ("TIFF", "GIF", "PNG", "WEBP", "AVIF"):
        data = encode(first, file_format, save_all=True, append_images=[second])
        assert closeness(photo_from_bytes(data, "a"), quarters) <= 12


def test_bmp_bits(encode: Encode, quarters: NDArray[np.uint8]) -> None:
    image = Image.fromarray(quarters)
    assert closeness(photo_from_bytes(encode(image.quantize(4), "BMP"), "a"), quarters) <= 6
    black_white = photo_from_bytes(encode(image.convert("1"), "BMP"), "a")
    assert set(np.unique(black_white.pixels)) <= {0, 255}


@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    file_format=st.sampled_from(["PNG", "TIFF", "BMP", "PPM"]),
)
def test_any_small_shape(width: int, height: int, file_format: str) -> None:
    pixels = np.random.default_rng(width * 100 + height).integers(
        0, 256, (height, width, 3), np.uint8
    )
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format)
    assert np.array_equal(photo_from_bytes(buffer.getvalue(), "a").pixels, pixels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 60001)])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "PPM"])
def test_extreme_shapes(encode: Encode, shape: tuple[int, int], file_format: str) -> None:
    pixels = np.full((*shape, 3), 128, np.uint8)
    photo = photo_from_bytes(encode(pixels, file_format), "a")
    assert photo.pixels.shape == (*shape, 3)
    assert np.abs(photo.pixels.astype(int) - 128).max() <= 1


def test_a_photo_larger_than_one_strip_is_put_together_right(encode: Encode) -> None:
    ramp = np.arange(1200 * 900, dtype=np.uint32).reshape(900, 1200)
    pixels = np.stack([ramp & 255, ramp >> 8 & 255, ramp >> 16], -1).astype(np.uint8)
    photo = photo_from_bytes(encode(pixels, "PNG", compress_level=1), "a")
    assert np.array_equal(photo.pixels, pixels)


def test_from_a_file(tmp_path: Path, encode: Encode, quarters: NDArray[np.uint8]) -> None:
    path = tmp_path / "Ünïcode 写真.jpg"
    path.write_bytes(encode(quarters, "PNG"))  # the ending is not believed
    photo = open_photo(path)
    assert (photo.path, photo.format) == (path, "PNG")
    assert np.array_equal(photo.pixels, quarters)


def test_from_pixels(quarters: NDArray[np.uint8]) -> None:
    rgba = np.dstack([quarters, np.full((48, 64), 9, np.uint8)])
    photo = photo_from_pixels(rgba)
    rgba[:] = 0
    assert np.array_equal(photo.pixels, quarters)
    assert photo.alpha is not None
    assert photo.alpha.max() == 9
    assert photo_from_pixels(quarters).alpha is None
    with pytest.raises(PhotoError):
        photo_from_pixels(np.zeros((0, 5, 3), np.uint8))


def test_floating_point_colour(quarters: NDArray[np.uint8]) -> None:
    values = quarters[..., ::-1].astype(np.float32) / 255
    done, data = cv2.imencode(".tiff", values, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    assert done
    assert np.array_equal(photo_from_bytes(data.tobytes(), "a").pixels, quarters)


def test_nonsense_in_floating_point_is_black_or_white(encode: Encode) -> None:
    values = np.array([[np.nan, np.inf, -np.inf, -4.0, 0.5, 1.0]], np.float32)
    photo = photo_from_bytes(encode(Image.fromarray(values), "TIFF"), "a")
    assert photo.pixels[0, 0].max() == 0
    assert photo.pixels[0, 2].max() == 0
    assert photo.pixels[0, 3].max() == 0
