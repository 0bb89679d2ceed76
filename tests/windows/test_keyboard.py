"""Everything can be done by keyboard, and everything has a name for assistive tools."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from desktop_app.widgets.canvas import CompareMode
from tests.windows.room import MakePhoto, MakeRoom, Room, SpyEngine

NAMED = (
    "instructionField",
    "runButton",
    "canvas",
    "filmStrip",
    "enginePicker",
    "lookPicker",
    "blendSlider",
    "seedField",
    "textGuidanceSlider",
    "imageGuidanceSlider",
    "stepsField",
    "historyView",
    "compareToggle",
)
INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTabBar,
)


def walk(room: Room) -> list[QWidget]:
    """Return what Tab goes to, from the instruction field round to it again."""
    room.window.activateWindow()
    field = room.window.instruction_bar.field
    field.setFocus()
    seen: list[QWidget] = []
    while len(seen) < 200:
        widget = QApplication.focusWidget()
        assert widget is not None
        if widget in seen:
            return seen
        seen.append(widget)
        room.qtbot.keyClick(widget, Qt.Key.Key_Tab)
    raise AssertionError("Tab never comes back")


def test_tab_reaches_every_control_in_order(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    room = make_room(SpyEngine(uses_guidance=True))
    room.add(make_photo("a.png"), make_photo("b.png", blue=1))
    room.develop()
    names = [widget.objectName() for widget in walk(room)]
    assert [name for name in NAMED if name not in names] == []
    places = [names.index(name) for name in ("instructionField", "runButton", "canvas")]
    assert places == sorted(places)
    assert names.index("enginePicker") < names.index("lookPicker") < names.index("seedField")


def test_what_has_the_focus_is_seen(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    develop, history = room.window.docks
    room.window.history_view.setFocus()
    assert not history.visibleRegion().isEmpty()
    room.window.develop_panel.look_picker.setFocus()
    assert not develop.visibleRegion().isEmpty()


def test_every_control_has_a_name(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    nameless = [
        widget
        for widget in room.window.findChildren(QWidget)
        if isinstance(widget, INTERACTIVE)
        and not isinstance(widget, QScrollBar)
        and widget.isVisible()
        and not widget.accessibleName()
        # Qt's own parts of a control speak for the control.
        and not widget.objectName().startswith("qt_")
    ]
    assert [(type(w).__name__, w.objectName()) for w in nameless] == []


def test_every_control_has_a_tooltip(room: Room) -> None:
    silent = [
        widget.objectName()
        for widget in room.window.findChildren(QWidget)
        if isinstance(widget, QAbstractButton | QAbstractSlider | QAbstractSpinBox | QComboBox)
        and not isinstance(widget, QScrollBar)
        and widget.isVisible()
        and not widget.objectName().startswith(("qt_", "ScrollLeft", "ScrollRight"))
        and not widget.toolTip()
    ]
    assert silent == []


def test_no_shortcut_is_given_twice(room: Room) -> None:
    counted = Counter(
        keys.toString()
        for action in room.window.findChildren(QAction)
        if action.parent() is room.window
        for keys in action.shortcuts()
    )
    assert [keys for keys, count in counted.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("openAction", "Ctrl+O"),
        ("saveAction", "Ctrl+S"),
        ("copyAction", "Ctrl+C"),
        ("pasteAction", "Ctrl+V"),
        ("undoAction", "Ctrl+Z"),
        ("redoAction", "Ctrl+Shift+Z"),
        ("zoomFitAction", "Ctrl+0"),
        ("zoomActualAction", "Ctrl+1"),
        ("zoomInAction", "Ctrl++"),
        ("zoomOutAction", "Ctrl+-"),
        ("developAllAction", "Ctrl+Shift+Return"),
        ("quitAction", "Ctrl+Q"),
    ],
)
def test_standard_shortcuts(room: Room, name: str, keys: str) -> None:
    action = room.named(QAction, name)
    assert keys in [each.toString() for each in action.shortcuts()]


def test_looks_have_shortcuts(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    alt = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    room.qtbot.keyClick(room.window, Qt.Key.Key_3, alt)
    room.wait_for_result()
    third = room.window.model.capabilities.looks[2]
    assert room.window.model.interpretation.look == third.look_id


def test_control_l_goes_to_the_instruction(room: Room) -> None:
    room.window.canvas.setFocus()
    room.qtbot.keyClick(room.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    field = room.window.instruction_bar.field
    assert field.hasFocus()
    assert field.selectedText() == field.text()


def test_comparing_by_toggle_key_and_canvas(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.develop()
    toggle = room.named(QAbstractButton, "compareToggle")

    def mode() -> CompareMode:
        return room.window.canvas.compare

    toggle.click()
    assert mode() is CompareMode.SPLIT
    room.qtbot.keyClick(room.window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert mode() is CompareMode.OFF
    assert not toggle.isChecked()
    toggle.toggle()
    assert mode() is CompareMode.SPLIT
    room.window.canvas.set_compare(CompareMode.OFF)
    assert not toggle.isChecked()


@pytest.mark.parametrize(
    ("name", "dialog"),
    [
        ("preferencesAction", "preferencesDialog"),
        ("shortcutsAction", "shortcutsDialog"),
        ("aboutAction", "aboutDialog"),
    ],
)
def test_dialogs_do_not_block(room: Room, name: str, dialog: str) -> None:
    room.named(QAction, name).trigger()
    shown = room.named(QWidget, dialog)
    assert shown.isVisible()
    assert not shown.isModal()
    assert all(
        button.text() or button.accessibleName()
        for button in shown.findChildren(QAbstractButton)
        if button.isVisible() and type(button).__name__ != "QAbstractButton"
    )
    room.qtbot.keyClick(shown, Qt.Key.Key_Escape)
    room.wait(lambda: room.window.findChild(QObject, dialog) is None)


def test_preferences_count_at_once(room: Room) -> None:
    room.named(QAction, "preferencesAction").trigger()
    dialog = room.window.findChild(QWidget, "preferencesDialog")
    assert dialog is not None
    box = next(b for b in dialog.findChildren(QAbstractButton) if "adjust" in b.text())
    box.click()
    assert not room.window.services.preferences.values.develop_live
    assert not room.window.develop_panel.live_box.isChecked()


def test_what_is_off_says_what_is_missing(room: Room, make_photo: MakePhoto) -> None:
    save = room.named(QAction, "saveAction")
    assert "open or drop a photo first" in save.toolTip()
    assert "photo first" in room.window.instruction_bar.run_button.toolTip()
    room.add(make_photo())
    assert "develop the photo first" in save.toolTip()
    assert "photo first" not in room.window.instruction_bar.run_button.toolTip()
    room.develop()
    assert save.isEnabled()
    assert "first" not in save.toolTip()
