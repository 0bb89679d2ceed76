"""The process that converts weights: does one job and goes.

Importing this module imports no torch; `main`, which only the child calls, does.
"""

from __future__ import annotations

import math
import os
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection

from desktop_app.core.errors import ExitCode, ToonroomError, error_in_short
from desktop_app.core.processes import settle_in
from desktop_app.models.jobs import (
    ConvertParts,
    Done,
    Failed,
    Job,
    Message,
    PartDone,
    Progress,
)

_TELL_EVERY_S = 0.1
_NO_MEMORY = "There is not enough memory to convert the model; close other programs, and try again."


def main(connection: Connection, job: Job) -> None:
    """Do the job, and end; also when the app does."""
    settle_in("conversion.log")
    threading.Thread(target=_leave_with_app, args=(connection,), daemon=True).start()
    try:
        do(job, connection.send)
        message: Message = Done()
    except BaseException as error:  # the process boundary: the app must hear of it
        message = _failure(error)
    try:
        connection.send(message)
    finally:
        # Without waiting for threads or for libraries that tidy up.
        os._exit(0)


def do(job: Job, send: Callable[[Message], None]) -> None:
    """Do the job, in a process that may import torch, and tell of it."""
    teller = _Teller(send)
    if isinstance(job, ConvertParts):
        from desktop_app.models.making.parts import convert_parts

        convert_parts(job, teller.progress, teller.part_done)
    else:
        from desktop_app.models.making.checkpoint import convert_checkpoint

        convert_checkpoint(job, teller.progress, teller.part_done)


class _Teller:
    """Tells the app how far the job is, some times a second."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._told_at = -math.inf

    def progress(self, done_bytes: int, total_bytes: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_S or done_bytes >= total_bytes:
            self._told_at = now
            self._send(Progress(done_bytes, total_bytes))

    def part_done(self, name: str) -> None:
        self._send(PartDone(name))


def _failure(error: BaseException) -> Failed:
    if isinstance(error, ToonroomError):
        return Failed(str(error), error.code)
    if isinstance(error, MemoryError):
        return Failed(_NO_MEMORY, ExitCode.OUT_OF_MEMORY)
    sentence = (
        f"The model could not be converted ({error_in_short(error)}); the log folder has the"
        " details."
    )
    return Failed(sentence, ExitCode.MODEL_MISSING, "".join(traceback.format_exception(error)))


def _leave_with_app(connection: Connection) -> None:
    """End the process once nobody is at the other end of the pipe."""
    try:
        connection.recv()  # nobody says anything
    except (EOFError, OSError):
        os._exit(0)
