"""Start and end of a session: what was there comes back, what runs is ended."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QObject, QTimer, Slot

from desktop_app.widgets.canvas import CompareMode

if TYPE_CHECKING:
    from desktop_app.windows.main_window import MainWindow

log = logging.getLogger(__name__)

STATE_VERSION = 1
START_DELAY_MS = 200
"""When the session starts at the latest, should nothing be painted (a window that is not seen)."""

_MODES = {"off": CompareMode.OFF, "split": CompareMode.SPLIT}


class SessionController(QObject):
    """Brings back the window and the photos, and keeps them for the next start.

    Attributes:
        has_stopped: whether, after the end, no thread runs any more.
    """

    def __init__(self, window: MainWindow, photos: Sequence[Path]) -> None:
        super().__init__(window)
        self._window = window
        self._services = window.services
        self._photos = list(photos)
        self._is_started = False
        self._is_ended = False
        self.has_stopped = False
        window.closing.connect(self.end)
        window.canvas.installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.start)
        self._timer.start(START_DELAY_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Start once the window was painted: until then nothing may slow it down."""
        if event.type() == QEvent.Type.Paint and not self._is_started:
            self._timer.start(0)
        return super().eventFilter(watched, event)

    def restore_window(self) -> None:
        """Bring back geometry, panels, compare mode and what was asked for."""
        window, values = self._window, self._services.preferences.values
        geometry, state = _decoded(values.window_geometry), _decoded(values.window_state)
        if not geometry.isEmpty():
            window.restoreGeometry(geometry)
        if not state.isEmpty():
            window.restoreState(state, STATE_VERSION)
        window.canvas.set_compare(_MODES.get(values.compare, CompareMode.OFF))
        window.canvas.set_split(values.split)
        request = replace(
            window.model.request, instruction=values.instruction, engine=values.engine
        )
        window.model.show(request)
        window.instruction_bar.field.setFocus()

    @Slot()
    def start(self) -> None:
        """Bring back the photos of the last session and open those of the command line."""
        if self._is_started or self._is_ended:
            return
        self._is_started = True
        self._timer.stop()
        self._window.canvas.removeEventFilter(self)
        self._services.autosave.restore()
        self._window.past.refresh()
        if self._photos:
            self._window.photos.add_paths(self._photos)
        elif self._services.darkroom.current_id:
            self._window.messages.note("This is your last session, as it was.")
        else:
            self._window.messages.note("Drop a photo to begin.")

    @Slot()
    def end(self) -> None:
        """Keep what is to be kept and end everything that runs."""
        if self._is_ended:
            return
        self._is_ended = True
        self._timer.stop()
        self._keep_window()
        window = self._window
        window.hide()  # what is being saved may take a moment more, and nobody need watch it
        window.development.stop()
        parts = (window.photos, window.saving, window.clipboard, window.past, self._services)
        answers = [part.shut_down() for part in parts]  # each of them, whatever the others say
        self.has_stopped = all(answers)

    def _keep_window(self) -> None:
        window = self._window
        canvas = window.canvas
        request = window.model.request
        self._services.preferences.change(
            window_geometry=_encoded(window.saveGeometry()),
            window_state=_encoded(window.saveState(STATE_VERSION)),
            compare="split" if canvas.compare is CompareMode.SPLIT else "off",
            split=float(canvas.split),
            instruction=request.instruction,
            engine=request.engine,
            look=window.model.interpretation.look or "",
        )


def _encoded(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _decoded(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        log.warning("the window's place is damaged and forgotten")
        return QByteArray()
