"""The models window: models are got, paused, checked, thrown away, imported, moved."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import send2trash
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError
from desktop_app.core.paths import models_folder, moved_models_file
from desktop_app.models import getting, keeping, store
from desktop_app.models.catalogue import Entry
from desktop_app.models.getting import FETCHING, Progress
from desktop_app.widgets.choice_picker import ModelPicker
from desktop_app.widgets.model_card import CardAction, ModelCard
from desktop_app.widgets.models_page import ModelsPage
from desktop_app.windows.dialogs import PLAIN_DIALOGS_VARIABLE
from desktop_app.windows.shelf_controller import FIRST_WORDS
from tests.models.folders import UNET, make_folder
from tests.models.test_store import ORIGIN, put
from tests.windows.room import MakeRoom, Room, SpyEngine

MODEL = "cartoonizer"


@pytest.fixture
def room(make_room: MakeRoom) -> Room:
    return make_room(SpyEngine(), SpyEngine("guided", needs_model=True))


class FakeHub:
    """Stands for the network: a download goes on until it is let go or cancelled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = threading.Event()
        self.error: Exception | None = None
        self.asked: list[str] = []
        monkeypatch.setattr(getting, "get", self.get)

    def get(self, entry: Entry, tell: Callable[[Progress], None], token: CancelToken) -> Path:
        self.asked.append(entry.id)
        with store.claimed(entry.id):
            made = make_folder(store.workshop(entry.id) / "download")
            tell(Progress(FETCHING, 1_000_000, 4_000_000, 500_000, 6.0))
            while not self.gate.wait(0.005):
                token.raise_if_cancelled()
            if self.error is not None:
                raise self.error
            return store.install(made, entry.id, ORIGIN)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    return FakeHub(monkeypatch)


def opened(room: Room) -> ModelsPage:
    """Open the models window, and return its page once it shows something."""
    room.named(QAction, "modelsAction").trigger()
    dialog = room.window.shelf.dialog
    assert dialog is not None
    room.wait(lambda: dialog.page.cards() != ())
    return dialog.page


def card(page: ModelsPage, model: str = MODEL) -> ModelCard:
    found = page.card(model)
    assert found is not None
    return found


def click(room: Room, page: ModelsPage, action: CardAction, model: str = MODEL) -> None:
    room.wait(lambda: card(page, model).button(action) is not None)
    button = card(page, model).button(action)
    assert button is not None
    room.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def has(page: ModelsPage, action: CardAction, model: str = MODEL) -> Callable[[], bool]:
    return lambda: page.card(model) is not None and card(page, model).button(action) is not None


def test_what_can_be_had_is_shown_with_what_it_takes_here(room: Room) -> None:
    page = opened(room)
    toon = card(page)
    assert toon.title_label.text() == "Cartoonizer"
    assert "GB to fetch" in toon.size_label.text()
    assert "for a picture of 512 px here" in toon.expected_label.text()
    assert "non-commercial" in toon.licence_label.text()
    assert "cores" in page.machine_label.text()
    assert str(models_folder()) in page.folder_label.text()


def test_a_model_is_got_and_used(room: Room, hub: FakeHub) -> None:
    page = opened(room)
    click(room, page, CardAction.GET)
    room.wait(has(page, CardAction.PAUSE))
    room.wait(lambda: "1.0 MB of 4.0 MB" in card(page).doing_label.text())
    assert card(page).progress_bar.value() == 250
    assert not page.move_button.isEnabled()
    hub.gate.set()
    click(room, page, CardAction.USE)
    room.wait(lambda: room.window.model.request.model == MODEL)
    assert room.window.model.request.engine == "guided"
    button = card(page).button(CardAction.USE)
    assert button is not None
    assert button.text() == "In use"
    assert page.move_button.isEnabled()


def test_a_download_is_paused_goes_on_and_is_discarded(room: Room, hub: FakeHub) -> None:
    page = opened(room)
    for action in (CardAction.GET, CardAction.GO_ON):
        click(room, page, action)
        room.wait(lambda: "1.0 MB of 4.0 MB" in card(page).doing_label.text())
        click(room, page, CardAction.PAUSE)
    click(room, page, CardAction.DISCARD)
    room.wait(has(page, CardAction.GET))
    assert hub.asked == [MODEL, MODEL]
    assert not store.workshop(MODEL).exists()


