"""Previews: what the model expects, in colours, for little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

from desktop_app.engines.diffusion.loop import StepResult
from desktop_app.engines.diffusion.modes import StepKind
from desktop_app.engines.diffusion.preview import (
    STABLE_DIFFUSION_1,
    coloured,
    fitted_matrix,
    predicted_picture,
    preview_matrix,
)
from desktop_app.models.configs import VaeShape
from desktop_app.models.layout import ModelLayout, read_layout
from tests.engines.diffusion import tiny

# Some schedulers of diffusers give tensors to NumPy in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WHOLE = StepKind(guides=True, holds=False, deep=True)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> ModelLayout:
    folder: Path = tmp_path_factory.mktemp("models") / "tiny"
    return read_layout(tiny.save(tiny.make_pipeline(0), folder))


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize("timestep", [1, 420, 999])
def test_a_perfect_model_is_seen_to_expect_the_picture_itself(kind: str, timestep: int) -> None:
    scheduler: Any = DDIMScheduler(prediction_type=kind)
    draw = torch.Generator().manual_seed(0)
    picture = torch.randn(1, 4, 8, 8, generator=draw)
    noise = torch.randn(1, 4, 8, 8, generator=draw)
    at = torch.tensor([timestep])
    noisy = scheduler.add_noise(picture, noise, at)
    outputs = {
        "epsilon": noise,
        "sample": picture,
        "v_prediction": scheduler.get_velocity(picture, noise, at),
    }
    result = StepResult(0, WHOLE, noisy, outputs[kind], float(timestep))
    assert torch.allclose(predicted_picture(result, scheduler), picture, atol=2e-3)


def test_it_does_not_matter_how_a_scheduler_scales_what_the_model_sees() -> None:
    scheduler: Any = EulerDiscreteScheduler()
    scheduler.set_timesteps(7)
    picture, noise = torch.full((1, 4, 4, 4), 0.5), torch.full((1, 4, 4, 4), -1.0)
    sigma, timestep = scheduler.sigmas[3], scheduler.timesteps[3]
    noisy = scheduler.scale_model_input(picture + sigma * noise, timestep)
    result = StepResult(3, WHOLE, noisy, noise, float(timestep))
    # The scheduler interpolates between two timesteps in another way.
    assert torch.allclose(predicted_picture(result, scheduler), picture, atol=0.01)


def test_a_fitted_matrix_finds_colours_that_are_in_the_latents() -> None:
    draw = np.random.default_rng(0)
    latents = torch.from_numpy(draw.normal(size=(1, 6, 12, 16)).astype(np.float32))
    matrix = draw.uniform(-0.2, 0.2, (7, 3)).astype(np.float32)
    pixels = coloured(latents, matrix)
    found = fitted_matrix(latents, pixels)
    difference = coloured(latents, found).astype(int) - pixels.astype(int)
    assert np.abs(difference).max() <= 1


def test_latents_that_do_not_vary_give_the_photos_mean_colour() -> None:
    pixels = np.full((12, 16, 3), (200, 100, 50), np.uint8)
    found = fitted_matrix(torch.zeros(1, 4, 12, 16), pixels)
    shown = coloured(torch.zeros(1, 4, 12, 16), found)
    assert np.abs(shown.astype(int) - pixels.astype(int)).max() <= 1


def test_numbers_out_of_bounds_are_shown_as_black_and_white() -> None:
    latents = torch.full((1, 1, 1, 3), float("nan"))
    latents[..., 1], latents[..., 2] = float("inf"), -float("inf")
    matrix = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], np.float32)
    assert coloured(latents, matrix)[0, :, 0].tolist() == [0, 255, 0]


def test_which_matrix_is_taken(layout: ModelLayout) -> None:
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    fitted = preview_matrix(layout, latents, pixels)
    assert np.array_equal(fitted, fitted_matrix(latents, pixels))
    rows = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.5, 0.5, 0.5))
    bias = (0.1, 0.2, 0.3)
    extras = replace(layout.extras, preview_matrix=rows, preview_bias=bias)
    own = replace(layout, extras=extras)
    assert np.allclose(preview_matrix(own, latents, pixels), [*rows, bias])
    config = {
        **layout.vae.config,
        "block_out_channels": [128, 256, 512, 512],
        "scaling_factor": 0.18215,
    }
    known = replace(layout, vae=replace(layout.vae, config=config), vae_shape=VaeShape(4, 8))
    assert preview_matrix(known, latents, pixels) is STABLE_DIFFUSION_1
