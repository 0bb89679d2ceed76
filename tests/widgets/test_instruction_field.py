"""The instruction field: suggestions, memory, Enter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.widgets.instruction_field import InstructionField
from desktop_app.widgets.suggestions import completed

PHRASES = ("Cartoonize the following image", "bolder lines", "black and white", "brighter")


@pytest.fixture
def field(qtbot: QtBot) -> Iterator[InstructionField]:
    window = QWidget()
    field = InstructionField()
    layout = QVBoxLayout(window)
    layout.addWidget(field)
    layout.addStretch(1)
    window.resize(600, 400)
    qtbot.addWidget(window)
    field.set_completions(PHRASES)
    window.show()
    qtbot.waitExposed(window)
    field.setFocus()
    yield field
    window.close()


def test_enter_asks_for_a_run(qtbot: QtBot, field: InstructionField) -> None:
    qtbot.keyClicks(field, "pencil sketch")
    with qtbot.waitSignal(field.run_requested):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "pencil sketch"


def test_the_last_words_are_completed() -> None:
    assert completed("watercolour, bo", PHRASES) == [("bolder lines", "watercolour, bolder lines")]
    assert [phrase for phrase, _ in completed("with bl", PHRASES)] == ["black and white"]
    assert completed("", PHRASES) == []
    assert completed("b", PHRASES) == []  # one letter says too little
    assert completed("a cat, bolder lines", PHRASES) == []  # whole already


def test_suggestions_are_shown_and_picked(qtbot: QtBot, field: InstructionField) -> None:
    qtbot.keyClicks(field, "cartoon, bo")
    assert field.suggestions.isVisible()
    with qtbot.assertNotEmitted(field.run_requested):
        qtbot.keyClick(field, Qt.Key.Key_Down)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "cartoon, bolder lines"
    assert not field.suggestions.isVisible()


def test_enter_runs_where_no_suggestion_is_selected(qtbot: QtBot, field: InstructionField) -> None:
    qtbot.keyClicks(field, "cartoon, bo")
    with qtbot.waitSignal(field.run_requested):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "cartoon, bo"
    assert not field.suggestions.isVisible()


def test_escape_puts_suggestions_away(qtbot: QtBot, field: InstructionField) -> None:
    qtbot.keyClicks(field, "bo")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.suggestions.isVisible()


def test_a_click_picks_a_suggestion(qtbot: QtBot, field: InstructionField) -> None:
    qtbot.keyClicks(field, "bl")
    suggestions = field.suggestions
    rect = suggestions.visualItemRect(suggestions.item(0))
    qtbot.mouseClick(suggestions.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert field.text() == "black and white"


def test_up_and_down_walk_through_recent_instructions(
    qtbot: QtBot, field: InstructionField
) -> None:
    field.set_recent(["poster", "manga"])
    qtbot.keyClicks(field, "xyz")
    for key, text in (
        (Qt.Key.Key_Up, "poster"),
        (Qt.Key.Key_Up, "manga"),
        (Qt.Key.Key_Up, "manga"),
        (Qt.Key.Key_Down, "poster"),
        (Qt.Key.Key_Down, "xyz"),
    ):
        qtbot.keyClick(field, key)
        assert field.text() == text


def test_showing_an_instruction_is_not_typing(qtbot: QtBot, field: InstructionField) -> None:
    with qtbot.assertNotEmitted(field.textChanged):
        field.show_instruction("manga")
    assert field.text() == "manga"


def test_a_text_that_is_too_long_is_seen_from_its_beginning(
    qtbot: QtBot, field: InstructionField
) -> None:
    field.clearFocus()
    field.show_instruction(PHRASES[0])
    field.setFocus()
    assert field.cursorPosition() == len(PHRASES[0])  # there is room: words are added at the end
    field.window().resize(220, 400)
    qtbot.waitUntil(lambda: field.cursorPosition() == 0)
    field.end(False)
    qtbot.keyClicks(field, ", bolder lines")
    assert field.cursorPosition() == len(field.text())
    assert field.text() == f"{PHRASES[0]}, bolder lines"
    field.clearFocus()
    assert field.cursorPosition() == 0
