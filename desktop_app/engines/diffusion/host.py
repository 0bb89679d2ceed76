"""Owns the child: starts it on first need, talks to it, and ends it by force where it must."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NoReturn

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Device
from desktop_app.core.errors import JobCancelled, OutOfMemory, ToonroomError
from desktop_app.core.processes import oom_kills, undisturbed
from desktop_app.engines.diffusion import child
from desktop_app.engines.diffusion.messages import (
    CancelJob,
    Done,
    FrameTaken,
    LoadJob,
    Quit,
    Ready,
    RunJob,
)
from desktop_app.engines.diffusion.talk import Gone, OnMessage, Talk, receive, send

log = logging.getLogger(__name__)

POLL_S = 0.05
GRACE_S = 5.0
"""How long a job that was cancelled may go on before the child is ended by force."""
SILENCE_S = 60.0
"""After so long without a sign of life the child counts as dead."""
QUIT_S = 1.0

Settings = Callable[[], child.ChildSettings]
Target = Callable[[Connection, child.ChildSettings], None]


class ChildDied(ToonroomError):  # noqa: N818 - a fact
    """The child's process ended in the middle of a job."""


class ChildHost:
    """Runs jobs in a child process, one at a time.

    Belongs to one thread, which must last as long as the child: Linux ends the child with the
    thread that started it. Any thread may ask for `device`, `pid` and `is_up`.

    Attributes:
        device: what the child computes on; None until it has come up, each one anew.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        target: Target = child.main,
        grace_s: float = GRACE_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Args: settings: asked at each start of a child and each job; target: what it runs."""
        self.device: Device | None = None
        self._settings = settings
        self._target = target
        self._grace_s = grace_s
        self._silence_s = silence_s
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._is_ready = False
        self._conversations = 0
        self._device_asked_for = ""
        self._oom_kills_before = 0

    @property
    def pid(self) -> int | None:
        """The child's process id; None where there is none."""
        process = self._process
        with suppress(ValueError):  # buried in this very moment
            return None if process is None else process.pid
        return None

    @property
    def is_up(self) -> bool:
        """Whether a child lives."""
        process = self._process
        return process is not None and _lives(process)

    def run(self, job: LoadJob | RunJob, on_message: OnMessage, token: CancelToken) -> Done:
        """Run `job` in the child, started now where there is none.

        Args:
            job: what to do.
            on_message: told all that the child says of the job meanwhile.
            token: ends the job, by force where it does not end by itself.

        Raises:
            JobCancelled: the token was cancelled.
            ChildDied: the child's process ended.
            ToonroomError: whatever went wrong with the job, of the kind that its code names.
        """
        token.raise_if_cancelled()
        was_up = self.is_up
        try:
            return self._converse(job, on_message, token)
        except _ChildLeft:
            if not was_up:
                raise ChildDied(_DIED) from None
        # It had gone because nobody needed it for long, in the very moment when somebody did.
        try:
            return self._converse(job, on_message, token)
        except _ChildLeft:
            raise ChildDied(_DIED) from None

    def leave_unless(self, device: str) -> None:
        """End a child that was told to compute on another device than people want by now."""
        if self._process is not None and self._device_asked_for != device:
            self.close()

    def close(self) -> None:
        """End the child; `run` starts another one."""
        process, connection = self._process, self._connection
        if process is None or connection is None:
            return
        with suppress(Gone):
            send(connection, Quit())
        process.join(QUIT_S)
        self._bury()

    def _converse(self, job: LoadJob | RunJob, on_message: OnMessage, token: CancelToken) -> Done:
        connection, process = self._started()
        # What is still said of an earlier attempt must not pass for an answer to this one.
        self._conversations += 1
        job_id, idle_s = f"{job.job_id} {self._conversations}", self._settings().idle_s
        job = replace(job, job_id=job_id, idle_s=idle_s)
        talk = Talk(job.job_id, on_message)
        try:
            send(connection, job)
            return self._listen(connection, process, talk, token)
        except Gone as gone:
            self._mourn(process, token, gone)
        except BaseException:
            if not talk.is_over and self._connection is connection:
                with suppress(Gone):  # whoever listens has failed: nobody needs the job
                    send(connection, CancelJob(job.job_id))
            raise

    def _listen(
        self, connection: Connection, process: BaseProcess, talk: Talk, token: CancelToken
    ) -> Done:
        cancelled_at: float | None = None
        silent_s = 0.0
        while talk.done is None:
            if token.is_cancelled and cancelled_at is None:
                cancelled_at = time.monotonic()
                send(connection, CancelJob(talk.job_id))
                if not self._is_ready:
                    raise JobCancelled  # it comes up all the same, for the next job
            if cancelled_at is not None and time.monotonic() - cancelled_at > self._grace_s:
                log.warning("%s did not end when asked; its process is ended", talk.job_id)
                self._bury()
                raise JobCancelled
            if silent_s > self._silence_s:
                self._bury()
                raise ChildDied(_SILENT)
            ready = wait([connection, process.sentinel], POLL_S)
            if connection in ready:
                silent_s = 0.0
                self._hear(connection, talk)
            elif ready:
                raise Gone("it ended")
            else:
                # Not by the clock: that goes on while both are stopped, or the machine sleeps.
                silent_s += POLL_S
        return talk.done

    def _hear(self, connection: Connection, talk: Talk) -> None:
        message = receive(connection)
        if isinstance(message, Ready):
            self._is_ready = True
            self.device = Device(message.device, message.precision, message.warning)
        try:
            talk.take(message)
        finally:
            slot = getattr(message, "slot", None)
            if slot is not None:
                with suppress(Gone):  # the next look finds out why
                    send(connection, FrameTaken(slot))

    def _started(self) -> tuple[Connection, BaseProcess]:
        """Return the child, a new one where there is none."""
        if self._process is not None and not _lives(self._process):
            self._bury()
        if self._process is None or self._connection is None:
            self.device = None
            self._oom_kills_before = oom_kills()
            try:
                self._process, self._connection = self._start()
            except OSError as error:
                raise ToonroomError(
                    "The process that runs the model cannot be started"
                    f" ({error.strerror or error}); close other programs, and run again."
                ) from error
            self._is_ready = False
        return self._connection, self._process

    def _start(self) -> tuple[BaseProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        settings = self._settings()
        self._device_asked_for = settings.device
        try:
            process = context.Process(
                target=self._target,
                args=(theirs, settings),
                name="toonroom-diffusion",
                daemon=True,
            )
            with undisturbed():
                process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return process, ours

    def _mourn(self, process: BaseProcess, token: CancelToken, gone: Gone) -> NoReturn:
        """Find out why the child ended and raise it."""
        process.join(QUIT_S)
        status = process.exitcode
        log.warning("the diffusion process ended with status %s (%s)", status, gone)
        self._bury()
        token.raise_if_cancelled()
        if status == 0:
            raise _ChildLeft
        if status == -signal.SIGKILL and oom_kills() > self._oom_kills_before:
            raise OutOfMemory(
                "The system ran out of memory and ended the process that runs the model; close"
                " other programs, or ask for a smaller working size."
            )
        raise ChildDied(_killed(status) if status is not None and status < 0 else _DIED)

    def _bury(self) -> None:
        """End the child, whatever it does."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            if process.is_alive():
                process.kill()
            process.join()
            process.close()


class _ChildLeft(Exception):  # noqa: N818 - a fact
    """The child ended by itself, as it should when nobody needs it."""


def _lives(process: BaseProcess) -> bool:
    """Return whether a process lives, without reaping it: any thread may ask."""
    try:
        return not wait([process.sentinel], 0)
    except (ValueError, OSError):  # buried in this very moment
        return False


_DIED = (
    "The process that runs the model has crashed; the log folder has the details. The next run"
    " starts a new one."
)
_SILENT = "The process that runs the model no longer answered and was ended; run again."


def _killed(status: int) -> str:
    """Return a sentence; which signal it was is in the log."""
    if -status == signal.SIGKILL:
        return (
            "The process that runs the model was ended from outside, perhaps because memory ran"
            " out. The next run starts a new one."
        )
    return _DIED
