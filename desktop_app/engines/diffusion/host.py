"""Owns the child: starts it on first need, talks to it, and ends it by force where it must."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Device
from desktop_app.core.errors import (
    ExitCode,
    JobCancelled,
    ModelError,
    OutOfMemory,
    ToonroomError,
    UsageError,
)
from desktop_app.engines.diffusion import child
from desktop_app.engines.diffusion.messages import (
    CancelJob,
    Cancelled,
    Done,
    Failed,
    FrameTaken,
    FromChild,
    LoadJob,
    Quit,
    Ready,
    RunJob,
)

log = logging.getLogger(__name__)

POLL_S = 0.05
GRACE_S = 5.0
"""How long a job that was cancelled may go on before the child is ended by force."""
SILENCE_S = 60.0
"""After so long without a sign of life the child counts as dead."""
QUIT_S = 1.0

Settings = Callable[[], child.ChildSettings]
Target = Callable[[Connection, child.ChildSettings], None]
OnMessage = Callable[[FromChild], None]


class ChildDied(ToonroomError):  # noqa: N818 - a fact
    """The child's process ended in the middle of a job."""


class ChildHost:
    """Runs jobs in a child process, one at a time. Belongs to one thread.

    Attributes:
        device: what the child computes on; None until it has come up. May be read by any thread.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        target: Target = child.main,
        grace_s: float = GRACE_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Args: settings: asked at each start of a child; target: what it runs."""
        self.device: Device | None = None
        self._settings = settings
        self._target = target
        self._grace_s = grace_s
        self._silence_s = silence_s
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._is_ready = False

    @property
    def pid(self) -> int | None:
        """The child's process id; None where there is none."""
        return None if self._process is None else self._process.pid

    @property
    def is_up(self) -> bool:
        """Whether a child lives."""
        return self._process is not None and self._process.is_alive()

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

    def close(self) -> None:
        """End the child; `run` starts another one."""
        process, connection = self._process, self._connection
        if process is None or connection is None:
            return
        with suppress(OSError):
            connection.send(Quit())
        process.join(QUIT_S)
        self._bury()

    def _converse(self, job: LoadJob | RunJob, on_message: OnMessage, token: CancelToken) -> Done:
        connection, process = self._started()
        talk = _Talk(job.job_id, on_message)
        try:
            connection.send(job)
            cancelled_at: float | None = None
            heard_at = time.monotonic()
            while talk.done is None:
                now = time.monotonic()
                if token.is_cancelled and cancelled_at is None:
                    cancelled_at = now
                    connection.send(CancelJob(job.job_id))
                    if not self._is_ready:
                        raise JobCancelled  # it comes up all the same, for the next job
                if cancelled_at is not None and now - cancelled_at > self._grace_s:
                    log.warning("job %s did not end when asked; its process is ended", job.job_id)
                    self._bury()
                    raise JobCancelled
                if now - heard_at > self._silence_s:
                    self._bury()
                    raise ChildDied(_SILENT)
                if connection in wait([connection, process.sentinel], POLL_S):
                    heard_at = now
                    self._hear(connection, talk)
                elif not process.is_alive():
                    raise EOFError
        except (EOFError, OSError) as error:
            self._mourn(process, token, error)
        assert talk.done is not None
        return talk.done

    def _hear(self, connection: Connection, talk: _Talk) -> None:
        message: FromChild = connection.recv()
        if isinstance(message, Ready):
            self._is_ready = True
            self.device = Device(message.device, message.precision, message.warning)
        slot = talk.take(message)
        if slot is not None:
            connection.send(FrameTaken(slot))

    def _started(self) -> tuple[Connection, BaseProcess]:
        """Return the child, a new one where there is none."""
        if self._process is not None and not self._process.is_alive():
            self._bury()
        if self._process is None or self._connection is None:
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(
                target=self._target,
                args=(theirs, self._settings()),
                name="toonroom-diffusion",
                daemon=True,
            )
            process.start()
            theirs.close()
            self._process, self._connection = process, ours
            self._is_ready = False
        return self._connection, self._process

    def _mourn(self, process: BaseProcess, token: CancelToken, error: Exception) -> None:
        """Find out why the child ended and raise it."""
        process.join(QUIT_S)
        status = process.exitcode
        log.warning("the diffusion process ended with status %s (%r)", status, error)
        self._bury()
        token.raise_if_cancelled()
        if status == 0:
            raise _ChildLeft
        if status == -signal.SIGKILL and _kernel_ran_out_of_memory():
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


class _Talk:
    """What the child says of one job."""

    def __init__(self, job_id: str, on_message: OnMessage) -> None:
        self._job_id = job_id
        self._on_message = on_message
        self.done: Done | None = None

    def take(self, message: FromChild) -> int | None:
        """Take a message in; return the place of a preview that nobody needs any more.

        Raises:
            JobCancelled: the job was cancelled.
            ToonroomError: the job failed.
        """
        of_others = getattr(message, "job_id", "") not in ("", self._job_id)
        if not of_others:
            self._on_message(message)
            match message:
                case Done():
                    self.done = message
                case Cancelled():
                    raise JobCancelled
                case Failed():
                    _raise(message)
        return getattr(message, "slot", None)


_DIED = (
    "The process that runs the model has crashed; the log folder has the details. The next run"
    " starts a new one."
)
_SILENT = "The process that runs the model no longer answered and was ended; run again."


def _killed(status: int) -> str:
    name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
    hint = ", perhaps because memory ran out" if -status == signal.SIGKILL else ""
    return (
        f"The process that runs the model was ended ({name}){hint}. The next run starts a new one."
    )


def _raise(failed: Failed) -> None:
    if failed.is_unexpected:
        log.error("in the diffusion process:\n%s", failed.details)
    kinds: dict[ExitCode, type[ToonroomError]] = {
        ExitCode.WRONG_USAGE: UsageError,
        ExitCode.MODEL_MISSING: ModelError,
        ExitCode.OUT_OF_MEMORY: OutOfMemory,
    }
    raise kinds.get(failed.code, ToonroomError)(failed.sentence)


_OOM_COUNTER = Path("/proc/vmstat")


def _kernel_ran_out_of_memory() -> bool:
    """Return whether Linux has ended a process for want of memory since the app was started."""
    return _oom_kills() > _OOM_KILLS_AT_START


def _oom_kills() -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in _OOM_COUNTER.read_text("ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


_OOM_KILLS_AT_START = _oom_kills()
