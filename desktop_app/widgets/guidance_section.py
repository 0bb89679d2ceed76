"""Controls that only a guided engine uses: steps, text guidance and image guidance."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.core.looks import ParameterSpec
from desktop_app.core.request import Request
from desktop_app.widgets.controls import WholeNumberField, name_control
from desktop_app.widgets.parameter_rows import FIELD_PX, LABEL_PX, SliderRow, heading

_UNUSED = "Only the diffusion engine uses this; the engine in use needs no guidance."
_STEPS = "More steps take longer and refine the picture."
_DEFAULT_STEPS = 20
_MAX_STEPS = 200

TEXT = ParameterSpec(
    "textGuidance",
    "Text guidance",
    "Follows the instruction more closely. Raise it where too little changes.",
    1.0,
    20.0,
    7.5,
    0.1,
    "Guidance",
)
IMAGE = ParameterSpec(
    "imageGuidance",
    "Image guidance",
    "Stays closer to the photo. Lower it where too little changes.",
    1.0,
    5.0,
    1.5,
    0.05,
    "Guidance",
)


class GuidanceSection(QWidget):
    """Guidance and steps; off where the engine does not use them.

    Attributes:
        field_changed: name and value of a field of the Request; None for the model's default.
    """

    field_changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text_row = SliderRow(TEXT)
        self.image_row = SliderRow(IMAGE)
        self.steps_field = WholeNumberField()
        self.steps_field.setObjectName("stepsField")
        self.steps_field.setRange(1, _MAX_STEPS)
        self.steps_field.setFixedWidth(FIELD_PX)
        name_control(self.steps_field, "Steps")
        steps_label = QLabel("S&teps")
        steps_label.setFixedWidth(LABEL_PX)
        steps_label.setBuddy(self.steps_field)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(steps_label)
        line.addWidget(self.steps_field)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(heading("Guidance"))
        layout.addWidget(self.text_row)
        layout.addWidget(self.image_row)
        layout.addLayout(line)
        for row in (self.text_row, self.image_row):
            row.value_changed.connect(self._on_value_changed)
            row.reset_requested.connect(self._on_reset_requested)
        self.steps_field.valueChanged.connect(self._on_steps_changed)
        self.reflect(Request())

    def set_used(self, used: bool) -> None:
        """Turn the controls on or off; a tooltip says who uses them."""
        for row in (self.text_row, self.image_row):
            row.set_used(used, _UNUSED)
        self.steps_field.setEnabled(used)
        self.steps_field.setToolTip(_STEPS if used else _UNUSED)

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        return (*self.text_row.controls(), *self.image_row.controls(), self.steps_field)

    def reflect(self, request: Request) -> None:
        """Show a Request."""
        text, image = request.text_guidance, request.image_guidance
        self.text_row.show_value(
            TEXT.default if text is None else text, overridden=text is not None
        )
        self.image_row.show_value(
            IMAGE.default if image is None else image, overridden=image is not None
        )
        with QSignalBlocker(self.steps_field):
            self.steps_field.setValue(request.steps or _DEFAULT_STEPS)

    @Slot(str, float)
    def _on_value_changed(self, name: str, value: float) -> None:
        self.field_changed.emit(_FIELDS[name], value)

    @Slot(str)
    def _on_reset_requested(self, name: str) -> None:
        self.field_changed.emit(_FIELDS[name], None)

    @Slot(int)
    def _on_steps_changed(self, value: int) -> None:
        self.field_changed.emit("steps", value)


_FIELDS = {TEXT.name: "text_guidance", IMAGE.name: "image_guidance"}
