"""What the child says of a job, for whoever watches a run. No torch."""

from __future__ import annotations

import time
from collections.abc import Callable

from desktop_app.core.engine import OnStep
from desktop_app.core.events import StepPreview
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.frames import Frames
from desktop_app.engines.diffusion.machine import Machine
from desktop_app.engines.diffusion.messages import FromChild, Loading, Ready, Stepped
from desktop_app.engines.diffusion.photo_in import ModelPhoto
from desktop_app.engines.diffusion.plan import RunPlan
from desktop_app.engines.diffusion.show import shown

_LOADING_SHARE = 0.1
_TELLING_BYTES = 50_000_000
"""Smaller models say nothing of how quick a machine loads."""


class LoadRelay:
    """Tells people how far the loading is."""

    def __init__(
        self,
        request: Request,
        plan: RunPlan,
        on_step: OnStep,
        machine: Machine,
        on_ready: Callable[[Ready], None],
    ) -> None:
        self._job_id = request.job_id
        self._steps = plan.steps
        self._on_step = on_step
        self._on_ready = on_ready
        self._machine = machine
        self._first: tuple[float, int] | None = None
        self._load_bytes_s = 0.0
        self._start_s = 0.0

    @property
    def elapsed_s(self) -> float:
        """How long it has taken."""
        return time.perf_counter() - self._start

    def begin(self, weight_bytes: int, *, child_is_up: bool) -> None:
        """Start the clock, and tell what comes first."""
        self._start = time.perf_counter()
        self._child_was_up = child_is_up
        stage = "Loading the model" if child_is_up else "Starting the diffusion engine"
        self._say(stage, self._machine.loading_s(weight_bytes, is_up=child_is_up), 0.0)

    def measured(self, machine: Machine) -> Machine:
        """Return what is known of the machine now."""
        return machine.with_loading(self._start_s, self._load_bytes_s)

    def on_message(self, message: FromChild) -> None:
        """Take what the child says."""
        match message:
            case Ready():
                if not self._child_was_up:
                    self._start_s = self.elapsed_s
                self._on_ready(message)
            case Loading():
                self._on_loading(message)

    def _on_loading(self, message: Loading) -> None:
        now = time.perf_counter()
        if self._first is None:
            self._first = (now, message.done_bytes)
        start, at_start = self._first
        read = message.done_bytes - at_start
        rest = message.total_bytes - message.done_bytes
        rate = read / (now - start) if read and now > start else self._machine.load_bytes_s
        if rest <= 0 and read > _TELLING_BYTES:
            self._load_bytes_s = rate
        share = message.done_bytes / max(1, message.total_bytes)
        self._say(f"Loading the model, {share:.0%}", rest / max(rate, 1.0), share)

    def _say(self, stage: str, eta_s: float, share: float) -> None:
        # Loading is a part of the run that nobody can tell yet: the bar moves a little.
        self._on_step(
            StepPreview(self._job_id, 0, self._steps, stage, None, eta_s, _LOADING_SHARE * share)
        )


class RunRelay:
    """Tells people how far the run is, and shows what it gives."""

    def __init__(
        self,
        request: Request,
        frames: Frames,
        seen: ModelPhoto,
        on_step: OnStep,
        on_ready: Callable[[Ready], None],
    ) -> None:
        self._job_id = request.job_id
        self._frames = frames
        self._seen = seen
        self._on_step = on_step
        self._on_ready = on_ready

    def begin(self, load_s: float, finishing_s: float) -> None:
        """Start the clock: `load_s` have gone by already, `finishing_s` come after."""
        self._start = time.perf_counter()
        self._begun_at = _LOADING_SHARE if load_s > 0 else 0.0
        self._finishing_s = finishing_s
        self._share = self._begun_at

    def on_message(self, message: FromChild) -> None:
        """Take what the child says."""
        match message:
            case Ready():
                self._on_ready(message)
            case Stepped():
                self._on_stepped(message)

    def _on_stepped(self, message: Stepped) -> None:
        image = None
        if message.slot is not None:
            image = shown(self._frames.preview(message.slot, message.preview), self._seen)
        eta_s = message.rest_s + self._finishing_s
        elapsed = time.perf_counter() - self._start
        share = self._begun_at + (1.0 - self._begun_at) * elapsed / max(elapsed + eta_s, 1e-6)
        share = self._share = max(self._share, share)  # a step may take longer than expected
        self._on_step(
            StepPreview(
                self._job_id, message.step, message.total, "Developing", image, eta_s, share
            )
        )
