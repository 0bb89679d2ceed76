"""Pictures while training: a plain loop, for looking. What ships is measured with the engine."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from torch import Tensor

from desktop_app.training.objective import Objective
from desktop_app.training.text import tokens_of


def scheduler_for(objective: Objective) -> Any:
    """Return the scheduler that models of this room come with."""
    scheduler: Any = DPMSolverMultistepScheduler(
        **objective.config(), timestep_spacing="trailing", steps_offset=1
    )
    return scheduler


@torch.no_grad()
def sample(
    denoiser: Any,
    tokenizer: Any,
    photos: Tensor,
    instructions: list[str],
    *,
    objective: Objective,
    steps: int,
    text_guidance: float,
    seed: int,
) -> Tensor:
    """Return latents of pictures, scaled as trained, in the shape of `photos`.

    Args:
        denoiser: an InstructedDenoiser in evaluation mode.
        tokenizer: its text encoder's.
        photos: (batch, channels, height, width), unscaled.
        instructions: one for each photo.
        objective: what the denoiser was trained for.
        steps: of DPM-Solver++.
        text_guidance: 1 for none.
        seed: of the noise.
    """
    scheduler = scheduler_for(objective)
    scheduler.set_timesteps(steps)
    told = tokens_of(tokenizer, instructions).to(photos.device)
    nothing = tokens_of(tokenizer, [""] * len(instructions)).to(photos.device)
    noise = torch.randn(photos.shape, generator=torch.Generator("cpu").manual_seed(seed))
    latents: Tensor = noise.to(photos.device) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        noisy = scheduler.scale_model_input(latents, timestep)
        when = timestep.to(photos.device).expand(len(photos))
        output = denoiser(noisy, photos, when, told)
        if text_guidance != 1.0:
            plain = denoiser(noisy, photos, when, nothing)
            output = plain + text_guidance * (output - plain)
        latents = scheduler.step(output, timestep, latents, return_dict=False)[0]
    return latents
