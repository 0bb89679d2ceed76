"""Portable bitmaps, grey maps and pixmaps: P1 to P6.

Pillow reads the uncommon ones pixel by pixel in Python, which takes minutes for a large photo.

Source: Netpbm format specifications, pbm(5), pgm(5), ppm(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.stored import Stored, as_image, check_size, reduced

_TOKEN = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])*([0-9]+)")
_HEADER_BYTES = 1 << 16
_LONGEST_NUMBER = 10


@dataclass(frozen=True)
class _Header:
    kind: int
    width: int
    height: int
    maximum: int
    data_offset: int

    @property
    def channels(self) -> int:
        return 3 if self.kind in (3, 6) else 1

    @property
    def samples(self) -> int:
        return self.width * self.height * self.channels


def decode(stream: BinaryIO, name: str) -> Stored:
    """Read a portable map.

    Raises:
        PhotoError: it is damaged, cut short or too large.
    """
    header = _read_header(stream, name)
    check_size(header.width, header.height, name)
    stream.seek(header.data_offset)
    binary = header.kind >= 4
    pixels: NDArray[Any] = _binary(stream, header, name) if binary else _text(stream, header, name)
    mode = "RGB" if header.channels == 3 else "L"

    def strip(rows: slice) -> Image.Image:
        part = pixels[rows]
        if header.kind == 4:
            bits = np.unpackbits(part, axis=1, count=header.width)
            return as_image((1 - bits) * np.uint8(255), mode)
        if header.maximum != 255:
            part = reduced(part.astype(np.uint16), header.maximum)
        return as_image(part.astype(np.uint8, copy=False), mode)

    return Stored(header.width, header.height, strip, "PPM")


def _read_header(stream: BinaryIO, name: str) -> _Header:
    head = stream.read(_HEADER_BYTES)
    kind, place = head[1] - ord("0"), 2
    numbers: list[int] = []
    for _ in range(2 if kind in (1, 4) else 3):
        found = _TOKEN.match(head, place)
        if found is None or len(found[1]) > _LONGEST_NUMBER:
            raise PhotoError(f"“{name}” is damaged: its header makes no sense.")
        numbers.append(int(found[1]))
        place = found.end()
    maximum = numbers[2] if len(numbers) == 3 else 1
    if not 1 <= maximum <= 65535:
        raise PhotoError(f"“{name}” is damaged: its header makes no sense.")
    return _Header(kind, numbers[0], numbers[1], maximum, place + 1)


def _binary(stream: BinaryIO, header: _Header, name: str) -> NDArray[Any]:
    """Return the raster of P4 (packed), P5 or P6."""
    row_samples = header.width * header.channels
    kind = np.dtype(np.uint8) if header.maximum < 256 else np.dtype(">u2")
    row_bytes = (header.width + 7) // 8 if header.kind == 4 else row_samples * kind.itemsize
    data = stream.read(row_bytes * header.height)
    if len(data) < row_bytes * header.height:
        raise _cut_short(name)
    raster: NDArray[Any] = np.frombuffer(data, kind).reshape(header.height, -1)
    if header.channels == 3:
        raster = raster.reshape(header.height, header.width, 3)
    return raster


def _text(stream: BinaryIO, header: _Header, name: str) -> NDArray[Any]:
    """Return the numbers of P1, P2 or P3."""
    text = re.sub(rb"#[^\r\n]*", b"", stream.read(header.samples * 8 + _HEADER_BYTES))
    if header.kind == 1:
        digits = np.frombuffer(text, np.uint8)
        digits = digits[(digits == ord("0")) | (digits == ord("1"))]  # spaces are optional
        values: NDArray[Any] = np.uint8(1) - (digits - np.uint8(ord("0")))
    else:
        try:
            values = np.array(text.split(maxsplit=header.samples)[: header.samples], np.uint16)
        except (ValueError, OverflowError) as error:
            raise PhotoError(f"“{name}” is damaged: it has something else than numbers.") from error
    if len(values) < header.samples:
        raise _cut_short(name)
    shape = (header.height, header.width, 3)[: 3 if header.channels == 3 else 2]
    return values[: header.samples].reshape(shape)


def _cut_short(name: str) -> PhotoError:
    return PhotoError(f"“{name}” is cut short; get the photo again from where it came.")
