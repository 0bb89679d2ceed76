"""The instruction bar shows what was understood and asks for runs and looks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.core.engine import Estimate
from desktop_app.core.events import Interpretation
from desktop_app.core.looks import Look
from desktop_app.widgets.instruction_bar import InstructionBar

LOOKS = (
    Look("cartoon", "Cartoon", "cartoon", "Cartoonize it"),
    Look("manga", "Manga", "manga", "As manga"),
)


@pytest.fixture
def bar(qtbot: QtBot) -> InstructionBar:
    bar = InstructionBar()
    qtbot.addWidget(bar)
    bar.set_looks(LOOKS, ["bolder lines"])
    bar.resize(800, 140)
    bar.show()
    return bar


def test_what_was_understood_and_what_was_not(bar: InstructionBar) -> None:
    bar.reflect("x", Interpretation("cartoon", ("Cartoon", "bolder lines"), ("add a hat",)))
    assert "Cartoon · bolder lines" in bar.understood_label.text()
    assert "Not understood: “add a hat”" in bar.understood_label.text()
    assert bar.understood_label.accessibleDescription()


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (None, "Return)"),
        (Estimate(0.4, 300_000_000), "Return), about 1 s"),
        (Estimate(44.0, 5_740_000_000), "Return), about 44 s and 5.7 GB of memory"),
        (Estimate(780.0, 5_740_000_000), "Return), about 13 min and 5.7 GB of memory"),
    ],
)
def test_run_says_what_it_will_take(
    bar: InstructionBar, estimate: Estimate | None, said: str
) -> None:
    bar.set_can_run(True, estimate)
    assert bar.run_button.toolTip().endswith(said)
    bar.set_can_run(False, estimate)
    assert bar.run_button.toolTip().endswith(f"{said}: open or drop a photo first")


def test_a_note_says_it_in_its_own_words(bar: InstructionBar) -> None:
    note = "Nothing was understood of “hat”: the cartoon look is used."
    bar.reflect("hat", Interpretation("cartoon", (), ("hat",), note=note))
    assert bar.understood_label.text().count("hat") == 1
    assert bar.understood_label.toolTip() == note


def test_words_are_shown_and_not_taken_for_markup(bar: InstructionBar) -> None:
    bar.reflect("x", Interpretation("cartoon", (), ("<b>bold</b>",)))
    assert "&lt;b&gt;" in bar.understood_label.text()


def test_a_chip_asks_for_its_look(qtbot: QtBot, bar: InstructionBar) -> None:
    with qtbot.waitSignal(bar.look_requested) as blocker:
        qtbot.mouseClick(bar.chips.chips[1], Qt.MouseButton.LeftButton)
    assert blocker.args == ["manga"]


def test_the_look_in_use_is_the_checked_chip(bar: InstructionBar) -> None:
    bar.reflect("x", Interpretation("manga"))
    assert [chip.isChecked() for chip in bar.chips.chips] == [False, True]


def test_cancel_takes_the_place_of_run(qtbot: QtBot, bar: InstructionBar) -> None:
    with qtbot.waitSignal(bar.run_requested):
        qtbot.mouseClick(bar.run_button, Qt.MouseButton.LeftButton)
    bar.set_busy(True)
    assert bar.cancel_button.isVisible()
    assert not bar.run_button.isVisible()
    with qtbot.waitSignal(bar.cancel_requested):
        qtbot.mouseClick(bar.cancel_button, Qt.MouseButton.LeftButton)
    bar.set_busy(False)
    assert bar.run_button.isVisible()
    assert not bar.cancel_button.isVisible()


def test_names_go_where_there_is_no_room_for_them(qtbot: QtBot, bar: InstructionBar) -> None:
    bar.set_looks([Look(f"look{n}", f"Look number {n}", "", "x") for n in range(7)], [])
    bar.reflect("x", Interpretation("look2"))
    beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    for width, least, most in ((1_400, 7, 7), (500, 0, 1), (1_400, 7, 7)):
        bar.resize(width, bar.height())
        styles = [chip.toolButtonStyle() for chip in bar.chips.chips]
        qtbot.waitUntil(lambda: bar.chips.width() > 0)
        assert least <= styles.count(beside) <= most
        assert bar.width() == width
    assert all(chip.accessibleName() for chip in bar.chips.chips)


def test_where_it_is_narrow_what_was_not_understood_comes_first(qtbot: QtBot) -> None:
    bar = InstructionBar()
    qtbot.addWidget(bar)
    bar.resize(900, 140)
    bar.show()
    found = Interpretation(understood=("Watercolour", "bolder lines"), ignored=("a hat",))
    bar.reflect("watercolour, bolder lines, a hat", found)
    assert "bolder lines" in bar.understood_label.text()
    bar.resize(260, 140)
    assert "a hat" in bar.understood_label.text()
    assert "bolder lines" not in bar.understood_label.text()
    assert "bolder lines" in bar.understood_label.toolTip()


def test_a_bar_that_was_filled_before_it_was_shown_says_all(qtbot: QtBot) -> None:
    bar = InstructionBar()
    qtbot.addWidget(bar)
    bar.reflect("manga", Interpretation(understood=("Manga",)))
    bar.resize(600, 140)
    bar.show()
    assert bar.understood_label.text() == "Understood: Manga"
