"""The window shows what each engine offers and never asks which one it is."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QSlider, QSpinBox

from desktop_app.core.events import Interpretation
from desktop_app.core.request import Request
from tests.windows.room import MakePhoto, MakeRoom, SpyEngine


def test_another_engine_is_picked(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    other = SpyEngine("other")
    room = make_room(SpyEngine(), other)
    room.add(make_photo())
    room.window.model.set_parameter("line_width", 2.0)
    picker = room.named(QComboBox, "enginePicker")
    picker.setCurrentIndex(picker.findData("other"))
    bar = room.window.instruction_bar
    assert not bar.chips.isVisible()
    assert "everything" in bar.understood_label.text()
    assert not room.named(QComboBox, "lookPicker").isEnabled()
    assert room.window.develop_panel.findChild(QSlider, "line_widthSlider") is None or (
        "line_width" not in room.window.model.request.parameters
    )
    text = room.named(QSlider, "textGuidanceSlider")
    assert text.isEnabled()
    text.setValue(text.maximum())
    room.named(QSpinBox, "stepsField").setValue(7)
    room.develop()
    assert room.engine.runs == []
    run = other.runs[0]
    assert (run.engine, run.text_guidance, run.steps) == ("other", 20.0, 7)
    assert run.parameters == {}


def test_looks_come_back_with_their_icons(make_room: MakeRoom) -> None:
    room = make_room(SpyEngine(), SpyEngine("other"))
    room.window.model.set_engine("other")
    room.window.model.set_engine("classic")
    chips = room.window.instruction_bar.chips
    assert chips.isVisible()
    assert not any(chip.icon().isNull() for chip in chips.chips)
    picker = room.named(QComboBox, "lookPicker")
    assert picker.count() == len(chips.chips) == len(room.window.actions_by_name.looks)
    assert not picker.itemIcon(0).isNull()
    assert not room.named(QSlider, "textGuidanceSlider").isEnabled()


def test_the_engine_is_remembered(make_room: MakeRoom) -> None:
    first = make_room(SpyEngine(), SpyEngine("other"))
    first.window.model.set_engine("other")
    first.window.close()
    second = make_room(SpyEngine(), SpyEngine("other"))
    assert second.named(QComboBox, "enginePicker").currentData() == "other"


def test_an_engine_that_stumbles_over_words_says_so(make_room: MakeRoom) -> None:
    class Stumbling(SpyEngine):
        def interpret(self, request: Request) -> Interpretation:
            raise RuntimeError(f"no words today: {request.instruction}")

    room = make_room(Stumbling())
    room.window.model.set_instruction("anything")
    assert "could not be read" in room.window.instruction_bar.understood_label.text()
