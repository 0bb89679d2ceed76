"""Dialogs that do not block: file dialogs, preferences, shortcuts, about."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app import __version__
from desktop_app.core.engine import Choice
from desktop_app.settings.store import DEVICES, MAX_IDLE_MIN
from desktop_app.widgets.choice_picker import ChoicePicker
from desktop_app.widgets.controls import WholeNumberField, name_control
from desktop_app.widgets.parameter_rows import heading, help_line
from desktop_app.windows.preferences import Preferences

_DEVICE_TITLES = {
    "auto": "Automatic",
    "cpu": "Processor (CPU)",
    "cuda": "NVIDIA card (CUDA)",
    "mps": "Apple chip (MPS)",
}
PLAIN_DIALOGS_VARIABLE = "TOONROOM_PLAIN_DIALOGS"
"""Where it is set, file dialogs are Qt's own, which tests and assistive tools can drive."""


def file_dialog(parent: QWidget, title: str, folder: str) -> QFileDialog:
    """Return a file dialog that shows `folder`, or pictures where that is not there any more.

    Show it with `open`; it goes away by itself.
    """
    if not folder or not Path(folder).is_dir():
        location = QStandardPaths.StandardLocation.PicturesLocation
        folder = QStandardPaths.writableLocation(location)
    if not folder or not Path(folder).is_dir():
        folder = str(Path.home())
    dialog = QFileDialog(parent, title, folder)
    dialog.setObjectName("fileDialog")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if os.environ.get(PLAIN_DIALOGS_VARIABLE):
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    return dialog


class PlainDialog(QDialog):
    """A dialog that does not block, with a column of things in it.

    Attributes:
        box: the column.
    """

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(24, 24, 24, 16)
        self.box.setSpacing(12)

    def add_close_button(self) -> None:
        """Put a button at the end that closes it."""
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.box.addSpacing(8)
        self.box.addWidget(buttons)


class PreferencesDialog(PlainDialog):
    """What is kept in saved pictures, and how the app behaves. Changes count at once."""

    def __init__(self, preferences: Preferences, parent: QWidget) -> None:
        super().__init__("Preferences", parent)
        self.setObjectName("preferencesDialog")
        self._preferences = preferences
        values = preferences.values
        self.exif_box = self._add("Keep the photo’s &details (camera, date)", values.keep_exif)
        self.gps_box = self._add("Keep &where the photo was taken", values.keep_gps)
        self.live_box = self._add("Develop as I &adjust", values.develop_live)
        for box in (self.exif_box, self.gps_box, self.live_box):
            box.toggled.connect(self._on_toggled)
        self.gps_box.setEnabled(values.keep_exif)
        self._add_engine_fields()
        self.add_close_button()
        self.setMinimumWidth(440)

    def _add_engine_fields(self) -> None:
        values = self._preferences.values
        self.device_picker = ChoicePicker()
        self.device_picker.setObjectName("devicePicker")
        name_control(self.device_picker, "Compute on")
        self.device_picker.setToolTip("What models compute on; Automatic takes the fastest")
        self.device_picker.set_choices([Choice(d, _DEVICE_TITLES[d]) for d in DEVICES])
        self.device_picker.show_value(values.device)
        self.idle_field = WholeNumberField()
        self.idle_field.setObjectName("idleUnloadField")
        self.idle_field.setRange(0, MAX_IDLE_MIN)
        self.idle_field.setSuffix(" min")
        self.idle_field.setSpecialValueText("Never")
        self.idle_field.setToolTip("Gives memory back after so long without a run; 0 for never")
        name_control(self.idle_field, "Unload the model after, in minutes")
        self.idle_field.setValue(values.idle_unload_min)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.addRow("&Compute on", self.device_picker)
        form.addRow("&Unload the model after", self.idle_field)
        self.box.addSpacing(4)
        self.box.addWidget(heading("Models"))
        self.box.addLayout(form)
        self.box.addWidget(help_line("Both count from the next start of the engine."))
        self.device_picker.picked.connect(self._on_device_picked)
        self.idle_field.valueChanged.connect(self._on_idle_changed)

    def _add(self, text: str, checked: bool) -> QCheckBox:
        box = QCheckBox(text)
        box.setAccessibleName(text.replace("&", ""))
        box.setChecked(checked)
        self.box.addWidget(box)
        return box

    @Slot(object)
    def _on_device_picked(self, device: str) -> None:
        self._preferences.change(device=device)

    @Slot(int)
    def _on_idle_changed(self, minutes: int) -> None:
        self._preferences.change(idle_unload_min=minutes)

    @Slot()
    def _on_toggled(self) -> None:
        self.gps_box.setEnabled(self.exif_box.isChecked())
        self._preferences.change(
            keep_exif=self.exif_box.isChecked(),
            keep_gps=self.gps_box.isChecked(),
            develop_live=self.live_box.isChecked(),
        )


class ShortcutsDialog(PlainDialog):
    """Every action that has a shortcut, and what the canvas does with keys and mouse."""

    CANVAS = (
        ("Zoom at the pointer", "Wheel, pinch"),
        ("Move the picture", "Space and drag, middle button"),
        ("Whole picture or 100 %", "Double click"),
        ("See the photo alone", "Hold B"),
        ("Reset one value", "Double-click its name or slider"),
        ("Recent instructions", "Up, Down in the instruction"),
    )

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__("Keyboard shortcuts", parent)
        self.setObjectName("shortcutsDialog")
        rows = [
            (action.text().replace("&", "").removesuffix("…"), _keys(action))
            for action in actions
            if not action.shortcut().isEmpty()
        ]
        rows += self.CANVAS
        table = QTableWidget(len(rows), 2)
        table.setAccessibleName("Keyboard shortcuts")
        table.setHorizontalHeaderLabels(["What", "Keys"])
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        for row, (what, keys) in enumerate(rows):
            table.setItem(row, 0, QTableWidgetItem(what))
            table.setItem(row, 1, QTableWidgetItem(keys))
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.box.addWidget(table)
        self.add_close_button()
        self.resize(520, 560)


class AboutDialog(PlainDialog):
    """What this is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("About Toonroom", parent)
        self.setObjectName("aboutDialog")
        name = QLabel(f"<h2>Toonroom {__version__}</h2>")
        text = QLabel(
            "A darkroom for cartoons. Drop a photo, say what you want, watch it develop, and keep"
            " the picture at the photo’s own size. Everything happens on this machine."
        )
        text.setWordWrap(True)
        licence = QLabel("Free software under the MIT licence.")
        for label in (name, text, licence):
            self.box.addWidget(label)
        self.add_close_button()
        self.setMinimumWidth(420)


def _keys(action: QAction) -> str:
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
