"""Starts the process that converts weights, listens to it, and ends it by force where it must."""

from __future__ import annotations

import logging
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ExitCode, ModelError, OutOfMemory, ToonroomError
from desktop_app.core.processes import oom_kills, undisturbed
from desktop_app.models import child
from desktop_app.models.jobs import Done, Failed, Job, Message

_POLL_S = 0.05
_QUIT_S = 5.0
_KINDS: dict[ExitCode, type[ToonroomError]] = {
    ExitCode.MODEL_MISSING: ModelError,
    ExitCode.OUT_OF_MEMORY: OutOfMemory,
}

Target = Callable[[Connection, Job], None]

log = logging.getLogger(__name__)


class ProcessDied(ModelError):  # noqa: N818 - a fact
    """The process ended in the middle of its job."""


def run_in_process(
    job: Job,
    on_message: Callable[[Message], None],
    token: CancelToken,
    target: Target = child.main,
) -> None:
    """Have a process of its own do the job.

    It ends with the thread that calls this, whatever becomes of that. What it leaves half done
    never has the name of something finished.

    Args:
        job: what to do.
        on_message: is told what the process says, in the calling thread.
        token: ends it, by force.
        target: what the process runs.

    Raises:
        JobCancelled: the token was cancelled.
        ProcessDied: the process ended before the job was done.
        OutOfMemory: memory was too small.
        ModelError: whatever is wrong with the model, or with the disk.
    """
    token.raise_if_cancelled()
    kills_before = oom_kills()
    process, connection = _start(job, target)
    try:
        while True:
            token.raise_if_cancelled()
            if not wait([connection, process.sentinel], _POLL_S):
                continue
            try:
                # What it said before it ended is still there.
                message: Message | None = connection.recv() if connection.poll() else None
            except (EOFError, OSError):
                message = None
            if message is None:
                raise _death(process, kills_before)
            if isinstance(message, Done):
                return
            if isinstance(message, Failed):
                raise _error(message)
            on_message(message)
    finally:
        _end(process, connection)


def _start(job: Job, target: Target) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    try:
        process = context.Process(
            target=target, args=(theirs, job), name="toonroom-conversion", daemon=True
        )
        with undisturbed():
            process.start()
    except OSError as error:
        ours.close()
        raise ModelError(
            f"The process that converts the model cannot be started ({error.strerror or error});"
            " close other programs, and try again."
        ) from error
    finally:
        theirs.close()
    return process, ours


def _death(process: BaseProcess, kills_before: int) -> ToonroomError:
    """Return why the process ended before its job was done."""
    process.join(_QUIT_S)
    status = process.exitcode
    log.warning("the process that converts models ended with status %s", status)
    if oom_kills() > kills_before and status == -signal.SIGKILL:
        return OutOfMemory(
            "The system ran out of memory and ended the process that converts the model; close"
            " other programs, and try again."
        )
    return ProcessDied(
        "The process that converts the model has ended before it was done, perhaps because memory"
        " ran out; close other programs, and try again: what is finished is kept."
    )


def _error(failed: Failed) -> ToonroomError:
    if failed.details:
        log.error("in the process that converts models:\n%s", failed.details)
    return _KINDS.get(failed.code, ModelError)(failed.sentence)


def _end(process: BaseProcess, connection: Connection) -> None:
    """End the process, whatever it does."""
    connection.close()
    if process.is_alive():
        process.kill()
    process.join()
    process.close()
