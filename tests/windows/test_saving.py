"""Pictures go out: to files, to layers, to the clipboard, to other programs."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDrag, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QLineEdit

from desktop_app.imaging.opening import open_photo
from desktop_app.widgets.canvas import MessageKind
from desktop_app.windows import saving_controller
from desktop_app.windows.dialogs import PLAIN_DIALOGS_VARIABLE
from tests.windows.room import MakePhoto, Room


@pytest.fixture
def developed(room: Room, make_photo: MakePhoto) -> Room:
    """A window with one photo that is developed."""
    room.add(make_photo())
    room.window.model.set_look("manga")
    room.develop()
    return room


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def open_dialog(room: Room) -> QFileDialog:
    dialogs = [d for d in room.window.findChildren(QFileDialog) if d.isVisible()]
    assert len(dialogs) == 1
    return dialogs[0]


def test_saving_keeps_picture_and_settings(developed: Room, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    developed.window.saving.save_to(path)
    developed.wait(lambda: developed.current.saved_path == path)
    result = developed.current.result
    assert result is not None
    np.testing.assert_array_equal(pixels(path), result.picture)
    assert "manga" in (open_photo(path).request_json or "")
    assert developed.window.canvas.message == f"Saved to {path}"
    assert developed.window.canvas.message_kind is MessageKind.DONE
    assert "(saved)" in developed.window.windowTitle()


def test_saving_again_asks_nothing(developed: Room, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    developed.window.saving.save_to(path)
    developed.wait(lambda: developed.current.saved_path == path)
    path.unlink()
    developed.named(QAction, "saveAction").trigger()
    developed.wait(path.exists)
    assert not [d for d in developed.window.findChildren(QFileDialog) if d.isVisible()]


def test_the_first_saving_asks_where_to_with_a_sensible_name(
    developed: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")
    developed.named(QAction, "saveAction").trigger()
    dialog = open_dialog(developed)
    assert Path(dialog.selectedFiles()[0]) == tmp_path / "photo-manga.png"
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText(str(tmp_path / "mine"))
    dialog.accept()
    path = tmp_path / "mine.png"
    developed.wait(lambda: developed.current.saved_path == path)
    assert path.exists()
    assert developed.window.services.preferences.values.last_save_folder == str(tmp_path)


def test_what_is_saved_is_blended(developed: Room, tmp_path: Path) -> None:
    developed.window.model.set_field("blend", 0.0)
    path = tmp_path / "out.png"
    developed.window.saving.save_to(path)
    developed.wait(lambda: developed.current.saved_path == path)
    assert developed.current.photo is not None
    np.testing.assert_array_equal(pixels(path), developed.current.photo.pixels)


def test_where_it_was_taken_is_left_out_where_that_is_wanted(room: Room, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825)[1] = "N"
    source = tmp_path / "place.jpg"
    Image.new("RGB", (40, 30), (9, 99, 199)).save(source, exif=exif)
    room.add(source)
    room.develop()
    for keeps in (True, False):
        room.window.services.preferences.change(keep_gps=keeps)
        path = tmp_path / f"{keeps}.jpg"
        room.window.saving.save_to(path)
        room.wait(lambda path=path: room.current.saved_path == path)  # type: ignore[misc]
        with Image.open(path) as picture:
            saved = picture.getexif()
            assert saved[0x010F] == "Camera"
            assert bool(saved.get_ifd(0x8825)) is keeps


def test_the_photo_itself_is_never_overwritten(developed: Room) -> None:
    path = developed.current.path
    assert path is not None
    before = path.read_bytes()
    developed.window.saving.save_to(path)
    assert "the photo itself" in developed.window.canvas.message
    assert path.read_bytes() == before


def test_a_folder_that_is_gone_is_told_on_the_canvas(developed: Room, tmp_path: Path) -> None:
    path = tmp_path / "gone" / "out.png"
    developed.window.saving.save_to(path)
    developed.wait(lambda: developed.window.canvas.message_kind is MessageKind.ERROR)
    assert developed.window.canvas.message
    assert developed.current.saved_path is None


def test_show_in_folder(developed: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(saving_controller, "show_folder", shown.append)
    developed.window.saving.save_to(tmp_path / "out.png")
    developed.wait(lambda: developed.current.saved_path is not None)
    developed.window.canvas.message_action_triggered.emit()
    assert shown == [tmp_path]


def test_layers_are_exported(developed: Room, tmp_path: Path) -> None:
    path = tmp_path / "layers.ora"
    developed.window.saving.export_layers_to(path)
    developed.wait(path.exists)
    with ZipFile(path) as archive:
        assert b"flats" in archive.read("stack.xml")


def test_all_are_exported_and_nothing_is_overwritten(
    room: Room, make_photo: MakePhoto, tmp_path: Path
) -> None:
    room.add(*(make_photo(f"{n}.png", blue=n) for n in range(5)))
    room.window.development.run_all()
    room.wait(lambda: not room.window.development.is_busy)
    assert room.darkroom.items[0].result is None or room.darkroom.items[-1].result is None
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "0-cartoon.png").write_bytes(b"mine")
    room.window.saving.export_all_to(folder)
    room.wait(lambda: "5 pictures saved" in room.window.canvas.message)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "0-cartoon 2.png",
        "0-cartoon.png",
        "1-cartoon.png",
        "2-cartoon.png",
        "3-cartoon.png",
        "4-cartoon.png",
    ]
    assert (folder / "0-cartoon.png").read_bytes() == b"mine"


def test_nothing_to_save_yet(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    assert not room.named(QAction, "saveAction").isEnabled()
    room.window.saving.save()
    assert not [d for d in room.window.findChildren(QFileDialog) if d.isVisible()]


def test_copying_puts_the_picture_on_the_clipboard(developed: Room) -> None:
    developed.named(QAction, "copyAction").trigger()
    developed.wait(lambda: "clipboard" in developed.window.canvas.message)
    mime = QGuiApplication.clipboard().mimeData()
    image = QImage.fromData(bytes(mime.data("image/png").data()))
    result = developed.current.result
    assert result is not None
    assert (image.width(), image.height()) == (60, 40)
    red, green, blue = (int(v) for v in result.picture[7, 9])
    colour = image.pixelColor(9, 7)
    assert (colour.red(), colour.green(), colour.blue()) == (red, green, blue)


@pytest.mark.parametrize("is_prepared", [True, False])
def test_what_is_dragged_out_is_a_whole_file(
    developed: Room, monkeypatch: pytest.MonkeyPatch, is_prepared: bool
) -> None:
    dragged: list[list[QUrl]] = []

    def end_at_once(drag: QDrag, *_: object) -> None:
        dragged.append(drag.mimeData().urls())

    monkeypatch.setattr(QDrag, "exec", end_at_once)
    if is_prepared:
        clipboard = developed.window.clipboard
        developed.wait(lambda: clipboard.is_ready)
    developed.window.canvas.drag_out_requested.emit()
    path = Path(dragged[0][0].toLocalFile())
    result = developed.current.result
    assert result is not None
    assert path.name == "photo-manga.png"
    np.testing.assert_array_equal(pixels(path), result.picture)
    assert "manga" in (open_photo(path).request_json or "")
    developed.window.close()
    assert not path.exists()


def test_of_the_files_for_dragging_only_the_last_is_kept(developed: Room) -> None:
    clipboard = developed.window.clipboard
    developed.wait(lambda: clipboard.is_ready)
    assert clipboard._ready is not None
    first = clipboard._ready[1]
    developed.develop()
    developed.wait(lambda: clipboard.is_ready)
    assert clipboard._ready[1].exists()
    assert not first.exists()
