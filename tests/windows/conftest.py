"""A whole window with an engine that tests control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.theme.manager import ThemeManager
from desktop_app.windows.main_window import MainWindow
from desktop_app.windows.services import build_services
from tests.windows.room import MakePhoto, MakeRoom, Room, SpyEngine


@pytest.fixture
def make_room(qtbot: QtBot, qapp: QApplication, toonroom_home: Path) -> Iterator[MakeRoom]:
    """Make windows; each one must end all its threads when it is closed."""
    rooms: list[tuple[Room, QObject]] = []

    def make(*engines: SpyEngine) -> Room:
        engines = engines or (SpyEngine(),)
        owner = QObject()
        settings = toonroom_home / "settings.json"
        if not settings.exists():  # else the first start has its own words
            settings.write_text('{"models_seen": true}')
        services = build_services(engines, ThemeManager(qapp, owner), toonroom_home, owner)
        window = MainWindow(services)
        window.show()
        qtbot.waitExposed(window)
        window.session.start()
        room = Room(qtbot, window, engines[0])
        rooms.append((room, owner))
        return room

    yield make
    for room, owner in rooms:
        for engine in room.window.services.engines:
            assert isinstance(engine, SpyEngine)
            engine.gate.set()
            engine.load_gate.set()
        room.window.close()
        assert not room.window.services.pipeline.is_running
        room.window.deleteLater()
        owner.deleteLater()
    qapp.setStyleSheet("")


@pytest.fixture
def room(make_room: MakeRoom) -> Room:
    """One window."""
    return make_room()


@pytest.fixture
def make_photo(tmp_path: Path) -> MakePhoto:
    """Write photos: a gradient of 60 x 40 pixels, each of another blue."""

    def make(name: str = "photo.png", blue: int = 90) -> Path:
        rows = np.linspace(0, 200, 40, dtype=np.uint8)[:, None]
        columns = np.linspace(0, 250, 60, dtype=np.uint8)[None, :]
        pixels = np.zeros((40, 60, 3), np.uint8)
        pixels[..., 0], pixels[..., 1], pixels[..., 2] = blue, rows, columns
        path = tmp_path / name
        assert cv2.imwrite(str(path), pixels)
        return path

    return make
