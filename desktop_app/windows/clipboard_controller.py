"""The finished picture on its way to another program, and pictures from the clipboard."""

from __future__ import annotations

import logging
import shutil
import tempfile
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDrag, QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QWidget

from desktop_app.core.errors import ToonroomError
from desktop_app.imaging.finishing import blended
from desktop_app.imaging.saving import encode_png
from desktop_app.session.darkroom import Darkroom, PhotoItem
from desktop_app.widgets.canvas import Canvas
from desktop_app.widgets.drops import read_mime
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.preferences import Preferences
from desktop_app.windows.task_controller import TaskController
from desktop_app.windows.writing import (
    Finished,
    Kept,
    default_name,
    finished_of,
    write_picture,
)
from desktop_app.workers.tasks import sentence_of

log = logging.getLogger(__name__)

_COPY, _DRAG = "copy", "drag"
_DRAG_ICON_PX = 160
PREPARE_DELAY_MS = 600
"""How long a picture must be looked at before its file is written, just in case."""
QUICK_PX = 4_000_000
"""A picture of so many pixels is written in a quarter of a second: a drag can wait for it."""


class ClipboardController(TaskController):
    """Copies, pastes and drags out.

    Attributes:
        taken: a photo whose picture goes to another program.
    """

    taken = Signal(str)

    def __init__(
        self,
        darkroom: Darkroom,
        canvas: Canvas,
        messages: Messages,
        preferences: Preferences,
        window: QWidget,
    ) -> None:
        super().__init__(darkroom, messages, preferences, window, threads=1)
        self._canvas = canvas
        self._folder: Path | None = None
        self._ready: tuple[object, Path] | None = None
        self._given: set[Path] = set()
        self._drag_is_wanted = False
        self._copied: QMimeData | None = None
        self._image = QImage()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PREPARE_DELAY_MS)
        self._connect()

    def _connect(self) -> None:
        self._timer.timeout.connect(self._prepare)
        self._darkroom.item_changed.connect(self._on_item_changed)
        self._darkroom.current_changed.connect(self._on_item_changed)
        self._canvas.drag_out_requested.connect(self.drag_out)
        self._preferences.changed.connect(self._on_preferences_changed)

    def shut_down(self) -> bool:
        """End what goes on and remove the files that were made for dragging."""
        self._timer.stop()
        self._hand_clipboard_over()
        ended = self._tasks.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        return ended

    @property
    def is_ready(self) -> bool:
        """Whether the file of the picture that is looked at is there to be dragged out."""
        item, ready = self._darkroom.current, self._ready
        return item is not None and ready is not None and ready[0] is item.result

    # --- clipboard

    @Slot()
    def copy(self) -> None:
        """Put the finished picture on the clipboard."""
        item = self._darkroom.current
        finished = finished_of(item)
        if item is None or finished is None or not item.result_levels:
            self._messages.note("There is no finished picture to copy yet.")
            return
        self._image = item.result_levels[0]
        self.taken.emit(item.item_id)
        self._messages.note("Copying …")
        self._tasks.run(_COPY, partial(_encoded, finished))

    def _hand_clipboard_over(self) -> None:
        """Leave a picture on the clipboard that does not need this program's Python.

        WORKAROUND PySide6 6.11: Qt destroys what is on the clipboard after the interpreter has
        ended; a QMimeData that was made in Python then crashes the process.
        """
        clipboard = QGuiApplication.clipboard()
        if self._copied is not None and clipboard.mimeData() is self._copied:
            clipboard.setImage(clipboard.image())
        self._copied = None

    @Slot()
    def paste(self) -> None:
        """Take what is on the clipboard as if it had been dropped."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not mime.formats():
            self._messages.say("The clipboard is empty; copy a picture first.", MessageKind.INFO)
            return
        self._canvas.take(read_mime(mime))

    # --- dragging out

    @Slot()
    def drag_out(self) -> None:
        """Hand the finished picture to another program, as a file."""
        item = self._darkroom.current
        finished = finished_of(item)
        if item is None or finished is None:
            return
        extent = finished.result.extent
        if self._ready is not None and self._ready[0] is item.result and self._ready[1].exists():
            self._drag(self._ready[1], item)
        elif extent.width * extent.height <= QUICK_PX:
            self._write_and_drag(finished, item)
        else:
            self._drag_is_wanted = True
            self._messages.note("Getting the picture ready: hold it a moment longer …")
            self._prepare()

    def _write_and_drag(self, finished: Finished, item: PhotoItem) -> None:
        """Write a small picture here and now: the pointer moves on, and will not come back."""
        self._tasks.drop(_DRAG)
        kept = Kept.of(self._preferences.values)
        try:
            self._ready = _write_for_drag(self._drag_folder(), finished, kept, None)
        except (ToonroomError, OSError) as error:
            self._messages.error(sentence_of(error))
        else:
            self._drag(self._ready[1], item)

    @Slot(str)
    def _on_item_changed(self, item_id: str) -> None:
        if item_id == self._darkroom.current_id:
            self._timer.start()

    @Slot()
    def _on_preferences_changed(self) -> None:
        self._ready = None  # the file may hold what is not to be kept any more
        self._timer.start()

    @Slot()
    def _prepare(self) -> None:
        """Write the file that would be dragged out."""
        item = self._darkroom.current
        finished = finished_of(item)
        if item is None or finished is None or item.is_busy:
            return
        if self._ready is not None and self._ready[0] is finished.result:
            return
        kept = Kept.of(self._preferences.values)
        work = partial(_write_for_drag, self._drag_folder(), finished, kept, self._needless())
        self._tasks.run_latest(_DRAG, work)

    def _needless(self) -> Path | None:
        """Return the folder of the last file where no other program was ever given that."""
        path = None if self._ready is None else self._ready[1]
        return None if path is None or path in self._given else path.parent

    def _drag_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="toonroom-"))
        return self._folder

    def _drag(self, path: Path, item: PhotoItem) -> None:
        self._drag_is_wanted = False
        self._given.add(path)
        self.taken.emit(item.item_id)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        drag = QDrag(self._canvas)
        drag.setMimeData(mime)
        if not item.thumbnail.isNull():
            small = item.thumbnail.scaled(
                _DRAG_ICON_PX,
                _DRAG_ICON_PX,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            drag.setPixmap(QPixmap.fromImage(small))
        drag.exec(Qt.DropAction.CopyAction)

    @Slot(str, object)
    def _on_done(self, task_id: str, answer: object) -> None:
        if task_id == _COPY and isinstance(answer, bytes):
            mime = QMimeData()
            mime.setData("image/png", QByteArray(answer))
            mime.setImageData(self._image)
            self._image = QImage()
            QGuiApplication.clipboard().setMimeData(mime)
            self._copied = mime
            self._messages.say("The picture is on the clipboard.", MessageKind.DONE)
        elif task_id == _DRAG and isinstance(answer, tuple):
            self._ready = answer
            item = self._darkroom.current
            is_held = QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton
            if self._drag_is_wanted and is_held and item is not None and item.result is answer[0]:
                self._drag(answer[1], item)
            self._drag_is_wanted = False

    @Slot(str, str)
    def _on_failed(self, task_id: str, sentence: str) -> None:
        if task_id == _COPY or self._drag_is_wanted:
            self._messages.error(sentence)
        else:
            log.warning("the picture could not be made ready for dragging: %s", sentence)
        self._drag_is_wanted = False


def _encoded(finished: Finished) -> bytes:
    picture = blended(finished.result.picture, finished.photo, finished.amount)
    return encode_png(picture, finished.result.alpha, finished.photo.icc_profile)


def _write_for_drag(
    folder: Path, finished: Finished, kept: Kept, needless: Path | None
) -> tuple[object, Path]:
    """Write a finished picture to a file of its own, and remove the folder `needless`."""
    if needless is not None:
        shutil.rmtree(needless, ignore_errors=True)
    name = default_name(finished.name, finished.result.interpretation.look)
    # A folder for each result, so that a program that still reads an older file is not disturbed.
    target = Path(tempfile.mkdtemp(dir=folder)) / f"{name}.png"
    write_picture(target, finished, kept, False)
    return finished.result, target
