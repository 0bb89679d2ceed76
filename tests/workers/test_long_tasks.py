"""Long tasks: they tell how far they are, end once, and can be ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError
from desktop_app.workers.long_tasks import LongTasks, Tell
from tests.workers.fakes import TIMEOUT_MS, TIMEOUT_S


class Ears(QObject):
    """Writes down what is said."""

    def __init__(self, tasks: LongTasks) -> None:
        super().__init__()
        self.said: list[tuple[object, ...]] = []
        self.threads: set[QThread] = set()
        tasks.progressed.connect(self.on_progressed)
        tasks.done.connect(self.on_done)
        tasks.failed.connect(self.on_failed)
        tasks.cancelled.connect(self.on_cancelled)

    def _hear(self, *said: object) -> None:
        self.threads.add(QThread.currentThread())
        self.said.append(said)

    @Slot(str, object)
    def on_progressed(self, name: str, told: object) -> None:
        self._hear("progressed", name, told)

    @Slot(str, object)
    def on_done(self, name: str, answer: object) -> None:
        self._hear("done", name, answer)

    @Slot(str, str)
    def on_failed(self, name: str, sentence: str) -> None:
        self._hear("failed", name, sentence)

    @Slot(str)
    def on_cancelled(self, name: str) -> None:
        self._hear("cancelled", name)


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[LongTasks]:
    runner = LongTasks()
    yield runner
    assert runner.shutdown(), "a task did not end"


def until_cancelled(tell: Tell, token: CancelToken) -> None:
    """Tell for ever how far it is."""
    count = 0
    while True:
        token.raise_if_cancelled()
        count += 1
        tell(count)
        time.sleep(0.001)


def test_what_is_told_and_returned_is_heard_in_the_gui_thread(
    qtbot: QtBot, tasks: LongTasks
) -> None:
    ears, seen = Ears(tasks), threading.Event()

    def work(tell: Tell, _token: CancelToken) -> str:
        tell("half")
        assert seen.wait(TIMEOUT_S)
        return "all"

    assert tasks.start("a", work)
    assert tasks.names == ("a",)
    qtbot.waitUntil(lambda: ("progressed", "a", "half") in ears.said, timeout=TIMEOUT_MS)
    seen.set()
    qtbot.waitUntil(lambda: ("done", "a", "all") in ears.said, timeout=TIMEOUT_MS)
    assert ears.threads == {QThread.currentThread()}
    assert not tasks.names


def test_only_the_last_that_was_told_is_heard(qtbot: QtBot, tasks: LongTasks) -> None:
    ears, told = Ears(tasks), threading.Event()

    def work(tell: Tell, _token: CancelToken) -> None:
        for number in range(10_000):
            tell(number)
        told.set()

    tasks.start("a", work)
    assert told.wait(TIMEOUT_S)  # meanwhile no signal is delivered
    qtbot.waitUntil(lambda: not tasks.names, timeout=TIMEOUT_MS)
    assert ears.said == [("progressed", "a", 9_999), ("done", "a", None)]


def test_one_of_a_name_at_a_time(qtbot: QtBot, tasks: LongTasks) -> None:
    ears = Ears(tasks)
    assert tasks.start("a", until_cancelled)
    assert not tasks.start("a", until_cancelled)
    tasks.cancel("nobody")
    tasks.cancel("a")
    qtbot.waitUntil(lambda: ears.said[-1:] == [("cancelled", "a")], timeout=TIMEOUT_MS)
    assert tasks.start("a", lambda _tell, _token: 1)
    qtbot.waitUntil(lambda: ears.said[-1:] == [("done", "a", 1)], timeout=TIMEOUT_MS)


def test_what_waits_for_its_turn_can_be_cancelled(qtbot: QtBot) -> None:
    tasks = LongTasks(threads=1)
    ears = Ears(tasks)
    tasks.start("a", until_cancelled)
    tasks.start("b", until_cancelled)
    qtbot.waitUntil(lambda: bool(ears.said), timeout=TIMEOUT_MS)  # the first has begun
    tasks.cancel("b")
    assert ears.said[-1] == ("cancelled", "b")
    assert tasks.names == ("a",)
    tasks.cancel("a")
    qtbot.waitUntil(lambda: not tasks.names, timeout=TIMEOUT_MS)
    assert [said for said in ears.said if said[0] != "progressed"] == [
        ("cancelled", "b"),
        ("cancelled", "a"),
    ]
    assert tasks.shutdown()


def test_a_failure_is_a_sentence(qtbot: QtBot, tasks: LongTasks) -> None:
    ears = Ears(tasks)

    def work(_tell: Tell, _token: CancelToken) -> None:
        raise ModelError("The model is broken.")

    tasks.start("a", work)
    qtbot.waitUntil(lambda: not tasks.names, timeout=TIMEOUT_MS)
    assert ears.said == [("failed", "a", "The model is broken.")]


def test_nothing_is_heard_after_the_end(qtbot: QtBot) -> None:
    tasks = LongTasks()
    ears = Ears(tasks)
    tasks.start("a", until_cancelled)
    assert tasks.shutdown()
    ears.said.clear()
    QCoreApplication.processEvents()
    assert ears.said == []
