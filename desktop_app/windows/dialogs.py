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
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app import __version__
from desktop_app.windows.preferences import Preferences

PLAIN_DIALOGS_VARIABLE = "TOONROOM_PLAIN_DIALOGS"
"""Where it is set, file dialogs are Qt's own, which tests and assistive tools can drive."""


def file_dialog(parent: QWidget, title: str, folder: str) -> QFileDialog:
    """Return a file dialog that shows `folder`, or pictures where that is not there any more.

    Show it with `open`; it goes away by itself.
    """
    if not folder or not Path(folder).is_dir():
        location = QStandardPaths.StandardLocation.PicturesLocation
        folder = QStandardPaths.writableLocation(location) or str(Path.home())
    dialog = QFileDialog(parent, title, folder)
    dialog.setObjectName("fileDialog")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if os.environ.get(PLAIN_DIALOGS_VARIABLE):
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    return dialog


class _Dialog(QDialog):
    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(24, 24, 24, 16)
        self.box.setSpacing(12)

    def add_close_button(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.box.addSpacing(8)
        self.box.addWidget(buttons)


class PreferencesDialog(_Dialog):
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
        self.add_close_button()

    def _add(self, text: str, checked: bool) -> QCheckBox:
        box = QCheckBox(text)
        box.setAccessibleName(text.replace("&", ""))
        box.setChecked(checked)
        self.box.addWidget(box)
        return box

    @Slot()
    def _on_toggled(self) -> None:
        self.gps_box.setEnabled(self.exif_box.isChecked())
        self._preferences.change(
            keep_exif=self.exif_box.isChecked(),
            keep_gps=self.gps_box.isChecked(),
            develop_live=self.live_box.isChecked(),
        )


class ShortcutsDialog(_Dialog):
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


class AboutDialog(_Dialog):
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
