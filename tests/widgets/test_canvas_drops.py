"""Things dragged over the canvas, dropped on it, pasted into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import (
    QByteArray,
    QLibraryInfo,
    QMimeData,
    QPoint,
    QPointF,
    Qt,
    QUrl,
    QVersionNumber,
)
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
)
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.widgets.canvas import HOVER_SENTENCE, Canvas, MessageKind
from desktop_app.widgets.drops import REFUSAL

COPY, LEFT = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
# Qt 6.12 wants the one where older ones know the other.
POINT: Any = QPointF if QLibraryInfo.version() >= QVersionNumber(6, 12) else QPoint


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(500, 400)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


def files(*paths: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return mime


def text(words: str) -> QMimeData:
    mime = QMimeData()
    mime.setText(words)
    return mime


def enter(canvas: Canvas, mime: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(POINT(100, 100), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(canvas, event)
    return event


def drop(canvas: Canvas, mime: QMimeData) -> QDropEvent:
    enter(canvas, mime)
    event = QDropEvent(QPointF(100, 100), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(canvas, event)
    return event


def test_files_and_folders(qtbot: QtBot, canvas: Canvas) -> None:
    with qtbot.waitSignal(canvas.files_dropped) as caught:
        assert drop(canvas, files("/tmp/a.jpg", "/tmp/folder")).isAccepted()
    assert caught.args == [[Path("/tmp/a.jpg"), Path("/tmp/folder")]]


def test_bytes(qtbot: QtBot, canvas: Canvas) -> None:
    mime = QMimeData()
    mime.setData("application/octet-stream", QByteArray(b"\xff\xd8\xff\xe0..."))
    mime.setHtml('<img src="https://example.com/cat.jpg">')
    with qtbot.waitSignal(canvas.bytes_dropped) as caught:
        drop(canvas, mime)
    assert caught.args == [b"\xff\xd8\xff\xe0...", "cat.jpg"]


def test_an_image(qtbot: QtBot, canvas: Canvas) -> None:
    image = QImage(5, 4, QImage.Format.Format_RGB32)
    image.fill(QColor("tomato"))
    mime = QMimeData()
    mime.setImageData(image)
    with qtbot.waitSignal(canvas.image_dropped) as caught:
        drop(canvas, mime)
    assert caught.args is not None
    assert caught.args[0].size() == image.size()


def test_an_address_is_told_and_not_fetched(qtbot: QtBot, canvas: Canvas) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.com/cat.jpg")])
    with qtbot.waitSignal(canvas.remote_dropped) as caught:
        drop(canvas, mime)
    assert caught.args == ["https://example.com/cat.jpg"]


def test_what_cannot_be_used_is_answered_with_a_sentence(canvas: Canvas) -> None:
    event = drop(canvas, text("a poem"))
    assert event.dropAction() is Qt.DropAction.IgnoreAction
    assert canvas.message == REFUSAL
    assert canvas.message_kind is MessageKind.ERROR


def test_a_drag_that_hovers_is_answered_and_forgotten(canvas: Canvas) -> None:
    at_rest = canvas.grab().toImage()
    event = enter(canvas, files("/tmp/a.jpg"))
    assert event.isAccepted()
    assert event.dropAction() is COPY
    assert canvas.hover_sentence == HOVER_SENTENCE
    lit = canvas.grab().toImage()
    assert lit != at_rest
    QApplication.sendEvent(canvas, QDragLeaveEvent())
    assert canvas.hover_sentence == ""
    event = enter(canvas, text("a poem"))
    # It stays here to be told why, and shows the artist that it cannot be dropped.
    assert event.isAccepted()
    assert event.dropAction() is Qt.DropAction.IgnoreAction
    move = QDragMoveEvent(POINT(120, 100), COPY, text("a poem"), LEFT, NONE)
    QApplication.sendEvent(canvas, move)
    assert move.dropAction() is Qt.DropAction.IgnoreAction
    assert canvas.hover_sentence == REFUSAL
    assert canvas.grab().toImage() not in (at_rest, lit)


def test_a_drop_ends_the_hovering(canvas: Canvas) -> None:
    drop(canvas, files("/tmp/a.jpg"))
    assert canvas.hover_sentence == ""
