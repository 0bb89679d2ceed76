"""Cancelling by token."""

from __future__ import annotations

import threading

from desktop_app.core.errors import JobCancelled


class CancelToken:
    """A flag that one thread raises and another one looks at between two pieces of work."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the run that carries this token to end. May be called from any thread, repeatedly."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the run was asked to end."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise JobCancelled if the run was asked to end."""
        if self.is_cancelled:
            raise JobCancelled
