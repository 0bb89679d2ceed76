"""The status bar says as much as there is room for, and keeps the whole sentence."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolTip
from pytestqt.qtbot import QtBot

from desktop_app.widgets.status_line import StatusLine

SENTENCE = "Photo 2 of 5: Developing, 12 of 20, about 48 s left"
DEVICE = "Diffusion · NVIDIA GeForce RTX 4070 Laptop GPU · fp16"


@pytest.fixture
def line(qtbot: QtBot) -> StatusLine:
    line = StatusLine()
    qtbot.addWidget(line)
    line.say(SENTENCE)
    line.show_engine("Diffusion · CPU · fp32")
    line.picture_label.setText("4032 × 3024")
    line.show_zoom(0.37)
    line.show_progress(300, 1000)
    line.resize(1280, 36)
    line.show()
    qtbot.waitExposed(line)
    return line


def narrow(line: StatusLine) -> None:
    line.resize(720, 36)
    QApplication.processEvents()


def test_a_narrow_window_leaves_room_for_the_sentence(line: StatusLine) -> None:
    assert line.picture_label.isVisible()
    assert line.text.shown_text == SENTENCE
    narrow(line)
    assert not line.picture_label.isVisible()
    assert line.progress.isVisible()
    assert line.text.shown_text == SENTENCE
    line.resize(1280, 36)
    QApplication.processEvents()
    assert line.picture_label.isVisible()


def test_a_long_sentence_is_shortened_and_kept_whole(line: StatusLine) -> None:
    narrow(line)
    line.say(SENTENCE * 3)
    assert line.text.text() == SENTENCE * 3
    assert line.text.shown_text.endswith("…")
    assert line.text.toolTip() == SENTENCE * 3
    assert line.width() == 720


def test_a_long_device_leaves_room_too(line: StatusLine) -> None:
    line.show_engine(DEVICE)
    narrow(line)
    assert line.engine_label.width() <= 720 // 4
    assert line.engine_label.shown_text.endswith("…")
    assert line.engine_label.accessibleDescription() == DEVICE
    assert line.text.width() > 250


def test_what_is_cut_off_is_told_in_a_tooltip(
    line: StatusLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _place, text, _widget: told.append(text))
    label = line.engine_label
    ask(label)
    line.show_engine(DEVICE)
    assert label.shown_text != DEVICE
    ask(label)
    assert told == [DEVICE]


def ask(label: QLabel) -> None:
    event = QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), label.mapToGlobal(QPoint(2, 2)))
    QApplication.sendEvent(label, event)


def test_names_of_files_are_no_markup(line: StatusLine) -> None:
    line.say("<b>bold</b>.png")
    assert line.text.shown_text == "<b>bold</b>.png"
    assert not line.grab().isNull()
