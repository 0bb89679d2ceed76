"""The process that computes: comes up, runs one job after the other, and goes.

Importing this module imports no torch; `main`, which only the child calls, does.
"""

from __future__ import annotations

import ctypes
import faulthandler
import math
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ToonroomError
from desktop_app.core.events import Failure
from desktop_app.core.extent import Extent
from desktop_app.core.paths import log_file
from desktop_app.core.photo import RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.frames import LARGEST_PREVIEW_PX, Frames, Slots
from desktop_app.engines.diffusion.messages import (
    CancelJob,
    Cancelled,
    Done,
    Failed,
    FrameTaken,
    FromChild,
    Heartbeat,
    Loading,
    LoadJob,
    Quit,
    Ready,
    RunJob,
    Stepped,
    ToChild,
)
from desktop_app.engines.diffusion.photo_in import ModelPhoto
from desktop_app.imaging.scaling import resized

if TYPE_CHECKING:
    from desktop_app.engines.diffusion.studio import Studio

HEARTBEAT_S = 1.0
_LOADING_INTERVAL_S = 0.1
_LARGEST_LOG_BYTES = 1 << 20
_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


@dataclass(frozen=True)
class ChildSettings:
    """What a child is told when it is started.

    Attributes:
        device: "auto", "cpu", "cuda" or "mps".
        idle_s: how long it waits for the first job before it goes; None for ever.
        cpu_key: what `cpu_precision` holds for, as an earlier child said.
        cpu_precision: which precision was found to be faster.
    """

    device: str = "auto"
    idle_s: float | None = 600.0
    cpu_key: str = ""
    cpu_precision: str = ""


def main(connection: Connection, settings: ChildSettings) -> None:
    """Serve until the other end is closed, says so, or has asked for nothing for long enough."""
    _settle_in()
    child = Child(connection)
    child.start_listening()
    try:
        child.serve(lambda: _open_studio(settings, child.send), settings.idle_s)
    except BaseException as error:  # the process boundary: the app must hear of it
        traceback.print_exc()
        child.send(_failure("", error))
    finally:
        child.leave()


class Child:
    """Takes messages from the app's process and does what they ask for.

    The main thread runs the jobs. One thread listens, so that a job can be cancelled while it
    runs and the process ends when the app does; one gives signs of life.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._jobs: queue.Queue[tuple[LoadJob | RunJob, CancelToken] | None] = queue.Queue()
        self._tokens: dict[str, CancelToken] = {}
        self._slots = Slots()

    def start_listening(self) -> None:
        """Start both threads."""
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def send(self, message: FromChild) -> None:
        """Say something; may be called from any thread."""
        with self._sending:
            try:
                self._connection.send(message)
            except (BrokenPipeError, ConnectionError):
                os._exit(0)  # nobody is there any more

    def serve(self, open_studio: Callable[[], Studio], idle_s: float | None) -> None:
        """Run jobs until there are none for `idle_s` seconds, or None comes.

        Each job tells anew how long that is: people may have changed their minds.
        """
        studio = open_studio()
        while True:
            try:
                given = self._jobs.get(timeout=idle_s)
            except queue.Empty:
                return
            if given is None:
                return
            job, token = given
            idle_s = job.idle_s
            try:
                self.send(self._run(studio, job, token))
            except JobCancelled:
                self.send(Cancelled(job.job_id))
            except Exception as error:  # the job's boundary: the next one must have its turn
                if not isinstance(error, ToonroomError):
                    traceback.print_exc()
                self.send(_failure(job.job_id, error))
            finally:
                # What comes next may bear the same name, and may have come by now.
                if self._tokens.get(job.job_id) is token:
                    del self._tokens[job.job_id]

    def leave(self) -> None:
        """Say no more, and end without waiting for threads or for libraries that tidy up."""
        with self._sending:
            self._connection.close()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(0)

    def _run(self, studio: Studio, job: LoadJob | RunJob, token: CancelToken) -> Done:
        listener = _JobListener(job.job_id, self.send, token)
        listener.check()
        if isinstance(job, LoadJob):
            studio.load(job.layout, job.plan, listener)
            return Done(job.job_id)
        frames = Frames.attach(job.frames)
        try:
            listener.show_in(frames, self._slots)
            photo = ModelPhoto(frames.picture(job.padded), job.extent)
            picture = studio.run(job.layout, job.plan, photo, listener)
            frames.put_picture(picture.pixels)
            height, width = picture.pixels.shape[:2]
            return Done(job.job_id, Extent(width, height), picture.remarks, picture.steps_s)
        finally:
            frames.close()

    def _listen(self) -> None:
        while True:
            try:
                message: ToChild = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)  # the app is gone
            match message:
                case LoadJob() | RunJob():
                    token = self._tokens[message.job_id] = CancelToken()
                    self._jobs.put((message, token))
                case CancelJob():
                    found = self._tokens.get(message.job_id)
                    if found is not None:
                        found.cancel()
                case FrameTaken():
                    self._slots.give_back(message.slot)
                case Quit():
                    self._jobs.put(None)

    def _beat(self) -> None:
        pause = threading.Event()
        while not pause.wait(HEARTBEAT_S):
            if self._tokens:  # else nobody listens, and the pipe would fill up
                self.send(Heartbeat())


class _JobListener:
    """Tells the app's process how a job goes on."""

    def __init__(self, job_id: str, send: Callable[[FromChild], None], token: CancelToken) -> None:
        self._job_id = job_id
        self._send = send
        self._token = token
        self._frames: Frames | None = None
        self._slots = Slots()
        self._told_at = -math.inf

    def show_in(self, frames: Frames, slots: Slots) -> None:
        """Put previews there."""
        self._frames, self._slots = frames, slots

    def check(self) -> None:
        """Raise JobCancelled where the job was cancelled."""
        self._token.raise_if_cancelled()

    def loading(self, done_bytes: int, total_bytes: int) -> None:
        """Tell how much has been read, some times a second."""
        now = time.monotonic()
        if now - self._told_at < _LOADING_INTERVAL_S and done_bytes < total_bytes:
            return
        self._told_at = now
        self._send(Loading(self._job_id, done_bytes, total_bytes))

    def stepped(self, step: int, total: int, preview: RgbImage, rest_s: float) -> None:
        """Tell of a step, with its preview where there is a place for it."""
        self._token.raise_if_cancelled()
        preview = _small(preview)
        slot = self._slots.take()
        if slot is not None and self._frames is not None:
            self._frames.put_preview(slot, preview)
        height, width = preview.shape[:2]
        extent = Extent(width, height)
        self._send(Stepped(self._job_id, step, total, slot, extent, rest_s))


