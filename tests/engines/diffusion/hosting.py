"""What the tests of the host share: jobs on a photo, and a fake studio in the child."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.engines.diffusion.frames import Frames
from desktop_app.engines.diffusion.host import ChildHost
from desktop_app.engines.diffusion.messages import (
    Done,
    FromChild,
    Stepped,
)
from desktop_app.engines.diffusion.talk import OnMessage
from tests.engines.diffusion import fake_children

EXTENT = Extent(600, 450)
"""Larger than previews are, which have one colour each."""
PHOTO = np.random.default_rng(0).integers(0, 256, (450, 600, 3), np.uint8)
WAIT_S = 20.0

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

MakeHost = Callable[..., ChildHost]


class Work:
    """Runs jobs on a photo and keeps what the child says."""

    def __init__(self, host: ChildHost, folder: Path) -> None:
        self.host = host
        self.said: list[FromChild] = []
        self.previews: list[tuple[int, RgbImage]] = []
        self.picture: RgbImage | None = None
        self._folder = folder

    def run(
        self,
        instruction: str = "",
        steps: int = 3,
        on_message: OnMessage | None = None,
        token: CancelToken | None = None,
    ) -> Done:
        with closing(Frames.create(EXTENT)) as frames:
            frames.put_picture(PHOTO)
            job = fake_children.run_job(self._folder, frames, EXTENT, instruction, steps)

            def take(message: FromChild) -> None:
                self.said.append(message)
                if isinstance(message, Stepped) and message.slot is not None:
                    preview = frames.preview(message.slot, message.preview)
                    self.previews.append((message.step, preview))
                if on_message is not None:
                    on_message(message)

            done = self.host.run(job, take, token or CancelToken())
            assert done.extent is not None
            self.picture = frames.picture(done.extent)
        return done

    def stepped(self) -> list[Stepped]:
        return [message for message in self.said if isinstance(message, Stepped)]


def at_a_step(act: Callable[[], None]) -> OnMessage:
    """Return what does `act` when the first step was done."""
    seen: list[Stepped] = []

    def on_message(message: FromChild) -> None:
        if isinstance(message, Stepped) and not seen:
            seen.append(message)
            act()

    return on_message


def assert_gone(pid: int | None) -> None:
    """Assert that a child of ours is gone and was reaped."""
    assert pid is not None
    assert not psutil.pid_exists(pid)
