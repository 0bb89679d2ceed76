"""The denoising loop: from noise to latents of the picture, guided by words and photo."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from desktop_app.engines.diffusion.guidance import Row, Weights
from desktop_app.engines.diffusion.modes import StepKind
from desktop_app.engines.diffusion.plan import RunPlan
from desktop_app.engines.diffusion.unet import StagedUNet


@dataclass(frozen=True, eq=False)
class Conditioning:
    """What the model is told.

    Attributes:
        text: (1, tokens, features), the instruction.
        negative: (1, tokens, features), what stands where no instruction is read.
        photo: (1, channels, height, width), latents of the photo: the mode, unscaled.
    """

    text: Tensor
    negative: Tensor
    photo: Tensor

    def rows(self, rows: tuple[Row, ...]) -> tuple[Tensor, Tensor]:
        """Return texts and photos of a batch of `rows`."""
        texts = [self.text if row.reads_text else self.negative for row in rows]
        photos = [self.photo if row.sees_photo else torch.zeros_like(self.photo) for row in rows]
        return torch.cat(texts), torch.cat(photos)


@dataclass(frozen=True, eq=False)
class StepResult:
    """What a step gave.

    Attributes:
        index: 0-based number of the step.
        kind: what it computed.
        noisy: (1, channels, height, width), what the model saw: latents of unit variance.
        output: the model's guided output.
        timestep: how noisy `noisy` was, in the scheduler's training steps.
    """

    index: int
    kind: StepKind
    noisy: Tensor
    output: Tensor
    timestep: float


OnDenoised = Callable[[StepResult], None]


def denoise(
    unet: StagedUNet,
    scheduler: Any,
    plan: RunPlan,
    conditioning: Conditioning,
    on_step: OnDenoised,
) -> Tensor:
    """Return the latents of the picture, (1, channels, height, width), scaled as trained.

    The noise is drawn on the CPU, so that a seed means the same picture on every device.

    Args:
        unet: the model.
        scheduler: one of diffusers', its timesteps set; they stay on the CPU, where asking for
            their values makes no graphics card wait.
        plan: what to do.
        conditioning: what the model is told; on the model's device, in its precision.
        on_step: told after each step.
    """
    photo = conditioning.photo
    generator = torch.Generator("cpu").manual_seed(plan.seed)
    shape = (1, unet.in_channels - photo.shape[1], *photo.shape[-2:])
    noise = randn_tensor(shape, generator=generator, device=photo.device, dtype=photo.dtype)
    latents: Tensor = noise * scheduler.init_noise_sigma
    arguments = _step_arguments(scheduler, generator)
    guide = _Guide(unet, plan.weights, conditioning)
    kinds = plan.savings.schedule(len(scheduler.timesteps))
    unet.forget()
    for index, (timestep, kind) in enumerate(zip(scheduler.timesteps, kinds, strict=True)):
        noisy = scheduler.scale_model_input(latents, timestep)
        output = guide.output(noisy, timestep, kind)
        latents = scheduler.step(output, timestep, latents, **arguments, return_dict=False)[0]
        on_step(StepResult(index, kind, noisy, output, float(timestep)))
    unet.forget()
    return latents


class _Guide:
    """Asks the model for the rows that a step needs and weighs them."""

    def __init__(self, unet: StagedUNet, weights: Weights, conditioning: Conditioning) -> None:
        self._unet = unet
        self._weights = weights
        self._all = conditioning.rows(weights.rows)
        self._first = conditioning.rows(weights.rows[:1])
        self._term: Tensor | None = None

    def output(self, noisy: Tensor, timestep: Tensor, kind: StepKind) -> Tensor:
        """Return the guided output for `noisy`."""
        if not self._weights.is_guided:
            return self._ask(noisy, timestep, self._first, kind)
        if kind.guides:
            rows = self._ask(noisy, timestep, self._all, kind)
            guided = weighted(rows, self._weights)
            self._term = guided - rows[:1]
            return guided
        output = self._ask(noisy, timestep, self._first, kind)
        return output + self._term if kind.holds and self._term is not None else output

    def _ask(
        self, noisy: Tensor, timestep: Tensor, told: tuple[Tensor, Tensor], kind: StepKind
    ) -> Tensor:
        text, photo = told
        sample = torch.cat([torch.cat([noisy] * len(photo)), photo], dim=1)
        return self._unet(sample, timestep, text, deep=kind.deep)


def weighted(rows: Tensor, weights: Weights) -> Tensor:
    """Return the weighted sum of `rows`, (1, ...), computed as diffusers does where it has three.

    Args:
        rows: (rows, ...), in the order of `weights`.
        weights: add up to 1.
    """
    if len(weights.rows) == 3:
        text, image, nothing = rows.chunk(3)
        text_guidance, image_guidance = weights.values[0], 1.0 - weights.values[2]
        return nothing + text_guidance * (text - image) + image_guidance * (image - nothing)
    first, second = rows.chunk(2)
    return second + weights.values[0] * (first - second)


def _step_arguments(scheduler: Any, generator: torch.Generator) -> dict[str, Any]:
    """Return what this scheduler's step takes besides the usual, as in diffusers' pipelines."""
    taken = inspect.signature(scheduler.step).parameters
    wanted: dict[str, Any] = {"eta": 0.0, "generator": generator}
    return {name: value for name, value in wanted.items() if name in taken}
