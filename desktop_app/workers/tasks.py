"""Short work off the GUI thread: saving, exporting, encoding, blending."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from desktop_app.core.errors import ToonroomError, error_in_short

log = logging.getLogger(__name__)

THREADS = 2
Work = Callable[[], object]


def sentence_of(error: BaseException) -> str:
    """Return what people read about `error`: one sentence."""
    if isinstance(error, ToonroomError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this picture; close other programs and try again."
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}."
    return (
        f"Something unexpected went wrong ({error_in_short(error)}); the log file has the details."
    )


class _Ticket:
    """One call of `run`, compared by identity. `wanted` is cleared in the GUI thread."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.wanted = True


class _Relay(QObject):
    """Lives in the GUI thread; its signals are emitted in the pool's threads."""

    ended = Signal(object, bool, object)


class _Runnable(QRunnable):
    def __init__(self, ticket: _Ticket, work: Work, relay: _Relay) -> None:
        super().__init__()
        self._ticket = ticket
        self._work: Work | None = work
        self._relay = relay

    def run(self) -> None:
        work, self._work = self._work, None
        if work is None or not self._ticket.wanted:
            return
        try:
            answer, done = work(), True
        except BaseException as error:  # the thread boundary: nothing may escape
            if not isinstance(error, ToonroomError):
                log.exception("a task failed")
            answer, done = sentence_of(error), False
        del work  # what it holds may be large
        self._relay.ended.emit(self._ticket, done, answer)


class TaskRunner(QObject):
    """Runs functions in threads of its own and tells the GUI thread how they ended.

    Every call of `run` that is neither replaced nor dropped ends with exactly one signal.

    Signals (emitted in the GUI thread):
        done(str task_id, object): what the function returned.
        failed(str task_id, str): a sentence for people.
    """

    done = Signal(str, object)
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None, *, threads: int = THREADS) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._relay = _Relay(self)
        self._relay.ended.connect(self._on_ended)
        self._open: set[_Ticket] = set()
        self._latest: dict[str, _Ticket] = {}
        self._waiting: dict[str, Work] = {}
        self._closed = False

    @property
    def is_busy(self) -> bool:
        """Whether a function that somebody waits for has not ended yet."""
        return bool(self._open)

    def run(self, task_id: str, function: Work, *, urgent: bool = False) -> None:
        """Run `function` in another thread as soon as one is free; urgent ones go first."""
        if not self._closed:
            self._start(task_id, function, urgent)

    def run_latest(self, task_id: str, function: Work) -> None:
        """Run `function` unless a newer one of the same `task_id` is asked for before it starts.

        At most one function of a `task_id` runs and one waits: a slider that is dragged gets new
        pictures all the time, and never a queue of old ones.
        """
        if task_id in self._latest:
            self._waiting[task_id] = function
        elif not self._closed:
            self._latest[task_id] = self._start(task_id, function, urgent=True)

    def drop(self, task_id: str) -> None:
        """Forget what runs or waits under `task_id`: no signal will tell of it."""
        self._waiting.pop(task_id, None)
        self._latest.pop(task_id, None)
        for ticket in [ticket for ticket in self._open if ticket.task_id == task_id]:
            self._discard(ticket)

    def wait(self, timeout_ms: int) -> bool:
        """Block until nothing runs; return whether that was so in time. Signals come later."""
        return self._pool.waitForDone(timeout_ms)

    def shutdown(self, timeout_ms: int = 8_000) -> bool:
        """Take no more work, wait for what runs; return whether all of it ended in time.

        What has not started yet is dropped. No signal is emitted afterwards.
        """
        self._closed = True
        self._waiting.clear()
        self._latest.clear()
        for ticket in list(self._open):
            self._discard(ticket)
        self._pool.clear()
        return self._pool.waitForDone(timeout_ms)

    def _start(self, task_id: str, function: Work, urgent: bool) -> _Ticket:
        ticket = _Ticket(task_id)
        self._open.add(ticket)
        self._pool.start(_Runnable(ticket, function, self._relay), 1 if urgent else 0)
        return ticket

    def _discard(self, ticket: _Ticket) -> None:
        ticket.wanted = False
        self._open.discard(ticket)

    @Slot(object, bool, object)
    def _on_ended(self, ticket: _Ticket, done: bool, answer: object) -> None:
        if ticket not in self._open:
            return
        self._open.remove(ticket)
        task_id = ticket.task_id
        if self._latest.get(task_id) is ticket:
            del self._latest[task_id]
            waiting = self._waiting.pop(task_id, None)
            if waiting is not None:
                self.run_latest(task_id, waiting)
        if done:
            self.done.emit(task_id, answer)
        else:
            self.failed.emit(task_id, str(answer))
