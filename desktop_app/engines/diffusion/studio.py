"""Runs plans on models: what the child's process does all day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from desktop_app.core.errors import ModelError, OutOfMemory
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.engines.diffusion import safety
from desktop_app.engines.diffusion.autoencoder import (
    decode,
    is_finite,
    is_usable,
    tensor_to_pixels,
)
from desktop_app.engines.diffusion.cancelling import cancellable
from desktop_app.engines.diffusion.conditioning import is_cut_off
from desktop_app.engines.diffusion.cost import Work, work_of
from desktop_app.engines.diffusion.device import ChosenDevice
from desktop_app.engines.diffusion.loop import Conditioning, StepResult, denoise
from desktop_app.engines.diffusion.memory import (
    ECONOMIES,
    Economy,
    free_cached_memory,
    is_out_of_memory,
)
from desktop_app.engines.diffusion.photo_in import ModelPhoto, model_photo
from desktop_app.engines.diffusion.plan import RunPlan, side_multiple
from desktop_app.engines.diffusion.preview import Previews
from desktop_app.engines.diffusion.shelf import Loaded, Shelf, make_scheduler
from desktop_app.engines.diffusion.unet import StagedUNet
from desktop_app.models.layout import ModelLayout

_NO_NUMBERS = (
    "The model “{title}” gives no picture: its numbers run out of all bounds even in full"
    " precision; get it again, or choose another one."
)
_NO_MEMORY = (
    "There is not enough memory for this model, even for a picture of half the working size; close"
    " other programs, or ask for a smaller working size."
)


class Listener(Protocol):
    """Who wants to know how a job goes on."""

    def loading(self, done_bytes: int, total_bytes: int) -> None:
        """So much of the model has been read."""

    def stepped(self, step: int, total: int, preview: RgbImage, rest_s: float) -> None:
        """A step was done; `rest_s` seconds are left until the picture is decoded."""

    def check(self) -> None:
        """Raise JobCancelled where the job was cancelled."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What a run gave.

    Attributes:
        pixels: (height, width, 3) uint8, without padding.
        remarks: whole sentences that the artist should know.
        steps_s: how long the steps took.
    """

    pixels: RgbImage
    remarks: tuple[str, ...]
    steps_s: float


class Studio:
    """Holds a model and runs plans on it, on one device."""

    def __init__(self, chosen: ChosenDevice) -> None:
        self._chosen = chosen
        self._shelf = Shelf(chosen)

    def load(self, layout: ModelLayout, plan: RunPlan, listener: Listener) -> None:
        """Get everything ready that `plan` needs.

        Raises:
            JobCancelled: the listener said so.
            ModelError: the model is broken.
            OutOfMemory: it does not fit.
        """
        try:
            self._model(layout, plan, self._dtype(plan), listener)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self._shelf.clear()
            raise OutOfMemory(_NO_MEMORY) from error

    @torch.inference_mode()
    def run(
        self, layout: ModelLayout, plan: RunPlan, photo: ModelPhoto, listener: Listener
    ) -> Picture:
        """Run `plan` on `photo`, with less and less where memory runs out.

        Raises:
            JobCancelled: the listener said so.
            ModelError: the model is broken, or gives no numbers.
            OutOfMemory: even the least did not fit.
            UsageError: the scheduler cannot do what the plan says.
        """
        for economy in ECONOMIES:
            try:
                return self._run_at(economy, layout, plan, photo, listener)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # Outside of the handler, which keeps all that is to be given back.
            free_cached_memory()
        self._shelf.clear()
        raise OutOfMemory(_NO_MEMORY)

    def _run_at(
        self,
        economy: Economy,
        layout: ModelLayout,
        plan: RunPlan,
        photo: ModelPhoto,
        listener: Listener,
    ) -> Picture:
        photo = _shrunk(photo, economy.size, layout)
        for dtype, means in self._attempts(plan, economy):
            run = _Run(self._model(layout, plan, dtype, listener), means, plan, photo, listener)
            picture = run.develop()
            if picture is not None:
                pixels = np.ascontiguousarray(photo.photo_part(run.pixels(picture)))
                return Picture(pixels, run.remarks(), run.steps_s)
        raise ModelError(_NO_NUMBERS.format(title=layout.title))

    def _attempts(self, plan: RunPlan, economy: Economy) -> Iterator[tuple[torch.dtype, Economy]]:
        """Yield how to compute, each after the one before has run out of bounds."""
        dtype = self._dtype(plan)
        yield dtype, economy
        if dtype != torch.float32:
            if self._chosen.doubts_batches and not economy.rows_one_by_one:
                yield dtype, replace(economy, rows_one_by_one=True)
            yield torch.float32, economy

    def _dtype(self, plan: RunPlan) -> torch.dtype:
        return torch.float32 if plan.needs_fp32 else self._chosen.dtype

    def _model(
        self, layout: ModelLayout, plan: RunPlan, dtype: torch.dtype, listener: Listener
    ) -> Loaded:
        return self._shelf.model(
            layout,
            dtype,
            texts=[plan.instruction, plan.negative],
            with_safety_checker=plan.safety_check,
            on_bytes=listener.loading,
            check=listener.check,
        )


class _Run:
    """One attempt at one plan."""

    def __init__(
        self,
        model: Loaded,
        economy: Economy,
        plan: RunPlan,
        photo: ModelPhoto,
        listener: Listener,
    ) -> None:
        self._model = model
        self._economy = economy
        self._plan = plan
        self._photo = photo
        self._listener = listener
        self._blanked = False
        self.steps_s = 0.0

    def develop(self) -> Tensor | None:
        """Return the picture, (1, 3, height, width) within 0 and 1; None where it is none."""
        parts, plan = self._model.parts, self._plan
        scheduler = make_scheduler(self._model.layout, parts.scheduler_config, plan)
        with cancellable([parts.unet, parts.vae], self._listener.check):
            conditioning = self._conditioning()
            height, width = self._photo.pixels.shape[:2]
            work = work_of(self._model.layout, Extent(width, height), plan.savings)
            previews = Previews(
                self._model, scheduler, conditioning.photo, self._photo.pixels, work
            )
            unet = StagedUNet(parts.unet, plan.savings.deep_level)
            unet.one_by_one = self._economy.rows_one_by_one
            clock = _Clock(plan, work, len(scheduler.timesteps), can_skip=unet.can_skip)

            def on_step(result: StepResult) -> None:
                rest_s = clock.rest_s(result.index)
                preview = previews.of(result)
                self._listener.stepped(result.index + 1, clock.total, preview, rest_s)

            latents = denoise(unet, scheduler, plan, conditioning, on_step)
            self.steps_s = clock.elapsed_s
            if not is_finite(latents):
                return None
            picture = decode(parts.vae, latents)
        return picture if is_usable(2.0 * picture - 1.0) or self._may_be_black() else None

    def pixels(self, picture: Tensor) -> RgbImage:
        """Return the picture's pixels; black where the safety checker blanks them."""
        parts = self._model.parts
        pixels = tensor_to_pixels(picture)
        if self._plan.safety_check and parts.safety_checker is not None:
            self._blanked = safety.is_blanked(
                pixels, picture, parts.safety_checker, parts.feature_extractor
            )
        return np.zeros_like(pixels) if self._blanked else pixels

    def remarks(self) -> tuple[str, ...]:
        """Return what the artist should know of this run."""
        found: list[str] = []
        tokenizer = self._model.parts.tokenizer
        if self._blanked:
            found.append(safety.BLANKED)
        if is_cut_off(self._plan.instruction, tokenizer):
            found.append(
                f"The model reads {tokenizer.model_max_length} tokens of an instruction; the end of"
                " yours was left out."
            )
        if self._economy.size < 1.0:
            extent = self._photo.extent
            found.append(
                f"Memory ran out, so the model worked at {extent.width} × {extent.height} pixels."
            )
        return tuple(found)

    def _conditioning(self) -> Conditioning:
        parts, encoders = self._model.parts, self._model.encoders
        plan = self._plan
        text = encoders.text(plan.instruction, parts.tokenizer, parts.text_encoder)
        negative = encoders.text(plan.negative, parts.tokenizer, parts.text_encoder)
        if self._economy.without_text_encoder:
            parts.text_encoder = None
            free_cached_memory()
        photo = encoders.photo(self._photo.pixels, parts.vae)
        return Conditioning(text, negative, photo)

    def _may_be_black(self) -> bool:
        """Return whether a black picture can be meant: in full precision nothing overflows."""
        return self._model.dtype == torch.float32


class _Clock:
    """Tells how long a run still takes, from what its steps have taken."""

    def __init__(self, plan: RunPlan, work: Work, total: int, *, can_skip: bool) -> None:
        rows = len(plan.weights.rows)
        kinds = plan.savings.schedule(total)
        if not can_skip:
            kinds = tuple(replace(kind, deep=True) for kind in kinds)
        self.total = total
        self._work = [work.step(kind, rows) for kind in kinds]
        self._decode = work.decode
        self._start = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """How long the steps have taken."""
        return time.perf_counter() - self._start

    def rest_s(self, index: int) -> float:
        """Return the seconds that are left after step `index`, decoding included."""
        done = sum(self._work[: index + 1])
        rest = sum(self._work[index + 1 :]) + self._decode
        return self.elapsed_s * rest / max(done, 1.0)


def _shrunk(photo: ModelPhoto, share: float, layout: ModelLayout) -> ModelPhoto:
    """Return the photo at a share of its size."""
    if share >= 1.0:
        return photo
    part = np.ascontiguousarray(photo.photo_part(photo.pixels))
    return model_photo(Photo(part), photo.extent.scaled(share), side_multiple(layout))
