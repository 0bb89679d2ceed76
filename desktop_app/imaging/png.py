"""PNG, written quickly and with everything that belongs to a picture.

OpenCV compresses, which is about as quick as can be and lets other threads run; chunks that it
knows nothing of are put in afterwards.

Source: PNG Specification, third edition, sections 5 and 11.
"""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

from desktop_app.core.errors import OutOfMemory
from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.imaging.exif import HEADER
from desktop_app.imaging.metadata import PNG_KEYWORD, SOFTWARE

_HEADER_END = 8 + 25  # signature and IHDR
_PERCEPTUAL = b"\0"
# Runs only: on flat colours as small as level 3, and 12 megapixels take a third of a second.
_QUICK = (
    cv2.IMWRITE_PNG_COMPRESSION,
    1,
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_RLE,
)


def encode_png(
    picture: RgbImage,
    alpha: GreyImage | None = None,
    icc_profile: bytes | None = None,
    *,
    exif: bytes | None = None,
    request_json: str | None = None,
) -> bytes:
    """Return a picture as a PNG file.

    Args:
        picture: (height, width, 3) uint8, R first, in the space of `icc_profile`.
        alpha: (height, width) uint8; None for an opaque picture.
        icc_profile: None means sRGB, and says so in the file.
        exif: a block with or without its header.
        request_json: settings to be found again when the picture is opened.

    Raises:
        OutOfMemory: there is not enough memory.
    """
    chunks = [_colour_chunk(icc_profile), _text("Software", SOFTWARE)]
    if exif is not None:
        chunks.append(_chunk(b"eXIf", exif.removeprefix(HEADER)))
    if request_json is not None:
        chunks.append(_text(PNG_KEYWORD, request_json))
    pixels = _compressed(picture, alpha)
    return b"".join((pixels[:_HEADER_END], *chunks, pixels[_HEADER_END:]))


def _compressed(picture: RgbImage, alpha: GreyImage | None) -> memoryview:
    try:
        stored = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR if alpha is None else cv2.COLOR_RGB2BGRA)
        if alpha is not None:
            cv2.insertChannel(alpha, stored, 3)
        done, encoded = cv2.imencode(".png", stored, _QUICK)
    except (cv2.error, MemoryError) as error:
        raise OutOfMemory("There is not enough memory to make a PNG of this picture.") from error
    if not done:
        raise OutOfMemory("There is not enough memory to make a PNG of this picture.")
    return np.asarray(encoded, np.uint8).reshape(-1).data


def _colour_chunk(icc_profile: bytes | None) -> bytes:
    if icc_profile is None:
        return _chunk(b"sRGB", _PERCEPTUAL)
    return _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile))


def _text(keyword: str, text: str) -> bytes:
    """Return an international text chunk, compressed where that pays."""
    data = text.encode("utf-8", "backslashreplace")  # in JSON, half a surrogate pair stays itself
    flag = b"\0"
    if len(data) > 1024:
        flag, data = b"\1", zlib.compress(data)
    return _chunk(b"iTXt", keyword.encode("latin-1") + b"\0" + flag + b"\0\0\0" + data)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
