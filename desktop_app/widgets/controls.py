"""Controls that behave well in a scrolling panel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from desktop_app.core.looks import ParameterSpec

_HANDLE_PX = 14


class ResetLabel(QLabel):
    """A label; a double-click on it asks for a reset.

    Attributes:
        reset_requested: it was double-clicked.
    """

    reset_requested = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for a reset."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset_requested.emit()
            event.accept()


class CalmSlider(QSlider):
    """A slider that jumps to where it is clicked and leaves the wheel to the panel.

    Attributes:
        reset_requested: it was double-clicked, or Delete or Backspace was pressed on it.
    """

    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(80)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to the place of the click, then drag on from there."""
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            handle = self.style().subControlRect(
                QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
            )
            if not handle.contains(event.position().toPoint()):
                span_px = max(1, self.width() - _HANDLE_PX)
                at_px = round(event.position().x()) - _HANDLE_PX // 2
                self.setValue(
                    QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at_px, span_px)
                )
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for a reset."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset_requested.emit()
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Backspace ask for a reset."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reset_requested.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel: it scrolls."""
        event.ignore()


class SpecSlider(CalmSlider):
    """A slider over the range of a parameter.

    Attributes:
        number_changed: the parameter's value after the slider moved.
    """

    number_changed = Signal(float)

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        # Finer than a key press, so that dragging is smooth; a key press is one whole step.
        self._tick = spec.step if spec.step >= 1.0 else spec.step / 5
        self.setRange(0, round((spec.maximum - spec.minimum) / self._tick))
        self.setSingleStep(max(1, round(spec.step / self._tick)))
        self.setPageStep(max(1, self.maximum() // 10))
        self.valueChanged.connect(self._on_value_changed)

    def number(self) -> float:
        """Return the parameter's value."""
        return self.spec.clamp(self.spec.minimum + self.value() * self._tick)

    def set_number(self, number: float) -> None:
        """Move to the parameter's value."""
        self.setValue(round((number - self.spec.minimum) / self._tick))

    def _on_value_changed(self) -> None:
        self.number_changed.emit(self.number())


class CalmCombo(QComboBox):
    """A picker that leaves the wheel to the panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel."""
        event.ignore()


def _calm(box: QAbstractSpinBox) -> None:
    # The style sheet takes the arrows off: with ButtonSymbols.NoButtons and a style sheet, Qt 6.11
    # gives the field inside a width of one pixel.
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setKeyboardTracking(False)
    box.lineEdit().setTextMargins(6, 0, 6, 0)


def name_control(control: QWidget, name: str) -> None:
    """Give a control its accessible name, and the field inside a spin box too."""
    control.setAccessibleName(name)
    if isinstance(control, QAbstractSpinBox):
        control.lineEdit().setAccessibleName(name)


def add_clear_button(field: QLineEdit) -> None:
    """Let words be cleared with a click; a button that is there already is made anew."""
    field.setClearButtonEnabled(False)
    field.setClearButtonEnabled(True)
    for button in field.findChildren(QToolButton):
        button.setToolTip("Clear")
        name_control(button, "Clear")


def show_words(field: QLineEdit, text: str) -> None:
    """Show `text` without saying that somebody typed it; the cursor stays where it can."""
    if text == field.text():
        return
    at, was_empty = field.cursorPosition(), not field.text()
    with QSignalBlocker(field):
        field.setText(text)
    if field.isClearButtonEnabled() and was_empty != (not text):
        # Its button comes and goes by a signal that was blocked; made anew, it looks by itself.
        add_clear_button(field)
    field.setCursorPosition(at if field.hasFocus() and at < len(text) else len(text))


class NumberField(QDoubleSpinBox):
    """A number without arrows; it changes when Enter is pressed or the field is left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _calm(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change only where the person is at work."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class WholeNumberField(QSpinBox):
    """A whole number without arrows; it changes when Enter is pressed or the field is left.

    Attributes:
        reset_requested: it was left, or Enter was pressed on it, with nothing in it.
    """

    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _calm(self)

    def fixup(self, text: str) -> str:
        """Take a field that was emptied for a wish to reset it."""
        if not text.strip().removesuffix(self.suffix().strip()):
            self.reset_requested.emit()
        return super().fixup(text)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change only where the person is at work."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def restyle(widget: QWidget) -> None:
    """Let the style sheet look at a widget's properties again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
    widget.event(QEvent(QEvent.Type.StyleChange))
