"""The time that is left goes by."""

from __future__ import annotations

import math

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.widgets.canvas import Canvas
from desktop_app.widgets.status_line import StatusLine
from desktop_app.windows.countdown import Countdown
from desktop_app.windows.messages import Messages


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def messages(qtbot: QtBot) -> Messages:
    canvas, status = Canvas(), StatusLine()
    qtbot.addWidget(canvas)
    qtbot.addWidget(status)
    return Messages(canvas, status, status)


@pytest.fixture
def countdown(messages: Messages, clock: Clock) -> Countdown:
    return Countdown(messages, messages, clock)


def test_the_time_goes_by_until_nobody_knows(
    countdown: Countdown, messages: Messages, clock: Clock
) -> None:
    countdown.begin("Loading", 12.0)
    assert messages.status == "Loading, about 12 s left"
    clock.now_s += 5.0
    countdown.go_on()
    assert messages.status == "Loading, about 7 s left"
    clock.now_s += 8.0
    countdown.go_on()
    assert messages.status == "Loading …"
    assert not countdown.is_running


def test_the_next_step_begins_anew(countdown: Countdown, messages: Messages, clock: Clock) -> None:
    countdown.begin("One", 3.0)
    clock.now_s += 9.0
    countdown.begin("Two", 30.0)
    countdown.go_on()
    assert messages.status == "Two, about 30 s left"


def test_whoever_says_something_else_is_not_interrupted(
    countdown: Countdown, messages: Messages, clock: Clock
) -> None:
    countdown.begin("Loading", 12.0)
    messages.note("Saved.")
    clock.now_s += 1.0
    countdown.go_on()
    assert messages.status == "Saved."
    assert not countdown.is_running


@pytest.mark.parametrize("left_s", [0.0, -1.0, math.inf, math.nan])
def test_a_time_that_nobody_knows(countdown: Countdown, messages: Messages, left_s: float) -> None:
    countdown.begin("Loading", 12.0)
    countdown.begin("Finishing", left_s)
    assert messages.status == "Finishing"
    assert not countdown.is_running


def test_it_goes_on_by_itself(countdown: Countdown, messages: Messages, qtbot: QtBot) -> None:
    countdown.begin("Loading", 0.5)
    qtbot.waitUntil(lambda: messages.status == "Loading, less than 1 s left", timeout=5_000)
    assert countdown.is_running
