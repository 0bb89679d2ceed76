"""Pairs of guidance are developed small, side by side, and one of them is chosen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QProgressBar,
    QPushButton,
)

from desktop_app.core.errors import ModelError, OutOfMemory
from desktop_app.session.darkroom import ItemState
from desktop_app.widgets.contact_tile import ContactTile, TileState
from desktop_app.windows.contact_sheet_controller import PROOF_PX
from tests.windows.room import MakePhoto, MakeRoom, Room, SpyEngine


@pytest.fixture
def room(make_room: MakeRoom, make_photo: MakePhoto) -> Room:
    """A window with a guided engine and a photo."""
    room = make_room(SpyEngine("guided", needs_model=True))
    room.add(make_photo())
    return room


def action(room: Room) -> QAction:
    return room.named(QAction, "contactSheetAction")


def tile(room: Room, row: int, column: int) -> ContactTile:
    return room.named(ContactTile, f"contactTile_{row}_{column}")


def open_sheet(room: Room) -> None:
    action(room).trigger()
    assert room.window.contact_sheet.isVisible()


def wait_for_sheet(room: Room) -> None:
    room.wait(lambda: not room.window.services.pipeline.is_busy)


def is_over(room: Room) -> bool:
    return not room.window.contact_sheet.isVisible() and room.window.canvas.isVisible()


def test_nine_pairs_the_middle_first(room: Room) -> None:
    model = room.window.model
    model.set_instruction("a cartoon of this")
    model.set_field("seed", 42)
    model.set_field("mode", "fast")
    model.set_field("blend", 0.3)
    open_sheet(room)
    assert not room.window.canvas.isVisible()
    wait_for_sheet(room)
    runs = room.engine.runs
    pairs = [(run.text_guidance, run.image_guidance) for run in runs]
    assert pairs[0] == (7.0, 1.5)
    assert set(pairs) == {(t, i) for t in (4.0, 7.0, 10.0) for i in (1.2, 1.5, 1.8)}
    assert {(run.working_size_px, run.size_px, run.blend) for run in runs} == {
        (PROOF_PX, PROOF_PX, 1.0)
    }
    assert {(run.seed, run.mode, run.instruction) for run in runs} == {
        (42, "fast", "a cartoon of this")
    }
    for row, image in enumerate((1.8, 1.5, 1.2)):
        for column, text in enumerate((4.0, 7.0, 10.0)):
            each = tile(room, row, column)
            assert each.state is TileState.DONE
            assert max(each.image.width(), each.image.height()) == PROOF_PX
            assert each.accessibleName() == f"Text guidance {text:g}, image guidance {image:g}"
            assert each.focusPolicy() == Qt.FocusPolicy.StrongFocus
    assert model.request.text_guidance is None
    assert "done" in room.named(QLabel, "statusText").text()


def test_nothing_of_it_is_kept(room: Room) -> None:
    room.develop()
    room.wait(lambda: len(room.window.past.entry_ids) == 1)
    result, state = room.current.result, room.current.state
    open_sheet(room)
    wait_for_sheet(room)
    room.named(QPushButton, "contactCloseButton").click()
    assert is_over(room)
    assert room.current.result is result
    assert room.current.state is state
    assert len(room.window.services.history.entries(10)) == 1
    assert not room.window.actions_by_name["undo"].isEnabled()


def test_a_click_adopts_the_values_and_develops(room: Room) -> None:
    open_sheet(room)
    wait_for_sheet(room)
    room.engine.runs.clear()
    room.qtbot.mouseClick(tile(room, 0, 2), Qt.MouseButton.LeftButton)
    assert is_over(room)
    request = room.window.model.request
    assert (request.text_guidance, request.image_guidance) == (10.0, 1.8)
    room.wait_for_result()
    run = room.engine.runs[0]
    assert (run.text_guidance, run.image_guidance) == (10.0, 1.8)
    assert (run.working_size_px, run.size_px) == (None, None)
    assert len(room.engine.runs) == 1
    undo = room.window.actions_by_name["undo"]
    assert "Adopt guidance" in undo.text()
    undo.trigger()
    request = room.window.model.request
    assert (request.text_guidance, request.image_guidance) == (None, None)


def test_a_click_while_others_are_still_made(room: Room) -> None:
    room.engine.gate.clear()
    open_sheet(room)
    room.wait(lambda: len(room.engine.runs) == 1)
    room.qtbot.mouseClick(tile(room, 2, 0), Qt.MouseButton.LeftButton)
    room.engine.gate.set()
    room.wait_for_result()
    last = room.engine.runs[-1]
    assert (last.text_guidance, last.image_guidance, last.size_px) == (4.0, 1.2, None)
    assert len(room.engine.runs) == 2
    assert room.current.state is ItemState.DONE
    assert "Developed" in room.named(QLabel, "statusText").text()


def test_arrows_and_enter(room: Room) -> None:
    room.window.activateWindow()
    open_sheet(room)
    wait_for_sheet(room)
    assert tile(room, 1, 1).hasFocus()
    room.qtbot.keyClick(tile(room, 1, 1), Qt.Key.Key_Up)
    room.qtbot.keyClick(tile(room, 0, 1), Qt.Key.Key_Up)  # there is nothing further up
    assert tile(room, 0, 1).hasFocus()
    room.qtbot.keyClick(tile(room, 0, 1), Qt.Key.Key_Left)
    assert tile(room, 0, 0).hasFocus()
    room.qtbot.keyClick(tile(room, 0, 0), Qt.Key.Key_Return)
    room.wait_for_result()
    request = room.window.model.request
    assert (request.text_guidance, request.image_guidance) == (4.0, 1.8)


@pytest.mark.parametrize("how", ["escape", "close", "cancel", "action", "all"])
def test_what_still_runs_is_given_up(room: Room, how: str) -> None:
    room.engine.gate.clear()
    open_sheet(room)
    room.wait(lambda: len(room.engine.runs) == 1)
    cancel = room.named(QPushButton, "cancelButton")
    assert cancel.isVisible()
    if how == "escape":
        room.window.activateWindow()
        tile(room, 1, 1).setFocus()
        room.qtbot.keyClick(tile(room, 1, 1), Qt.Key.Key_Escape)
    elif how == "close":
        room.named(QPushButton, "contactCloseButton").click()
    elif how == "cancel":
        room.qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    elif how == "action":
        action(room).trigger()
    else:
        room.window.development.cancel()
        room.wait(lambda: is_over(room))
    assert is_over(room)
    wait_for_sheet(room)
    assert len(room.engine.runs) == 1
    assert not cancel.isVisible()
    assert not room.named(QProgressBar, "progressBar").isVisible()
    assert room.current.result is None


def test_escape_goes_back_when_all_is_done(room: Room) -> None:
    room.window.activateWindow()
    open_sheet(room)
    wait_for_sheet(room)
    room.qtbot.keyClick(tile(room, 1, 1), Qt.Key.Key_Escape)
    assert is_over(room)
    assert room.window.canvas.hasFocus()


def test_the_tile_that_develops_shows_its_steps(room: Room) -> None:
    room.engine.gate.clear()
    open_sheet(room)
    room.wait(lambda: not tile(room, 1, 1).image.isNull())
    assert tile(room, 1, 1).state is TileState.DEVELOPING
    assert tile(room, 0, 1).state is TileState.WAITING
    bar = room.named(QProgressBar, "progressBar")
    assert bar.isVisible()
    assert bar.value() == round(1000 * 0.5 / 9)
    text = room.named(QLabel, "statusText").text()
    assert "Contact sheet, 1 of 9: Drawing lines" in text
    assert "left" in text
    assert room.current.state is ItemState.READY  # the photo itself is not being developed
    seen: list[int] = []
    bar.valueChanged.connect(seen.append)
    room.engine.gate.set()
    wait_for_sheet(room)
    assert seen[:-1] == sorted(seen[:-1])
    assert not bar.isVisible()


def test_five_columns_need_only_what_is_missing(room: Room) -> None:
    open_sheet(room)
    wait_for_sheet(room)
    assert not tile(room, 0, 3).isVisible()
    room.named(QAbstractButton, "contactSizeToggle").click()
    wait_for_sheet(room)
    assert len(room.engine.runs) == 15
    assert len({(r.text_guidance, r.image_guidance) for r in room.engine.runs}) == 15
    states = [tile(room, row, column).state for row in range(3) for column in range(5)]
    assert set(states) == {TileState.DONE}
    assert tile(room, 2, 4).isVisible()
    assert tile(room, 1, 2).accessibleName() == "Text guidance 7, image guidance 1.5"


def test_headings_say_what_stands_where(room: Room) -> None:
    open_sheet(room)
    texts = [label.text() for label in room.window.contact_sheet.findChildren(QLabel)]
    for wanted in ("Text 4", "Text 7", "Text 10", "Image\n1.2", "Image\n1.5", "Image\n1.8"):
        assert wanted in texts
    assert any("Text guidance" in text and "more changes" in text for text in texts)
    assert any("Image guidance" in text and "more changes" in text for text in texts)


def test_a_tile_that_failed_says_why_and_the_others_go_on(room: Room) -> None:
    room.engine.error = OutOfMemory("There is not enough memory.")
    open_sheet(room)
    wait_for_sheet(room)
    failed = tile(room, 1, 1)
    assert failed.state is TileState.FAILED
    assert "There is not enough memory." in failed.accessibleDescription()
    assert "There is not enough memory." in failed.toolTip()
    assert len(room.engine.runs) == 9
    assert tile(room, 0, 0).state is TileState.DONE
    assert "1 of 9 failed" in room.named(QLabel, "statusText").text()
    assert room.current.state is ItemState.READY
    assert room.window.canvas.message == ""


def test_without_a_model_no_tile_is_tried_twice(room: Room) -> None:
    room.engine.error = ModelError("The model is gone; choose another one.")
    open_sheet(room)
    wait_for_sheet(room)
    assert len(room.engine.runs) == 1
    assert tile(room, 2, 2).state is TileState.FAILED
    assert room.named(QLabel, "statusText").text() == "The model is gone; choose another one."


def test_where_no_sheet_can_be_made(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    room = make_room(SpyEngine(), SpyEngine("guided", needs_model=True))
    button = room.named(QPushButton, "contactSheetButton")
    assert not action(room).isEnabled()
    assert "photo first" in action(room).toolTip()
    room.add(make_photo())
    assert not action(room).isEnabled()
    assert "no guidance" in action(room).toolTip()
    picker = room.named(QComboBox, "enginePicker")
    picker.setCurrentIndex(picker.findData("guided"))
    assert action(room).isEnabled()
    assert button.isEnabled()
    button.click()
    assert room.window.contact_sheet.isVisible()


def test_not_while_the_photo_develops(room: Room) -> None:
    room.engine.gate.clear()
    room.window.development.run()
    room.wait(lambda: bool(room.engine.runs))
    assert not action(room).isEnabled()
    assert "run has ended" in action(room).toolTip()
    room.engine.gate.set()
    room.wait_for_result()
    assert action(room).isEnabled()


def test_developing_ends_the_sheet(room: Room) -> None:
    room.engine.gate.clear()
    open_sheet(room)
    room.wait(lambda: len(room.engine.runs) == 1)
    room.named(QAction, "developAction").trigger()
    assert is_over(room)
    room.engine.gate.set()
    room.wait_for_result()
    assert len(room.engine.runs) == 2
    assert room.engine.runs[-1].size_px is None


def test_another_photo_ends_the_sheet(room: Room, make_photo: MakePhoto) -> None:
    first = room.current.item_id
    room.add(make_photo("b.png", blue=1))
    open_sheet(room)
    room.darkroom.set_current(first)
    assert is_over(room)
    assert room.window.film_strip.isVisible()
    wait_for_sheet(room)


def test_another_seed_begins_it_anew(room: Room) -> None:
    room.develop()
    room.engine.runs.clear()
    open_sheet(room)
    wait_for_sheet(room)
    assert len(room.engine.runs) == 9
    room.window.model.set_field("seed", 7)
    room.wait(lambda: len(room.engine.runs) == 18)
    wait_for_sheet(room)
    assert {run.seed for run in room.engine.runs[9:]} == {7}
    assert {run.size_px for run in room.engine.runs} == {PROOF_PX}  # no run of the photo itself
    assert tile(room, 1, 1).state is TileState.DONE


def test_another_engine_ends_the_sheet(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    room = make_room(SpyEngine("guided", needs_model=True), SpyEngine())
    room.add(make_photo())
    room.window.model.set_engine("guided")
    open_sheet(room)
    wait_for_sheet(room)
    room.window.model.set_engine("classic")
    room.wait(lambda: is_over(room))


def test_closing_the_window_meanwhile(room: Room) -> None:
    room.engine.gate.clear()
    open_sheet(room)
    room.wait(lambda: bool(room.engine.runs))
    room.window.close()
    assert not room.window.services.pipeline.is_running


def test_tab_reaches_the_sheet(room: Room) -> None:
    room.window.activateWindow()
    open_sheet(room)
    wait_for_sheet(room)
    names: list[str] = []
    widget = QApplication.focusWidget()
    while widget is not None and widget.objectName() not in names and len(names) < 200:
        names.append(widget.objectName())
        room.qtbot.keyClick(widget, Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
    wanted = [f"contactTile_{row}_{column}" for row in range(3) for column in range(3)]
    wanted += ["contactSizeToggle", "contactCloseButton"]
    assert [name for name in wanted if name not in names] == []
