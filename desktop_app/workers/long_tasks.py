"""Work of minutes off the GUI thread, that tells how far it is and can be ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled
from desktop_app.workers.tasks import TaskRunner

Tell = Callable[[object], None]
LongWork = Callable[[Tell, CancelToken], object]
"""Does the work: tells how far it is as often as it likes, and looks at the token."""

_CANCELLED = object()


class _Relay(QObject):
    """Lives in the GUI thread; its signal is emitted in the threads that work."""

    told = Signal(str)


class LongTasks(QObject):
    """Runs a few long functions side by side, at most one of each name.

    Every call of `start` that was taken ends with exactly one of `done`, `failed` and `cancelled`.

    Signals (emitted in the GUI thread):
        progressed(str name, object): the last that a function told; what is told in between may be
            left out.
        done(str name, object): what the function returned.
        failed(str name, str): a sentence for people.
        cancelled(str name): it was ended by `cancel`.
    """

    progressed = Signal(str, object)
    done = Signal(str, object)
    failed = Signal(str, str)
    cancelled = Signal(str)

    def __init__(self, parent: QObject | None = None, *, threads: int = 6) -> None:
        super().__init__(parent)
        self._tasks = TaskRunner(self, threads=threads)
        self._tasks.done.connect(self._on_done)
        self._tasks.failed.connect(self._on_failed)
        self._relay = _Relay(self)
        self._relay.told.connect(self._on_told)
        self._tokens: dict[str, CancelToken] = {}
        self._lock = threading.Lock()
        self._last: dict[str, object] = {}
        self._begun: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """What goes on or waits for its turn."""
        return tuple(self._tokens)

    def start(self, name: str, work: LongWork) -> bool:
        """Begin, unless a function of that name goes on already; return whether it was taken."""
        if name in self._tokens:
            return False
        token = self._tokens[name] = CancelToken()
        self._tasks.run(name, partial(self._run, name, work, token))
        return True

    def cancel(self, name: str) -> None:
        """Ask the function of that name to end; does nothing where none goes on.

        One that waits for its turn ends at once.
        """
        token = self._tokens.get(name)
        if token is None:
            return
        token.cancel()
        with self._lock:
            has_begun = name in self._begun
        if not has_begun:
            self._tasks.drop(name)
            del self._tokens[name]
            self.cancelled.emit(name)

    def shutdown(self) -> bool:
        """End everything; return whether all of it ended in time. No signal comes afterwards."""
        for token in self._tokens.values():
            token.cancel()
        self._tokens.clear()
        return self._tasks.shutdown()

    def _run(self, name: str, work: LongWork, token: CancelToken) -> object:
        """Do the work, in a thread of the pool."""
        with self._lock:
            if token.is_cancelled:
                return _CANCELLED
            self._begun.add(name)
        try:
            return work(partial(self._tell, name), token)
        except JobCancelled:
            return _CANCELLED
        finally:
            with self._lock:
                self._begun.discard(name)

    def _tell(self, name: str, told: object) -> None:
        with self._lock:
            is_first = name not in self._last
            self._last[name] = told
        if is_first:  # else a signal is under way already, and what it brings is this
            self._relay.told.emit(name)

    @Slot(str)
    def _on_told(self, name: str) -> None:
        with self._lock:
            told = self._last.pop(name, None)
        if told is not None and name in self._tokens:
            self.progressed.emit(name, told)

    @Slot(str, object)
    def _on_done(self, name: str, answer: object) -> None:
        self._tokens.pop(name, None)
        if answer is _CANCELLED:
            self.cancelled.emit(name)
        else:
            self.done.emit(name, answer)

    @Slot(str, str)
    def _on_failed(self, name: str, sentence: str) -> None:
        self._tokens.pop(name, None)
        self.failed.emit(name, sentence)
