"""The process that computes: comes up, runs one job after the other, and goes.

Importing this module imports no torch; `main`, which only the child calls, does.
"""

from __future__ import annotations

import math
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import numpy as np

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ToonroomError
from desktop_app.core.events import Failure
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.core.processes import settle_in
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
    settle_in("diffusion.log")
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
