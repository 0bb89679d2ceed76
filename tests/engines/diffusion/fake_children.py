"""What a host starts in tests: the real child's process without torch, and some that misbehave.

Processes are spawned, so all of it is imported anew there: keep it light.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from desktop_app.core import processes
from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError, UsageError
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.diffusion import child
from desktop_app.engines.diffusion.child import ChildSettings
from desktop_app.engines.diffusion.frames import Frames
from desktop_app.engines.diffusion.host import ChildHost
from desktop_app.engines.diffusion.messages import (
    Done,
    FromChild,
    LoadJob,
    Ready,
    RunJob,
    Stepped,
)
from desktop_app.engines.diffusion.photo_in import ModelPhoto
from desktop_app.engines.diffusion.plan import RunPlan, plan_of
from desktop_app.models.layout import ModelLayout, read_layout

NO_DEVICE = "none"


def without_torch(connection: Connection, settings: ChildSettings) -> None:
    """Be the real child, but for the studio in it; there is none where the device is NO_DEVICE."""
    with mock.patch.object(child, "_open_studio", _open_studio):
        child.main(connection, settings)


def without_signal(connection: Connection, settings: ChildSettings) -> None:
    """Be the same on a system that does not end processes with their parents."""
    with mock.patch.object(processes, "die_with_parent"):
        without_torch(connection, settings)


def leaves_at_the_second_job(connection: Connection, settings: ChildSettings) -> None:
    """Do one job and go when the next one comes, as if its time had been up a moment before."""
    connection.send(Ready("Fake", "fp32", "", ""))
    job = connection.recv()
    connection.send(Done(job.job_id))
    connection.recv()


def leaves_at_once(connection: Connection, settings: ChildSettings) -> None:
    """Go before anybody can ask for something."""


def raises_at_once(connection: Connection, settings: ChildSettings) -> None:
    """Fail as nothing should."""
    sys.stderr.close()  # what Python says of it is not what is tested
    raise RuntimeError


class FakeStudio:
    """Does what the instruction says."""

    def load(self, _layout: ModelLayout, _plan: RunPlan, listener: Any) -> None:
        listener.loading(1, 2)
        listener.loading(2, 2)

    def run(self, _layout: ModelLayout, plan: RunPlan, photo: ModelPhoto, listener: Any) -> Any:
        """Return the negative of the photo; step n's preview is all of colour n."""
        for step in range(1, plan.steps + 1):
            listener.stepped(step, plan.steps, np.full_like(photo.pixels, step), 0.0)
        word, _, rest = plan.instruction.partition(" ")
        if word in _DEEDS:
            _DEEDS[word](listener, rest)
        return _Picture(255 - photo.pixels[: photo.extent.height, : photo.extent.width])


class _Picture:
    def __init__(self, pixels: RgbImage) -> None:
        self.pixels = pixels
        self.remarks = ("A remark.",)
        self.steps_s = 1.0


def _open_studio(settings: ChildSettings, send: Callable[[FromChild], None]) -> FakeStudio:
    if settings.device == NO_DEVICE:
        raise UsageError("There is no such device.")
    send(Ready("Fake", "fp32", "", "key"))
    return FakeStudio()


def _exit(_listener: Any, status: str) -> None:
    os._exit(int(status))


def _signal(_listener: Any, name: str) -> None:
    os.kill(os.getpid(), signal.Signals[name])
    time.sleep(60.0)


def _ever(listener: Any, _rest: str) -> None:
    while True:
        listener.check()
        time.sleep(0.01)


def _deaf(_listener: Any, _rest: str) -> None:
    while True:
        time.sleep(0.01)


def _native(_listener: Any, _rest: str) -> None:
    sum(range(10**13))  # hours in C: no other thread of Python gets its turn


def _model(_listener: Any, rest: str) -> None:
    raise ModelError(rest)


def _memory(_listener: Any, _rest: str) -> None:
    raise MemoryError


def _fault(_listener: Any, rest: str) -> None:
    raise ValueError(rest)


_DEEDS: dict[str, Callable[[Any, str], None]] = {
    "exit": _exit,
    "signal": _signal,
    "ever": _ever,
    "deaf": _deaf,
    "native": _native,
    "model": _model,
    "memory": _memory,
    "fault": _fault,
}


def run_job(
    folder: Path, frames: Frames, extent: Extent, instruction: str = "", steps: int = 3
) -> RunJob:
    """Return a job for the photo in `frames`, which is of `extent`."""
    layout = read_layout(folder)
    request = Request(instruction, engine="diffusion", steps=steps)
    plan = plan_of(request, layout)
    return RunJob(request.job_id, layout, plan, frames.place, extent, extent)


def load_job(folder: Path) -> LoadJob:
    """Return a job that loads the model in `folder`."""
    layout = read_layout(folder)
    request = Request(engine="diffusion")
    return LoadJob(request.job_id, layout, plan_of(request, layout))


def be_a_parent(folder: str, instruction: str, has_signal: bool) -> None:
    """Start a child that never ends, and print its process id once it is at work."""
    target = without_torch if has_signal else without_signal
    host = ChildHost(ChildSettings, target=target)

    def on_message(message: FromChild) -> None:
        if isinstance(message, Stepped):
            print(host.pid, flush=True)  # noqa: T201 - who started us reads it

    extent = Extent(16, 8)
    job = run_job(Path(folder), Frames.create(extent), extent, instruction, steps=1)
    host.run(job, on_message, CancelToken())


def be_a_parent_in_a_terminal_that_is_closed(folder: str) -> None:
    """Run a job while everybody is told that the terminal is gone; say "done" in the end."""
    signal.signal(signal.SIGHUP, lambda *_: None)
    host = ChildHost(ChildSettings, target=without_torch)
    host.run(load_job(Path(folder)), lambda _: None, CancelToken())
    extent = Extent(16, 8)
    frames = Frames.create(extent)

    def on_message(message: FromChild) -> None:
        if isinstance(message, Stepped):
            os.killpg(0, signal.SIGHUP)

    host.run(run_job(Path(folder), frames, extent), on_message, CancelToken())
    frames.close()
    host.close()
    print("done")  # noqa: T201 - who started us reads it
