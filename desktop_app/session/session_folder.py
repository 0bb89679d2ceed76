"""The folder in which one window keeps its session."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from PySide6.QtCore import QLockFile

from desktop_app.imaging.atomic import write_bytes_atomically

log = logging.getLogger(__name__)

MAX_SESSIONS = 16
MAX_NAME_LENGTH = 80
SESSION_FILE = "session.json"

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]+')


class SessionFolder:
    """A numbered folder below `root` that no other window uses while this one lives.

    The first window gets number 1 again at each start, and so the session it had; a second window
    that is open at the same time has a session of its own.

    Attributes:
        path: the folder; None where none can be used, and nothing is kept then.
    """

    def __init__(self, root: Path) -> None:
        self.path: Path | None = None
        self._lock: QLockFile | None = None
        for number in range(1, MAX_SESSIONS + 1):
            folder = root / str(number)
            try:
                (folder / "thumbnails").mkdir(parents=True, exist_ok=True)
                (folder / "pasted").mkdir(exist_ok=True)
            except OSError as error:
                log.warning("no session is kept: %s", error)
                return
            lock = QLockFile(str(folder / "lock"))
            lock.setStaleLockTime(0)  # a lock is stale when its process is dead, however old it is
            if lock.tryLock(0):
                self.path, self._lock = folder, lock
                return
            if lock.error() is not QLockFile.LockError.LockFailedError:
                log.warning("no session is kept in %s: %s", folder, lock.error())
                return

    @property
    def session_file(self) -> Path | None:
        """Where the film strip is written down."""
        return None if self.path is None else self.path / SESSION_FILE

    def thumbnail_file(self, item_id: str) -> Path:
        """Return where an item's thumbnail is kept; only where there is a folder."""
        assert self.path is not None
        return self.path / "thumbnails" / f"{_safe(item_id)}.png"

    def keep_pasted(self, item_id: str, name: str, data: bytes) -> Path:
        """Keep a picture that came without a file; a photo loader's `keep_pasted`.

        May be called from any thread.

        Raises:
            OSError, PhotoError: there is no room, or no permission.
        """
        if self.path is None:
            raise OSError("there is no session folder")
        folder = self.path / "pasted" / _safe(item_id)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _safe(name)
        write_bytes_atomically(path, data, overwrite=True)
        return path

    def leftovers(self, item_ids: set[str]) -> list[Path]:
        """Return what is kept for items other than these."""
        if self.path is None:
            return []
        known = {_safe(item_id) for item_id in item_ids}
        kept = [*(self.path / "pasted").iterdir(), *(self.path / "thumbnails").iterdir()]
        return [path for path in kept if path.stem not in known]

    def release(self) -> None:
        """Let another window have the folder."""
        if self._lock is not None:
            self._lock.unlock()
        self.path, self._lock = None, None


def remove_leftovers(paths: list[Path]) -> None:
    """Remove what `SessionFolder.leftovers` found."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _safe(name: str) -> str:
    """Return `name` as a file name that every system takes, its ending kept."""
    name = _UNSAFE.sub("_", name).strip(" .") or "picture"
    path = Path(name)
    suffix = path.suffix[:10]
    return path.stem[: MAX_NAME_LENGTH - len(suffix)].rstrip(" .") + suffix
