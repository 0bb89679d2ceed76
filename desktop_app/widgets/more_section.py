"""Controls of a guided engine that are seldom needed."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from desktop_app.core.events import Interpretation
from desktop_app.core.request import Request
from desktop_app.widgets.controls import (
    WholeNumberField,
    add_clear_button,
    name_control,
    show_words,
)
from desktop_app.widgets.disclosure import Disclosure
from desktop_app.widgets.parameter_rows import LABEL_PX

SIZE_STEP_PX = 64
_MAX_SIZE_PX = 4096
_NEGATIVE_TIP = "What should not be seen, in words: “blurry, text”. Enter develops."
_SIZE_TIP = (
    "Longest side that the model works at; models draw best near the size they were trained at."
    " 0 for the default."
)
_SAFETY_TIP = (
    "Has the model’s own safety checker look at the picture; what it objects to is withheld. It is"
    " wrong at times."
)
_NO_SAFETY = "The model in use brings no safety checker."


class WorkingSizeField(WholeNumberField):
    """A size in pixels in steps of 64; 0 stands for a default, and steps begin there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._default_px = 0
        self.setRange(0, _MAX_SIZE_PX)
        self.setSingleStep(SIZE_STEP_PX)
        self.setSuffix(" px")
        self.set_default(None)

    def set_default(self, default_px: int | None) -> None:
        """Say what 0 means."""
        self._default_px = default_px or 0
        self.setSpecialValueText(f"Default ({default_px} px)" if default_px else "Default")

    def stepBy(self, steps: int) -> None:
        """Step from the default where no size was chosen."""
        if self.value() or not self._default_px:
            super().stepBy(steps)
        else:
            self.setValue(max(SIZE_STEP_PX, self._default_px + steps * SIZE_STEP_PX))


class MoreSection(Disclosure):
    """Negative instruction, working size and safety checker.

    Attributes:
        field_changed: name and value of a field of the Request.
        run_requested: Enter was pressed after the words.
    """

    field_changed = Signal(str, object)
    run_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("More", "moreButton", "Negative instruction, working size, safety", parent)
        self._build_fields()
        self._connect_fields()

    def _build_fields(self) -> None:
        self.negative_field = QLineEdit()
        self.negative_field.setObjectName("negativeField")
        self.negative_field.setPlaceholderText("What should not be seen")
        self.negative_field.setToolTip(_NEGATIVE_TIP)
        add_clear_button(self.negative_field)
        name_control(self.negative_field, "What should not be seen")
        self.size_field = WorkingSizeField()
        self.size_field.setObjectName("workingSizeField")
        self.size_field.setToolTip(_SIZE_TIP)
        name_control(self.size_field, "Working size")
        self.safety_box = QCheckBox("Sa&fety checker")
        self.safety_box.setObjectName("safetyBox")
        name_control(self.safety_box, "Safety checker")
        form = QFormLayout()
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(8)
        negative_label, size_label = QLabel("&Not wanted"), QLabel("&Working size")
        negative_label.setBuddy(self.negative_field)
        size_label.setBuddy(self.size_field)
        size_label.setFixedWidth(LABEL_PX)
        form.addRow(negative_label)
        form.addRow(self.negative_field)
        form.addRow(size_label, self.size_field)
        lines = QVBoxLayout()
        lines.setSpacing(8)
        lines.addLayout(form)
        lines.addWidget(self.safety_box)
        self.body.addLayout(lines)

    def _connect_fields(self) -> None:
        self.negative_field.textChanged.connect(self._on_negative_changed)
        self.negative_field.returnPressed.connect(self.run_requested)
        self.size_field.valueChanged.connect(self._on_size_changed)
        self.size_field.reset_requested.connect(self._on_size_reset)
        self.safety_box.toggled.connect(self._on_safety_toggled)

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        return (self.button, self.negative_field, self.size_field, self.safety_box)

    def reflect(
        self, request: Request, interpretation: Interpretation, *, has_safety_checker: bool
    ) -> None:
        """Show a Request, and what the engine takes where that says nothing."""
        show_words(self.negative_field, request.negative)
        with QSignalBlocker(self.size_field):
            self.size_field.set_default(interpretation.defaults.working_size_px)
            self.size_field.setValue(request.working_size_px or 0)
        with QSignalBlocker(self.safety_box):
            self.safety_box.setChecked(request.safety_check)
        self.safety_box.setEnabled(has_safety_checker)
        self.safety_box.setToolTip(_SAFETY_TIP if has_safety_checker else _NO_SAFETY)

    @Slot(str)
    def _on_negative_changed(self, text: str) -> None:
        self.field_changed.emit("negative", text)

    @Slot(int)
    def _on_size_changed(self, value: int) -> None:
        if 0 < value < SIZE_STEP_PX:
            self.size_field.setValue(SIZE_STEP_PX)
        else:
            self.field_changed.emit("working_size_px", value or None)

    @Slot()
    def _on_size_reset(self) -> None:
        self.field_changed.emit("working_size_px", None)

    @Slot(bool)
    def _on_safety_toggled(self, on: bool) -> None:
        self.field_changed.emit("safety_check", on)
