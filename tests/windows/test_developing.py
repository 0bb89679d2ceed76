"""Photos are developed as the controls of the window ask for it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QProgressBar, QPushButton, QSlider

from desktop_app.core.errors import OutOfMemory
from desktop_app.core.request import DEFAULT_INSTRUCTION
from desktop_app.session.darkroom import ItemState
from desktop_app.widgets.canvas import MessageKind
from desktop_app.widgets.film_strip import StripItem, StripState
from desktop_app.widgets.film_strip_model import ITEM_ROLE
from desktop_app.widgets.parameter_rows import SliderRow
from tests.windows.room import MakePhoto, MakeRoom, Room


def width_row(room: Room) -> SliderRow:
    row = room.window.develop_panel.row("line_width")
    assert isinstance(row, SliderRow)
    return row


def test_an_instruction_and_enter_give_a_picture(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    field = room.named(QLineEdit, "instructionField")
    field.clear()
    room.qtbot.keyClicks(field, "watercolour, thinner lines")
    room.qtbot.keyClick(field, Qt.Key.Key_Return)
    room.wait_for_result()
    assert [run.instruction for run in room.engine.runs] == ["watercolour, thinner lines"]
    item = room.current
    assert item.state is ItemState.DONE
    assert item.result is not None
    assert item.photo is not None
    np.testing.assert_array_equal(item.result.picture, 255 - item.photo.pixels)
    assert room.window.canvas.has_result
    assert "Developed in" in room.named(QLabel, "statusText").text()
    assert "(developed)" in room.window.windowTitle()


def test_what_is_understood_is_shown_while_typing(room: Room) -> None:
    field = room.named(QLineEdit, "instructionField")
    field.clear()
    room.qtbot.keyClicks(field, "pencil sketch, add a hat")
    text = room.named(QLabel, "understoodLabel").text()
    assert "Pencil sketch" in text
    assert "add a hat" in text
    assert room.named(QComboBox, "lookPicker").currentText() == "Pencil sketch"


def test_run_becomes_cancel_and_cancel_ends_the_run(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    run, cancel = (room.named(QPushButton, name) for name in ("runButton", "cancelButton"))
    room.engine.gate.clear()
    room.qtbot.mouseClick(run, Qt.MouseButton.LeftButton)
    room.wait(lambda: bool(room.engine.runs) and room.current.state is ItemState.DEVELOPING)
    assert cancel.isVisible()
    assert not run.isVisible()
    room.wait(room.named(QProgressBar, "progressBar").isVisible)
    room.wait(lambda: "Drawing lines" in room.named(QLabel, "statusText").text())
    assert " s left" in room.named(QLabel, "statusText").text()
    room.qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert room.named(QLabel, "statusText").text() in ("Cancelling …", "Cancelled.")
    room.wait(run.isVisible)
    assert room.current.state is ItemState.READY
    assert room.current.result is None
    assert not room.named(QProgressBar, "progressBar").isVisible()
    assert room.named(QLabel, "statusText").text() == "Cancelled."


def test_the_strip_shows_how_far_a_run_has_come(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.gate.clear()
    strip = room.window.film_strip

    def shown() -> StripItem:
        item = strip.model().index(0, 0).data(ITEM_ROLE)
        assert isinstance(item, StripItem)
        return item

    room.window.development.run()
    room.wait(lambda: shown().progress == 0.5)
    assert shown().strip_state is StripState.DEVELOPING
    room.engine.gate.set()
    room.wait_for_result()
    assert shown().strip_state is StripState.DONE
    assert shown().progress is None
    room.engine.gate.clear()
    room.window.development.run()
    seen = []
    strip.model().dataChanged.connect(lambda: seen.append(shown().progress))
    room.wait(lambda: 0.5 in seen)
    assert 1.0 not in seen[: seen.index(0.5)]  # nothing is left of the run before


def test_escape_cancels(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.gate.clear()
    room.window.development.run()
    room.wait(lambda: bool(room.engine.runs))
    room.qtbot.keyClick(room.window, Qt.Key.Key_Escape)
    room.wait(lambda: not room.window.development.is_busy)
    assert room.current.result is None


def test_a_chip_rewrites_the_instruction_and_develops(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    chips = room.window.instruction_bar.chips.chips
    chip = next(c for c in chips if c.property("look_id") == "manga")
    room.qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    room.wait_for_result()
    assert "manga" in room.named(QLineEdit, "instructionField").text()
    assert room.engine.runs[0].instruction == room.named(QLineEdit, "instructionField").text()
    assert chip.isChecked()


def test_a_chip_without_a_photo_only_rewrites(room: Room) -> None:
    chip = room.window.instruction_bar.chips.chips[-1]
    room.qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert room.named(QLineEdit, "instructionField").text() != DEFAULT_INSTRUCTION
    assert room.engine.runs == []


def test_the_look_picker_rewrites_the_instruction(room: Room) -> None:
    picker = room.named(QComboBox, "lookPicker")
    picker.setCurrentIndex(picker.findData("poster"))
    assert "poster" in room.named(QLineEdit, "instructionField").text()
    assert room.window.model.interpretation.look == "poster"


def test_a_slider_develops_again_once_and_a_double_click_resets(
    room: Room, make_photo: MakePhoto
) -> None:
    room.add(make_photo())
    row = width_row(room)
    row.slider.set_number(2.0)
    room.qtbot.wait(400)
    assert room.engine.runs == []  # it was not developed yet: nothing to adjust
    room.develop()
    assert room.engine.runs[-1].parameters == {"line_width": pytest.approx(2.0)}
    for number in (2.2, 2.4, 2.6):
        row.slider.set_number(number)
    room.wait(lambda: len(room.engine.runs) == 2)
    assert room.engine.runs[-1].parameters["line_width"] == pytest.approx(2.6)
    room.wait(lambda: not room.window.development.is_busy)
    room.qtbot.mouseDClick(row.slider, Qt.MouseButton.LeftButton)
    assert row.slider.number() == pytest.approx(1.0)
    room.wait(lambda: len(room.engine.runs) == 3)
    assert room.engine.runs[-1].parameters == {}


def test_not_developing_as_i_adjust(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.develop()
    room.window.develop_panel.live_box.click()
    width_row(room).slider.set_number(2.0)
    room.qtbot.wait(500)
    assert len(room.engine.runs) == 1


def test_adjusting_replaces_the_run_that_goes_on(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.gate.clear()
    room.window.development.run()
    room.wait(lambda: len(room.engine.runs) == 1)
    width_row(room).slider.set_number(2.0)
    room.wait(lambda: len(room.engine.runs) == 2)
    room.engine.gate.set()
    room.wait_for_result()
    assert room.current.result is not None
    assert room.current.result.request.parameters == {"line_width": pytest.approx(2.0)}
    assert "Developed" in room.named(QLabel, "statusText").text()


def test_blend_needs_no_run(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.develop()
    before = room.current.result_levels[0]
    slider = room.named(QSlider, "blendSlider")
    for value in range(90, -1, -10):
        slider.setValue(value)
    room.wait(lambda: room.current.result_levels[0].pixel(5, 5) != before.pixel(5, 5))
    photo = room.current.photo_levels[0]
    room.wait(lambda: room.current.result_levels[0].pixel(5, 5) == photo.pixel(5, 5))
    assert len(room.engine.runs) == 1
    assert room.current.request is not None
    assert room.current.request.blend == 0.0
    assert room.current.thumbnail.pixel(5, 5) == photo.pixel(5, 5)


def test_a_blend_is_seen_before_it_is_made_at_full_size(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.develop()
    levels, photo = room.current.result_levels, room.current.photo_levels[0]
    middle = room.window.canvas.rect().center()
    with room.qtbot.waitSignal(room.window.services.blender.small_ready):
        room.named(QSlider, "blendSlider").setValue(0)
    assert room.current.result_levels is levels
    seen = room.window.canvas.grab().toImage().pixelColor(middle)
    wanted = photo.pixelColor(photo.rect().center())
    assert abs(seen.red() - wanted.red()) < 12
    assert abs(seen.green() - wanted.green()) < 12


def test_a_failed_run_says_why_on_the_canvas(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.error = OutOfMemory("There is not enough memory; try a smaller size.")
    room.develop()
    item_id = room.current.item_id
    states = [item.state for item in room.darkroom.items]
    assert states == [ItemState.FAILED]
    assert room.window.canvas.message == "There is not enough memory; try a smaller size."
    assert room.window.canvas.message_kind is MessageKind.ERROR
    room.develop()
    assert room.current.item_id == item_id
    assert room.current.state is ItemState.DONE


def test_all_are_developed_and_one_that_fails_stops_none(room: Room, make_photo: MakePhoto) -> None:
    room.add(*(make_photo(f"{n}.png", blue=n) for n in range(3)))
    room.engine.error = ValueError("boom")
    room.window.actions_by_name["developAll"].trigger()
    room.wait(lambda: not room.window.development.is_busy)
    states = [item.state for item in room.darkroom.items]
    assert states == [ItemState.FAILED, ItemState.DONE, ItemState.DONE]
    text = room.named(QLabel, "statusText").text()
    assert "2 of 3 photos developed" in text
    assert "failed: 0.png" in text


def test_several_that_are_selected_are_developed(room: Room, make_photo: MakePhoto) -> None:
    room.add(*(make_photo(f"{n}.png", blue=n) for n in range(3)))
    strip = room.window.film_strip
    strip.setFocus()
    room.qtbot.keyClick(strip, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    room.window.actions_by_name["develop"].trigger()
    room.wait(lambda: not room.window.development.is_busy)
    assert len(room.engine.runs) == 3


def test_enter_before_the_photo_is_open_develops_it_then(room: Room, make_photo: MakePhoto) -> None:
    room.window.photos.add_paths([make_photo()])
    room.wait(lambda: bool(room.darkroom.items))
    room.window.development.run()
    room.wait_for_result()
    assert len(room.engine.runs) == 1


def test_run_without_a_photo_says_what_to_do(room: Room) -> None:
    assert not room.named(QPushButton, "runButton").isEnabled()
    room.qtbot.keyClick(room.named(QLineEdit, "instructionField"), Qt.Key.Key_Return)
    assert "photo" in room.window.canvas.message
    assert room.engine.runs == []


def test_each_photo_keeps_its_own_settings(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo("a.png"), make_photo("b.png", blue=10))
    first, second = (item.item_id for item in room.darkroom.items)
    room.window.model.set_look("manga")
    room.develop()
    room.darkroom.set_current(second)
    assert "manga" in room.window.model.request.instruction  # the next photo gets the same
    room.window.model.set_look("poster")
    room.darkroom.set_current(first)
    assert "manga" in room.named(QLineEdit, "instructionField").text()
    room.darkroom.set_current(second)
    assert "poster" in room.named(QLineEdit, "instructionField").text()


def test_undo_and_redo_of_settings(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    width_row(room).slider.set_number(2.0)
    width_row(room).slider.set_number(2.4)
    room.window.model.set_look("manga")
    undo, redo = room.window.actions_by_name["undo"], room.window.actions_by_name["redo"]
    undo.trigger()
    assert room.window.model.request.parameters == {"line_width": pytest.approx(2.4)}
    undo.trigger()
    assert room.window.model.request.parameters == {}
    assert not undo.isEnabled()
    redo.trigger()
    redo.trigger()
    assert room.window.model.interpretation.look == "manga"


def test_undo_goes_back_to_the_photo_it_belongs_to(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo("a.png"), make_photo("b.png", blue=10))
    first, second = (item.item_id for item in room.darkroom.items)
    room.window.model.set_look("manga")
    room.darkroom.set_current(second)
    room.window.actions_by_name["undo"].trigger()
    assert room.darkroom.current_id == first
    assert room.window.model.interpretation.look == "cartoon"


def test_recent_instructions_come_back(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    room = make_room()
    room.add(make_photo())
    room.window.model.set_instruction("poster, brighter")
    room.develop()
    field = room.named(QLineEdit, "instructionField")
    field.setText("something else")
    room.qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "poster, brighter"
