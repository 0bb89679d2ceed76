"""Start and end of a session: what was there comes back, what runs is ended."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QMainWindow

from desktop_app.widgets.canvas import CompareMode
from desktop_app.windows.parts import Controllers, Parts
from desktop_app.windows.services import Services

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

    def __init__(
        self,
        window: QMainWindow,
        parts: Parts,
        controllers: Controllers,
        services: Services,
        photos: Sequence[Path],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._canvas = parts.canvas
        self._field = parts.instruction_bar.field
        self._controllers = controllers
        self._services = services
        self._photos = list(photos)
        self._is_started = False
        self._is_ended = False
        self.has_stopped = False
        self._canvas.installEventFilter(self)
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
        self._canvas.set_compare(_MODES.get(values.compare, CompareMode.OFF))
        self._canvas.set_split(values.split)
        model = self._controllers.model
        model.last_model = values.model or None
        model.show(replace(model.request, instruction=values.instruction, engine=values.engine))
        if model.capabilities.needs_model:
            model.show(replace(model.request, model=model.last_model))
        self._field.setFocus()

    @Slot()
    def start(self) -> None:
        """Bring back the photos of the last session and open those of the command line."""
        if self._is_started or self._is_ended:
            return
        self._is_started = True
        self._timer.stop()
        self._canvas.removeEventFilter(self)
        self._services.autosave.restore()
        self._controllers.past.refresh()
        if self._photos:
            self._controllers.photos.add_paths(self._photos)
        elif self._services.darkroom.current_id:
            self._controllers.messages.note("This is your last session, as it was.")
        else:
            self._controllers.messages.note("Drop a photo to begin.")
            self._controllers.shelf.greet()

    @Slot()
    def end(self) -> None:
        """Keep what is to be kept and end everything that runs."""
        if self._is_ended:
            return
        self._is_ended = True
        self._timer.stop()
        self._keep_window()
        each = self._controllers
        self._window.hide()  # what is being saved may take a moment more, and nobody need watch it
        each.contact.close()
        each.development.stop()
        busy = (each.photos, each.models, each.shelf, each.saving, each.clipboard, each.past)
        answers = [one.shut_down() for one in busy]  # each of them, whatever the others say
        answers.append(self._services.shut_down())
        self.has_stopped = all(answers)

    def _keep_window(self) -> None:
        window, canvas, model = self._window, self._canvas, self._controllers.model
        self._services.preferences.change(
            window_geometry=_encoded(window.saveGeometry()),
            window_state=_encoded(window.saveState(STATE_VERSION)),
            compare="split" if canvas.compare is CompareMode.SPLIT else "off",
            split=float(canvas.split),
            instruction=model.request.instruction,
            engine=model.request.engine,
            look=model.interpretation.look or "",
        )


def _encoded(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _decoded(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        log.warning("the window's place is damaged and forgotten")
        return QByteArray()
