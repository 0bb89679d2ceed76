"""HEIC and HEIF by libheif, imported only when there is such a photo."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.exif import ExifBlock, parse
from desktop_app.imaging.stored import Stored, as_image, check_size, reduced

_LARGEST_FILE_BYTES = 1 << 30
_BOX_SEARCH_BYTES = 1 << 18


def check_boxes(stream: BinaryIO, name: str) -> None:
    """Refuse a HEIF or AVIF file that is too large, before a decoder sees it.

    Raises:
        PhotoError: the file or the picture it announces is too large.
    """
    if stream.seek(0, 2) > _LARGEST_FILE_BYTES:
        raise PhotoError(f"“{name}” is too large a file; export it as JPEG.")
    stream.seek(0)
    head = stream.read(_BOX_SEARCH_BYTES).split(b"mdat", 1)[0]
    stream.seek(0)
    place = head.find(b"ispe")
    while place >= 0:
        size = head[place + 8 : place + 16]
        if len(size) == 8:
            width, height = (int.from_bytes(size[i : i + 4], "big") for i in (0, 4))
            check_size(max(1, width), max(1, height), name)
        place = head.find(b"ispe", place + 4)


def decode(stream: BinaryIO, name: str) -> Stored:
    """Read the primary picture of a HEIC or HEIF file.

    libheif turns it upright itself; the EXIF orientation that such files also have is not meant to
    be applied.

    Raises:
        PhotoError: it is too large.
    """
    check_boxes(stream, name)
    import pi_heif  # a tenth of a second that most photos do not need

    pi_heif.options.THUMBNAILS = False
    pi_heif.options.DEPTH_IMAGES = False
    pi_heif.options.AUX_IMAGES = False
    data = stream.read()
    _check_item_texts(data, name)
    # Nothing that pi_heif would do to decoded rows itself: where a damaged header says 10 bits and
    # the picture has 8, it writes past their end.
    file = pi_heif.open_heif(
        data, convert_hdr_to_8bit=False, hdr_to_16bit=False, remove_stride=False
    )
    found = file[file.primary_index]
    check_size(found.size[0], found.size[1], name)
    pixels = _pixels_of(found, name)
    kind = "L" if pixels.ndim == 2 else found.mode.split(";")[0]
    maximum = (1 << found.info["bit_depth"]) - 1

    def strip(rows: slice, _owner: object = found) -> Image.Image:
        """The pixels belong to libheif's picture, so that is kept as long as this function."""
        part = pixels[rows]
        return as_image(part if part.dtype == np.uint8 else reduced(part, maximum), kind)

    return Stored(
        pixels.shape[1],
        pixels.shape[0],
        strip,
        "HEIC",
        has_alpha=found.has_alpha,
        icc_profile=found.info.get("icc_profile"),
        exif=_exif_of(found.info.get("exif")),
    )


def _pixels_of(found: Any, name: str) -> NDArray[Any]:
    """Decode, and return the pixels where they are: libheif's rows may have bytes to spare."""
    data, stride, (width, height) = found.data, found.stride, found.size
    check_size(width, height, name)  # decoding may have changed it
    kind = np.dtype(np.uint8 if ";" not in found.mode else "<u2")
    channels = len(found.mode.split(";")[0]) if found.mode[0] == "R" else 1
    if stride < width * channels * kind.itemsize:
        raise PhotoError(f"“{name}” is damaged; its depth makes no sense.")
    rows = np.frombuffer(data, np.uint8, stride * height).reshape(height, stride)
    pixels = rows[:, : width * channels * kind.itemsize].view(kind)
    return pixels.reshape(height, width, channels) if channels > 1 else pixels


def _check_item_texts(data: bytes, name: str) -> None:
    """Refuse item kinds and names that are not text: pi_heif crashes on them instead of raising.

    Source: ISO/IEC 14496-12, item information entry.
    """
    place = data.find(b"infe")
    while place >= 0:
        end = place - 4 + int.from_bytes(data[max(0, place - 4) : place], "big")
        kind = place + (14 if data[place + 4 : place + 5] == b"\3" else 12)
        try:
            data[kind : kind + 4].decode("ascii")
            data[kind + 4 : max(end, kind + 4)].decode("utf-8")
        except UnicodeDecodeError as error:
            raise PhotoError(
                f"“{name}” is damaged; save it again as JPEG or PNG in another program."
            ) from error
        place = data.find(b"infe", place + 4)


def _exif_of(block: bytes | None) -> ExifBlock | None:
    if not block:
        return None
    try:
        return parse(block)
    except ValueError:
        return None
