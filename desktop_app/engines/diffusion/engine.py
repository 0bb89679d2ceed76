"""The diffusion engine as the rest of the app sees it. No torch: the child computes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Capabilities, Device, Estimate, ModelInfo, OnStep
from desktop_app.core.errors import ModelError, UsageError
from desktop_app.core.events import Interpretation, Layer, Rendering
from desktop_app.core.extent import Extent
from desktop_app.core.paths import data_home
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.child import ChildSettings
from desktop_app.engines.diffusion.cost import memory_bytes, steps_work, work_of
from desktop_app.engines.diffusion.forecast import MACHINE_NAME
from desktop_app.engines.diffusion.frames import Frames
from desktop_app.engines.diffusion.host import ChildHost
from desktop_app.engines.diffusion.machine import Machine, load_machine, save_machine
from desktop_app.engines.diffusion.messages import (
    Done,
    LoadJob,
    Ready,
    RunJob,
)
from desktop_app.engines.diffusion.modes import MODES
from desktop_app.engines.diffusion.photo_in import model_photo
from desktop_app.engines.diffusion.phrases import PHRASES
from desktop_app.engines.diffusion.plan import (
    RunPlan,
    defaults_of,
    padded_extent,
    plan_of,
    side_multiple,
    working_extent,
)
from desktop_app.engines.diffusion.relays import LoadRelay, RunRelay
from desktop_app.engines.diffusion.schedulers import scheduler_choices
from desktop_app.models import library
from desktop_app.models.layout import ModelLayout

log = logging.getLogger(__name__)

_FINISHING_S_PER_PIXEL = 0.15e-6


@dataclass(frozen=True)
class EngineOptions:
    """What people settle once and for all.

    Attributes:
        device: "auto", "cpu", "cuda" or "mps".
        idle_s: how long a model stays in memory while nobody needs it; None for ever.
    """

    device: str = "auto"
    idle_s: float | None = 600.0


class DiffusionEngine:
    """InstructPix2Pix, in a child process that it owns."""

    def __init__(self, options: Callable[[], EngineOptions] = EngineOptions) -> None:
        """Args: options: asked whenever a child is started."""
        self._options = options
        self._machine_file = data_home() / MACHINE_NAME
        self._machine = load_machine(self._machine_file)
        self._host = ChildHost(self._child_settings)
        self._loaded = ""
        self._load_s = 0.0

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            "diffusion",
            "Diffusion",
            uses_seed=True,
            uses_guidance=True,
            needs_model=True,
            phrases=PHRASES,
            modes=tuple(mode.choice for mode in MODES),
            schedulers=scheduler_choices(),
        )

    @property
    def device(self) -> Device | None:
        """What the child computes on; None where none is up."""
        return self._host.device if self._host.is_up else None

    def models(self) -> tuple[ModelInfo, ...]:
        """Return the models that are here, the default first."""
        return library.installed()

    def interpret(self, request: Request) -> Interpretation:
        """Return what is taken where `request` says nothing, and what stands in its way."""
        try:
            layout = library.find(request.model)
            plan_of(request, layout)
        except (ModelError, UsageError) as error:
            return Interpretation(note=str(error), defaults=defaults_of(request, None))
        model = request.model or library.info(layout).model
        return Interpretation(
            note=layout.note, defaults=replace(defaults_of(request, layout), model=model)
        )

    def estimate(self, request: Request, extent: Extent) -> Estimate:
        """Return what `run` and the finishing would take for a photo of `extent`."""
        final = extent if request.size_px is None else extent.with_long_side(request.size_px)
        finishing_s = final.pixels * _FINISHING_S_PER_PIXEL
        try:
            layout = library.find(request.model)
            plan = plan_of(request, layout)
        except (ModelError, UsageError):
            return Estimate(finishing_s, 0)
        padded = self._padded(request, extent, layout)
        seconds = finishing_s + self._computing_s(plan, layout, padded)
        is_up = self._host.is_up
        if not is_up or self._loaded != _key(layout, plan):
            seconds += self._machine.loading_s(layout.weight_bytes, is_up=is_up)
        memory = (
            memory_bytes(layout, plan, padded, self._precision())
            + (final.pixels + extent.pixels) * 6
        )
        return Estimate(seconds, memory)

    def load(self, request: Request, on_step: OnStep, token: CancelToken) -> None:
        """Start the child and load the model; does nothing where both are there.

        Raises:
            JobCancelled: the token was cancelled.
            ModelError: there is no such model, or it is broken.
            OutOfMemory: it does not fit.
            UsageError: there is no such device or scheduler.
        """
        self._load_s = 0.0
        layout = library.find(request.model)
        plan = plan_of(request, layout)
        key = _key(layout, plan)
        self._host.leave_unless(self._child_settings().device)
        was_up = self._host.is_up
        if self._loaded == key and was_up:
            return
        self._loaded = ""
        relay = LoadRelay(request, plan, on_step, self._machine, self._note_ready)
        relay.begin(layout.weight_bytes, child_is_up=was_up)
        self._host.run(LoadJob(request.job_id, layout, plan), relay.on_message, token)
        self._loaded = key
        self._load_s = relay.elapsed_s
        self._keep(relay.measured(self._machine))

    def run(self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> Rendering:
        """Turn `photo` into a picture; what the model makes is the only layer.

        Raises:
            JobCancelled: within one step after the token was cancelled.
            ModelError: the model is missing or broken.
            OutOfMemory: even the smallest fallback did not fit.
            ToonroomError: the child died, or something else went wrong there.
            UsageError: there is no such device or scheduler.
        """
        layout = library.find(request.model)
        plan = plan_of(request, layout)
        extent = working_extent(request, photo.extent, defaults_of(request, layout))
        seen = model_photo(photo, extent, side_multiple(layout))
        height, width = seen.pixels.shape[:2]
        padded = Extent(width, height)
        final = photo.extent
        if request.size_px is not None:
            final = photo.extent.with_long_side(request.size_px)
        finishing_s = final.pixels * _FINISHING_S_PER_PIXEL
        with closing(Frames.create(padded)) as frames:
            frames.put_picture(seen.pixels)
            relay = RunRelay(request, frames, seen, on_step, self._note_ready)
            relay.begin(self._load_s, finishing_s)
            job = RunJob(request.job_id, layout, plan, frames.place, padded, seen.extent)
            try:
                done = self._host.run(job, relay.on_message, token)
            except BaseException:
                if not self._host.is_up:
                    self._loaded = ""
                raise
            self._loaded = _key(layout, plan)
            assert done.extent is not None
            picture = frames.picture(done.extent)
        if done.extent == seen.extent:  # else it had to be less, and took less time
            self._note_speed(done, plan, layout, padded)
        return Rendering((Layer("picture", picture),), done.remarks)

    def unload(self) -> None:
        """End the child; the memory is free again."""
        self._host.close()
        self._loaded = ""

    def _child_settings(self) -> ChildSettings:
        options = self._options()
        machine = self._machine
        return ChildSettings(options.device, options.idle_s, machine.cpu_key, machine.cpu_precision)

    def _padded(self, request: Request, extent: Extent, layout: ModelLayout) -> Extent:
        working = working_extent(request, extent, defaults_of(request, layout))
        return padded_extent(working, side_multiple(layout))

    def _computing_s(self, plan: RunPlan, layout: ModelLayout, padded: Extent) -> float:
        work = work_of(layout, padded, plan.savings)
        return (steps_work(plan, layout, work) + work.encode + work.decode) / self._machine.flops

    def _precision(self) -> str:
        """Return the device's precision, guessed where no child has told it yet."""
        device = self._host.device
        return device.precision if device is not None else self._machine.cpu_precision or "fp32"

    def _note_ready(self, ready: Ready) -> None:
        if ready.device == "CPU" and (ready.cpu_key, ready.precision) != (
            self._machine.cpu_key,
            self._machine.cpu_precision,
        ):
            self._keep(replace(self._machine, cpu_key=ready.cpu_key, cpu_precision=ready.precision))

    def _note_speed(self, done: Done, plan: RunPlan, layout: ModelLayout, padded: Extent) -> None:
        device = self._host.device
        if device is None or done.steps_s <= 0:
            return
        precision = "fp32" if plan.needs_fp32 else device.precision
        flops = steps_work(plan, layout, work_of(layout, padded, plan.savings)) / done.steps_s
        self._keep(self._machine.with_speed(f"{device.name} {precision}", flops))

    def _keep(self, machine: Machine) -> None:
        self._machine = machine
        save_machine(self._machine_file, machine)


def _key(layout: ModelLayout, plan: RunPlan) -> str:
    """Return what makes a loaded model another one."""
    return f"{layout.fingerprint} {plan.needs_fp32} {plan.safety_check}"
