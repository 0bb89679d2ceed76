"""Photos come in: opened, dropped, pasted, fetched; and go again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from desktop_app.session.darkroom import ItemState
from desktop_app.widgets.canvas import FailedPhoto, MessageKind
from desktop_app.windows.dialogs import PLAIN_DIALOGS_VARIABLE
from desktop_app.windows.fetch import Fetcher
from tests.windows.room import MakePhoto, Room


def drop(target: QWidget, mime: QMimeData) -> None:
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(20, 20), copy, mime, left, none))
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), copy, mime, left, none))


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def test_photos_and_folders_are_dropped(room: Room, make_photo: MakePhoto, tmp_path: Path) -> None:
    folder = tmp_path / "holiday" / "day 1"
    folder.mkdir(parents=True)
    first = make_photo("first.png")
    for name in ("b.png", "a.png"):
        make_photo(f"holiday/day 1/{name}")
    (folder / "notes.txt").write_text("no photo")
    drop(room.window.canvas, files(first, folder.parent))
    room.wait(lambda: len(room.darkroom.items) == 3)
    room.wait(lambda: all(i.state is ItemState.READY for i in room.darkroom.items))
    assert [item.name for item in room.darkroom.items] == ["first.png", "a.png", "b.png"]
    assert room.current.name == "first.png"
    assert room.window.canvas.has_photo


def test_a_photo_that_is_there_already_is_looked_at(room: Room, make_photo: MakePhoto) -> None:
    one, two = make_photo("one.png"), make_photo("two.png")
    room.add(one, two)
    drop(room.window.film_strip.viewport(), files(two))
    room.wait(lambda: room.current.name == "two.png")
    assert len(room.darkroom.items) == 2


def test_a_folder_without_photos_says_so(room: Room, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    room.window.photos.add_paths([tmp_path / "empty"])
    room.wait(lambda: "no photos" in room.window.canvas.message)


def test_what_is_no_photo_says_so_on_the_canvas(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "fake.jpg"
    path.write_text("hello")
    room.window.photos.add_paths([path])
    canvas = room.window.canvas
    room.wait(lambda: canvas.failed is not None)
    assert room.current.state is ItemState.FAILED
    assert canvas.failed == FailedPhoto("fake.jpg", room.current.message)
    assert "fake.jpg" in room.current.message
    assert canvas.message == ""  # said once is enough
    assert room.window.status_line.text.text() == room.current.message
    assert room.current.message in canvas.accessibleDescription()


def test_a_failed_photo_makes_room_for_the_next(
    room: Room, make_photo: MakePhoto, tmp_path: Path
) -> None:
    path = tmp_path / "fake.jpg"
    path.write_text("hello")
    room.add(path)
    canvas = room.window.canvas
    room.wait(lambda: canvas.failed is not None)
    with room.qtbot.waitSignal(canvas.open_requested):
        canvas.open_requested.disconnect(room.window.photos.open_photos)
        room.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton)
    room.add(make_photo())
    room.wait(lambda: canvas.has_photo and canvas.failed is None)
    room.window.pictures.remove([item.item_id for item in room.darkroom.items])
    assert canvas.failed is None
    assert "Drop photos here" in canvas.accessibleDescription()


def test_an_image_is_pasted(room: Room) -> None:
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    room.named(QAction, "pasteAction").trigger()
    room.wait(lambda: bool(room.darkroom.items) and room.current.photo is not None)
    photo = room.current.photo
    assert photo is not None
    assert photo.pixels[5, 5].tolist() == [255, 0, 0]
    room.develop()
    assert room.current.state is ItemState.DONE


def test_files_are_pasted_while_the_instruction_has_the_focus(
    room: Room, make_photo: MakePhoto
) -> None:
    QGuiApplication.clipboard().setMimeData(files(make_photo()))
    field = room.window.instruction_bar.field
    field.setFocus()
    text = field.text()
    room.qtbot.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    room.wait(lambda: len(room.darkroom.items) == 1)
    assert field.text() == text


def test_text_is_pasted_into_the_instruction(room: Room) -> None:
    QGuiApplication.clipboard().setText("manga")
    field = room.window.instruction_bar.field
    field.setFocus()
    field.clear()
    room.qtbot.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == "manga"
    assert room.darkroom.items == ()


def test_an_empty_clipboard_says_so(room: Room) -> None:
    QGuiApplication.clipboard().clear()
    room.named(QAction, "pasteAction").trigger()
    assert room.window.canvas.message


def test_the_open_dialog_takes_photos(
    room: Room, make_photo: MakePhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLAIN_DIALOGS_VARIABLE, "1")
    path = make_photo()
    room.named(QAction, "openAction").trigger()
    dialog = next(d for d in room.window.findChildren(QFileDialog) if d.isVisible())
    dialog.filesSelected.emit([str(path)])
    dialog.close()
    room.wait(lambda: len(room.darkroom.items) == 1)
    assert room.window.services.preferences.values.last_open_folder == str(path.parent)


def test_delete_takes_a_photo_off_and_undo_puts_it_back(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo("a.png"), make_photo("b.png", blue=10))
    room.develop()
    strip = room.window.film_strip
    strip.setFocus()
    room.qtbot.keyClick(strip, Qt.Key.Key_Delete)
    room.wait(lambda: [item.name for item in room.darkroom.items] == ["b.png"])
    assert "a.png" in room.window.canvas.message
    room.qtbot.keyClick(room.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [item.name for item in room.darkroom.items] == ["a.png", "b.png"]
    room.wait(lambda: room.current.name == "a.png" and room.current.result is not None)
    room.wait(lambda: room.window.canvas.has_result)


def test_the_button_in_the_message_puts_it_back_too(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.named(QAction, "closePhotoAction").trigger()
    assert room.darkroom.items == ()
    assert not room.window.canvas.has_photo
    room.window.canvas.message_action_triggered.emit()
    assert len(room.darkroom.items) == 1


def test_removing_a_photo_ends_its_run(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo())
    room.engine.gate.clear()
    room.window.development.run()
    room.wait(lambda: bool(room.engine.runs))
    room.named(QAction, "closePhotoAction").trigger()
    room.wait(lambda: not room.window.development.is_busy)
    assert room.darkroom.items == ()


def test_a_picture_of_ours_brings_its_settings_back(
    room: Room, make_photo: MakePhoto, tmp_path: Path
) -> None:
    room.add(make_photo())
    room.window.model.set_look("poster")
    room.window.model.set_parameter("line_width", 2.5)
    room.develop()
    path = tmp_path / "ours.png"
    room.window.saving.save_to(path)
    room.wait(lambda: room.current.saved_path == path)
    room.window.model.set_look("manga")
    room.add(path)
    assert room.current.name == "ours.png"
    assert room.window.model.interpretation.look == "poster"
    assert room.window.model.request.parameters == {"line_width": 2.5}
    assert "settings are restored" in room.window.canvas.message


# --- pictures from the web


@pytest.fixture
def server(make_photo: MakePhoto) -> Iterator[str]:
    """A web server with one picture, on this machine."""
    data = make_photo("web.png").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/pictures/web.png"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(data) if found else 0))
            self.end_headers()
            if found:
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_a_picture_on_the_web_is_fetched_after_asking(room: Room, server: str) -> None:
    mime = QMimeData()
    mime.setHtml(f'<a href="https://example.org/"><img src="{server}/pictures/web.png"></a>')
    drop(room.window.canvas, mime)
    assert "Fetch this picture from 127.0.0.1?" in room.window.canvas.message
    room.qtbot.wait(100)
    assert room.darkroom.items == ()
    room.window.canvas.message_action_triggered.emit()
    room.wait(lambda: bool(room.darkroom.items) and room.current.photo is not None)
    assert room.current.name == "web.png"


def test_a_picture_that_is_not_there_is_told(room: Room, server: str) -> None:
    room.window.photos.ask_to_fetch(f"{server}/other.png")
    room.window.canvas.message_action_triggered.emit()
    room.wait(lambda: room.window.canvas.message_kind is MessageKind.ERROR)
    assert "127.0.0.1" in room.window.canvas.message


def test_a_picture_that_is_too_large_is_refused(room: Room, server: str) -> None:
    fetcher = Fetcher(room.window, max_bytes=50)
    with room.qtbot.waitSignal(fetcher.failed, timeout=5_000) as blocker:
        fetcher.fetch(f"{server}/pictures/web.png")
    assert "larger than" in blocker.args[0]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/a.png", "http:///x"])
def test_only_the_web_is_fetched_from(room: Room, address: str) -> None:
    fetcher = Fetcher(room.window)
    with room.qtbot.waitSignal(fetcher.failed):
        fetcher.fetch(address)
