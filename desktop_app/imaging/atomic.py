"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.names import printable

_CREATE_FLAGS = (
    os.O_CREAT
    | os.O_EXCL
    | os.O_RDWR
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)
_NO_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}
    | {errno.EXDEV, errno.EINVAL}
)


class AlreadyThere(PhotoError):  # noqa: N818 - a fact, not a fault
    """The file exists and was not to be overwritten."""


@contextmanager
def atomic_write(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Write a file that appears under its name only once it is whole and on the disk.

    It is written under a hidden name in the same folder, synced, and given its name in one step;
    whatever fails, no such hidden file stays behind. A link that is overwritten stays a link: the
    file that it leads to is replaced.

    Args:
        path: where it belongs.
        overwrite: whether a file that is there already may be replaced.

    Yields:
        the file, open for writing and reading.

    Raises:
        AlreadyThere: there is one and `overwrite` is off, also when it came in the meantime.
        PhotoError: it cannot be written there.
    """
    target = _target(path, overwrite=overwrite)
    temporary = target.parent / f".toonroom-{secrets.token_hex(8)}.tmp"
    try:
        handle = os.open(temporary, _CREATE_FLAGS, 0o666)
    except OSError as error:
        raise writing_error(path, error) from error
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            _take_over_mode(handle, target)
            os.fsync(handle)
        _give_name(temporary, target, overwrite=overwrite)
    except OSError as error:
        raise writing_error(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()  # it is gone already where all went well
    _sync_folder(target.parent)


def write_bytes_atomically(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write `data` as a whole file; see `atomic_write`."""
    with atomic_write(path, overwrite=overwrite) as file:
        file.write(data)


def _target(path: Path, *, overwrite: bool) -> Path:
    """Return where the file really goes, refusing early what cannot be written in the end."""
    try:
        if "\0" in str(path):
            raise ValueError("a null byte")
        if not overwrite:
            if os.path.lexists(path):
                raise _already_there(path)
            return path.absolute()
        target = path.resolve() if path.is_symlink() else path.absolute()
        if target.is_dir():
            raise PhotoError(f"“{printable(path)}” is a folder; choose another name.")
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            raise PhotoError(
                f"“{printable(path)}” is a pipe, a device or a socket; choose another name."
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise writing_error(path, error) from error
    return target


def _take_over_mode(handle: int, target: Path) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with suppress(OSError, AttributeError):
        os.fchmod(handle, stat.S_IMODE(target.stat().st_mode))


def _give_name(temporary: Path, target: Path, *, overwrite: bool) -> None:
    """Rename; without `overwrite`, in a way that fails where another program was faster."""
    if overwrite:
        temporary.replace(target)
        return
    try:
        target.hardlink_to(temporary)
        return
    except FileExistsError as error:
        raise _already_there(target) from error
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LINKS:
            raise
    # Memory cards and some network drives have no hard links: take the name first, then fill it.
    try:
        os.close(os.open(target, _CREATE_FLAGS, 0o666))
    except FileExistsError as error:
        raise _already_there(target) from error
    try:
        temporary.replace(target)
    except OSError:
        with suppress(OSError):
            target.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _already_there(path: Path) -> AlreadyThere:
    return AlreadyThere(
        f"“{printable(path)}” is there already; choose another name or allow overwriting it."
    )


def writing_error(path: Path, error: Exception) -> PhotoError:
    """Return the sentence for `error`, which came when `path` was written."""
    name, folder = printable(path), printable(path.parent)
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOENT, errno.ENOTDIR) and not path.parent.is_dir():
        return PhotoError(f"There is no folder “{folder}” to save “{printable(path.name)}” in.")
    if code in (errno.EACCES, errno.EPERM):
        return PhotoError(f"“{name}” cannot be written: you may not write there.")
    if code == errno.EROFS:
        return PhotoError(f"“{name}” cannot be written: “{folder}” is read-only.")
    if code in (errno.ENOSPC, errno.EDQUOT):
        return PhotoError(f"“{name}” cannot be written: the disk is full.")
    if code == errno.EFBIG:
        return PhotoError(f"“{name}” cannot be written: too large a file for that disk.")
    if code == errno.ENAMETOOLONG:
        return PhotoError(f"“{name}” cannot be written: the name is too long.")
    if isinstance(error, ValueError):
        return PhotoError(f"“{name}” cannot be written: that is not a name for a file.")
    reason = os.strerror(code) if code else type(error).__name__
    return PhotoError(f"“{name}” cannot be written: {reason}.")
