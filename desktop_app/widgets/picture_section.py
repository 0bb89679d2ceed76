"""Controls that every engine has: blend with the photo, seed and size."""

from __future__ import annotations

import random

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.request import MAX_SEED, Request
from desktop_app.widgets.controls import (
    CalmSlider,
    NumberField,
    ResetLabel,
    WholeNumberField,
    name_control,
)
from desktop_app.widgets.parameter_rows import FIELD_PX, LABEL_PX, heading

_MAX_SIZE_PX = 32_000
_NO_SEED = "The engine in use draws nothing at random; seeds are for engines that do."


class PictureSection(QWidget):
    """Blend, seed and size of the picture.

    Attributes:
        field_changed: name and value of a field of the Request.
        blend_group: the blend's controls; whoever shows this section lays them out where the
            artist looks for them.
    """

    field_changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build_blend()
        self._build_form()
        self._connect()

    def _build_blend(self) -> None:
        self.blend_group = QWidget()
        self._blend_label = ResetLabel("&Blend")
        self._blend_label.setFixedWidth(LABEL_PX)
        self.blend_slider = CalmSlider()
        self.blend_slider.setObjectName("blendSlider")
        self.blend_slider.setRange(0, 100)
        self.blend_slider.setValue(100)
        self.blend_slider.setPageStep(10)
        name_control(self.blend_slider, "Blend with the photo")
        tip = "How much of the cartoon to keep over the photo; no new run is needed."
        for part in (self.blend_group, self.blend_slider, self._blend_label):
            part.setToolTip(f"{tip} Double-click to reset.")
        self._blend_label.setBuddy(self.blend_slider)
        self._blend_value = QLabel("100 %")
        self._blend_value.setFixedWidth(FIELD_PX)
        self._blend_value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._blend_label)
        line.addWidget(self.blend_slider, 1)
        line.addWidget(self._blend_value)
        layout = QVBoxLayout(self.blend_group)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(heading("Photo and cartoon"))
        layout.addLayout(line)

    def _build_form(self) -> None:
        self.seed_field = NumberField()
        self.seed_field.setObjectName("seedField")
        self.seed_field.setDecimals(0)
        self.seed_field.setRange(0, MAX_SEED)
        self.seed_field.setGroupSeparatorShown(False)
        name_control(self.seed_field, "Seed")
        self.dice_button = QToolButton()
        self.dice_button.setObjectName("diceButton")
        self.dice_button.setIconSize(QSize(16, 16))
        self.dice_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.dice_button.setToolTip("Another seed, by chance")
        name_control(self.dice_button, "Another seed")
        self.size_field = WholeNumberField()
        self.size_field.setObjectName("sizeField")
        self.size_field.setRange(0, _MAX_SIZE_PX)
        self.size_field.setSingleStep(256)
        self.size_field.setSuffix(" px")
        self.size_field.setSpecialValueText("Photo’s own")
        self.size_field.setToolTip("Longest side of the picture; 0 for the photo's own size")
        name_control(self.size_field, "Size of the longest side")
        seed_line = QHBoxLayout()
        seed_line.setSpacing(4)
        seed_line.addWidget(self.seed_field, 1)
        seed_line.addWidget(self.dice_button)
        form = QFormLayout()
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(8)
        for text, buddy, item in (
            ("&Seed", self.seed_field, seed_line),
            ("Si&ze", self.size_field, self.size_field),
        ):
            label = QLabel(text)
            label.setFixedWidth(LABEL_PX)
            label.setBuddy(buddy)
            form.addRow(label, item)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(heading("Picture"))
        layout.addLayout(form)

    def _connect(self) -> None:
        self.blend_slider.valueChanged.connect(self._on_blend_changed)
        self.blend_slider.reset_requested.connect(self._on_blend_reset)
        self._blend_label.reset_requested.connect(self._on_blend_reset)
        self.seed_field.valueChanged.connect(self._on_seed_changed)
        self.dice_button.clicked.connect(self._on_dice_clicked)
        self.size_field.valueChanged.connect(self._on_size_changed)

    def set_uses_seed(self, uses_seed: bool) -> None:
        """Turn the seed on where it changes the picture."""
        self.seed_field.setEnabled(uses_seed)
        self.dice_button.setEnabled(uses_seed)
        tip = "The same seed gives the same picture" if uses_seed else _NO_SEED
        self.seed_field.setToolTip(tip)

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated in the section itself, in order."""
        return (self.seed_field, self.dice_button, self.size_field)

    def reflect(self, request: Request) -> None:
        """Show a Request."""
        blockers = [QSignalBlocker(w) for w in (self.blend_slider, self.seed_field)]
        blockers.append(QSignalBlocker(self.size_field))
        self.blend_slider.setValue(round(request.blend * 100))
        self._blend_value.setText(f"{round(request.blend * 100)} %")
        self.seed_field.setValue(request.seed)
        self.size_field.setValue(request.size_px or 0)
        for blocker in blockers:
            blocker.unblock()

    @Slot(int)
    def _on_blend_changed(self, value: int) -> None:
        self._blend_value.setText(f"{value} %")
        self.field_changed.emit("blend", value / 100)

    @Slot()
    def _on_blend_reset(self) -> None:
        self.blend_slider.setValue(100)

    @Slot(float)
    def _on_seed_changed(self, value: float) -> None:
        self.field_changed.emit("seed", int(value))

    @Slot()
    def _on_dice_clicked(self) -> None:
        self.seed_field.setValue(random.randrange(100_000))

    @Slot(int)
    def _on_size_changed(self, value: int) -> None:
        self.field_changed.emit("size_px", value or None)
