"""A file that is being fetched: what came of it so far, and its checksum."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError
from desktop_app.models.disk import writing_errors
from desktop_app.models.hub import HubFile
from desktop_app.models.refusals import KEPT

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK_BYTES = 1 << 20

OnFound = Callable[[int], None]


class Partial:
    """The beginning of a file, on the disk as soon as it came. Errors of the disk are ModelErrors.

    It is called by its checksum, so that what came of one version never becomes part of another.

    Attributes:
        position: how many bytes are there.
    """

    def __init__(self, file: HubFile, folder: Path) -> None:
        self.position = 0
        self._file = file
        self._path = partial_path(file, folder)
        self._digest = new_digest(file)
        with writing_errors(self._path, KEPT):
            folder.mkdir(parents=True, exist_ok=True)
            self._handle = _open(self._path)

    def __enter__(self) -> Partial:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.close()

    @property
    def is_whole(self) -> bool:
        """Whether there are as many bytes as the file has."""
        return self.position >= self._file.size_bytes

    @property
    def is_sound(self) -> bool:
        """Whether what is there has the checksum of the file, as far as that is known."""
        wanted = self._file.sha256 or self._file.blob
        return not wanted or self._digest.hexdigest() == wanted

    def take_up(self, token: CancelToken, on_found: OnFound) -> None:
        """Read what is there, and tell how much of it there is."""
        with writing_errors(self._path, KEPT):
            if os.fstat(self._handle.fileno()).st_size > self._file.size_bytes:
                self._handle.truncate(0)
            while block := self._handle.read(_BLOCK_BYTES):
                token.raise_if_cancelled()
                self._digest.update(block)
                self.position += len(block)
                on_found(len(block))

    def add(self, piece: bytes) -> int:
        """Write what comes next; return how much of it belongs to the file."""
        piece = piece[: self._file.size_bytes - self.position]
        left = memoryview(piece)
        try:
            with writing_errors(self._path, KEPT):
                while left:
                    left = left[self._handle.write(left) :]
        finally:
            count = len(piece) - len(left)
            self._digest.update(piece[:count])
            self.position += count
        return len(piece)

    def start_over(self) -> int:
        """Forget what is there; return how many bytes that was."""
        lost, self.position = self.position, 0
        self._digest = new_digest(self._file)
        with writing_errors(self._path, KEPT):
            self._handle.seek(0)
            self._handle.truncate()
        return lost

    def become(self, target: Path) -> None:
        """Give the file, which is whole, its own name, once it is on the disk."""
        with writing_errors(target, KEPT):
            os.fsync(self._handle.fileno())
            self._handle.close()  # Windows renames nothing that is open
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(target)


def _open(path: Path) -> FileIO:
    # Unbuffered: what was written survives the end of the process, however it ends.
    return path.open("r+b" if path.exists() else "x+b", buffering=0)


def partial_path(file: HubFile, folder: Path) -> Path:
    """Return where what came of a file is kept in `folder`."""
    name = file.sha256 or file.blob or hashlib.sha256(file.path.encode()).hexdigest()
    return folder / f"{name}.{file.size_bytes}"


def is_sound(path: Path, file: HubFile, token: CancelToken, on_found: OnFound) -> bool:
    """Return whether the file at `path` is the one that the hub has.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        if path.stat().st_size != file.size_bytes:
            return False
        digest = new_digest(file)
        with path.open("rb") as handle:
            while block := handle.read(_BLOCK_BYTES):
                token.raise_if_cancelled()
                digest.update(block)
                on_found(len(block))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    wanted = file.sha256 or file.blob
    return bool(wanted) and digest.hexdigest() == wanted


def new_digest(file: HubFile) -> _Hash:
    """Return what the file's content is to be fed to."""
    if file.sha256 or not file.blob:
        return hashlib.sha256()
    # Git's own: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    return hashlib.sha1(b"blob %d\0" % file.size_bytes, usedforsecurity=False)
