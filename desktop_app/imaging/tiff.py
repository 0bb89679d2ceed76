"""TIFF, written with deflate compression and the photo's own tags just as they are.

Source: TIFF 6.0, sections 2, 8 and 14; Adobe Photoshop TIFF Technical Notes (deflate).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.imaging.exif import ByteOrder, Directory, Entry, ExifBlock, tiff_bytes
from desktop_app.imaging.strips import strips

_BYTE, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 1, 3, 4, 5, 7
_DEFLATE, _RGB, _HORIZONTAL_PREDICTOR, _UNASSOCIATED_ALPHA = 8, 2, 2, 2
_QUICK = 1
_PER_INCH = 2


def write_tiff(
    file: BinaryIO,
    picture: RgbImage,
    alpha: GreyImage | None,
    block: ExifBlock,
    *,
    icc_profile: bytes,
    xmp: bytes | None,
) -> None:
    """Write a picture: pixels in strips first, then the directory that tells where they are."""
    file.write(bytes(8))
    structure = _structure(block.order, *_written(file, picture, alpha))
    structure[34675] = Entry(_UNDEFINED, len(icc_profile), icc_profile)
    if xmp is not None:
        structure[700] = Entry(_BYTE, len(xmp), xmp)
    # Every reader may count on a resolution; the photo's own wins.
    inch = Entry(_RATIONAL, 1, struct.pack(f"{block.order}2I", 72, 1))
    unit = Entry(_SHORT, 1, struct.pack(f"{block.order}H", _PER_INCH))
    block = replace(block, main={282: inch, 283: inch, 296: unit, **block.main})
    start = file.tell()
    header, directories = _split(tiff_bytes(block, structure, start))
    file.write(directories)
    file.seek(0)
    file.write(header)
    file.seek(0, 2)


@dataclass(frozen=True)
class _Strips:
    """Where the pixels were written: rows in a strip, and each strip's offset and size."""

    rows: int
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]


def _written(
    file: BinaryIO, picture: RgbImage, alpha: GreyImage | None
) -> tuple[Extent, int, _Strips]:
    """Write the pixels and return their size, how many channels they have, and where they are."""
    height, width = picture.shape[:2]
    bands = list(strips(width, height))
    offsets: list[int] = []
    sizes: list[int] = []
    for rows in bands:
        pixels = picture[rows] if alpha is None else np.dstack([picture[rows], alpha[rows]])
        data = zlib.compress(_differences(pixels), _QUICK)
        offsets.append(file.tell())
        sizes.append(len(data))
        file.write(data + b"\0" * (len(data) % 2))
    where = _Strips(bands[0].stop, tuple(offsets), tuple(sizes))
    return Extent(width, height), 3 if alpha is None else 4, where


def _structure(order: ByteOrder, extent: Extent, channels: int, where: _Strips) -> Directory:
    """Return the tags that say how the pixels are stored."""

    def entry(kind: int, code: str, *values: int) -> Entry:
        return Entry(kind, len(values), struct.pack(f"{order}{len(values)}{code}", *values))

    structure = {
        256: entry(_LONG, "I", extent.width),
        257: entry(_LONG, "I", extent.height),
        258: entry(_SHORT, "H", *(8,) * channels),
        259: entry(_SHORT, "H", _DEFLATE),
        262: entry(_SHORT, "H", _RGB),
        273: entry(_LONG, "I", *where.offsets),
        277: entry(_SHORT, "H", channels),
        278: entry(_LONG, "I", where.rows),
        279: entry(_LONG, "I", *where.sizes),
        284: entry(_SHORT, "H", 1),
        317: entry(_SHORT, "H", _HORIZONTAL_PREDICTOR),
    }
    if channels == 4:
        structure[338] = entry(_SHORT, "H", _UNASSOCIATED_ALPHA)
    return structure


def _split(data: bytes) -> tuple[bytes, bytes]:
    return data[:8], data[8:]


def _differences(pixels: NDArray[np.uint8]) -> bytes:
    """Return each sample less the one to its left, which compresses much better."""
    result = pixels.copy()
    result[:, 1:] -= pixels[:, :-1]
    return result.tobytes()
