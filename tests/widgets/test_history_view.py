"""The history view: past cartoons in, wishes out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop_app.widgets.history_view import HistoryRow, HistoryView


def row(entry_id: str, width: int = 60, height: int = 40) -> HistoryRow:
    thumbnail = QImage(width, height, QImage.Format.Format_RGB32)
    thumbnail.fill(QColor("#c02020"))
    return HistoryRow(entry_id, f"{entry_id}.jpg", "Cartoon · 4000 × 3000", thumbnail)


@pytest.fixture
def view(qtbot: QtBot) -> HistoryView:
    view = HistoryView()
    qtbot.addWidget(view)
    view.resize(260, 320)
    view.set_entries([row("a"), row("b"), row("c")])
    view.show()
    qtbot.waitExposed(view)
    return view


def centre(view: HistoryView, number: int) -> QPoint:
    return view.visualRect(view.model().index(number, 0)).center()


def test_enter_and_double_click_open(qtbot: QtBot, view: HistoryView) -> None:
    left = Qt.MouseButton.LeftButton
    QTest.mouseClick(view.viewport(), left, pos=centre(view, 1))
    with qtbot.waitSignal(view.open_requested) as caught:
        QTest.mouseDClick(view.viewport(), left, pos=centre(view, 1))
    assert caught.args == ["b"]
    with qtbot.waitSignal(view.open_requested) as caught:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert caught.args == ["b"]


def test_delete_asks_to_remove(qtbot: QtBot, view: HistoryView) -> None:
    with qtbot.assertNotEmitted(view.remove_requested):
        QTest.keyClick(view, Qt.Key.Key_Delete)
    view.setCurrentIndex(view.model().index(2, 0))
    with qtbot.waitSignal(view.remove_requested) as caught:
        QTest.keyClick(view, Qt.Key.Key_Delete)
    assert caught.args == ["c"]


def test_the_menu(qtbot: QtBot, view: HistoryView) -> None:
    view.setCurrentIndex(view.model().index(0, 0))
    menu = view.make_menu()
    actions = {action.text(): action for action in menu.actions()}
    for text, signal in (
        ("Open", view.open_requested),
        ("Use these settings again", view.reuse_requested),
        ("Show in folder", view.reveal_requested),
        ("Remove from the history", view.remove_requested),
    ):
        with qtbot.waitSignal(signal) as caught:
            actions[text].trigger()
        assert caught.args == ["a"]
    menu.close()


def test_the_current_entry_stays_current(view: HistoryView) -> None:
    view.setCurrentIndex(view.model().index(1, 0))
    view.set_entries([row("new"), row("a"), row("b")])
    assert view.current_id == "b"
    view.set_entries([row("new")])
    assert view.current_id == ""


def test_rows_are_read_out(view: HistoryView) -> None:
    index = view.model().index(0, 0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "a.jpg, Cartoon · 4000 × 3000"


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 256), (256, 1), (72, 54)])
def test_thumbnails_of_any_shape_fill_their_frame(
    qtbot: QtBot, view: HistoryView, width: int, height: int
) -> None:
    view.set_entries([row("a", width, height)])
    image = view.grab().toImage()
    assert image.pixelColor(44, centre(view, 0).y()) == QColor("#c02020")


def test_a_missing_thumbnail_is_no_harm(view: HistoryView) -> None:
    view.set_entries([HistoryRow("a", "a.jpg", "", QImage())])
    assert not view.grab().isNull()


def test_an_empty_history_says_what_it_is_for(view: HistoryView) -> None:
    view.set_entries([])
    image = view.grab().toImage()
    ground = image.pixel(3, 3)
    middle = range(image.height() // 2 - 12, image.height() // 2 + 12)
    assert any(image.pixel(x, y) != ground for x in range(image.width()) for y in middle)
