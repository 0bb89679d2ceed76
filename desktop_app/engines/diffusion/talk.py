"""One end of the pipe to the child, and what the child says there of one job. No torch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from multiprocessing.connection import Connection

from desktop_app.core.errors import (
    ExitCode,
    JobCancelled,
    ModelError,
    OutOfMemory,
    ToonroomError,
    UsageError,
)
from desktop_app.engines.diffusion.messages import (
    Cancelled,
    Done,
    Failed,
    FromChild,
    ToChild,
)

log = logging.getLogger(__name__)

OnMessage = Callable[[FromChild], None]


class Gone(Exception):  # noqa: N818 - a fact
    """Nobody is at the other end of the pipe any more."""


class Talk:
    """What the child says of one job.

    Attributes:
        job_id: the job, as the child knows it.
        done: the answer; None until it comes.
        is_over: whether the child has said its last of this job.
    """

    def __init__(self, job_id: str, on_message: OnMessage) -> None:
        self.job_id = job_id
        self.done: Done | None = None
        self.is_over = False
        self._on_message = on_message

    def take(self, message: FromChild) -> None:
        """Take a message in.

        Raises:
            JobCancelled: the job was cancelled.
            ToonroomError: the job failed.
        """
        if getattr(message, "job_id", "") not in ("", self.job_id):
            return  # of an earlier job, which nobody waited for
        self.is_over = isinstance(message, Done | Cancelled | Failed)
        self._on_message(message)
        match message:
            case Done():
                self.done = message
            case Cancelled():
                raise JobCancelled
            case Failed():
                _raise(message)


def send(connection: Connection, message: ToChild) -> None:
    """Say something to the child.

    Raises:
        Gone: nobody is there.
    """
    try:
        connection.send(message)
    except OSError as error:
        raise Gone(repr(error)) from error


def receive(connection: Connection) -> FromChild:
    """Return what the child says next.

    Raises:
        Gone: nobody is there.
    """
    try:
        message: FromChild = connection.recv()
    except (EOFError, OSError) as error:
        raise Gone(repr(error)) from error
    return message


def _raise(failed: Failed) -> None:
    if failed.is_unexpected:
        log.error("in the diffusion process:\n%s", failed.details)
    kinds: dict[ExitCode, type[ToonroomError]] = {
        ExitCode.WRONG_USAGE: UsageError,
        ExitCode.MODEL_MISSING: ModelError,
        ExitCode.OUT_OF_MEMORY: OutOfMemory,
    }
    raise kinds.get(failed.code, ToonroomError)(failed.sentence)
