"""Pickers: one of several choices, each with a sentence of help."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QWidget

from desktop_app.core.engine import Choice
from desktop_app.widgets.controls import CalmCombo

_SHORTEST_CHARACTERS = 8


class ChoicePicker(CalmCombo):
    """Picks one of several choices; a value that is none of them is shown too.

    Attributes:
        picked: the value that the artist picked; None for the engine's default.
    """

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: list[Choice | None] = []
        self._count = 0
        # A long title must not make the panel wider.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_SHORTEST_CHARACTERS)
        self.currentIndexChanged.connect(self._on_index_changed)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Shorten a title that there is no room for, and let it be seen that it is."""
        super().initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        control = QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(control, option, part, self).width() - 4
        elide = Qt.TextElideMode.ElideRight
        option.currentText = option.fontMetrics.elidedText(option.currentText, elide, room)

    def set_choices(self, choices: Sequence[Choice], default: str | None = None) -> None:
        """Offer these choices.

        Args:
            choices: in order.
            default: title of an entry before them that stands for None; None for no such entry.
        """
        with QSignalBlocker(self):
            self.clear()
            self._choices = []
            if default is not None:
                self._append(None, default)
            for choice in choices:
                self._append(choice, choice.title)
        self._count = len(self._choices)

    def show_value(self, value: str | None, stray: Choice | None = None) -> None:
        """Show a value without saying that somebody picked it.

        Args:
            value: None for the default.
            stray: what stands for `value` where it is none of the choices.
        """
        with QSignalBlocker(self):
            self._drop_strays()
            index = self._index(value)
            if index < 0 and value is not None:
                choice = stray or Choice(value, value.capitalize())
                self._append(choice, choice.title)
                index = len(self._choices) - 1
            self.setCurrentIndex(index)

    def set_default_title(self, title: str) -> None:
        """Say what the entry that stands for None means now."""
        if self._choices and self._choices[0] is None:
            self.setItemText(0, title)

    @property
    def value(self) -> str | None:
        """The value of the choice that is shown."""
        choice = self._choice(self.currentIndex())
        return None if choice is None else choice.value

    @property
    def help(self) -> str:
        """What is said about the choice that is shown; "" for nothing."""
        choice = self._choice(self.currentIndex())
        return "" if choice is None else choice.help

    def _append(self, choice: Choice | None, title: str) -> None:
        self._choices.append(choice)
        index = len(self._choices) - 1
        self.insertItem(index, title)
        if choice is not None and choice.help:
            self.setItemData(index, choice.help, Qt.ItemDataRole.ToolTipRole)

    def _drop_strays(self) -> None:
        while len(self._choices) > self._count:
            self._choices.pop()
            self.removeItem(len(self._choices))

    def _choice(self, index: int) -> Choice | None:
        return self._choices[index] if 0 <= index < len(self._choices) else None

    def _index(self, value: str | None) -> int:
        values = [None if choice is None else choice.value for choice in self._choices]
        return values.index(value) if value in values else -1

    @Slot(int)
    def _on_index_changed(self, index: int) -> None:
        if 0 <= index < len(self._choices):
            choice = self._choices[index]
            self.picked.emit(None if choice is None else choice.value)


_NOTHING = Choice("", "No model yet")


class ModelPicker(ChoicePicker):
    """Picks a model, or asks for a folder with one, or for more models.

    Attributes:
        folder_requested: the entry after the models was picked: a folder is to be chosen.
        more_requested: the last entry was picked: models are to be got.
        about_to_open: the list is about to be shown.
    """

    folder_requested = Signal()
    more_requested = Signal()
    about_to_open = Signal()

    FOLDER = "Choose a folder…"
    MORE = "Models…"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = -1
        self._is_stepping = False

    def set_choices(self, choices: Sequence[Choice], default: str | None = None) -> None:
        """Offer these models, and after them a folder, and more."""
        super().set_choices(choices, default)
        with QSignalBlocker(self):
            if choices:
                self.insertSeparator(self.count())
            self.addItem(self.FOLDER)
            self.addItem(self.MORE)
            self.setCurrentIndex(-1)

    def show_value(self, value: str | None, stray: Choice | None = None) -> None:
        """Show a model; "No model yet" for None."""
        if value is None:
            value, stray = _NOTHING.value, _NOTHING
        super().show_value(value, stray)
        self._shown = self.currentIndex()

    def showPopup(self) -> None:
        """Tell that the list is about to be shown."""
        self.about_to_open.emit()
        super().showPopup()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step through the models; who steps past the last one does not want a folder."""
        self._is_stepping = True
        super().keyPressEvent(event)
        self._is_stepping = False

    @Slot(int)
    def _on_index_changed(self, index: int) -> None:
        if index < len(self._choices):
            self._shown = index
            super()._on_index_changed(index)
            return
        wants_more = self.itemText(index) == self.MORE
        with QSignalBlocker(self):
            self.setCurrentIndex(self._shown)
        if not self._is_stepping:
            (self.more_requested if wants_more else self.folder_requested).emit()