def _small(preview: RgbImage) -> RgbImage:
    height, width = preview.shape[:2]
    extent = Extent(width, height)
    if extent.long_side <= LARGEST_PREVIEW_PX:
        return preview
    return np.ascontiguousarray(resized(preview, extent.with_long_side(LARGEST_PREVIEW_PX)))


def _failure(job_id: str, error: BaseException) -> Failed:
    failure = Failure.of(Request(), error)
    is_unexpected = not isinstance(error, ToonroomError | MemoryError)
    details = "".join(traceback.format_exception(error)) if is_unexpected else ""
    return Failed(job_id, failure.sentence, failure.code, is_unexpected, details)


def _open_studio(settings: ChildSettings, send: Callable[[FromChild], None]) -> Studio:
    """Import what computes, choose the device, and say that all is ready."""
    from desktop_app.engines.diffusion import device
    from desktop_app.engines.diffusion.studio import Studio

    key = device.cpu_key()
    known = settings.cpu_precision if settings.cpu_key == key else None
    chosen = device.choose_device(settings.device, known)
    send(Ready(chosen.name, chosen.precision, chosen.warning, key))
    return Studio(chosen)


def _settle_in() -> None:
    """Make the process one that computes and nothing else."""
    # When other programs are busy, OpenMP's threads that spin while they wait slow everything
    # down tenfold; a short spin costs an idle machine little. Read when torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ[name] = "1"
    # A terminal's Ctrl-C is for the app, which cancels the job.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _write_to_log()
    _die_with_parent()


def _write_to_log() -> None:
    """Lead what libraries print, and traces of native crashes, to a file: stdout is not ours."""
    path = log_file().with_name("diffusion.log")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_long = path.exists() and path.stat().st_size > _LARGEST_LOG_BYTES
        file = path.open("wb" if is_long else "ab")
    except OSError:
        file = Path(os.devnull).open("wb")  # noqa: SIM115 - it is for the whole process
    for descriptor in (1, 2):
        os.dup2(file.fileno(), descriptor)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", closefd=False)
        setattr(sys, name, stream)
    faulthandler.enable()


def _die_with_parent() -> None:
    """Have Linux end this process with the app's, even in the middle of native code.

    The listener does so everywhere, once Python gets its turn.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    parent = parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os._exit(0)  # it was gone before we asked
