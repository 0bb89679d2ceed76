"""What goes on and how long it still takes, said anew as time goes by."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from desktop_app.windows.messages import Messages
from desktop_app.windows.progress import eta_text

INTERVAL_MS = 1_000


class Countdown(QObject):
    """Says a sentence in the status bar with the time that is left.

    A step may take many seconds, and what comes before the first one too: a time that stands still
    meanwhile is not true. It ends as soon as anybody else says something there.
    """

    def __init__(
        self,
        messages: Messages,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: clock: gives seconds."""
        super().__init__(parent)
        self._messages = messages
        self._clock = clock
        self._sentence = self._said = ""
        self._ends_at = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.go_on)

    @property
    def is_running(self) -> bool:
        """Whether there is time left to be told."""
        return self._timer.isActive()

    def begin(self, sentence: str, left_s: float) -> None:
        """Say `sentence` and that it takes `left_s` more; nothing of that where nobody knows."""
        self._sentence = sentence
        self._say(eta_text(left_s))
        if math.isfinite(left_s) and left_s > 0:
            self._ends_at = self._clock() + left_s
            self._timer.start()
        else:
            self._timer.stop()

    @Slot()
    def go_on(self) -> None:
        """Say what is left by now."""
        left_s = self._ends_at - self._clock()
        if self._messages.status != self._said:
            self._timer.stop()
        elif left_s > 0:
            self._say(eta_text(left_s))
        else:  # it takes longer, and nobody knows how long
            self._timer.stop()
            self._say(" …")

    def _say(self, rest: str) -> None:
        self._said = self._sentence + rest
        self._messages.note(self._said)
