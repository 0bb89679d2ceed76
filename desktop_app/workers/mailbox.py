"""Where previews wait between the thread that makes them and the one that shows them."""

from __future__ import annotations

import threading

from desktop_app.workers.jobs import Preview


class PreviewMailbox:
    """Holds the previews that were not shown yet: of each stage only the last one.

    All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Preview] = []

    def post(self, preview: Preview) -> bool:
        """Put `preview` in; return whether the mailbox was empty before."""
        with self._lock:
            was_empty = not self._waiting
            if self._waiting:
                last = self._waiting[-1]
                if (last.job_id, last.stage) == (preview.job_id, preview.stage):
                    self._waiting.pop()
            self._waiting.append(preview)
            return was_empty

    def take_all(self) -> list[Preview]:
        """Return what waits, the oldest first, and empty the mailbox."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            return waiting
