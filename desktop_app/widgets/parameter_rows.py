"""One row of the develop panel for each parameter of an engine."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from desktop_app.core.looks import ParameterSpec
from desktop_app.widgets.controls import (
    NumberField,
    ResetLabel,
    SpecSlider,
    WholeNumberField,
    name_control,
    restyle,
)

LABEL_PX = 132
FIELD_PX = 64


class ParameterRow(QWidget):
    """Shows one value, and whether it was set by hand.

    Attributes:
        value_changed: the parameter's name and its new value.
        reset_requested: the parameter's name; it is to be what the instruction says.
    """

    value_changed = Signal(str, float)
    reset_requested = Signal(str)

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.label = ResetLabel(spec.label)
        self.label.setFixedWidth(LABEL_PX)
        self.label.reset_requested.connect(self._on_reset)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._layout.addWidget(self.label)
        self.label.setToolTip(f"{spec.help} Double-click to reset.")

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        raise NotImplementedError

    def set_used(self, used: bool, reason: str) -> None:
        """Turn the controls on or off; where they are off their tooltip gives the reason."""
        tip = f"{self.spec.help} Double-click to reset." if used else reason
        for part in (self, self.label, *self.controls()):
            part.setToolTip(tip)
        for part in (self.label, *self.controls()):
            part.setEnabled(used)

    def show_value(self, value: float, *, overridden: bool) -> None:
        """Show a value without saying that somebody set it."""
        self._show_number(value)
        self.label.setText(f"{self.spec.label} •" if overridden else self.spec.label)
        if self.label.property("overridden") != overridden:
            self.label.setProperty("overridden", overridden)
            restyle(self.label)
        set_by_hand = "Set by hand; double-click to reset." if overridden else ""
        self.setAccessibleDescription(set_by_hand)

    def _show_number(self, value: float) -> None:
        raise NotImplementedError

    @Slot()
    def _on_reset(self) -> None:
        self.reset_requested.emit(self.spec.name)


class SliderRow(ParameterRow):
    """Label, slider and value."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.slider = SpecSlider(spec)
        self.slider.setObjectName(f"{spec.name}Slider")
        name_control(self.slider, spec.label)
        self.field = NumberField()
        self.field.setObjectName(f"{spec.name}Field")
        self.field.setDecimals(0 if spec.step >= 1.0 else len(f"{spec.step:g}") - 2)
        self.field.setRange(spec.minimum, spec.maximum)
        self.field.setSingleStep(spec.step)
        self.field.setFixedWidth(FIELD_PX)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        name_control(self.field, f"{spec.label} value")
        self.label.setBuddy(self.slider)
        self._layout.addWidget(self.slider, 1)
        self._layout.addWidget(self.field)
        self.slider.number_changed.connect(self._on_number_changed)
        self.slider.reset_requested.connect(self._on_reset)
        self.field.valueChanged.connect(self._on_number_changed)
        self.set_used(True, "")

    def controls(self) -> tuple[QWidget, ...]:
        """Return slider and field."""
        return (self.slider, self.field)

    def _show_number(self, value: float) -> None:
        with QSignalBlocker(self.slider), QSignalBlocker(self.field):
            self.slider.set_number(value)
            self.field.setValue(value)

    @Slot(float)
    def _on_number_changed(self, value: float) -> None:
        self._show_number(value)
        self.value_changed.emit(self.spec.name, self.spec.clamp(value))


class SwitchRow(ParameterRow):
    """Label and a box to tick, for what is either on or off."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.box = QCheckBox()
        self.box.setObjectName(f"{spec.name}Box")
        name_control(self.box, spec.label)
        self.label.setBuddy(self.box)
        self._layout.addWidget(self.box, 1)
        self.box.toggled.connect(self._on_toggled)
        self.set_used(True, "")

    def controls(self) -> tuple[QWidget, ...]:
        """Return the box."""
        return (self.box,)

    def _show_number(self, value: float) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(value >= 0.5)

    @Slot(bool)
    def _on_toggled(self, on: bool) -> None:
        self.value_changed.emit(self.spec.name, 1.0 if on else 0.0)


class FieldRow(ParameterRow):
    """Label and a whole number, for what a slider would be too coarse for."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.field = WholeNumberField()
        self.field.setObjectName(f"{spec.name}Field")
        self.field.setRange(round(spec.minimum), round(spec.maximum))
        self.field.setFixedWidth(FIELD_PX)
        name_control(self.field, spec.label)
        self.label.setBuddy(self.field)
        self._layout.addWidget(self.field)
        self._layout.addStretch(1)
        self.field.valueChanged.connect(self._on_number_changed)
        self.field.reset_requested.connect(self._on_reset)
        self.set_used(True, "")

    def controls(self) -> tuple[QWidget, ...]:
        """Return the field."""
        return (self.field,)

    def _show_number(self, value: float) -> None:
        with QSignalBlocker(self.field):
            self.field.setValue(round(value))

    @Slot(int)
    def _on_number_changed(self, value: int) -> None:
        self.value_changed.emit(self.spec.name, float(value))


def make_row(spec: ParameterSpec) -> ParameterRow:
    """Return the row that suits a parameter."""
    on_or_off = spec.step == 1.0 and (spec.minimum, spec.maximum) == (0.0, 1.0)
    return SwitchRow(spec) if on_or_off else SliderRow(spec)


def heading(text: str) -> QLabel:
    """Return the heading of a group of rows."""
    label = QLabel(text)
    label.setObjectName("groupHeading")
    return label


def help_line(text: str = "") -> QLabel:
    """Return a line of help under a control: small, quiet, as many lines as it needs."""
    label = QLabel(text)
    label.setObjectName("helpLine")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    # A long word must not make the panel wider.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    font = QFont(label.font())
    font.setPointSizeF(font.pointSizeF() * 0.92)
    label.setFont(font)
    return label
