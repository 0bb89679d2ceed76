"""A drag that hovers over a widget, and the answer it gets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPalette

from desktop_app.widgets.canvas_paint import draw_hover
from desktop_app.widgets.drops import REFUSAL, Dropped, can_read, read_mime


class DropHover:
    """Answers drags for a widget and knows what is said to the one that hovers.

    Attributes:
        sentence: what is said to the drag that hovers; "" when none does.
    """

    def __init__(self, welcome: str, repaint: Callable[[], None]) -> None:
        self._welcome = welcome
        self._repaint = repaint
        self._is_ok = True
        self.sentence = ""

    def enter(self, event: QDragEnterEvent) -> None:
        """A drag has come."""
        self._is_ok = can_read(event.mimeData())
        self.sentence = self._welcome if self._is_ok else REFUSAL
        self.answer(event)
        self._repaint()

    def answer(self, event: QDropEvent) -> None:
        """Accept the drag; one that is of no use stays here too, to be told why."""
        copy, ignore = Qt.DropAction.CopyAction, Qt.DropAction.IgnoreAction
        event.setDropAction(copy if self._is_ok else ignore)
        event.accept()

    def end(self) -> None:
        """The drag has gone."""
        self.sentence = ""
        self._repaint()

    def drop(self, event: QDropEvent) -> Dropped:
        """End the hover and return what was dropped."""
        self.end()
        dropped = read_mime(event.mimeData())
        self._is_ok = not dropped.refusal
        self.answer(event)
        return dropped

    def draw(self, painter: QPainter, rect: QRect, palette: QPalette) -> None:
        """Draw what is said to the drag that hovers."""
        draw_hover(painter, rect, palette, self.sentence, self._is_ok)
