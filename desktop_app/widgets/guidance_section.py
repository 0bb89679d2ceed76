"""Controls that only a guided engine uses: text guidance, image guidance, steps and scheduler."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.engine import Capabilities
from desktop_app.core.events import Interpretation
from desktop_app.core.looks import ParameterSpec
from desktop_app.core.request import Request
from desktop_app.widgets.choice_picker import ChoicePicker
from desktop_app.widgets.controls import name_control
from desktop_app.widgets.disclosure import Disclosure
from desktop_app.widgets.look_chips import IconSource
from desktop_app.widgets.parameter_rows import (
    LABEL_PX,
    FieldRow,
    ParameterRow,
    SliderRow,
    heading,
    help_line,
)

_UNUSED = "Only the diffusion engine uses this; the engine in use needs no guidance."
_SCHEDULER_TIP = "How each step is taken; the default is a good choice for few steps."
_SHEET_TIP = "See pairs of guidance side by side, as small proofs (Ctrl+Shift+G)"

TEXT = ParameterSpec(
    "textGuidance",
    "Text guidance",
    "How closely the instruction is followed. Raise it where too little changes, lower it where"
    " too much does.",
    0.0,
    20.0,
    7.5,
    0.1,
    "Guidance",
)
IMAGE = ParameterSpec(
    "imageGuidance",
    "Image guidance",
    "How closely the picture stays to the photo. Lower it where too little changes, raise it where"
    " too much does.",
    0.0,
    5.0,
    1.5,
    0.05,
    "Guidance",
)
STEPS = ParameterSpec(
    "steps",
    "Steps",
    "More steps take longer and refine the picture.",
    1.0,
    200.0,
    20.0,
    1.0,
    "Guidance",
)
HELP_TITLE = "It changes too little / too much?"
HELP = (
    "Too little: lower image guidance, or raise text guidance.",
    "Too much: raise image guidance, or lower text guidance.",
    "Still not it: try another seed, or say it in other words.",
    "Small faces come out weird: crop the photo closer.",
)
GUIDED_FIELDS = ("steps", "text_guidance", "image_guidance", "scheduler", "working_size_px")
"""Fields of a Request in which None means what a guided engine takes by itself."""
_FIELDS = {TEXT.name: "text_guidance", IMAGE.name: "image_guidance", STEPS.name: "steps"}


class GuidanceSection(QWidget):
    """Guidance, steps and scheduler; away where the engine does not use them.

    Attributes:
        field_changed: name and value of a field of the Request; None for the engine's default.
        sheet_requested: pairs of guidance are to be seen side by side.
    """

    field_changed = Signal(str, object)
    sheet_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheduler_titles: dict[str, str] = {}
        self._build()
        self._connect()
        self.reflect(Request(), Interpretation())

    def _build(self) -> None:
        self.text_row = SliderRow(TEXT)
        self.image_row = SliderRow(IMAGE)
        self.steps_row = FieldRow(STEPS)
        self.help = Disclosure(HELP_TITLE, "guidanceHelpButton", "What to do then")
        for sentence in HELP:
            self.help.body.addWidget(help_line(sentence))
        self.sheet_button = QPushButton("Contact sheet…")
        self.sheet_button.setObjectName("contactSheetButton")
        self.sheet_button.setIconSize(QSize(16, 16))
        name_control(self.sheet_button, "Contact sheet")
        self.scheduler_picker = ChoicePicker()
        self.scheduler_picker.setObjectName("schedulerPicker")
        name_control(self.scheduler_picker, "Scheduler")
        self._scheduler_line = QWidget()
        line = QHBoxLayout(self._scheduler_line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        label = QLabel("S&cheduler")
        label.setFixedWidth(LABEL_PX)
        label.setBuddy(self.scheduler_picker)
        line.addWidget(label)
        line.addWidget(self.scheduler_picker, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(heading("Guidance"))
        for row in (self.text_row, self.image_row, self.help, self.sheet_button):
            layout.addWidget(row)
        layout.addSpacing(4)
        layout.addWidget(self.steps_row)
        layout.addWidget(self._scheduler_line)

    def _connect(self) -> None:
        for row in self._rows():
            row.value_changed.connect(self._on_value_changed)
            row.reset_requested.connect(self._on_reset_requested)
        self.scheduler_picker.picked.connect(self._on_scheduler_picked)
        self.sheet_button.clicked.connect(self._on_sheet_clicked)

    def _rows(self) -> tuple[ParameterRow, ...]:
        return (self.text_row, self.image_row, self.steps_row)

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """Show what an engine uses; what it does not use is off, and the tooltip says why."""
        used = capabilities.uses_guidance
        self.setVisible(used)
        for row in self._rows():
            row.set_used(used, _UNUSED)
        self.scheduler_picker.setEnabled(used)
        self._scheduler_titles = {each.value: each.title for each in capabilities.schedulers}
        self.scheduler_picker.set_choices(capabilities.schedulers, "Default")
        self._scheduler_line.setVisible(bool(capabilities.schedulers))

    def set_can_compare(self, can: bool, why_not: str) -> None:
        """Turn the contact sheet's button on or off."""
        self.sheet_button.setEnabled(can)
        self.sheet_button.setToolTip(_SHEET_TIP if can else f"{_SHEET_TIP}: {why_not}")

    def set_icons(self, icon: IconSource) -> None:
        """Wear the theme's icons."""
        self.help.set_icons(icon)
        self.sheet_button.setIcon(icon("contact-sheet"))

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        return (
            *self.text_row.controls(),
            *self.image_row.controls(),
            self.help.button,
            self.sheet_button,
            *self.steps_row.controls(),
            self.scheduler_picker,
        )

    def reflect(self, request: Request, interpretation: Interpretation) -> None:
        """Show a Request, and what the engine takes where that says nothing."""
        defaults = interpretation.defaults
        for row in self._rows():
            field = _FIELDS[row.spec.name]
            asked, taken = getattr(request, field), getattr(defaults, field)
            values = (asked, taken, row.spec.default)
            value = next(each for each in values if each is not None)
            row.show_value(value, overridden=asked is not None)
        named = self._scheduler_titles.get(defaults.scheduler or "", defaults.scheduler)
        self.scheduler_picker.set_default_title(f"Default ({named})" if named else "Default")
        self.scheduler_picker.show_value(request.scheduler)
        help_text = self.scheduler_picker.help or _SCHEDULER_TIP
        self.scheduler_picker.setToolTip(f"{self.scheduler_picker.currentText()}: {help_text}")

    @Slot(str, float)
    def _on_value_changed(self, name: str, value: float) -> None:
        self.field_changed.emit(_FIELDS[name], round(value) if name == STEPS.name else value)

    @Slot(str)
    def _on_reset_requested(self, name: str) -> None:
        self.field_changed.emit(_FIELDS[name], None)

    @Slot(object)
    def _on_scheduler_picked(self, scheduler: str | None) -> None:
        self.field_changed.emit("scheduler", scheduler)

    @Slot()
    def _on_sheet_clicked(self) -> None:
        self.sheet_requested.emit()
