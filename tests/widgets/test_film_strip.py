"""The film strip: snapshots in, wishes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import (
    QByteArray,
    QLibraryInfo,
    QMimeData,
    QModelIndex,
    QPoint,
    QPointF,
    Qt,
    QUrl,
    QVersionNumber,
)
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage, QWheelEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.widgets.drops import REFUSAL, Dropped
from desktop_app.widgets.film_strip import FilmStrip, StripItem, StripState

LEFT = Qt.MouseButton.LeftButton
# Qt 6.12 wants the one where older ones know the other.
POINT: Any = QPointF if QLibraryInfo.version() >= QVersionNumber(6, 12) else QPoint


def item(item_id: str, state: str = "ready", **more: object) -> StripItem:
    thumbnail = QImage(60, 40, QImage.Format.Format_RGB32)
    thumbnail.fill(QColor("#2040c0"))
    return StripItem(item_id, f"{item_id}.jpg", thumbnail, state, **more)  # type: ignore[arg-type]


@pytest.fixture
def strip(qtbot: QtBot) -> FilmStrip:
    strip = FilmStrip()
    qtbot.addWidget(strip)
    strip.resize(700, strip.height())
    # It watches every change of the model and fails the test where one is inconsistent.
    strip.tester = QAbstractItemModelTester(  # type: ignore[attr-defined]
        strip.model(), QAbstractItemModelTester.FailureReportingMode.Warning, strip
    )
    strip.set_items([item("a"), item("b"), item("c"), item("d")])
    strip.show()
    qtbot.waitExposed(strip)
    strip.activateWindow()
    strip.setFocus()
    qtbot.waitUntil(strip.hasFocus)
    return strip


def centre(strip: FilmStrip, row: int) -> QPoint:
    return strip.visualRect(strip.model().index(row, 0)).center()


def click(
    strip: FilmStrip, row: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.mouseClick(strip.viewport(), LEFT, modifiers, centre(strip, row))


def test_all_photos_stand_in_one_row(strip: FilmStrip) -> None:
    tops = {strip.visualRect(strip.model().index(row, 0)).top() for row in range(4)}
    assert len(tops) == 1
    assert strip.viewport().height() >= strip.visualRect(strip.model().index(0, 0)).bottom()


def test_clicks_and_keys_ask_for_a_photo(qtbot: QtBot, strip: FilmStrip) -> None:
    with qtbot.waitSignal(strip.current_requested) as caught:
        click(strip, 2)
    assert caught.args == ["c"]
    with qtbot.waitSignal(strip.current_requested) as caught:
        QTest.keyClick(strip, Qt.Key.Key_Right)
    assert caught.args == ["d"]
    with qtbot.waitSignal(strip.current_requested) as caught:
        QTest.keyClick(strip, Qt.Key.Key_Home)
    assert caught.args == ["a"]
    with qtbot.waitSignal(strip.current_requested) as caught:
        QTest.keyClick(strip, Qt.Key.Key_Return)
    assert caught.args == ["a"]


def test_what_the_window_sets_is_no_wish(qtbot: QtBot, strip: FilmStrip) -> None:
    with qtbot.assertNotEmitted(strip.current_requested):
        strip.set_current("c")
        strip.set_items([item("b"), item("a"), item("x")])
        strip.set_current("x")
        strip.set_current("")
        strip.set_current("no such photo")
        strip.set_items([])


def test_current_and_selection_stay_with_their_photos(strip: FilmStrip) -> None:
    strip.set_current("c")
    strip.set_items([item("x"), item("c"), item("a")])
    assert strip.current_id == "c"
    assert strip.selected_ids == ["c"]
    assert [strip.model().index(row, 0).data() for row in range(3)] == ["x.jpg", "c.jpg", "a.jpg"]


def test_delete_asks_for_all_that_are_selected(qtbot: QtBot, strip: FilmStrip) -> None:
    click(strip, 3)
    click(strip, 1, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(strip.remove_requested) as caught:
        QTest.keyClick(strip, Qt.Key.Key_Delete)
    assert caught.args == [["b", "d"]]
    click(strip, 0)
    click(strip, 2, Qt.KeyboardModifier.ShiftModifier)
    with qtbot.waitSignal(strip.remove_requested) as caught:
        QTest.keyClick(strip, Qt.Key.Key_Delete)
    assert caught.args == [["a", "b", "c"]]


def test_delete_without_a_selection_asks_for_nothing(qtbot: QtBot, strip: FilmStrip) -> None:
    strip.clearSelection()
    with qtbot.assertNotEmitted(strip.remove_requested):
        QTest.keyClick(strip, Qt.Key.Key_Delete)


def test_the_menu(qtbot: QtBot, strip: FilmStrip) -> None:
    click(strip, 1)
    menu = strip.make_menu()
    actions = {action.text(): action for action in menu.actions()}
    for text, signal, wanted in (
        ("Show", strip.current_requested, "b"),
        ("Show in folder", strip.reveal_requested, "b"),
        ("Remove", strip.remove_requested, ["b"]),
    ):
        with qtbot.waitSignal(signal) as caught:
            actions[text].trigger()
        assert caught.args == [wanted]
    menu.close()
    strip.selectAll()
    menu = strip.make_menu()
    assert "Remove 4 photos" in [action.text() for action in menu.actions()]
    menu.close()


def test_a_change_touches_only_its_row(qtbot: QtBot, strip: FilmStrip) -> None:
    with qtbot.waitSignal(strip.model().dataChanged) as caught:
        strip.update_item(item("c", "failed", tooltip="c.jpg ends too early."))
    assert caught.args is not None
    first, last = caught.args[:2]
    assert isinstance(first, QModelIndex)
    assert (first.row(), last.row()) == (2, 2)
    assert first.data(Qt.ItemDataRole.ToolTipRole) == "c.jpg ends too early."
    assert first.data(Qt.ItemDataRole.AccessibleTextRole) == "c.jpg, failed"
    with qtbot.assertNotEmitted(strip.model().dataChanged):
        strip.update_item(item("unknown"))


@pytest.mark.parametrize("state", [*StripState, "DONE", "no such state"])
def test_every_state_is_drawn(qtbot: QtBot, strip: FilmStrip, state: str) -> None:
    plain = strip.grab().toImage()
    strip.update_item(item("b", state))
    is_told = state.lower() not in ("ready", "no such state")
    assert (strip.grab().toImage() != plain) == is_told
    blank = StripItem("b", "b.jpg", QImage(), state)
    strip.update_item(blank)
    assert not strip.grab().isNull()


def test_progress_is_drawn(strip: FilmStrip) -> None:
    looks = []
    for progress in (0.1, 0.9):
        strip.update_item(item("b", "developing", progress=progress))
        looks.append(strip.grab().toImage())
    assert looks[0] != looks[1]


def test_badges_turn_only_while_something_moves(qtbot: QtBot, strip: FilmStrip) -> None:
    timer = strip._turn_timer
    assert not timer.isActive()
    strip.update_item(item("b", "developing"))
    turn = strip._delegate.turn
    qtbot.waitUntil(lambda: strip._delegate.turn != turn)
    strip.update_item(item("b", "done"))
    qtbot.waitUntil(lambda: not timer.isActive())


def send_drop(strip: FilmStrip, mime: QMimeData) -> None:
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(strip.viewport(), QDragEnterEvent(POINT(20, 20), copy, mime, LEFT, none))
    event = QDropEvent(QPointF(20, 20), copy, mime, LEFT, none)
    QApplication.sendEvent(strip.viewport(), event)
    assert event.isAccepted()


def test_drops(qtbot: QtBot, strip: FilmStrip) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/a.jpg")])
    with qtbot.waitSignal(strip.files_dropped) as caught:
        send_drop(strip, mime)
    assert caught.args == [[Path("/tmp/a.jpg")]]
    others: list[Dropped] = []
    strip.other_dropped.connect(others.append)
    mime = QMimeData()
    mime.setData("image/jpeg", QByteArray(b"\xff\xd8\xff..."))
    send_drop(strip, mime)
    mime = QMimeData()
    mime.setText("a poem")
    send_drop(strip, mime)
    assert others[0].data == b"\xff\xd8\xff..."
    assert others[1].refusal == REFUSAL


def test_an_ordinary_wheel_scrolls_along(strip: FilmStrip) -> None:
    strip.set_items([item(str(n)) for n in range(30)])
    QApplication.processEvents()
    at = QPointF(50, 30)
    event = QWheelEvent(
        at,
        strip.mapToGlobal(at),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(strip.viewport(), event)
    assert strip.horizontalScrollBar().value() > 0


def test_an_empty_strip_says_what_it_is_for(strip: FilmStrip) -> None:
    full = strip.grab().toImage()
    strip.set_items([])
    empty = strip.grab().toImage()
    assert empty != full
    ground = empty.pixel(3, 3)
    assert any(empty.pixel(x, empty.height() // 2 - 4) != ground for x in range(empty.width()))


def test_a_compact_strip_is_lower(qtbot: QtBot) -> None:
    strip = FilmStrip()
    qtbot.addWidget(strip)
    high = strip.height()
    strip.set_compact(True)
    assert strip.height() < high - 20
    strip.set_compact(False)
    assert strip.height() == high
