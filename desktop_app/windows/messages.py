"""One place through which every part of the window speaks to the artist."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from desktop_app.widgets.canvas import Canvas, MessageKind
from desktop_app.widgets.status_line import StatusLine

__all__ = ["MessageKind", "Messages"]


class Messages(QObject):
    """Says sentences on the canvas and in the status bar; never in a box to click away."""

    def __init__(self, canvas: Canvas, status: StatusLine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._status = status
        self._answer: Callable[[], None] | None = None
        canvas.message_action_triggered.connect(self._on_action)

    @property
    def status(self) -> str:
        """What the status bar says now."""
        return self._status.text.text()

    def say(
        self,
        sentence: str,
        kind: MessageKind = MessageKind.INFO,
        action: str = "",
        answer: Callable[[], None] | None = None,
    ) -> None:
        """Say a sentence over the picture and in the status bar.

        Args:
            sentence: one sentence.
            kind: what it is about; errors stay until they are dismissed.
            action: what a button beside the sentence says.
            answer: called when that button is pressed; a method of an object that outlives the
                message.
        """
        self._answer = answer
        self._canvas.set_message(sentence, kind, action)
        self._status.say(sentence)

    @Slot(str)
    def error(self, sentence: str) -> None:
        """Say what went wrong."""
        self.say(sentence, MessageKind.ERROR)

    @Slot()
    def clear(self) -> None:
        """Take the sentence off the canvas, because something new is begun."""
        self._answer = None
        self._canvas.set_message("")

    @Slot(str)
    def note(self, sentence: str) -> None:
        """Say something aside, in the status bar only."""
        self._status.say(sentence)

    @Slot()
    def _on_action(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer()
