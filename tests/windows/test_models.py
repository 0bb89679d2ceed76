"""Models are picked, chosen as folders and dropped."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QFileDialog, QLabel, QWidget

from desktop_app.core.errors import ModelError
from desktop_app.core.request import Request
from desktop_app.session.darkroom import ItemState
from desktop_app.settings.store import MAX_MODEL_FOLDERS, Settings
from desktop_app.widgets.canvas import MessageKind
from desktop_app.widgets.choice_picker import ModelPicker
from desktop_app.windows.dialogs import PLAIN_DIALOGS_VARIABLE
from tests.windows.room import MakePhoto, MakeRoom, Room, SpyEngine


@pytest.fixture
def room(make_room: MakeRoom) -> Room:
    """A window that begins with an engine that needs no model."""
    return make_room(SpyEngine(), SpyEngine("guided", needs_model=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_model(tmp_path / "my models" / "Tintin")


def make_model(folder: Path, checker: str | None = None) -> Path:
    folder.mkdir(parents=True)
    index = {"_class_name": "Pipeline", "safety_checker": [checker, checker]}
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def guided(room: Room) -> SpyEngine:
    engine = room.window.services.engines[1]
    assert isinstance(engine, SpyEngine)
    return engine


def picker(room: Room) -> ModelPicker:
    return room.named(ModelPicker, "modelPicker")


def titles(room: Room) -> list[str]:
    box = picker(room)
    return [box.itemText(index) for index in range(box.count()) if box.itemText(index)]


def drop(target: QWidget, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(20, 20), copy, mime, left, none))
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), copy, mime, left, none))


def asked(room: Room) -> str | None:
    return room.window.model.request.model


def is_asked(room: Room, model: str) -> bool:
    return asked(room) == model


def settings(room: Room) -> Settings:
    return room.window.services.preferences.values


def test_the_picker_is_there_where_a_model_is_needed(room: Room) -> None:
    assert not picker(room).isVisible()
    room.window.model.set_engine("guided")
    assert picker(room).isVisible()
    assert picker(room).accessibleName() == "Model"
    assert titles(room) == ["Starter", "Checked", "Choose a folder…", "Models…"]
    assert picker(room).currentText() == "Starter"
    assert asked(room) is None
    note = room.named(QLabel, "modelNote")
    assert note.text() == "Knows cartoons and little else."
    assert note.isVisible()
    assert "Knows cartoons" in picker(room).toolTip()
    room.window.model.set_engine("classic")
    assert not picker(room).isVisible()


def test_a_model_is_picked_and_undone(room: Room) -> None:
    room.window.model.set_engine("guided")
    picker(room).setCurrentIndex(1)
    assert asked(room) == "checked"
    assert not room.named(QLabel, "modelNote").isVisible()
    assert settings(room).model == "checked"
    room.window.actions_by_name["undo"].trigger()
    assert asked(room) is None
    assert picker(room).currentText() == "Starter"


def test_a_folder_is_chosen(room: Room, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")
    room.window.model.set_engine("guided")
    box = picker(room)
    box.setCurrentIndex(box.findText(ModelPicker.FOLDER))
    assert box.currentText() == "Starter"  # until there is a folder
    dialog = next(d for d in room.window.findChildren(QFileDialog) if d.isVisible())
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.filesSelected.emit([str(folder)])
    dialog.close()
    room.wait(lambda: asked(room) == str(folder))
    assert box.currentText() == "Tintin"
    assert str(folder) in box.toolTip()
    assert titles(room) == ["Starter", "Checked", "Tintin", "Choose a folder…", "Models…"]
    assert settings(room).model_folders == (str(folder),)
    assert settings(room).model == str(folder)


def test_a_folder_without_a_model_is_refused(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")
    room.window.model.set_engine("guided")
    room.window.models.choose_folder()
    dialog = next(d for d in room.window.findChildren(QFileDialog) if d.isVisible())
    dialog.filesSelected.emit([str(tmp_path)])
    dialog.close()
    room.wait(lambda: "model_index.json" in room.window.canvas.message)
    assert room.window.canvas.message_kind is MessageKind.ERROR
    assert asked(room) is None
    assert settings(room).model_folders == ()


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_damaged_model_is_for_the_engine_to_refuse(room: Room, folder: Path, text: str) -> None:
    (folder / "model_index.json").write_text(text)
    room.window.models.adopt(str(folder))
    room.wait(lambda: asked(room) == str(folder))
    assert "damaged" in room.named(QLabel, "modelNote").text()


def test_a_model_in_the_hub_s_cache(room: Room, tmp_path: Path) -> None:
    cache = tmp_path / "models--someone--cartoonizer"
    make_model(cache / "snapshots" / "31519b5c")
    drop(room.window.canvas, cache)
    room.wait(lambda: asked(room) == str(cache))
    assert picker(room).currentText() == "someone/cartoonizer"


@pytest.mark.parametrize("target", ["canvas", "strip", "window"])
def test_a_dropped_model_is_used(room: Room, folder: Path, target: str) -> None:
    (folder / "sample.png").write_bytes(b"no photo of ours")
    widgets = {
        "canvas": room.window.canvas,
        "strip": room.window.film_strip.viewport(),
        "window": room.window,
    }
    drop(widgets[target], folder)
    room.wait(lambda: asked(room) == str(folder))
    assert room.window.model.request.engine == "guided"
    assert room.darkroom.items == ()
    assert picker(room).currentText() == "Tintin"
    assert "Tintin" in room.window.canvas.message
    room.window.actions_by_name["undo"].trigger()
    assert room.window.model.request == Request()


def test_its_index_stands_for_the_folder(room: Room, folder: Path) -> None:
    drop(room.window.canvas, folder / "model_index.json")
    room.wait(lambda: asked(room) == str(folder))


def test_a_model_among_photos(room: Room, folder: Path, make_photo: MakePhoto) -> None:
    drop(room.window.canvas, make_photo(), folder)
    room.wait(lambda: asked(room) == str(folder))
    room.wait(lambda: [item.state for item in room.darkroom.items] == [ItemState.READY])


def test_a_model_where_no_engine_needs_one(make_room: MakeRoom, folder: Path) -> None:
    room = make_room(SpyEngine())
    drop(room.window.canvas, folder)
    room.wait(lambda: "no engine" in room.window.canvas.message)
    assert asked(room) is None


def test_no_model_yet(room: Room) -> None:
    guided(room).models_here = ()
    room.window.model.set_engine("guided")
    assert picker(room).currentText() == "No model yet"
    assert titles(room) == ["No model yet", "Choose a folder…", "Models…"]
    note = room.named(QLabel, "modelNote")
    assert note.isVisible()
    assert "diffusers layout" in note.text()
    assert "drop" in note.text()


def test_developing_without_a_model_offers_to_choose_one(
    room: Room, make_photo: MakePhoto, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")
    guided(room).models_here = ()
    room.add(make_photo())
    room.window.model.set_engine("guided")
    sheet = room.named(QAction, "contactSheetAction")
    assert not sheet.isEnabled()
    assert "model first" in sheet.toolTip()
    room.window.development.run()
    assert "no model yet" in room.window.canvas.message
    assert room.current.state is ItemState.READY
    room.window.canvas.message_action_triggered.emit()
    models = room.window.shelf.dialog
    assert models is not None
    assert models.isVisible()
    models.close()
    box = picker(room)
    box.setCurrentIndex(box.findText(ModelPicker.FOLDER))
    dialog = next(d for d in room.window.findChildren(QFileDialog) if d.isVisible())
    dialog.filesSelected.emit([str(folder)])
    dialog.close()
    room.wait(lambda: asked(room) == str(folder))
    assert sheet.isEnabled()
    room.develop()
    assert [run.model for run in guided(room).runs] == [str(folder)]


def test_a_model_that_is_gone_offers_to_get_another(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.window.model.set_model("guided", "moebius")
    guided(room).error = ModelError("There is no model called “moebius”.")
    room.develop()
    assert room.current.state is ItemState.FAILED
    assert room.window.canvas.message == "There is no model called “moebius”."
    assert room.window.canvas.message_kind is MessageKind.ERROR
    room.window.canvas.message_action_triggered.emit()
    models = room.window.shelf.dialog
    assert models is not None
    assert models.isVisible()
    models.close()


def test_keys_step_through_the_models_and_open_no_dialog(room: Room) -> None:
    room.window.model.set_engine("guided")
    box = picker(room)
    box.setFocus()
    for _ in range(4):
        room.qtbot.keyClick(box, Qt.Key.Key_Down)
    assert asked(room) == "checked"
    assert box.currentText() == "Checked"
    assert room.window.findChild(QFileDialog) is None


def test_a_model_that_is_not_offered_is_shown(room: Room, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "far" / "away")
    room.window.model.adopt(Request(engine="guided", model=elsewhere), "Reuse settings")
    assert picker(room).currentText() == "away"
    assert elsewhere in picker(room).toolTip()
    picker(room).setCurrentIndex(0)
    assert titles(room) == ["Starter", "Checked", "Choose a folder…", "Models…"]


def test_new_models_are_seen_when_the_list_opens(room: Room) -> None:
    room.window.model.set_engine("guided")
    guided(room).models_here = guided(room).models_here[:1]
    picker(room).about_to_open.emit()
    assert titles(room) == ["Starter", "Choose a folder…", "Models…"]


def test_a_first_model_that_comes_while_the_window_is_open(
    room: Room, make_photo: MakePhoto
) -> None:
    engine = guided(room)
    models, engine.models_here = engine.models_here, ()
    room.add(make_photo())
    room.window.model.set_engine("guided")
    sheet = room.named(QAction, "contactSheetAction")
    assert not sheet.isEnabled()
    engine.models_here = models
    picker(room).about_to_open.emit()
    assert titles(room) == ["Starter", "Checked", "Choose a folder…", "Models…"]
    assert picker(room).currentText() == "Starter"
    assert sheet.isEnabled()


def test_the_safety_checker_follows_the_model(room: Room, tmp_path: Path) -> None:
    room.window.model.set_engine("guided")
    box = room.named(QCheckBox, "safetyBox")
    assert not box.isEnabled()
    assert "no safety checker" in box.toolTip()
    picker(room).setCurrentIndex(1)
    assert box.isEnabled()
    assert not box.isChecked()
    room.window.models.adopt(str(make_model(tmp_path / "plain")))
    room.wait(lambda: picker(room).currentText() == "plain")
    assert not box.isEnabled()
    room.window.models.adopt(str(make_model(tmp_path / "careful", "SafetyChecker")))
    room.wait(lambda: picker(room).currentText() == "careful")
    assert box.isEnabled()


def test_folders_and_model_are_remembered(make_room: MakeRoom, tmp_path: Path) -> None:
    def engines() -> tuple[SpyEngine, SpyEngine]:
        return SpyEngine(), SpyEngine("guided", needs_model=True)

    folders = [
        make_model(tmp_path / f"model {n}", "SafetyChecker") for n in range(MAX_MODEL_FOLDERS + 1)
    ]
    first = make_room(*engines())
    for each in folders:
        first.window.models.adopt(str(each))
        first.wait(partial(is_asked, first, str(each)))
    newest = [str(each) for each in folders[:0:-1]]
    assert list(settings(first).model_folders) == newest
    first.window.close()
    second = make_room(*engines())
    assert asked(second) == newest[0]
    assert picker(second).currentText() == Path(newest[0]).name
    assert titles(second)[2:-2] == [Path(each).name for each in newest]
    second.wait(second.named(QCheckBox, "safetyBox").isEnabled)
    second.window.model.set_engine("classic")
    assert asked(second) is None
    second.window.close()
    third = make_room(*engines())
    assert asked(third) is None
    third.window.model.set_engine("guided")
    assert asked(third) == newest[0]


def test_a_folder_that_is_gone_says_so(make_room: MakeRoom, folder: Path) -> None:
    first = make_room(SpyEngine("guided", needs_model=True))
    first.window.models.adopt(str(folder))
    first.wait(lambda: asked(first) == str(folder))
    first.window.close()
    (folder / "model_index.json").unlink()
    second = make_room(SpyEngine("guided", needs_model=True))
    second.window.model.set_engine("guided")
    second.wait(lambda: "There is no model in" in second.named(QLabel, "modelNote").text())


def test_the_engine_is_picked_before_the_model(room: Room) -> None:
    order = room.window.develop_panel.controls()
    names = [control.objectName() for control in order]
    wanted = ["enginePicker", "modelPicker", "modePicker", "textGuidanceSlider", "seedField"]
    assert [name for name in names if name in wanted] == wanted
    assert room.named(QComboBox, "modePicker") in order
    assert room.named(QAction, "contactSheetAction").shortcut().toString() == "Ctrl+Shift+G"


def test_a_run_names_the_model_that_it_was_made_with(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.window.model.set_engine("guided")
    room.develop()
    assert asked(room) is None
    assert [run.model for run in guided(room).runs] == ["starter"]
    assert room.current.request == guided(room).runs[0]
    guided(room).models_here = guided(room).models_here[1:]  # another one is the default now
    room.wait(lambda: len(room.window.past.entry_ids) == 1)
    room.window.past.reuse(room.window.past.entry_ids[0])
    room.develop()
    assert [run.model for run in guided(room).runs] == ["starter", "starter"]


def test_the_default_of_the_moment_is_taken(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.window.model.set_engine("guided")
    guided(room).models_here = guided(room).models_here[1:]  # nobody has told the window
    room.develop()
    assert [run.model for run in guided(room).runs] == ["checked"]


def test_proofs_and_adjusting_name_the_model_too(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.window.model.set_engine("guided")
    room.develop()
    room.window.model.set_field("text_guidance", 9.0)  # asks for a run by itself
    room.wait(lambda: len(guided(room).runs) == 2 and not room.window.development.is_busy)
    room.named(QAction, "contactSheetAction").trigger()
    room.wait(lambda: len(guided(room).runs) == 11)
    room.wait(lambda: not room.window.services.pipeline.is_busy)
    assert {run.model for run in guided(room).runs} == {"starter"}


def test_engines_without_models_are_asked_for_none(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.develop()
    assert [run.model for run in room.engine.runs] == [None]


def test_a_folder_of_a_model_that_is_here_is_offered_once(room: Room, toonroom_home: Path) -> None:
    inside = make_model(toonroom_home / "models" / "checked")
    room.window.model.set_engine("guided")
    room.window.models.adopt(str(inside))
    room.wait(lambda: asked(room) == "checked")
    assert titles(room) == ["Starter", "Checked", "Choose a folder…", "Models…"]
    assert settings(room).model_folders == ()
    room.window.services.preferences.change(model_folders=(str(inside),))  # by an older version
    room.window.models.refresh()
    room.wait(lambda: titles(room) == ["Starter", "Checked", "Choose a folder…", "Models…"])


def test_the_rows_keep_their_distance_with_and_without_a_note(room: Room) -> None:
    room.window.model.set_engine("guided")
    panel = room.window.develop_panel
    mode = room.named(QComboBox, "modePicker")

    def gap(upper: QWidget) -> int:
        bottom = upper.mapTo(panel, QPoint(0, upper.height())).y()
        return mode.mapTo(panel, QPoint(0, 0)).y() - bottom

    note = room.named(QLabel, "modelNote")
    room.wait(lambda: gap(note) == 8)
    picker(room).setCurrentIndex(1)
    assert not note.isVisible()
    room.wait(lambda: gap(picker(room)) == 8)
