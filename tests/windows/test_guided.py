"""What the window shows and asks of an engine with guidance, modes and a device."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from desktop_app.core.engine import Device
from desktop_app.core.request import Request
from desktop_app.session.darkroom import ItemState
from desktop_app.widgets.canvas import MessageKind
from desktop_app.widgets.film_strip import StripItem
from desktop_app.widgets.film_strip_model import ITEM_ROLE
from desktop_app.windows.live_runs import TOO_SLOW
from tests.windows.room import MakePhoto, MakeRoom, Room, SpyEngine

WARNING = "The NVIDIA card lies idle: this build computes on the processor only."


@pytest.fixture
def room(make_room: MakeRoom) -> Room:
    return make_room(SpyEngine("guided", needs_model=True))


def status(room: Room) -> str:
    return room.named(QLabel, "statusText").text()


# --- the panel and the request


def test_what_the_engine_takes_by_itself_is_shown(room: Room) -> None:
    text, steps = room.named(QSlider, "textGuidanceSlider"), room.named(QSpinBox, "stepsField")
    row = room.window.develop_panel.guidance.text_row
    assert row.field.value() == pytest.approx(7.0)
    assert "•" not in row.label.text()
    assert steps.value() == 20
    assert room.named(QSpinBox, "workingSizeField").text() == "Default (512 px)"
    scheduler = room.named(QComboBox, "schedulerPicker")
    assert scheduler.currentText() == "Default (DPM++ 2M)"
    mode = room.named(QComboBox, "modePicker")
    mode.setCurrentIndex(1)
    assert room.window.model.request.mode == "fast"
    assert steps.value() == 8
    assert room.window.model.request.steps is None
    assert room.named(QLabel, "modeNote").text() == "For looking."
    assert mode.itemData(0, Qt.ItemDataRole.ToolTipRole) == "For every day."
    text.setValue(text.maximum())
    assert room.window.model.request.text_guidance == 20.0
    assert "•" in row.label.text()


def test_every_new_field_is_set_undone_and_redone(room: Room) -> None:
    room.named(QComboBox, "modePicker").setCurrentIndex(1)
    room.named(QComboBox, "schedulerPicker").setCurrentIndex(2)
    room.named(QSpinBox, "stepsField").setValue(33)
    room.named(QSpinBox, "workingSizeField").setValue(384)
    room.window.develop_panel.guidance.text_row.slider.set_number(9.0)
    room.window.develop_panel.guidance.image_row.slider.set_number(2.0)
    room.window.model.set_field("model", "checked")
    room.named(QCheckBox, "safetyBox").click()
    field = room.named(QLineEdit, "negativeField")
    room.qtbot.keyClicks(field, "text, frames")
    wanted = Request(
        engine="guided",
        mode="fast",
        scheduler="ddim",
        steps=33,
        working_size_px=384,
        text_guidance=9.0,
        image_guidance=2.0,
        model="checked",
        safety_check=True,
        negative="text, frames",
    )
    assert room.window.model.request == wanted
    undo, redo = (room.window.actions_by_name[name] for name in ("undo", "redo"))
    undo.trigger()
    assert room.window.model.request.negative == ""
    assert field.text() == ""
    for _ in range(8):
        undo.trigger()
    assert room.window.model.request == Request(engine="guided")
    assert not undo.isEnabled()
    assert room.named(QComboBox, "schedulerPicker").currentIndex() == 0
    assert room.named(QSpinBox, "stepsField").value() == 20
    while redo.isEnabled():
        redo.trigger()
    assert room.window.model.request == wanted


def test_reset_all_lets_the_engine_choose(room: Room) -> None:
    model, button = room.window.model, room.window.develop_panel.reset_button
    assert not button.isEnabled()
    for name, value in (("steps", 9), ("text_guidance", 4.0), ("scheduler", "ddim")):
        model.set_field(name, value)
    model.set_field("negative", "text")
    assert button.isEnabled()
    button.click()
    assert model.request == Request(engine="guided", negative="text")
    assert not button.isEnabled()


def test_the_fields_come_back_with_the_session(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    first = make_room(SpyEngine("guided", needs_model=True))
    first.add(make_photo())
    request = Request(
        engine="guided",
        mode="fast",
        scheduler="ddim",
        negative="text",
        working_size_px=384,
        safety_check=True,
        image_guidance=2.0,
    )
    first.window.model.adopt(request, "Try")
    first.window.close()
    second = make_room(SpyEngine("guided", needs_model=True))
    second.wait(lambda: second.window.model.request == request)
    assert second.named(QLineEdit, "negativeField").text() == "text"
    assert second.named(QComboBox, "schedulerPicker").currentText() == "DDIM"


def test_more_stays_as_it_was_left(make_room: MakeRoom) -> None:
    first = make_room(SpyEngine("guided", needs_model=True))
    field = first.named(QLineEdit, "negativeField")
    assert not field.isVisible()
    button = first.named(QToolButton, "moreButton")
    button.setFocus()
    first.qtbot.keyClick(button, Qt.Key.Key_Space)
    assert field.isVisible()
    first.window.close()
    second = make_room(SpyEngine("guided", needs_model=True))
    assert second.named(QLineEdit, "negativeField").isVisible()


def test_enter_after_the_negative_words_develops(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.named(QToolButton, "moreButton").click()
    field = room.named(QLineEdit, "negativeField")
    room.qtbot.keyClicks(field, "text")
    room.qtbot.wait(400)
    assert room.engine.runs == []
    room.qtbot.keyClick(field, Qt.Key.Key_Return)
    room.wait_for_result()
    assert [run.negative for run in room.engine.runs] == ["text"]


def test_tab_reaches_what_is_new(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.window.model.set_field("model", "checked")
    room.named(QToolButton, "moreButton").click()
    room.window.activateWindow()
    widget: QWidget | None = room.window.instruction_bar.field
    assert widget is not None
    widget.setFocus()
    names: list[str] = []
    while widget is not None and widget.objectName() not in names:
        names.append(widget.objectName())
        room.qtbot.keyClick(widget, Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
    wanted = [
        "enginePicker",
        "modelPicker",
        "modePicker",
        "textGuidanceSlider",
        "imageGuidanceSlider",
        "guidanceHelpButton",
        "contactSheetButton",
        "stepsField",
        "schedulerPicker",
        "blendSlider",
        "seedField",
        "moreButton",
        "negativeField",
        "workingSizeField",
        "safetyBox",
    ]
    assert [name for name in names if name in wanted] == wanted


# --- developing as the artist adjusts


def test_a_slow_engine_does_not_run_at_each_tick(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.develop()
    room.engine.seconds = 40.0
    slider = room.window.develop_panel.guidance.text_row.slider
    slider.set_number(9.0)
    assert status(room) == TOO_SLOW
    room.window.messages.note("something else")
    slider.set_number(9.4)
    assert status(room) == "something else"  # once is enough
    room.qtbot.wait(400)
    assert len(room.engine.runs) == 1
    room.develop()
    assert room.engine.runs[-1].text_guidance == pytest.approx(9.4)


def test_a_slow_run_is_not_replaced(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.seconds = 40.0
    room.engine.gate.clear()
    room.window.development.run()
    room.wait(lambda: bool(room.engine.runs))
    room.window.develop_panel.guidance.text_row.slider.set_number(9.0)
    room.qtbot.wait(400)
    room.engine.gate.set()
    room.wait_for_result()
    assert len(room.engine.runs) == 1


def test_a_quick_one_does(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.develop()
    for number in (8.0, 8.5, 9.0):
        room.window.develop_panel.guidance.text_row.slider.set_number(number)
    room.wait(lambda: len(room.engine.runs) == 2)
    assert room.engine.runs[-1].text_guidance == pytest.approx(9.0)
    room.wait(lambda: not room.window.development.is_busy)


def test_no_estimate_is_no_reason_to_stumble(
    room: Room, make_photo: MakePhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise RuntimeError("who knows")

    monkeypatch.setattr(room.engine, "estimate", stumble)
    room.add(make_photo())
    room.develop()
    assert room.current.state is ItemState.DONE


# --- loading, progress, device


def test_loading_is_told_and_the_photo_stays(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.shares = (0.1, 0.3)
    room.engine.load_gate.clear()
    room.window.development.run()
    room.wait(lambda: status(room).startswith("Loading the model, about 1"))
    assert "The photo" in room.window.canvas.accessibleDescription()
    bar = room.named(QProgressBar, "progressBar")
    room.wait(lambda: bar.value() == 300)
    item = room.window.film_strip.model().index(0, 0).data(ITEM_ROLE)
    assert isinstance(item, StripItem)
    assert item.progress == pytest.approx(0.3)
    room.engine.load_gate.set()
    room.wait_for_result()


def test_progress_never_goes_back_within_a_run(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.shares = (0.2, 0.8)  # more than the first of two steps
    seen: list[int] = []
    shares: list[float] = []
    room.window.development.progress_changed.connect(seen.append)
    room.window.development.share_changed.connect(lambda _item, share: shares.append(share))
    room.engine.gate.clear()
    room.window.development.run()
    room.wait(lambda: "Drawing lines" in status(room))
    assert room.named(QProgressBar, "progressBar").value() == 800
    room.engine.gate.set()
    room.wait_for_result()
    assert seen[-1] == -1
    assert seen[:-1] == sorted(seen[:-1])
    assert shares == sorted(shares)
    room.engine.shares = ()
    seen.clear()
    room.develop()
    assert seen[0] == 0  # the next run begins at its beginning


def test_the_device_is_told_once_it_is_known(room: Room, make_photo: MakePhoto) -> None:
    label = room.named(QLabel, "engineLabel")
    assert label.text() == "Guided"
    room.add(make_photo())
    room.engine.device_now = Device("NVIDIA RTX 4070", "fp16")
    room.develop()
    assert label.text() == "Guided · NVIDIA RTX 4070 · fp16"
    assert label.toolTip() == ""
    assert room.window.canvas.message == ""


def test_a_device_that_is_slow_is_warned_of_once(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.device_now = Device("CPU", "fp32", WARNING)
    room.develop()
    label = room.named(QLabel, "engineLabel")
    assert "Guided · CPU · fp32" in label.text()
    assert label.toolTip() == WARNING
    assert label.accessibleDescription() == WARNING
    colour = label.palette().color(QPalette.ColorRole.WindowText).name()
    assert colour == room.window.services.theme.tokens.warning
    assert room.window.canvas.message == WARNING
    assert room.window.canvas.message_kind is MessageKind.WARNING
    room.window.canvas.set_message("")
    room.develop()
    assert room.window.canvas.message == ""
    assert label.toolTip() == WARNING
    room.window.actions_by_name["themeLight"].trigger()
    colour = label.palette().color(QPalette.ColorRole.WindowText).name()
    assert colour == room.window.services.theme.tokens.warning
    room.engine.device_now = Device("CPU", "fp32")
    room.develop()
    assert label.toolTip() == ""


def test_the_device_is_forgotten_when_nothing_computes_any_more(
    room: Room, make_photo: MakePhoto
) -> None:
    label = room.named(QLabel, "engineLabel")
    room.add(make_photo())
    room.engine.device_now = Device("CPU", "fp32")
    room.develop()
    assert label.text() == "Guided · CPU · fp32"
    room.engine.device_now = None  # nobody tells the window
    room.wait(lambda: label.text() == "Guided")


# --- preferences


def test_device_and_unloading_are_preferences(room: Room) -> None:
    room.window.actions_by_name["preferences"].trigger()
    dialog = room.named(QDialog, "preferencesDialog")
    device = dialog.findChild(QComboBox, "devicePicker")
    idle = dialog.findChild(QSpinBox, "idleUnloadField")
    assert device is not None
    assert idle is not None
    assert [device.count(), device.currentIndex(), idle.value()] == [4, 0, 10]
    device.setCurrentIndex(2)
    idle.setValue(0)
    values = room.window.services.preferences.values
    assert (values.device, values.idle_unload_min) == ("cuda", 0)
    assert idle.text() == "Never"
    assert device.accessibleName() == "Compute on"
    assert "Unload" in idle.accessibleName()