def test_what_went_wrong_is_said_on_the_card(room: Room, hub: FakeHub) -> None:
    page = opened(room)
    hub.error = ModelError("The hub is asleep; try again later.")
    hub.gate.set()
    click(room, page, CardAction.GET)
    room.wait(lambda: "asleep" in card(page).problem_label.text())
    room.wait(has(page, CardAction.GO_ON))


def test_a_download_goes_on_when_the_window_is_closed(room: Room, hub: FakeHub) -> None:
    page = opened(room)
    click(room, page, CardAction.GET)
    room.wait(has(page, CardAction.PAUSE))
    dialog = room.window.shelf.dialog
    assert dialog is not None
    dialog.close()
    hub.gate.set()
    room.wait(lambda: "is here" in room.window.canvas.message)
    room.window.canvas.message_action_triggered.emit()
    assert dialog.isVisible()


def test_closing_the_main_window_ends_a_download(room: Room, hub: FakeHub) -> None:
    page = opened(room)
    click(room, page, CardAction.GET)
    room.wait(lambda: "1.0 MB of 4.0 MB" in card(page).doing_label.text())
    room.window.close()
    assert room.window.session.has_stopped
    assert store.workshop(MODEL).exists()


def test_files_are_checked(room: Room) -> None:
    folder = put("mine")
    page = opened(room)
    click(room, page, CardAction.CHECK, "mine")
    room.wait(lambda: "what they were" in card(page, "mine").doing_label.text())
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.3\n")
    click(room, page, CardAction.CHECK, "mine")
    room.wait(lambda: "not what it was" in card(page, "mine").problem_label.text())
    assert not has(page, CardAction.USE, "mine")()
    (folder / UNET).unlink()
    room.window.shelf.refresh()
    room.wait(lambda: UNET.split("/")[0] in card(page, "mine").problem_label.text())
    assert not has(page, CardAction.USE, "mine")()


def test_a_model_is_thrown_away(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    put("mine")
    page = opened(room)

    def no_bin(_model: str, *, for_good: bool) -> bool:
        if not for_good:
            raise keeping.NoBin("There is no bin.")
        return False

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "remove", no_bin)
        click(room, page, CardAction.REMOVE, "mine")
        room.wait(has(page, CardAction.DELETE, "mine"))
        assert "no bin" in card(page, "mine").problem_label.text()
    monkeypatch.setattr(send2trash, "send2trash", no_trash)
    click(room, page, CardAction.DELETE, "mine")
    room.wait(lambda: page.card("mine") is None)
    assert not store.place_of("mine").exists()


def no_trash(_path: str) -> None:
    raise OSError("no bin here")


def chosen(room: Room, *paths: Path) -> None:
    """Choose in the file dialog that is open."""
    dialog = next(d for d in room.window.findChildren(QFileDialog) if d.isVisible())
    dialog.filesSelected.emit([str(path) for path in paths])
    dialog.close()


def test_models_are_imported(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")
    taken: list[Path] = []

    def take(path: Path, _model: None, tell: Any, _token: CancelToken) -> str:
        if not path.exists():
            raise ModelError(f"There is no file {path}.")
        tell(Progress("Importing", 1, 2))
        taken.append(path)
        put(path.stem)
        return path.stem

    monkeypatch.setattr(getting, "take", take)
    page = opened(room)
    mine = tmp_path / "mine.safetensors"
    mine.touch()
    room.qtbot.mouseClick(page.import_file_button, Qt.MouseButton.LeftButton)
    chosen(room, mine)
    room.wait(has(page, CardAction.USE, "mine"))
    assert "mine.safetensors is among the models" in page.message_label.text()
    room.qtbot.mouseClick(page.import_folder_button, Qt.MouseButton.LeftButton)
    chosen(room, tmp_path / "nothing")
    room.wait(lambda: "There is no file" in page.message_label.text())
    other = tmp_path / "other.CKPT"
    other.touch()
    drop(room, other)
    room.wait(has(page, CardAction.USE, "other"))
    assert taken == [mine, other]


def drop(room: Room, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none, window = Qt.KeyboardModifier.NoModifier, room.window
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(20, 20), copy, mime, left, none))
    QApplication.sendEvent(window, QDropEvent(QPointF(20, 20), copy, mime, left, none))


