"""Whether a change of the artist's asks for a run, and when."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.session.darkroom import Darkroom
from desktop_app.windows.messages import Messages
from desktop_app.windows.preferences import Preferences
from desktop_app.windows.request_model import RequestModel

LIVE_DELAY_MS = 250
LIVE_LIMIT_S = 2.0
"""A run that takes longer than that is no answer to a slider."""
TOO_SLOW = "Press Develop to see it: this takes a while."


class LiveRuns(QObject):
    """Asks for a run soon after an adjustment, where the artist wants that and it is quick.

    Attributes:
        wanted: the photo that is looked at is to be developed as is asked for now.
        is_paused: whether nothing is asked for, because something else shows what adjusting does.
    """

    wanted = Signal()

    def __init__(
        self,
        model: RequestModel,
        darkroom: Darkroom,
        messages: Messages,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._darkroom = darkroom
        self._messages = messages
        self._preferences = preferences
        self._is_told = False
        self.is_paused = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LIVE_DELAY_MS)
        self._timer.timeout.connect(self.wanted)
        model.adjusted.connect(self._on_adjusted)
        darkroom.current_changed.connect(self.put_off)

    @Slot()
    def put_off(self) -> None:
        """Ask for nothing until the next adjustment."""
        self._timer.stop()
        self._is_told = False

    @Slot()
    def _on_adjusted(self) -> None:
        item = self._darkroom.current
        if item is None or self.is_paused or not self._preferences.values.develop_live:
            return
        if not item.has_result and not item.is_busy:
            return
        if not self._is_too_slow():
            self._timer.start()
            return
        self._timer.stop()
        if not self._is_told and not item.is_busy:
            self._is_told = True
            self._messages.note(TOO_SLOW)

    def _is_too_slow(self) -> bool:
        item = self._darkroom.current
        if item is None or item.photo is None:
            return False
        estimate = self._model.estimate(self._model.request, item.photo.extent)
        return estimate is not None and estimate.seconds > LIVE_LIMIT_S
