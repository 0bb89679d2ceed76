"""Photos in: one door for files, bytes and pixels. Every refusal is one sentence."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import OutOfMemory, PhotoError, ToonroomError
from desktop_app.core.photo import Photo
from desktop_app.imaging import decoding, heif, netpbm
from desktop_app.imaging.files import (
    PHOTO_SUFFIXES,
    is_photo_name,
    list_photos,
    open_regular,
    reading_error,
)
from desktop_app.imaging.names import printable
from desktop_app.imaging.sniffing import HEAD_BYTES, sniff
from desktop_app.imaging.stored import Stored, check_size
from desktop_app.imaging.upright import to_photo

__all__ = [
    "PHOTO_SUFFIXES",
    "is_photo_name",
    "list_photos",
    "open_photo",
    "photo_from_bytes",
    "photo_from_pixels",
]

# What the disk or the network says; other codes come from offsets in damaged files.
_DEVICE_ERRORS = frozenset({errno.EIO, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT, errno.EACCES})

log = logging.getLogger(__name__)


def open_photo(path: Path, *, keep_gps: bool = True) -> Photo:
    """Read a photo: upright, 8 bits a channel, alpha apart.

    Never waits (for pipes and devices) and never fetches anything.

    Args:
        path: the file.
        keep_gps: whether the place it was taken at stays in the photo's EXIF.

    Raises:
        PhotoError: it cannot be read; the sentence names the file.
        OutOfMemory: the photo does not fit into memory.
    """
    with open_regular(path) as stream, _refusals(path, printable(path.name or path)):
        return _read(stream, printable(path.name or path), path, keep_gps=keep_gps)


def photo_from_bytes(data: bytes, name: str) -> Photo:
    """Read a photo from memory: a clipboard's or a browser's.

    Args:
        data: a whole file.
        name: what sentences call it.

    Raises:
        PhotoError: it cannot be read.
        OutOfMemory: the photo does not fit into memory.
    """
    name = printable(name)
    if not data:
        raise PhotoError(f"“{name}” is empty (0 bytes); get the photo again from where it came.")
    with _refusals(None, name):
        return _read(io.BytesIO(data), name, None, keep_gps=True)


def photo_from_pixels(rgba: NDArray[np.uint8]) -> Photo:
    """Return a photo of pixels that are in memory already.

    Args:
        rgba: (height, width, 3 or 4) uint8, sRGB, R first, alpha not multiplied in. It is copied.

    Raises:
        PhotoError: it has no pixels or too many.
    """
    check_size(rgba.shape[1], rgba.shape[0], "The picture")
    alpha = np.ascontiguousarray(rgba[..., 3]) if rgba.shape[2] == 4 else None
    if alpha is not None and int(alpha.min()) == 255:
        alpha = None
    return Photo(rgba[..., :3].copy(), alpha)


def _read(stream: BinaryIO, name: str, path: Path | None, *, keep_gps: bool) -> Photo:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    return to_photo(_decoded(stream, sniff(head, name), name), path, keep_gps=keep_gps)


def _decoded(stream: BinaryIO, file_format: str, name: str) -> Stored:
    if file_format == "PPM":
        return netpbm.decode(stream, name)
    if file_format == "HEIF":
        return heif.decode(stream, name)
    return decoding.decode(stream, file_format, name)


@contextmanager
def _refusals(path: Path | None, name: str) -> Iterator[None]:
    """Make one sentence of whatever a decoder raises: they raise nearly everything."""
    try:
        yield
    except (ToonroomError, ImportError):  # a decoder that is not there is no fault of the photo's
        raise
    except MemoryError as error:
        raise _out_of_memory(name) from error
    except OSError as error:
        if error.errno in _DEVICE_ERRORS and path is not None:
            raise reading_error(path, error) from error
        raise _damaged(name, error) from error
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise _out_of_memory(name) from error
        raise _damaged(name, error) from error
    except Exception as error:
        raise _damaged(name, error) from error


def _out_of_memory(name: str) -> OutOfMemory:
    return OutOfMemory(
        f"There is not enough memory to open “{name}”;"
        " close other programs or make it smaller first."
    )


def _damaged(name: str, error: Exception) -> PhotoError:
    log.info("%s cannot be decoded", name, exc_info=error)
    reason = str(error).lower()
    if "truncated" in reason or "end of file" in reason:
        return PhotoError(f"“{name}” is cut short; get the photo again from where it came.")
    return PhotoError(
        f"“{name}” is damaged or of an unusual kind and cannot be read;"
        " save it again as JPEG or PNG in another program."
    )
