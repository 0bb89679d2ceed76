"""Pickers say what was picked, show what they do not offer, and ask for folders."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from desktop_app.core.engine import Choice
from desktop_app.widgets.choice_picker import ChoicePicker, ModelPicker

CHOICES = (Choice("a", "First", "The first one."), Choice("b", "Second"))


@pytest.fixture
def picker(qtbot: QtBot) -> ChoicePicker:
    picker = ChoicePicker()
    qtbot.addWidget(picker)
    picker.set_choices(CHOICES, "Default")
    picker.show_value(None)
    return picker


@pytest.fixture
def models(qtbot: QtBot) -> ModelPicker:
    models = ModelPicker()
    qtbot.addWidget(models)
    models.set_choices(CHOICES)
    models.show_value("a")
    models.show()
    qtbot.waitExposed(models)
    return models


def test_what_is_picked_is_told(qtbot: QtBot, picker: ChoicePicker) -> None:
    with qtbot.waitSignal(picker.picked) as blocker:
        picker.setCurrentIndex(1)
    assert blocker.args == ["a"]
    assert picker.help == "The first one."
    with qtbot.waitSignal(picker.picked) as blocker:
        picker.setCurrentIndex(0)
    assert blocker.args == [None]
    assert picker.help == ""


def test_showing_tells_nothing(qtbot: QtBot, picker: ChoicePicker) -> None:
    with qtbot.assertNotEmitted(picker.picked):
        picker.set_default_title("Default (Second)")
        picker.show_value("b")
        picker.show_value(None)
        picker.set_choices(CHOICES[:1], "Default")
    assert picker.currentText() == "Default"


def test_a_value_that_is_not_offered_is_shown_while_it_is_the_value(picker: ChoicePicker) -> None:
    picker.show_value("strange")
    assert picker.currentText() == "Strange"
    assert picker.value == "strange"
    picker.show_value("far", Choice("far", "Far away", "Not here."))
    assert (picker.currentText(), picker.help) == ("Far away", "Not here.")
    picker.show_value("b")
    assert picker.count() == 3


def test_a_title_without_room_is_shortened_visibly(picker: ChoicePicker) -> None:
    picker.set_default_title("Default (a scheduler with a very long name)")
    picker.resize(120, 28)
    option = QStyleOptionComboBox()
    picker.initStyleOption(option)
    assert option.currentText.endswith("…")


@pytest.mark.parametrize("entry", [ModelPicker.FOLDER, ModelPicker.MORE])
def test_the_last_entries_ask_for_something_and_are_never_shown(
    qtbot: QtBot, models: ModelPicker, entry: str
) -> None:
    is_folder = entry == ModelPicker.FOLDER
    wanted, other = models.folder_requested, models.more_requested
    wanted, other = (wanted, other) if is_folder else (other, wanted)
    with (
        qtbot.waitSignal(wanted),
        qtbot.assertNotEmitted(other),
        qtbot.assertNotEmitted(models.picked),
    ):
        models.setCurrentIndex(models.findText(entry))
    assert models.currentText() == "First"


def test_keys_never_ask_for_a_folder(qtbot: QtBot, models: ModelPicker) -> None:
    with qtbot.assertNotEmitted(models.folder_requested):
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_C):
            qtbot.keyClick(models, key)
    assert models.currentText() == "Second"


def test_nothing_to_pick(qtbot: QtBot, models: ModelPicker) -> None:
    models.set_choices(())
    models.show_value(None)
    assert models.currentText() == "No model yet"
    assert models.value == ""
    assert models.count() == 3
    with qtbot.waitSignal(models.folder_requested):
        models.setCurrentIndex(1)
    models.show_value("/far/away", Choice("/far/away", "away"))
    entries = [models.itemText(i) for i in range(models.count())]
    assert entries == ["away", ModelPicker.FOLDER, ModelPicker.MORE]
