"""Reading photos: from files, contents and pictures; failing; the newest reading wins."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QObject, QThread, Slot
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop_app.workers.photo_loader import LoadedPhoto, LoadFailure, PhotoLoader
from tests.workers.fakes import TIMEOUT_MS


class Ears(QObject):
    def __init__(self, loader: PhotoLoader) -> None:
        super().__init__()
        self.loaded: list[LoadedPhoto] = []
        self.failed: list[LoadFailure] = []
        self.threads: set[QThread] = set()
        loader.loaded.connect(self.on_loaded)
        loader.failed.connect(self.on_failed)

    @Slot(object)
    def on_loaded(self, loaded: LoadedPhoto) -> None:
        self.threads.add(QThread.currentThread())
        self.loaded.append(loaded)

    @Slot(object)
    def on_failed(self, failure: LoadFailure) -> None:
        self.threads.add(QThread.currentThread())
        self.failed.append(failure)


@pytest.fixture
def loader(qtbot: QtBot) -> Iterator[PhotoLoader]:
    made = PhotoLoader()
    yield made
    assert made.shutdown()


def wait_until_idle(qtbot: QtBot, loader: PhotoLoader) -> None:
    qtbot.waitUntil(lambda: not loader.is_busy, timeout=TIMEOUT_MS)


def png(width: int = 600, height: int = 300, colour: str = "#102030") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def write_png(path: Path, colour: str = "#102030") -> Path:
    path.write_bytes(png(colour=colour))
    return path


def test_a_file_is_read(qtbot: QtBot, loader: PhotoLoader, tmp_path: Path) -> None:
    ears = Ears(loader)
    path = write_png(tmp_path / "a.png")
    loader.load("a", path)
    wait_until_idle(qtbot, loader)
    (loaded,) = ears.loaded
    assert loaded.item_id == "a"
    assert loaded.photo.path == path
    assert [level.width() for level in loaded.levels] == [600, 300]
    assert loaded.levels[0].pixelColor(0, 0) == QColor("#102030")
    assert (loaded.thumbnail.width(), loaded.thumbnail.height()) == (256, 128)
    assert ears.threads == {QThread.currentThread()}


def test_a_file_that_is_no_photo_is_one_sentence(
    qtbot: QtBot, loader: PhotoLoader, tmp_path: Path
) -> None:
    ears = Ears(loader)
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff rubbish")
    loader.load("b", path)
    loader.load("c", tmp_path / "missing.png")
    wait_until_idle(qtbot, loader)
    sentences = {failure.item_id: failure.sentence for failure in ears.failed}
    assert "broken.jpg" in sentences["b"]
    assert "missing.png" in sentences["c"]


def test_contents_and_pictures_are_kept_where_they_can_be_read_again(
    qtbot: QtBot, tmp_path: Path
) -> None:
    def keep(item_id: str, name: str, data: bytes) -> Path:
        path = tmp_path / f"{item_id}-{name}"
        path.write_bytes(data)
        return path

    loader = PhotoLoader(keep_pasted=keep)
    ears = Ears(loader)
    image = QImage(5, 4, QImage.Format.Format_ARGB32)
    image.fill(QColor(10, 20, 30, 128))
    loader.load("data", png(9, 8), name="cat.png")
    loader.load("image", image, name="Screenshot.jpg")
    wait_until_idle(qtbot, loader)
    photos = {loaded.item_id: loaded.photo for loaded in ears.loaded}
    assert photos["data"].path == tmp_path / "data-cat.png"
    assert (tmp_path / "data-cat.png").read_bytes() == png(9, 8)
    assert photos["image"].path == tmp_path / "image-Screenshot.png"
    assert photos["image"].alpha is not None
    loader.load("again", photos["image"].path)
    wait_until_idle(qtbot, loader)
    again = ears.loaded[-1].photo
    assert np.array_equal(again.pixels, photos["image"].pixels)
    assert again.alpha is not None
    assert np.array_equal(again.alpha, photos["image"].alpha)
    assert loader.shutdown()


def test_a_picture_that_cannot_be_kept_is_still_shown(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def keep(item_id: str, name: str, data: bytes) -> Path:
        raise OSError(28, "No space left on device")

    loader = PhotoLoader(keep_pasted=keep)
    ears = Ears(loader)
    with caplog.at_level(logging.CRITICAL):
        loader.load("data", png())
        wait_until_idle(qtbot, loader)
    assert ears.loaded[0].photo.path is None
    assert loader.shutdown()


def test_contents_that_are_no_picture_are_not_kept(qtbot: QtBot) -> None:
    kept: list[bytes] = []

    def keep(item_id: str, name: str, data: bytes) -> Path:
        kept.append(data)
        return Path(name)

    loader = PhotoLoader(keep_pasted=keep)
    ears = Ears(loader)
    loader.load("data", b"<html>", name="page.png")
    wait_until_idle(qtbot, loader)
    assert "page.png" in ears.failed[0].sentence
    assert not kept
    assert loader.shutdown()


def test_only_the_newest_reading_of_an_item_is_told_of(
    qtbot: QtBot, loader: PhotoLoader, tmp_path: Path
) -> None:
    ears = Ears(loader)
    for number in range(20):
        loader.load("a", write_png(tmp_path / f"{number}.png", f"#0000{number:02x}"))
    loader.load("dropped", tmp_path / "0.png")
    loader.drop("dropped")
    wait_until_idle(qtbot, loader)
    assert [loaded.levels[0].pixelColor(0, 0).blue() for loaded in ears.loaded] == [19]


def test_many_photos_all_arrive(qtbot: QtBot, loader: PhotoLoader, tmp_path: Path) -> None:
    ears = Ears(loader)
    path = write_png(tmp_path / "a.png")
    for number in range(60):
        loader.load(str(number), path, urgent=number % 7 == 0)
    wait_until_idle(qtbot, loader)
    assert {loaded.item_id for loaded in ears.loaded} == {str(number) for number in range(60)}
