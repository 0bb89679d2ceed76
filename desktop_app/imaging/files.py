"""Files that may be photos: found in folders, and opened without ever waiting."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.names import printable

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".gif"}
    | {".avif", ".heic", ".heif", ".hif", ".ppm", ".pgm", ".pbm", ".pnm"}
)

# O_NONBLOCK: a pipe that took the file's place must not be waited for. Windows wants O_BINARY.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def is_photo_name(path: Path) -> bool:
    """Return whether the file's ending is that of a photo."""
    return path.suffix.lower() in PHOTO_SUFFIXES


def list_photos(folder: Path, recursive: bool) -> list[Path]:
    """Return the files in `folder` that have a photo's name, sorted; hidden ones left out.

    Links to files are followed, links to folders are not. Folders further down that may not be read
    are passed over.

    Raises:
        PhotoError: `folder` itself cannot be read.
    """

    def refuse_top(error: OSError) -> None:
        if error.filename is not None and Path(os.fsdecode(error.filename)) == folder:
            raise reading_error(folder, error, "folder") from error

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse_top):
        folders[:] = [n for n in folders if recursive and not n.startswith(".")]
        paths = (Path(place, n) for n in names if not n.startswith("."))
        found += [p for p in paths if is_photo_name(p) and _is_file(p)]
    return sorted(found, key=lambda p: (str(p.parent).casefold(), p.name.casefold(), str(p)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def open_regular(path: Path) -> BinaryIO:
    """Open an ordinary file for reading.

    Raises:
        PhotoError: there is none, it may not be read, it is empty, or it is a folder, a pipe, a
            device or a socket.
    """
    name = printable(path)
    try:
        _refuse_special(name, path.stat().st_mode)  # opening some devices has effects of its own
        handle = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as error:
        raise reading_error(path, error) from error
    try:
        status = os.fstat(handle)
        _refuse_special(name, status.st_mode)
        if status.st_size == 0:
            raise PhotoError(
                f"“{name}” is empty (0 bytes); get the photo again from where it came."
            )
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _refuse_special(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise PhotoError(f"“{name}” is a folder, not a photo.")
    if not stat.S_ISREG(mode):
        raise PhotoError(f"“{name}” is a pipe, a device or a socket, not a photo.")


def reading_error(path: Path, error: Exception, kind: str = "file") -> PhotoError:
    """Return the sentence for `error`, which came when `path` was read."""
    name = printable(path)
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG) or isinstance(error, ValueError):
        return PhotoError(f"There is no {kind} “{name}”.")
    if code in (errno.EACCES, errno.EPERM):
        return PhotoError(f"“{name}” may not be read; give yourself permission to read it.")
    if code == errno.ELOOP:
        return PhotoError(f"“{name}” is a link that leads back to itself.")
    if code in (errno.EMFILE, errno.ENFILE):
        return PhotoError(f"“{name}” cannot be read: too many files are open.")
    reason = os.strerror(code) if code else type(error).__name__
    return PhotoError(f"“{name}” cannot be read: {reason}.")
