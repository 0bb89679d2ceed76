"""16 bits a channel are rounded to 8, never cut or clipped."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from desktop_app.imaging.opening import photo_from_bytes
from desktop_app.imaging.stored import reduced, reduced_halves

ALL = np.arange(65536, dtype=np.uint16).reshape(256, 256)


def rounded(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return the definition: (v * 255 + 32767) // 65535."""
    return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def png(values: NDArray[np.uint16], colour_type: int, extra: bytes = b"") -> bytes:
    """Return a 16-bit PNG, unfiltered."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width = values.shape[:2]
    rows = values.astype(">u2").reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def colour(channels: int) -> NDArray[np.uint16]:
    """Return every value in every channel."""
    return np.stack([np.roll(ALL, 7919 * c) for c in range(channels)], -1)


def test_reduced_is_the_definition_for_every_value() -> None:
    assert np.array_equal(reduced(ALL), rounded(ALL))
    high, low = (ALL >> 8).astype(np.uint8), (ALL & 255).astype(np.uint8)
    assert np.array_equal(reduced_halves(high, low), rounded(ALL))


@given(maximum=st.integers(1, 65535))
def test_reduced_for_any_maximum(maximum: int) -> None:
    values = np.array([[0, maximum // 3, maximum]], np.uint16)
    expected = (values.astype(int) * 255 + maximum // 2) // maximum
    assert np.abs(reduced(values, maximum) - expected).max() == 0


def test_grey_png() -> None:
    photo = photo_from_bytes(png(ALL, 0), "a")
    assert np.array_equal(photo.pixels[..., 1], rounded(ALL))


def test_colour_png() -> None:
    assert np.array_equal(photo_from_bytes(png(colour(3), 2), "a").pixels, rounded(colour(3)))


def test_colour_and_alpha_png() -> None:
    photo = photo_from_bytes(png(colour(4), 6), "a")
    expected = rounded(colour(4))
    assert np.array_equal(photo.pixels, expected[..., :3])
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, expected[..., 3])


def test_grey_and_alpha_png() -> None:
    photo = photo_from_bytes(png(colour(2), 4), "a")
    expected = rounded(colour(2))
    assert np.array_equal(photo.pixels[..., 0], expected[..., 0])
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, expected[..., 1])


def test_the_transparent_colour_is_compared_in_16_bits() -> None:
    values = np.array([[[500, 600, 700], [501, 600, 700]]], np.uint16)
    key = struct.pack(">3H", 500, 600, 700)
    chunk = struct.pack(">I", 6) + b"tRNS" + key + struct.pack(">I", zlib.crc32(b"tRNS" + key))
    alpha = photo_from_bytes(png(values, 2, chunk), "a").alpha
    assert alpha is not None
    assert alpha.tolist() == [[0, 255]]


@pytest.mark.parametrize("compression", [1, 5, 8])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff(compression: int, channels: int) -> None:
    values = colour(channels)
    backwards = values[..., [2, 1, 0, 3][:channels]] if channels >= 3 else values[..., 0]
    done, data = cv2.imencode(
        ".tiff", np.ascontiguousarray(backwards), [cv2.IMWRITE_TIFF_COMPRESSION, compression]
    )
    assert done
    photo = photo_from_bytes(data.tobytes(), "a")
    expected = rounded(values)
    assert np.array_equal(photo.pixels[..., 0], expected[..., 0])
    if channels >= 3:
        assert np.array_equal(photo.pixels, expected[..., :3])
    if channels == 4:
        assert photo.alpha is not None
        assert np.array_equal(photo.alpha, expected[..., 3])


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_raw_tiff_of_both_byte_orders(order: str, planar: bool) -> None:
    values = colour(3)
    stored = np.moveaxis(values, -1, 0) if planar else values
    data = np.ascontiguousarray(stored).astype(order + "u2").tobytes()
    size = ALL.size * 2
    offsets = [8 + size * c for c in range(3)] if planar else [8]
    sizes = [size] * 3 if planar else [size * 3]
    photo = photo_from_bytes(raw_tiff(order, data, offsets, sizes, planar), "a")
    assert np.array_equal(photo.pixels, rounded(values))


def raw_tiff(order: str, data: bytes, offsets: list[int], sizes: list[int], planar: bool) -> bytes:
    """Return a 256 x 256 uncompressed 16-bit RGB TIFF."""
    entries: list[tuple[int, str, list[int]]] = [
        (256, "H", [256]),
        (257, "H", [256]),
        (258, "H", [16, 16, 16]),
        (259, "H", [1]),
        (262, "H", [2]),
        (273, "I", offsets),
        (277, "H", [3]),
        (278, "H", [256]),
        (279, "I", sizes),
        (284, "H", [2 if planar else 1]),
    ]
    directory = 8 + len(data)
    place = directory + 2 + 12 * len(entries) + 4
    table, tail = struct.pack(order + "H", len(entries)), b""
    for tag, code, values in entries:
        packed = struct.pack(f"{order}{len(values)}{code}", *values)
        table += struct.pack(order + "HHI", tag, 3 if code == "H" else 4, len(values))
        if len(packed) <= 4:
            table += packed.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", place + len(tail))
            tail += packed
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "I", directory) + data + table + bytes(4) + tail


def test_whole_numbers_that_do_not_say_where_white_is() -> None:
    for largest in (255, 65535, 2**31 - 1):
        values = np.array([[0, largest // 2, largest]], np.int32)
        buffer = io.BytesIO()
        Image.fromarray(values).save(buffer, "TIFF")
        seen = photo_from_bytes(buffer.getvalue(), "a").pixels[0, :, 0]
        assert seen.tolist() in ([0, 127, 255], [0, 128, 255])
