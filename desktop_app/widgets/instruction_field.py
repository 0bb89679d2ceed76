"""The field in which the artist says what should happen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame, QToolButton, QWidget

from desktop_app.widgets.controls import add_clear_button, show_words
from desktop_app.widgets.suggestions import SuggestionList, completed


class InstructionField(QLineEdit):
    """A line with suggestions and a memory.

    Up and Down walk through recent instructions, or through the suggestions where some are shown.

    Attributes:
        run_requested: Enter was pressed.
    """

    run_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("instructionField")
        self.setAccessibleName("Instruction")
        self.setPlaceholderText("Say what should happen, e.g. “watercolour, thinner lines”")
        self.setToolTip("What should happen to the photo. Enter develops it (Ctrl+L to get here)")
        add_clear_button(self)
        self._phrases: tuple[str, ...] = ()
        self._recent: list[str] = []
        self._recent_at = -1
        self._draft = ""
        self._suggestions = SuggestionList(self)
        self._suggestions.picked.connect(self._on_picked)
        self.textEdited.connect(self._on_text_edited)

    def set_completions(self, phrases: Sequence[str]) -> None:
        """Offer these phrases while the artist types."""
        self._phrases = tuple(phrases)

    def set_recent(self, instructions: Sequence[str]) -> None:
        """Remember these instructions, the latest first."""
        self._recent = list(instructions)
        self._recent_at = -1

    def show_instruction(self, text: str) -> None:
        """Show `text` without saying that somebody typed it; the cursor stays where it can."""
        show_words(self, text)
        self._show_beginning()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show how a text begins that is too long for the room there is now."""
        super().resizeEvent(event)
        self._show_beginning()

    def _show_beginning(self) -> None:
        is_typed = self.isModified() and self.hasFocus()
        needed = self.fontMetrics().horizontalAdvance(self.text())
        if not is_typed and not self.hasSelectedText() and needed > self._room_px():
            self.setCursorPosition(0)

    def _room_px(self) -> int:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        part = QStyle.SubElement.SE_LineEditContents
        room = self.style().subElementRect(part, option, self).width()
        buttons = self.findChildren(QToolButton)
        return room - sum(button.width() for button in buttons if button.isVisible())

    @property
    def suggestions(self) -> SuggestionList:
        """The list under the field."""
        return self._suggestions

    def event(self, event: QEvent) -> bool:
        """Leave shortcuts to the window where the field itself has no use for them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._is_for_window(event):
                event.ignore()
                return False
            if event.key() == Qt.Key.Key_Escape and self._suggestions.isVisible():
                event.accept()
                return True
        return super().event(event)

    def _is_for_window(self, event: QKeyEvent) -> bool:
        key = QKeySequence.StandardKey
        if event.matches(key.Undo):
            return not self.isUndoAvailable()
        if event.matches(key.Redo):
            return not self.isRedoAvailable()
        if event.matches(key.Copy):
            return not self.hasSelectedText()
        if event.matches(key.Paste):
            # A picture or a file on the clipboard is meant for the canvas.
            mime = QGuiApplication.clipboard().mimeData()
            is_file = mime.hasUrls() and any(url.isLocalFile() for url in mime.urls())
            return is_file or (mime.hasImage() and not mime.hasText())
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter runs or picks; Up and Down walk; Escape closes the suggestions."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier
        ):
            if not (self._suggestions.isVisible() and self._suggestions.pick_current()):
                self._suggestions.hide()
                super().keyPressEvent(event)
                self.run_requested.emit()
            event.accept()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            down = key == Qt.Key.Key_Down
            if self._suggestions.isVisible():
                self._suggestions.move_selection(1 if down else -1)
            else:
                self._walk_recent(-1 if down else 1)
            event.accept()
        elif key == Qt.Key.Key_Escape and self._suggestions.isVisible():
            self._suggestions.hide()
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Put the suggestions away, and show how a long text begins."""
        self._suggestions.hide()
        super().focusOutEvent(event)
        self._show_beginning()

    def _walk_recent(self, by: int) -> None:
        at = max(-1, min(len(self._recent) - 1, self._recent_at + by))
        if at == self._recent_at:
            return
        if self._recent_at == -1:
            self._draft = self.text()
        self._recent_at = at
        self.setText(self._draft if at == -1 else self._recent[at])

    @Slot(str)
    def _on_text_edited(self, text: str) -> None:
        self._recent_at = -1
        at_end = self.cursorPosition() == len(text)
        self._suggestions.offer(completed(text, self._phrases) if at_end and text else [])

    @Slot(str)
    def _on_picked(self, whole: str) -> None:
        self.setText(whole)
        self.setFocus()
