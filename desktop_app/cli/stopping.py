"""Ending a batch by signal, with nothing half-written."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from desktop_app.core.cancel import CancelToken

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Stopping:
    """While it is entered, a signal cancels `token`, and a second one raises KeyboardInterrupt.

    The first lets the picture that is being written be finished; the second is for a step, a
    folder or a disk that takes too long. Later ones change nothing, so that what the second began
    can tidy up.

    Attributes:
        token: what the engine looks at.
    """

    def __init__(self) -> None:
        self.token = CancelToken()
        self._received = 0
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                # Whoever started us with a signal ignored (nohup, a background job) meant it.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._received += 1
        self.token.cancel()
        if self._received == 1 and os.isatty(2):
            # Not through sys.stderr: it may be in the middle of a line of its own.
            with contextlib.suppress(OSError):
                os.write(2, b"\r\x1b[Kstopping; once more to stop at once\n")
        if self._received == 2:
            raise KeyboardInterrupt
