"""Pixels come back for the photo that is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from desktop_app.core.request import Request
from desktop_app.session.darkroom import Darkroom
from desktop_app.session.history import History
from desktop_app.session.items import ItemState, PhotoItem
from desktop_app.session.supply import Supply
from desktop_app.workers.photo_loader import PhotoLoader
from tests.session.makes import make_photo, make_result

TIMEOUT_MS = 10_000


class Room:
    """A darkroom with its supply."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history = History(folder / "history")
        self.darkroom = Darkroom()
        self.loader = PhotoLoader()
        self.supply = Supply(self.darkroom, self.loader, self.history)

    def item(self, item_id: str) -> PhotoItem:
        found = self.darkroom.item(item_id)
        assert found is not None
        return found

    def photo_file(self, name: str) -> Path:
        path = self.folder / f"{name}.png"
        Image.fromarray(make_photo().pixels).save(path)
        return path


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    assert made.supply.shutdown()
    assert made.loader.shutdown()


def test_what_the_loader_reads_arrives_at_its_item(room: Room, qtbot: QtBot) -> None:
    path = room.photo_file("a")
    room.darkroom.add(PhotoItem("a", "a", path))
    room.loader.load("a", path)
    qtbot.waitUntil(lambda: room.item("a").state is ItemState.READY, timeout=TIMEOUT_MS)
    item = room.item("a")
    assert item.photo is not None
    assert item.photo_levels
    assert not item.thumbnail.isNull()


def test_a_photo_that_cannot_be_read_says_why(room: Room, qtbot: QtBot) -> None:
    path = room.folder / "broken.png"
    path.write_bytes(b"rubbish")
    room.darkroom.add(PhotoItem("a", "a", path))
    room.loader.load("a", path)
    qtbot.waitUntil(lambda: room.item("a").state is ItemState.FAILED, timeout=TIMEOUT_MS)
    assert "broken.png" in room.item("a").message


def test_photo_and_result_come_back_when_they_are_looked_at(room: Room, qtbot: QtBot) -> None:
    result = make_result(5)
    path = room.photo_file("b")
    entry = room.history.keep(result, make_photo(path))
    other = room.photo_file("a")
    room.darkroom.add(PhotoItem("a", "a", other, state=ItemState.READY))
    room.darkroom.add(PhotoItem("b", "b", path, state=ItemState.DONE, entry_id=entry.entry_id))
    room.darkroom.set_current("b")
    qtbot.waitUntil(lambda: bool(room.item("b").result_levels), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: bool(room.item("b").photo_levels), timeout=TIMEOUT_MS)
    item = room.item("b")
    assert item.state is ItemState.DONE
    assert item.result is not None
    assert np.array_equal(item.result.picture, result.picture)
    assert len(item.result.rendering.layers) == 2


def test_a_blended_result_comes_back_blended(room: Room, qtbot: QtBot) -> None:
    path = room.photo_file("a")
    photo = make_photo(path)
    entry = room.history.keep(make_result(5), photo)
    room.darkroom.add(
        PhotoItem(
            "a",
            "a",
            path,
            state=ItemState.DONE,
            entry_id=entry.entry_id,
            request=Request(seed=5, blend=0.0),
        )
    )
    qtbot.waitUntil(lambda: bool(room.item("a").result_levels), timeout=TIMEOUT_MS)
    shown = room.item("a").result_levels[0].pixelColor(3, 2)
    assert [shown.red(), shown.green(), shown.blue()] == photo.pixels[2, 3].tolist()


def test_a_result_that_is_gone_says_so(room: Room, qtbot: QtBot) -> None:
    path = room.photo_file("a")
    entry = room.history.keep(make_result(5), make_photo(path))
    room.history.remove(entry.entry_id)
    room.darkroom.add(
        PhotoItem("a", "cat.png", path, state=ItemState.DONE, entry_id=entry.entry_id)
    )
    qtbot.waitUntil(lambda: room.item("a").entry_id is None, timeout=TIMEOUT_MS)
    assert room.item("a").state is ItemState.READY
    assert "cat.png" in room.item("a").message


def test_a_photo_that_went_while_its_result_is_kept_shows_the_result(
    room: Room, qtbot: QtBot
) -> None:
    path = room.photo_file("a")
    entry = room.history.keep(make_result(5), make_photo(path))
    path.unlink()
    room.darkroom.add(PhotoItem("a", "a", path, state=ItemState.DONE, entry_id=entry.entry_id))
    qtbot.waitUntil(lambda: room.item("a").state is ItemState.FAILED, timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: bool(room.item("a").result_levels), timeout=TIMEOUT_MS)
