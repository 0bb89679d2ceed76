"""Tasks: each ends once, in the GUI thread; the latest wins; shutdown waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from desktop_app.core.errors import PhotoError
from desktop_app.workers.tasks import TaskRunner, sentence_of
from tests.workers.fakes import TIMEOUT_MS, TIMEOUT_S


class Ears(QObject):
    """Writes down what a task runner says."""

    def __init__(self, tasks: TaskRunner) -> None:
        super().__init__()
        self.done: list[tuple[str, object]] = []
        self.failed: list[tuple[str, str]] = []
        self.threads: set[QThread] = set()
        tasks.done.connect(self.on_done)
        tasks.failed.connect(self.on_failed)

    @Slot(str, object)
    def on_done(self, task_id: str, answer: object) -> None:
        self.threads.add(QThread.currentThread())
        self.done.append((task_id, answer))

    @Slot(str, str)
    def on_failed(self, task_id: str, sentence: str) -> None:
        self.threads.add(QThread.currentThread())
        self.failed.append((task_id, sentence))


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[TaskRunner]:
    runner = TaskRunner()
    yield runner
    assert runner.shutdown(), "a task did not end"


def wait_until_idle(qtbot: QtBot, tasks: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not tasks.is_busy, timeout=TIMEOUT_MS)


def test_many_tasks_each_end_once(qtbot: QtBot, tasks: TaskRunner) -> None:
    ears = Ears(tasks)
    for number in range(300):
        tasks.run(str(number), partial(pow, number, 2))
    wait_until_idle(qtbot, tasks)
    assert sorted(ears.done) == sorted((str(n), n * n) for n in range(300))
    assert ears.threads == {QThread.currentThread()}


def test_work_is_done_in_other_threads(qtbot: QtBot, tasks: TaskRunner) -> None:
    ears = Ears(tasks)
    tasks.run("where", threading.get_ident)
    wait_until_idle(qtbot, tasks)
    assert ears.done[0][1] != threading.get_ident()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PhotoError("“a.png” cannot be written; free some space."), "“a.png” cannot be written"),
        (MemoryError(), "not enough memory"),
        (PermissionError(13, "Permission denied", "/x/y.png"), "/x/y.png: Permission denied."),
        (KeyError("lost"), "KeyError"),
        (SystemExit(1), "SystemExit"),
    ],
)
def test_a_failure_is_a_sentence(
    qtbot: QtBot,
    tasks: TaskRunner,
    error: BaseException,
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work() -> None:
        raise error

    ears = Ears(tasks)
    with caplog.at_level(logging.CRITICAL):
        tasks.run("t", work)
        wait_until_idle(qtbot, tasks)
    assert not ears.done
    assert words in ears.failed[0][1]


def test_while_one_runs_only_the_latest_waits(qtbot: QtBot, tasks: TaskRunner) -> None:
    ears = Ears(tasks)
    entered, go_on = threading.Event(), threading.Event()
    ran: list[int] = []

    def first() -> int:
        entered.set()
        assert go_on.wait(TIMEOUT_S)
        return 0

    def later(number: int) -> int:
        ran.append(number)
        return number

    tasks.run_latest("blend", first)
    assert entered.wait(TIMEOUT_S)
    for number in range(1, 50):
        tasks.run_latest("blend", partial(later, number))
    go_on.set()
    wait_until_idle(qtbot, tasks)
    assert ears.done == [("blend", 0), ("blend", 49)]
    assert ran == [49]


def test_a_failed_latest_lets_the_next_one_run(
    qtbot: QtBot, tasks: TaskRunner, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise PhotoError("No.")

    ears = Ears(tasks)
    tasks.run_latest("x", fail)
    tasks.run_latest("x", partial(int, 5))
    wait_until_idle(qtbot, tasks)
    assert ears.failed == [("x", "No.")]
    assert ears.done == [("x", 5)]


def test_an_unexpected_error_is_one_line_of_a_bearable_length() -> None:
    sentence = sentence_of(ValueError("first line\n" + "and more " * 5_000))
    assert sentence.startswith("Something unexpected went wrong (ValueError: first line and more")
    assert "\n" not in sentence
    assert len(sentence) < 320


def test_dropped_tasks_are_not_told_of_and_not_begun(qtbot: QtBot) -> None:
    tasks = TaskRunner(threads=1)
    ears = Ears(tasks)
    entered, go_on = threading.Event(), threading.Event()
    ran: list[str] = []

    def slow() -> None:
        entered.set()
        assert go_on.wait(TIMEOUT_S)

    tasks.run("running", slow)
    tasks.run("waiting", partial(ran.append, "waiting"))
    assert entered.wait(TIMEOUT_S)
    tasks.drop("running")
    tasks.drop("waiting")
    tasks.run("last", partial(ran.append, "last"))
    go_on.set()
    wait_until_idle(qtbot, tasks)
    assert ears.done == [("last", None)]
    assert ran == ["last"]
    assert tasks.shutdown()


def test_urgent_tasks_go_first(qtbot: QtBot) -> None:
    tasks = TaskRunner(threads=1)
    go_on = threading.Event()
    order: list[str] = []
    tasks.run("block", partial(go_on.wait, TIMEOUT_S))
    tasks.run("a", partial(order.append, "a"))
    tasks.run("b", partial(order.append, "b"))
    tasks.run("c", partial(order.append, "c"), urgent=True)
    go_on.set()
    wait_until_idle(qtbot, tasks)
    assert order == ["c", "a", "b"]
    assert tasks.shutdown()


def test_shutdown_waits_drops_and_is_silent(qtbot: QtBot) -> None:
    tasks = TaskRunner(threads=1)
    ears = Ears(tasks)
    entered, go_on = threading.Event(), threading.Event()
    ran: list[str] = []

    def slow() -> None:
        entered.set()
        assert go_on.wait(TIMEOUT_S)
        ran.append("slow")

    tasks.run("slow", slow)
    tasks.run("never", partial(ran.append, "never"))
    assert entered.wait(TIMEOUT_S)
    assert not tasks.shutdown(timeout_ms=10)
    go_on.set()
    assert tasks.shutdown()
    tasks.run("late", partial(ran.append, "late"))
    QCoreApplication.processEvents()
    assert ran == ["slow"]
    assert not ears.done
