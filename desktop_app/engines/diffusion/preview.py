"""Pictures of what the model expects already, for a fraction of what decoding costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.engines.diffusion.autoencoder import decode, scaling_factor, tensor_to_pixels
from desktop_app.engines.diffusion.cost import Work
from desktop_app.engines.diffusion.loop import StepResult
from desktop_app.engines.diffusion.shelf import Loaded
from desktop_app.imaging.scaling import resized
from desktop_app.models.layout import ModelLayout

Matrix = NDArray[np.float32]
"""(channels + 1, 3): latents and a 1 to RGB within -1 and 1."""

STABLE_DIFFUSION_1: Matrix = np.array(
    [
        [0.3512, 0.2297, 0.3227],
        [0.3250, 0.4974, 0.2350],
        [-0.2829, 0.1762, 0.2721],
        [-0.2120, -0.2616, -0.7177],
        [0.0, 0.0, 0.0],
    ],
    np.float32,
)
"""Of scaled latents. Source: the factors that ComfyUI gives for SD 1.5 (latent_formats.py)."""

_RIDGE = 1e-4
_LARGEST_SHARE = 0.03
"""How much a preview may cost of a step with one row."""


class Previews:
    """Makes the previews of one run.

    An autoencoder that is small beside its UNet decodes them; else they come from a linear map,
    and are as small as the latents.
    """

    def __init__(
        self, model: Loaded, scheduler: Any, photo_latents: Tensor, pixels: RgbImage, work: Work
    ) -> None:
        """Args: photo_latents: of `pixels`, unscaled; work: of this model at this size."""
        self._vae: Any = model.parts.vae
        self._scheduler = scheduler
        is_tiny = model.layout.vae.class_name == "AutoencoderTiny"
        self._decodes = is_tiny and work.decode <= _LARGEST_SHARE * work.row
        if not self._decodes:
            scaled = photo_latents * scaling_factor(self._vae)
            self._matrix = preview_matrix(model.layout, scaled, pixels)

    def of(self, result: StepResult) -> RgbImage:
        """Return what the model expects after a step, (height, width, 3) uint8 at some size."""
        expected = predicted_picture(result, self._scheduler)
        if self._decodes:
            return tensor_to_pixels(decode(self._vae, expected))
        return coloured(expected, self._matrix)


def predicted_picture(result: StepResult, scheduler: Any) -> Tensor:
    """Return the clean latents that the model expects, (1, channels, height, width).

    Whatever the scheduler, the model sees x = sqrt(a) x0 + sqrt(1 - a) e, and gives e, x0, or
    v = sqrt(a) e - sqrt(1 - a) x0.

    Source: Ho et al., "Denoising Diffusion Probabilistic Models", 2020, equation 4; Salimans and
    Ho, "Progressive Distillation", 2022, for v.
    """
    alpha = _signal_share(scheduler.alphas_cumprod, result.timestep)
    signal, noise = math.sqrt(alpha), math.sqrt(1.0 - alpha)
    kind = scheduler.config.prediction_type
    if kind == "sample":
        return result.output
    if kind == "v_prediction":
        return signal * result.noisy - noise * result.output
    return (result.noisy - noise * result.output) / signal


def preview_matrix(layout: ModelLayout, photo_latents: Tensor, pixels: RgbImage) -> Matrix:
    """Return what turns scaled latents of this model into colours.

    The one that came with the model, else the known one of Stable Diffusion 1, else one that is
    fitted to the photo: its latents and its pixels are both at hand.

    Args:
        layout: the model.
        photo_latents: (1, channels, height, width), scaled.
        pixels: (height, width, 3) uint8, the photo that they are of.
    """
    if layout.preview_matrix is not None:
        bias = layout.preview_bias or (0.0, 0.0, 0.0)
        return np.array([*layout.preview_matrix, bias], np.float32)
    if _is_stable_diffusion_1(layout):
        return STABLE_DIFFUSION_1
    return fitted_matrix(photo_latents, pixels)


def fitted_matrix(photo_latents: Tensor, pixels: RgbImage) -> Matrix:
    """Return the matrix that gives the photo's colours from its latents with the least error."""
    values = _by_pixel(photo_latents)
    height, width = photo_latents.shape[-2:]
    colours = resized(pixels, Extent(width, height)).reshape(-1, 3) / np.float32(127.5) - 1.0
    design = np.hstack([values, np.ones((len(values), 1), np.float32)])
    # A little ridge, so that latents that hardly vary in this photo get no wild factors.
    ridge = _RIDGE * len(values) * np.eye(design.shape[1], dtype=np.float32)
    ridge[-1, -1] = 0.0
    solution = np.linalg.lstsq(
        np.vstack([design, np.sqrt(ridge)]),
        np.vstack([colours, np.zeros((len(ridge), 3), np.float32)]),
        rcond=None,
    )[0]
    return np.asarray(solution, np.float32)


def coloured(latents: Tensor, matrix: Matrix) -> RgbImage:
    """Return scaled latents as (height, width, 3) uint8 of their own size."""
    values = _by_pixel(latents)
    height, width = latents.shape[-2:]
    colours = values @ matrix[:-1] + matrix[-1]
    colours = np.nan_to_num((colours + 1.0) * 127.5, nan=0.0, posinf=255.0, neginf=0.0)
    rounded = np.clip(np.rint(colours), 0, 255).reshape(height, width, 3)
    return np.asarray(rounded, np.uint8)


def _by_pixel(latents: Tensor) -> Matrix:
    """Return (1, channels, height, width) latents as (pixels, channels) on the CPU."""
    flat = latents[0].detach().to("cpu", torch.float32).flatten(1).T
    return np.ascontiguousarray(flat.numpy())


def _signal_share(alphas_cumprod: Tensor, timestep: float) -> float:
    """Return a at a timestep, which some schedulers put between two whole ones."""
    last = len(alphas_cumprod) - 1
    at = min(max(timestep, 0.0), float(last))
    low = int(at)
    high = min(low + 1, last)
    a, b = float(alphas_cumprod[low]), float(alphas_cumprod[high])
    return max(1e-6, a + (at - low) * (b - a))


def _is_stable_diffusion_1(layout: ModelLayout) -> bool:
    config = layout.vae.config
    return (
        layout.vae.class_name == "AutoencoderKL"
        and layout.latent_channels == 4
        and layout.scale_factor == 8
        and list(config.get("block_out_channels", ())) == [128, 256, 512, 512]
        and math.isclose(float(config.get("scaling_factor", 0.18215)), 0.18215, rel_tol=1e-3)
    )
