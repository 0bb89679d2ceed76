"""Waiting for the network in a way that can be ended at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from desktop_app.core.cancel import CancelToken

_LOOK_S = 0.1
_MOST_WAITING = 16  # pieces that came and are not yet taken

T = TypeVar("T")


def from_thread(
    make: Callable[[], Iterator[T]], token: CancelToken, on_idle: Callable[[], None] = lambda: None
) -> Generator[T, None, None]:
    """Yield what `make()` yields in a thread of its own, and look at the token while waiting.

    Neither finding a server's address nor reading from one that says nothing any more can be
    interrupted from outside. So it is another thread that waits: where nobody wants it any more it
    is left to its own timeout, and what it yields then is thrown away.

    Args:
        make: begins the work; called in that thread.
        token: ends the waiting.
        on_idle: is called again and again while nothing comes.

    Raises:
        JobCancelled: the token was cancelled.
        Exception: whatever `make` or its iterator raised.
    """
    channel: _Channel[T] = _Channel()
    thread = threading.Thread(
        target=channel.fill, args=(make,), name="toonroom-network", daemon=True
    )
    thread.start()
    try:
        while True:
            token.raise_if_cancelled()
            content = channel.look()
            if isinstance(content, _Piece):
                yield content.item
            elif content is None:
                on_idle()
            elif content.error is None:
                return
            else:
                raise content.error
    finally:
        channel.leave()


def result_of(call: Callable[[], T], token: CancelToken) -> T:
    """Return what `call()` returns in a thread of its own; see `from_thread`."""
    (result,) = from_thread(lambda: iter([call()]), token)
    return result


def pause(seconds: float, token: CancelToken) -> None:
    """Wait, and look at the token meanwhile.

    Raises:
        JobCancelled: the token was cancelled.
    """
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        token.raise_if_cancelled()
        time.sleep(min(left, _LOOK_S))
    token.raise_if_cancelled()


@dataclass(frozen=True)
class _Piece(Generic[T]):
    item: T


@dataclass(frozen=True)
class _End:
    error: Exception | None = None


class _Left(BaseException):
    """Nobody waits any more."""


class _Channel(Generic[T]):
    """Between the thread that fills it and the one that looks into it."""

    def __init__(self) -> None:
        self._box: queue.Queue[_Piece[T] | _End] = queue.Queue(_MOST_WAITING)
        self._is_left = threading.Event()

    def fill(self, make: Callable[[], Iterator[T]]) -> None:
        """Put in what `make()` yields, and how it ended."""
        with suppress(_Left):
            try:
                with closing(_generator(make)) as items:
                    for item in items:
                        self._put(_Piece(item))
            except Exception as error:  # the thread boundary: nothing may be lost
                self._put(_End(error))
            else:
                self._put(_End())

    def look(self) -> _Piece[T] | _End | None:
        """Return what comes next; None where nothing came for a moment."""
        with suppress(queue.Empty):
            return self._box.get(timeout=_LOOK_S)
        return None

    def leave(self) -> None:
        """Want nothing any more."""
        self._is_left.set()

    def _put(self, content: _Piece[T] | _End) -> None:
        while not self._is_left.is_set():
            with suppress(queue.Full):
                return self._box.put(content, timeout=_LOOK_S)
        raise _Left


def _generator(make: Callable[[], Iterator[T]]) -> Generator[T, None, None]:
    yield from make()
