"""Room on the disk, and files that are copied there so that a name means a whole file."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError
from desktop_app.models.progress import size_words

PART_ENDING = ".part"

_SPARE_BYTES = 64 << 20  # for configurations, and what others write meanwhile
_BLOCK_BYTES = 4 << 20
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def check_room(folder: Path, wanted_bytes: int, what: str) -> None:
    """Check that so many bytes can be written into `folder`, which may not exist yet.

    Args:
        folder: where to.
        wanted_bytes: how many.
        what: what needs them, as the beginning of a sentence.

    Raises:
        ModelError: the disk has less room, or cannot be asked.
    """
    with writing_errors(folder):
        there = folder
        while not there.exists() and there != there.parent:
            there = there.parent
        free_bytes = shutil.disk_usage(there).free
    if free_bytes < wanted_bytes + _SPARE_BYTES:
        raise ModelError(
            f"{what} needs {size_words(wanted_bytes + _SPARE_BYTES)} of free disk, and {folder} is"
            f" on a disk with {size_words(free_bytes)} free; make room, or keep the models on"
            " another disk."
        )


@contextmanager
def writing_errors(path: Path, consolation: str = "") -> Iterator[None]:
    """Turn what the system says while `path` is written into a ModelError.

    Args:
        path: what is written.
        consolation: what is to be said where the disk is full, "" for nothing.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            more = f": {consolation}" if consolation else ""
            raise ModelError(
                f"The disk became full while {path} was written; make room, and try again{more}."
            ) from error
        raise ModelError(f"{path} cannot be written: {error.strerror or error}.") from error


def sync_folder(folder: Path) -> None:
    """See to it that the names of the files in `folder` are on the disk."""
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy(source: Path, target: Path, on_bytes: Callable[[int], None], token: CancelToken) -> None:
    """Copy a file; `target` is there only once all of it is on the disk.

    Raises:
        ModelError: one cannot be read, or the other not be written.
        JobCancelled: the token was cancelled.
    """
    part = target.with_name(target.name + PART_ENDING)
    try:
        with writing_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with _opened(source) as file, part.open("wb") as out:
                while block := file.read(_BLOCK_BYTES):
                    token.raise_if_cancelled()
                    out.write(block)
                    on_bytes(len(block))
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
            sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def move(source: Path, target: Path, on_bytes: Callable[[int], None], token: CancelToken) -> None:
    """Move a file, by another name for it where that is possible; a link's file is copied.

    Raises:
        ModelError: one cannot be read, or the other not be written.
        JobCancelled: the token was cancelled.
    """
    token.raise_if_cancelled()
    size_bytes = source.stat().st_size
    try:
        if source.is_symlink():
            raise OSError(errno.EXDEV, "another name for it would be a name for the link")
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        on_bytes(size_bytes)
    except OSError:
        copy(source, target, on_bytes, token)
        source.unlink()


@contextmanager
def _opened(source: Path) -> Iterator[BinaryIO]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise ModelError(f"{source} cannot be read: {error.strerror or error}.") from error
    with file:
        yield file
