"""The bar above the canvas: what is wanted, what was understood, and the looks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.engine import Estimate
from desktop_app.core.events import Interpretation
from desktop_app.core.looks import Look
from desktop_app.widgets.instruction_field import InstructionField
from desktop_app.widgets.look_chips import IconSource, LookChips

_SHORTEST_SAID = 18  # with less than that, nothing is left but the word "Understood"
_MARGIN_PX = 12
_LITTLE_BYTES = 1_500_000_000
_RUN_TIP = "Develop the photo (Ctrl+Return)"


class InstructionBar(QWidget):
    """Shows an instruction and emits what the artist wants done with it.

    Attributes:
        instruction_changed: the text as it is now, at every change that the artist made.
        run_requested: Enter or Run.
        cancel_requested: Cancel.
        look_requested: the id of the look whose chip was clicked.
    """

    instruction_changed = Signal(str)
    run_requested = Signal()
    cancel_requested = Signal()
    look_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._warning_colour = "#e8bd5a"
        self._interpretation = Interpretation()
        self._look_names: dict[str, str] = {}
        self._build()
        self._connect()
        self.set_busy(False)

    def _build(self) -> None:
        self.field = InstructionField()
        self.run_button = QPushButton("Develop")
        self.run_button.setObjectName("runButton")
        self.run_button.setAccessibleName("Develop")
        self.run_button.setToolTip(_RUN_TIP)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setObjectName("cancelButton")
        self.cancel_button.setAccessibleName("Cancel")
        self.cancel_button.setToolTip("End the run, keep what was there before (Esc)")
        for button in (self.run_button, self.cancel_button):
            button.setIconSize(QSize(16, 16))
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.understood_label = QLabel()
        self.understood_label.setObjectName("understoodLabel")
        self.understood_label.setAccessibleName("What was understood")
        self.understood_label.setTextFormat(Qt.TextFormat.RichText)
        # A long sentence must not make the window wider.
        self.understood_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.chips = LookChips()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.field, 1)
        line.addWidget(self.run_button)
        line.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN_PX, 4, _MARGIN_PX, 8)
        layout.setSpacing(6)
        layout.addLayout(line)
        layout.addWidget(self.understood_label)
        layout.addWidget(self.chips)

    def _connect(self) -> None:
        self.field.textChanged.connect(self.instruction_changed)
        self.field.run_requested.connect(self.run_requested)
        self.run_button.clicked.connect(self._on_run_clicked)
        self.cancel_button.clicked.connect(self._on_cancel_clicked)
        self.chips.look_requested.connect(self.look_requested)

    def set_looks(self, looks: Sequence[Look], completions: Sequence[str]) -> None:
        """Offer these looks, and these phrases while the artist types."""
        self._look_names = {look.look_id: look.name for look in looks}
        self.chips.set_looks(looks)
        self.field.set_completions(completions)

    def set_icons(self, icon: IconSource, on_accent: IconSource, warning_colour: str) -> None:
        """Wear the theme's icons and colours.

        Args:
            icon: icons in the colour of text.
            on_accent: icons in the colour of text on the accent.
            warning_colour: "#rrggbb" for what was not understood.
        """
        self._warning_colour = warning_colour
        self.run_button.setIcon(on_accent("run"))
        self.cancel_button.setIcon(icon("cancel"))
        self.chips.set_icons(icon)
        self._show_understood()

    def reflect(self, instruction: str, interpretation: Interpretation) -> None:
        """Show an instruction and what the engine understood of it."""
        self.field.show_instruction(instruction)
        self._interpretation = interpretation
        self.chips.set_current(interpretation.look)
        self._show_understood()

    def set_busy(self, busy: bool) -> None:
        """Show Cancel in the place of Run while something develops."""
        had_focus = self.run_button.hasFocus() or self.cancel_button.hasFocus()
        self.cancel_button.setVisible(busy)
        self.run_button.setVisible(not busy)
        if had_focus:
            (self.cancel_button if busy else self.run_button).setFocus()

    def set_can_run(self, can_run: bool, estimate: Estimate | None) -> None:
        """Turn Run on where there is something to develop, and say what it will take.

        Args:
            can_run: whether there is a photo.
            estimate: None where nobody knows yet.
        """
        self.run_button.setEnabled(can_run)
        took = "" if estimate is None else f", about {_cost(estimate)}"
        why = "" if can_run else ": open or drop a photo first"
        self.run_button.setToolTip(f"{_RUN_TIP}{took}{why}")

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        return (self.field, self.run_button, self.cancel_button, *self.chips.chips)

    def _show_understood(self) -> None:
        found = self._interpretation
        phrases = list(found.understood)
        name = self._look_names.get(found.look or "")
        if name and not phrases and not found.note:
            phrases = [name]
        said = f"Understood: {' · '.join(phrases)}" if phrases else ""
        missed = ", ".join(f"“{words}”" for words in found.ignored)
        aside = found.note or (f"Not understood: {missed}." if missed else "")
        plain = "  ".join(part for part in (said, aside) if part)
        said, aside = self._fitting(said, aside)
        text = escape(said)
        if aside:
            colour = f"color:{self._warning_colour}" if found.ignored else ""
            gap = "&nbsp;&nbsp; " if said else ""
            text += f'{gap}<span style="{colour}">{escape(aside)}</span>'
        self.understood_label.setText(text)
        self.understood_label.setToolTip(plain)
        self.understood_label.setAccessibleDescription(plain)

    def _fitting(self, said: str, aside: str) -> tuple[str, str]:
        """Return both shortened to the room there is; what was not understood matters more."""
        if not self.isVisible():
            return said, aside  # nobody knows yet how much room there will be
        # Not the label's own width: that follows the bar's only a moment later.
        metrics, room = self.understood_label.fontMetrics(), self.width() - 2 * _MARGIN_PX
        right = Qt.TextElideMode.ElideRight
        aside = metrics.elidedText(aside, right, room)
        left = room - metrics.horizontalAdvance(f"{aside}    ") if aside else room
        short = metrics.elidedText(said, right, max(0, left))
        return (short if short == said or len(short) >= _SHORTEST_SAID else ""), aside

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for now."""
        super().resizeEvent(event)
        self._show_understood()

    def showEvent(self, event: QShowEvent) -> None:
        """Say as much as there turns out to be room for."""
        super().showEvent(event)
        self._show_understood()

    @Slot()
    def _on_run_clicked(self) -> None:
        self.run_requested.emit()

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.cancel_requested.emit()


def _cost(estimate: Estimate) -> str:
    """Return how long a run takes and, where it is worth a word, how much memory."""
    time, memory = _time(estimate.seconds), estimate.memory_bytes
    return f"{time} and {memory / 1e9:.1f} GB of memory" if memory > _LITTLE_BYTES else time


def _time(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
