"""Suggestions under a field: a list that neither takes the focus nor grabs the mouse."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem

_MOST = 8
_SHORTEST_PREFIX = 2


def completed(text: str, phrases: Sequence[str]) -> list[tuple[str, str]]:
    """Return what could follow `text`: (phrase, whole text with that phrase at its end).

    The longest run of last words that begins a phrase counts; nothing is suggested where those
    words are a whole phrase already.
    """
    words = text.split(" ")
    for start in range(len(words)):
        tail = " ".join(words[start:]).lower()
        if len(tail) < _SHORTEST_PREFIX:
            break
        matches = [phrase for phrase in phrases if phrase.lower().startswith(tail)]
        if any(phrase.lower() == tail for phrase in matches):
            return []
        if matches:
            head = " ".join(words[:start])
            lead = f"{head} " if head else ""
            return [(phrase, lead + phrase) for phrase in matches[:_MOST]]
    return []


class SuggestionList(QListWidget):
    """Hangs under a line edit, inside its window.

    A popup would take every click and key while it is open; this list is a child of the window.

    Attributes:
        picked: the whole text that the field is to have.
    """

    picked = Signal(str)

    def __init__(self, field: QLineEdit) -> None:
        super().__init__(field)
        self._field = field
        self.setObjectName("completions")
        self.setAccessibleName("Suggestions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.hide()
        self.itemClicked.connect(self._on_clicked)

    def offer(self, suggestions: Sequence[tuple[str, str]]) -> None:
        """Show suggestions as (what is read, what is picked); hide where there are none."""
        self.clear()
        for phrase, whole in suggestions:
            item = QListWidgetItem(phrase)
            item.setData(Qt.ItemDataRole.UserRole, whole)
            self.addItem(item)
        if not suggestions:
            self.hide()
            return
        self.setCurrentRow(-1)
        self._place()
        self.show()
        self.raise_()

    def move_selection(self, by: int) -> None:
        """Select the next or previous suggestion; beyond an end none is selected."""
        row = self.currentRow() + by
        if row < -1:
            row = self.count() - 1
        self.setCurrentRow(row if row < self.count() else -1)

    def pick_current(self) -> bool:
        """Pick the selected suggestion; return whether there was one."""
        item = self.currentItem()
        if item is None or self.currentRow() < 0:
            return False
        self._on_clicked(item)
        return True

    def _place(self) -> None:
        window = self._field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        corner = self._field.mapTo(window, QPoint(0, self._field.height() + 4))
        rows_px = sum(self.sizeHintForRow(row) for row in range(self.count()))
        width_px = max(240, self.sizeHintForColumn(0) + 32)
        self.setGeometry(corner.x(), corner.y(), width_px, rows_px + 12)

    @Slot(QListWidgetItem)
    def _on_clicked(self, item: QListWidgetItem) -> None:
        whole = item.data(Qt.ItemDataRole.UserRole)
        self.hide()
        self.picked.emit(whole)
