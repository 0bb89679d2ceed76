"""All eight orientations, applied once, in every format that has them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from desktop_app.imaging.exif import ORIENTATION, orientation_of, parse
from desktop_app.imaging.opening import photo_from_bytes

Encode = Callable[..., bytes]


@pytest.fixture
def stored() -> NDArray[np.uint8]:
    """Return a picture that looks different in all eight positions, odd and of several strips."""
    rng = np.random.default_rng(5)
    blocks = rng.integers(0, 256, (61, 67, 3), np.uint8)
    return np.ascontiguousarray(blocks.repeat(13, 0).repeat(11, 1))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
def test_each_orientation(
    encode: Encode, stored: NDArray[np.uint8], orientation: int, file_format: str
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Camera"
    all_options: dict[str, dict[str, object]] = {
        "JPEG": {"quality": 95},
        "WEBP": {"lossless": True},
        "AVIF": {"speed": 10, "quality": 95},
    }
    options = all_options.get(file_format, {})
    data = encode(stored, file_format, exif=exif, **options)
    photo = photo_from_bytes(data, "a")
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert photo.pixels.shape == expected.shape
    assert np.array_equal(photo.pixels, expected)
    assert photo.exif is not None
    assert orientation_of(parse(photo.exif)) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_alpha_turns_along(encode: Encode, stored: NDArray[np.uint8], orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    rgba = np.dstack([stored, stored[..., 0]])
    photo = photo_from_bytes(encode(rgba, "PNG", exif=exif), "a")
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, photo.pixels[..., 0])


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_nonsense_means_upright(
    encode: Encode, stored: NDArray[np.uint8], orientation: int
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = photo_from_bytes(encode(stored, "PNG", exif=exif), "a")
    assert np.array_equal(photo.pixels, stored)


def test_rare_tiffs_turn_once(quarters: NDArray[np.uint8]) -> None:
    """OpenCV turns TIFFs upright, whatever it is told."""
    for orientation, turned in [
        (1, quarters),
        (3, quarters[::-1, ::-1]),
        (6, np.rot90(quarters, -1)),
    ]:
        values = (quarters[..., ::-1] / 255).astype(np.float32)
        done, encoded = cv2.imencode(".tiff", values, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
        assert done
        data = with_orientation(encoded.tobytes(), orientation)
        assert np.array_equal(photo_from_bytes(data, "a").pixels, turned)


def with_orientation(data: bytes, orientation: int) -> bytes:
    """Return a little-endian TIFF with one more tag; its directory moves to the end."""
    place = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, place)[0]
    table = data[place + 2 : place + 2 + 12 * count]
    entries = [table[i : i + 12] for i in range(0, len(table), 12)]
    entries.append(struct.pack("<HHIHxx", ORIENTATION, 3, 1, orientation))
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    data += bytes(len(data) % 2)
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return data[:4] + struct.pack("<I", len(data)) + data[8:] + directory