def test_all_models_are_moved(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")
    put("mine")
    page = opened(room)
    room.qtbot.mouseClick(page.move_button, Qt.MouseButton.LeftButton)
    (tmp_path / "new").mkdir()
    chosen(room, tmp_path / "new")
    room.wait(lambda: str(tmp_path / "new") in page.folder_label.text())
    assert models_folder() == tmp_path / "new"
    room.wait(has(page, CardAction.USE, "mine"))


def test_nothing_begins_while_models_are_moved(
    room: Room, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")

    def moved_to(_target: Path, _tell: Any, token: CancelToken) -> Path:
        while True:
            token.raise_if_cancelled()

    monkeypatch.setattr(keeping, "moved_to", moved_to)
    page = opened(room)
    room.qtbot.mouseClick(page.move_button, Qt.MouseButton.LeftButton)
    chosen(room, tmp_path / "new")
    click(room, page, CardAction.GET)
    room.window.shelf.import_paths([Path("x.ckpt")])
    assert "being moved" in page.message_label.text()
    assert not page.move_button.isEnabled()
    room.qtbot.mouseClick(page.stop_button, Qt.MouseButton.LeftButton)
    room.wait(lambda: "as it was" in page.message_label.text())
    assert hub.asked == []
    assert page.move_button.isEnabled()


def test_a_refused_import_is_still_told_when_another_one_goes_on(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(path: Path, _model: None, tell: Callable[[Progress], None], token: CancelToken) -> str:
        if path.stem == "bad":
            raise ModelError("bad is no model.")
        while True:
            tell(Progress("Importing", 1, 2))
            token.raise_if_cancelled()

    monkeypatch.setattr(getting, "take", take)
    page = opened(room)
    room.window.shelf.import_paths([Path("good.ckpt"), Path("bad.ckpt")])
    both = "bad is no model.\nImporting:"
    room.wait(lambda: page.message_label.text().startswith(both))
    assert page.stop_button.isVisible()
    room.qtbot.mouseClick(page.stop_button, Qt.MouseButton.LeftButton)
    room.wait(lambda: not page.stop_button.isVisible())


def test_a_disk_that_is_not_there_is_told(room: Room, tmp_path: Path) -> None:
    moved_models_file().write_text(str(tmp_path / "far" / "disk"))
    page = opened(room)
    room.wait(lambda: "connect its disk" in page.folder_label.text())


def test_tab_goes_from_card_to_card_and_then_below(room: Room) -> None:
    put("mine")
    page = opened(room)
    room.wait(has(page, CardAction.USE, "mine"))
    controls = [control for each in page.cards() for control in each.controls()]
    controls.append(page.import_file_button)
    at = controls[0]
    for wanted in controls[1:]:
        following = at.nextInFocusChain()
        while following not in controls:
            assert following is not None
            following = following.nextInFocusChain()
        assert following is wanted
        at = wanted


def test_an_import_can_be_stopped(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def take(_path: Path, _model: None, _tell: Any, token: CancelToken) -> str:
        while True:
            token.raise_if_cancelled()

    monkeypatch.setattr(getting, "take", take)
    page = opened(room)
    room.window.shelf.import_paths([Path("x.ckpt")])
    room.window.shelf.import_paths([Path("x.ckpt")])
    assert "being imported already" in room.window.messages.status
    room.qtbot.mouseClick(room.named(QPushButton, "stopButton"), Qt.MouseButton.LeftButton)
    room.wait(lambda: "as it was" in page.message_label.text())


def test_the_picker_leads_to_the_models(room: Room) -> None:
    room.window.model.set_engine("guided")
    picker = room.named(ModelPicker, "modelPicker")
    picker.setCurrentIndex(picker.findText(ModelPicker.MORE))
    dialog = room.window.shelf.dialog
    assert dialog is not None
    assert dialog.isVisible()


def test_the_first_start_says_once_that_there_is_more(
    make_room: MakeRoom, toonroom_home: Path
) -> None:
    (toonroom_home / "settings.json").write_text("{}")
    room = make_room()
    assert room.window.canvas.message == FIRST_WORDS
    assert room.window.services.preferences.values.models_seen
    room.window.session.end()
    again = make_room()
    assert again.window.canvas.message == ""
