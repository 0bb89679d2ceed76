"""The film strip is written down as it changes, so that the next start shows it as it was."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QImage

from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.session.darkroom import Darkroom
from desktop_app.session.history import History
from desktop_app.session.items import ItemState, PhotoItem
from desktop_app.session.session_folder import SessionFolder, remove_leftovers
from desktop_app.session.snapshot import MAX_FILE_BYTES, Snapshot, from_json, to_json, with_history
from desktop_app.workers.tasks import TaskRunner

log = logging.getLogger(__name__)

DELAY_MS = 500
LOOK_TIMEOUT_MS = 500
_SAVE, _LOOK, _CLEAN = "save", "look", "clean"


@dataclass(frozen=True, eq=False)
class _Work:
    """What one writing has to do; items and images are shared, not copied."""

    file: Path
    snapshot: Snapshot
    thumbnails: tuple[tuple[Path, QImage], ...]


class Autosave(QObject):
    """Writes a darkroom down half a second after it changed, off the GUI thread.

    Call `restore` once before anything is added, and `close` when the window closes.
    """

    def __init__(
        self,
        darkroom: Darkroom,
        folder: SessionFolder,
        history: History,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._darkroom = darkroom
        self._folder = folder
        self._history = history
        self._thumbnails: dict[str, int] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._writer = TaskRunner(self, threads=1)  # one thread: what is newer is written later
        self._looker = TaskRunner(self, threads=1)  # may hang on a network drive
        self._connect()

    def restore(self) -> None:
        """Put the photos of the last session on the strip; their pixels come when looked at.

        Whether their files are still there is found out off the GUI thread (one may be on a
        network drive that does not answer); those that are gone then become FAILED.
        """
        snapshot = self._read()
        if snapshot is None:
            return
        snapshot = with_history(snapshot, self._history.entries())
        items = [self._with_thumbnail(item) for item in snapshot.items]
        self._darkroom.insert(list(enumerate(items)))
        known = {item.item_id for item in items}
        current = snapshot.current_id if snapshot.current_id in known else ""
        if items:
            self._darkroom.set_current(current or items[0].item_id)
        for item in items:
            if item.state is ItemState.LOADING:
                self._darkroom.want_photo(item.item_id)
        paths = {item.item_id: item.path for item in items if item.path is not None}
        self._looker.run(_LOOK, partial(_gone, paths))
        leftovers = self._folder.leftovers(known)
        self._writer.run(_CLEAN, partial(remove_leftovers, leftovers))

    def flush(self, timeout_ms: int = 8_000) -> bool:
        """Write now; return whether it was written in time."""
        self._timer.stop()
        self._on_timeout()
        return self._writer.wait(timeout_ms)

    def close(self, timeout_ms: int = 8_000) -> bool:
        """Write for the last time and let go of the folder; return whether all ended in time."""
        written = self.flush(timeout_ms)
        ended = [self._writer.shutdown(timeout_ms), self._looker.shutdown(LOOK_TIMEOUT_MS)]
        self._folder.release()
        return written and all(ended)

    def _connect(self) -> None:
        self._darkroom.items_changed.connect(self._on_changed)
        self._darkroom.item_changed.connect(self._on_item_changed)
        self._darkroom.current_changed.connect(self._on_item_changed)
        self._timer.timeout.connect(self._on_timeout)
        self._looker.done.connect(self._on_looked)
        self._looker.failed.connect(self._on_failed)
        self._writer.failed.connect(self._on_failed)

    def _read(self) -> Snapshot | None:
        file = self._folder.session_file
        if file is None:
            return None
        try:
            if file.stat().st_size > MAX_FILE_BYTES:
                raise ValueError("too long")
            return from_json(file.read_bytes().decode("ascii"), file.parent)
        except FileNotFoundError:
            return Snapshot()
        except OSError as error:
            log.warning("the session %s cannot be read: %s", file, error)
            return None
        except ValueError as error:
            log.warning("the session %s is damaged and put aside: %s", file, error)
            _put_aside(file)
            return None

    def _with_thumbnail(self, item: PhotoItem) -> PhotoItem:
        thumbnail = QImage(str(self._folder.thumbnail_file(item.item_id)))
        if thumbnail.isNull():
            lost = item.state is not ItemState.FAILED and item.path is not None
            return replace(item, state=ItemState.LOADING) if lost else item
        self._thumbnails[item.item_id] = thumbnail.cacheKey()
        return replace(item, thumbnail=thumbnail)

    def _work(self) -> _Work | None:
        file = self._folder.session_file
        if file is None:
            return None
        items = self._darkroom.items
        snapshot = Snapshot(items, self._darkroom.current_id, time.time())
        thumbnails = []
        for item in items:
            key = item.thumbnail.cacheKey()
            if not item.thumbnail.isNull() and self._thumbnails.get(item.item_id) != key:
                self._thumbnails[item.item_id] = key
                thumbnails.append((self._folder.thumbnail_file(item.item_id), item.thumbnail))
        return _Work(file, snapshot, tuple(thumbnails))

    @Slot()
    def _on_changed(self) -> None:
        if not self._timer.isActive():  # not started anew, or a long drag would put it off forever
            self._timer.start()

    @Slot(str)
    def _on_item_changed(self, _item_id: str) -> None:
        self._on_changed()

    @Slot()
    def _on_timeout(self) -> None:
        work = self._work()
        if work is not None:
            # Not `run_latest`: each one may carry thumbnails that the next does not.
            self._writer.run(_SAVE, partial(_write, work))

    @Slot(str, object)
    def _on_looked(self, _task_id: str, answer: object) -> None:
        if not isinstance(answer, dict):
            return
        for item_id, sentence in answer.items():
            item = self._darkroom.item(item_id)
            if item is not None and item.photo is None and not item.is_busy:
                self._darkroom.update(item_id, state=ItemState.FAILED, message=sentence)

    @Slot(str, str)
    def _on_failed(self, task_id: str, sentence: str) -> None:
        log.warning("the session's task “%s” failed: %s", task_id, sentence)


def _put_aside(file: Path) -> None:
    try:
        file.replace(file.with_name(f"{file.name}.damaged"))
    except OSError as error:
        log.warning("the session %s cannot be put aside: %s", file, error)


def _gone(paths: dict[str, Path]) -> dict[str, str]:
    """Return a sentence for each item whose file is not there any more."""
    sentences = {}
    for item_id, path in paths.items():
        try:
            there = path.is_file()
        except OSError:
            there = False
        if not there:
            sentences[item_id] = (
                f"“{path.name}” is no longer in {path.parent}; open it from where it is now."
            )
    return sentences


def _write(work: _Work) -> None:
    for file, image in work.thumbnails:
        write_bytes_atomically(file, _png(image), overwrite=True)
    text = to_json(work.snapshot, work.file.parent)
    write_bytes_atomically(work.file, text.encode("ascii"), overwrite=True)


def _png(image: QImage) -> bytes:
    image = image.convertToFormat(QImage.Format.Format_ARGB32)
    height, width = image.height(), image.width()
    bgra = np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)
    _, data = cv2.imencode(".png", bgra, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return bytes(data)
