"""TIFF, written with deflate compression and the photo's own tags just as they are.

Source: TIFF 6.0, sections 2, 8 and 14; Adobe Photoshop TIFF Technical Notes (deflate).
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.imaging.exif import Entry, ExifBlock, tiff_bytes
from desktop_app.imaging.strips import strips

_BYTE, _SHORT, _LONG, _UNDEFINED = 1, 3, 4, 7
_DEFLATE, _RGB, _HORIZONTAL_PREDICTOR, _UNASSOCIATED_ALPHA = 8, 2, 2, 2
_QUICK = 1


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
    height, width = picture.shape[:2]
    channels = 3 if alpha is None else 4
    file.write(bytes(8))
    offsets: list[int] = []
    sizes: list[int] = []
    rows_per_strip = 1
    for rows in strips(width, height):
        pixels = picture[rows] if alpha is None else np.dstack([picture[rows], alpha[rows]])
        data = zlib.compress(_differences(pixels), _QUICK)
        rows_per_strip = max(rows_per_strip, rows.stop - rows.start)
        offsets.append(file.tell())
        sizes.append(len(data))
        file.write(data + b"\0" * (len(data) % 2))
    order = block.order

    def entry(kind: int, code: str, *values: int) -> Entry:
        return Entry(kind, len(values), struct.pack(f"{order}{len(values)}{code}", *values))

    structure = {
        256: entry(_LONG, "I", width),
        257: entry(_LONG, "I", height),
        258: entry(_SHORT, "H", *(8,) * channels),
        259: entry(_SHORT, "H", _DEFLATE),
        262: entry(_SHORT, "H", _RGB),
        273: entry(_LONG, "I", *offsets),
        277: entry(_SHORT, "H", channels),
        278: entry(_LONG, "I", rows_per_strip),
        279: entry(_LONG, "I", *sizes),
        284: entry(_SHORT, "H", 1),
        317: entry(_SHORT, "H", _HORIZONTAL_PREDICTOR),
        34675: Entry(_UNDEFINED, len(icc_profile), icc_profile),
    }
    if alpha is not None:
        structure[338] = entry(_SHORT, "H", _UNASSOCIATED_ALPHA)
    if xmp is not None:
        structure[700] = Entry(_BYTE, len(xmp), xmp)
    start = file.tell()
    header, directories = _split(tiff_bytes(block, structure, start))
    file.write(directories)
    file.seek(0)
    file.write(header)
    file.seek(0, 2)


def _split(data: bytes) -> tuple[bytes, bytes]:
    return data[:8], data[8:]


def _differences(pixels: NDArray[np.uint8]) -> bytes:
    """Return each sample less the one to its left, which compresses much better."""
    result = pixels.copy()
    result[:, 1:] -= pixels[:, :-1]
    return result.tobytes()
