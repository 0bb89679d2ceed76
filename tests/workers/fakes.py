"""Engines that do what a test wants, on a real thread."""

# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Capabilities, Device, Estimate, ModelInfo, OnStep
from desktop_app.core.events import Interpretation, Layer, Rendering, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request

TIMEOUT_MS = 10_000
TIMEOUT_S = TIMEOUT_MS / 1000


def flat(value: int, width: int = 6, height: int = 4) -> RgbImage:
    """Return a picture of one grey."""
    return np.full((height, width, 3), value, np.uint8)


def photo(value: int = 100, width: int = 6, height: int = 4) -> Photo:
    """Return a photo of one grey."""
    return Photo(flat(value, width, height))


class FakeEngine:
    """Runs `script(request, photo, on_step, token)`, which by default answers at once.

    Attributes:
        entered: set when a run begins.
        go_on: a run of `wait_for_go` waits for it.
        runs: the requests that were run, in order.
        unloaded: how often `unload` was called.
        threads: names of the threads that it was called in.
    """

    def __init__(
        self,
        script: Callable[[Request, Photo, OnStep, CancelToken], None] | None = None,
        engine_id: str = "classic",
    ) -> None:
        self.script = script
        self.engine_id = engine_id
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.runs: list[Request] = []
        self.unloaded = 0
        self.threads: set[int] = set()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.engine_id, "Fake")

    @property
    def device(self) -> Device | None:
        return None

    def models(self) -> tuple[ModelInfo, ...]:
        return ()

    def interpret(self, request: Request) -> Interpretation:
        return Interpretation(understood=(request.instruction,))

    def estimate(self, request: Request, extent: Extent) -> Estimate:
        return Estimate(0.1, 1)

    def load(self, request: Request, on_step: OnStep, token: CancelToken) -> None:
        token.raise_if_cancelled()

    def run(self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> Rendering:
        self.threads.add(threading.get_ident())
        self.runs.append(request)
        self.entered.set()
        if self.script is not None:
            self.script(request, photo, on_step, token)
        value = request.seed % 256
        return Rendering((Layer("flats", flat(value, photo.extent.width, photo.extent.height)),))

    def unload(self) -> None:
        self.unloaded += 1

    def wait_for_go(
        self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken
    ) -> None:
        """A script: wait until the test says so, deaf to the token."""
        assert self.go_on.wait(TIMEOUT_S)

    def wait_for_cancel(
        self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken
    ) -> None:
        """A script: step until the token is cancelled."""
        for step in range(1, 10_000_000):
            token.raise_if_cancelled()
            on_step(preview(request, step, 10_000_000, "Waiting", flat(step % 256)))
            if self.go_on.wait(0.001):
                return


def preview(
    request: Request, step: int, total: int, stage: str, image: RgbImage, eta_s: float = 0.0
) -> StepPreview:
    """Return what an engine says after a step."""
    return StepPreview(request.job_id, step, total, stage, image, eta_s)
