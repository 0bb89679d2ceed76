"""What a denoiser learns: noise schedule, target, weights, and what it is shown of the request."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from desktop_app.training.settings import Dropout

TRAIN_STEPS = 1000

SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": TRAIN_STEPS,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}
"""That of Stable Diffusion 1. Source: Rombach et al., CVPR 2022, as its configuration has it."""


def signal_shares() -> Tensor:
    """Return (TRAIN_STEPS,) float32: a, where x = sqrt(a) x0 + sqrt(1 - a) e."""
    first, last = SCHEDULE["beta_start"] ** 0.5, SCHEDULE["beta_end"] ** 0.5
    betas = torch.linspace(first, last, TRAIN_STEPS, dtype=torch.float64).square()
    return torch.cumprod(1.0 - betas, 0).to(torch.float32)


def noised(clean: Tensor, noise: Tensor, share: Tensor) -> Tensor:
    """Return clean latents with noise; `share` is a, (batch, 1, 1, 1)."""
    return share.sqrt() * clean + (1.0 - share).sqrt() * noise


def target_of(clean: Tensor, noise: Tensor, share: Tensor, prediction: str) -> Tensor:
    """Return what the model is to say of noised latents.

    Source: Salimans and Ho, "Progressive Distillation", ICLR 2022, appendix D, for v.
    """
    if prediction == "epsilon":
        return noise
    return share.sqrt() * noise - (1.0 - share).sqrt() * clean


def weights_of(share: Tensor, prediction: str, min_snr: float | None) -> Tensor:
    """Return how much each row counts, in the shape of `share`.

    Source: Hang et al., "Efficient Diffusion Training via Min-SNR Weighting Strategy", ICCV 2023,
    section 3.4: min(SNR, gamma) / SNR for noise, and / (SNR + 1) for v.
    """
    if min_snr is None:
        return torch.ones_like(share)
    snr = share / (1.0 - share)
    kept = snr.clamp(max=min_snr)
    return kept / snr if prediction == "epsilon" else kept / (snr + 1.0)


def dropped(count: int, rates: Dropout, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return which of `count` rows see no instruction, and which see no photo: (count,) bool."""
    drawn = torch.from_numpy(chance.random(count))
    text_end = rates.text
    image_end = text_end + rates.image
    both_end = image_end + rates.both
    both = (drawn >= image_end) & (drawn < both_end)
    no_text = (drawn < text_end) | both
    no_image = ((drawn >= text_end) & (drawn < image_end)) | both
    return no_text, no_image
