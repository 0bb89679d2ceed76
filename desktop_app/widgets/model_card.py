"""One model on a card: what it is, what it takes, how far its download is, what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from html import escape

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.widgets.controls import name_control, restyle
from desktop_app.widgets.parameter_rows import help_line

_PROGRESS_MAX = 1_000


class CardState(Enum):
    """What can be done with a model."""

    BUILT_IN = "built in"
    HERE = "here"
    DAMAGED = "damaged"
    ABSENT = "absent"
    BEGUN = "begun"
    BUSY = "busy"


class CardAction(Enum):
    """What an artist wants done with a model; the value is what a button says."""

    GET = "Get"
    GO_ON = "Go on"
    PAUSE = "Pause"
    STOP = "Stop"
    USE = "Use"
    CHECK = "Check"
    REMOVE = "Remove"
    DELETE = "Delete for good"
    DISCARD = "Discard"


_ACTIONS = {
    CardState.BUILT_IN: (CardAction.USE, CardAction.CHECK),
    CardState.HERE: (CardAction.USE, CardAction.CHECK, CardAction.REMOVE),
    CardState.DAMAGED: (CardAction.CHECK, CardAction.REMOVE),
    CardState.ABSENT: (CardAction.GET,),
    CardState.BEGUN: (CardAction.GO_ON, CardAction.DISCARD),
    CardState.BUSY: (),
}
_TIPS = {
    CardAction.GET: "Fetch it, check it, and make it ready",
    CardAction.GO_ON: "Fetch the rest",
    CardAction.PAUSE: "Stop for now; what was fetched is kept",
    CardAction.STOP: "Give this up; nothing is lost",
    CardAction.USE: "Develop with it from now on",
    CardAction.CHECK: "See whether each of its files is what it was when it came",
    CardAction.REMOVE: "Put it into the bin",
    CardAction.DELETE: "There is no bin on its disk: it cannot be brought back",
    CardAction.DISCARD: "Throw away what was fetched so far",
}


@dataclass(frozen=True)
class CardValues:
    """What a card shows.

    Attributes:
        model: the model's id.
        title: what people read.
        note: what it is good at, in a sentence.
        size: "5.1 GB to fetch", "2.7 GB on this disk".
        expected: what it takes on this machine, in a sentence.
        licence: its name; "" where nobody knows.
        licence_link: an address; "" for none.
        commercial_use: in a sentence, or "".
        state: what can be done.
        stop: how what goes on can be ended; None where it cannot.
        progress: 0 to 1; None where nobody knows.
        doing: how far it is, in words; "" where nothing goes on.
        problem: what is wrong, in sentences.
        deletes: whether removing it would be for good.
        can_get: whether it can be fetched: what was begun and cannot is an import.
        is_used: whether pictures are developed with it now.
    """

    model: str
    title: str
    note: str = ""
    size: str = ""
    expected: str = ""
    licence: str = ""
    licence_link: str = ""
    commercial_use: str = ""
    state: CardState = CardState.ABSENT
    stop: CardAction | None = CardAction.STOP
    progress: float | None = None
    doing: str = ""
    problem: str = ""
    deletes: bool = False
    can_get: bool = False
    is_used: bool = False

    def actions(self) -> tuple[CardAction, ...]:
        """Return what can be done, in order."""
        if self.state is CardState.BUSY:
            return () if self.stop is None else (self.stop,)
        actions = _ACTIONS[self.state]
        if self.state is CardState.DAMAGED and self.can_get:
            actions = (CardAction.GET, *actions)
        if self.state is CardState.BEGUN and not self.can_get:
            actions = (CardAction.DISCARD,)
        if self.deletes:
            actions = tuple(CardAction.DELETE if a is CardAction.REMOVE else a for a in actions)
        return actions


class ModelCard(QFrame):
    """Shows a model.

    Attributes:
        wanted: the model's id and the CardAction that was clicked.
    """

    wanted = Signal(str, object)

    def __init__(self, model: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._buttons: dict[CardAction, QPushButton] = {}
        self._build()

    def _build(self) -> None:
        self.setObjectName("modelCard")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.title_label = QLabel()
        self.title_label.setTextFormat(Qt.TextFormat.PlainText)
        font = QFont(self.title_label.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setWeight(QFont.Weight.DemiBold)
        self.title_label.setFont(font)
        self.size_label = QLabel()
        self.size_label.setObjectName("modelSize")
        head = QHBoxLayout()
        head.addWidget(self.title_label, 1)
        head.addWidget(self.size_label)
        self.note_label = self._line(plain=True)
        self.note_label.setObjectName("modelPurpose")
        self.expected_label = help_line()
        self.licence_label = help_line()
        self.licence_label.setTextFormat(Qt.TextFormat.RichText)
        self.licence_label.setOpenExternalLinks(True)
        flags = Qt.TextInteractionFlag
        self.licence_label.setTextInteractionFlags(
            flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard
        )
        self.problem_label = self._line(plain=True)
        self.problem_label.setObjectName("modelProblem")
        self.progress_bar = QProgressBar()
        self.progress_bar.setTextVisible(False)
        self.doing_label = help_line()
        self._actions_line = QHBoxLayout()
        self._actions_line.setSpacing(8)
        self._actions_line.addStretch(1)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(16, 12, 16, 12)
        self._lines.setSpacing(6)
        self._lines.addLayout(head)
        for label in (self.note_label, self.expected_label, self.licence_label):
            self._lines.addWidget(label)
        for widget in (self.problem_label, self.progress_bar, self.doing_label):
            self._lines.addWidget(widget)
        self._lines.addLayout(self._actions_line)

    def _line(self, *, plain: bool) -> QLabel:
        label = QLabel()
        label.setWordWrap(True)
        if plain:
            label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def show_values(self, values: CardValues) -> None:
        """Show a model as it is now; what has the focus keeps it where it can."""
        self.title_label.setText(values.title)
        self.size_label.setText(values.size)
        _say(self.note_label, values.note)
        _say(self.expected_label, values.expected)
        _say(self.licence_label, _licence(values))
        _say(self.problem_label, values.problem)
        _say(self.doing_label, values.doing)
        self.setAccessibleName(values.title)
        self.setAccessibleDescription(values.problem or values.doing or values.size)
        if self.property("used") != values.is_used:
            self.setProperty("used", values.is_used)
            restyle(self)
        is_busy = values.state is CardState.BUSY
        self.progress_bar.setVisible(is_busy)
        name_control(self.progress_bar, f"How far {values.title} is")
        if values.progress is None:
            self.progress_bar.setRange(0, 0)
        else:
            self.progress_bar.setRange(0, _PROGRESS_MAX)
            self.progress_bar.setValue(round(_PROGRESS_MAX * values.progress))
        self._show_actions(values)

    def button(self, action: CardAction) -> QPushButton | None:
        """Return the button for an action, where that can be done now."""
        return self._buttons.get(action)

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        return tuple(self._buttons.values())

    def _show_actions(self, values: CardValues) -> None:
        wanted = values.actions()
        if tuple(self._buttons) != wanted:
            had_focus = any(button.hasFocus() for button in self._buttons.values())
            for button in self._buttons.values():
                self._actions_line.removeWidget(button)
                button.hide()
                button.deleteLater()
            self._buttons = {action: self._button(action) for action in wanted}
            for button in self._buttons.values():
                self._actions_line.addWidget(button)
            if had_focus and self._buttons:
                next(iter(self._buttons.values())).setFocus()
        for action, button in self._buttons.items():
            name_control(button, f"{action.value}: {values.title}")
        use = self._buttons.get(CardAction.USE)
        if use is not None:
            use.setEnabled(not values.is_used)
            use.setText("In use" if values.is_used else CardAction.USE.value)

    def _button(self, action: CardAction) -> QPushButton:
        button = QPushButton(action.value)
        button.setObjectName(f"{action.name.lower()}Button")
        button.setProperty("action", action)
        button.setToolTip(_TIPS[action])
        button.setAutoDefault(False)
        button.clicked.connect(self._on_clicked)
        return button

    @Slot()
    def _on_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, QPushButton):
            self.wanted.emit(self._model, button.property("action"))


def _licence(values: CardValues) -> str:
    """Return the licence as rich text: whatever a file says of it is only text."""
    name = escape(values.licence)
    if name and values.licence_link:
        name = f'<a href="{escape(values.licence_link)}">{name}</a>'
    parts = [f"Licence: {name}." if name else "", escape(values.commercial_use)]
    return " ".join(part for part in parts if part)


def _say(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
