"""What a denoiser learns: noise schedule, target, weights, and what it is shown of the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from desktop_app.training.settings import Dropout

TRAIN_STEPS = 1000
PREDICTIONS = ("v_prediction", "epsilon")

SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": TRAIN_STEPS,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}
"""That of Stable Diffusion 1. Source: Rombach et al., CVPR 2022, as its configuration has it."""


@dataclass(frozen=True)
class Objective:
    """How noisy latents get, and what a model says of them.

    Attributes:
        prediction: "v_prediction" or "epsilon".
        ends_in_noise: whether nothing of the picture is left at the last step, as it is when
            pictures are made from noise. Stable Diffusion 1 leaves 7 %, from which models learn to
            read a picture's mean colour: made from noise, all pictures then tend to a middle one.
            Source: Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed",
            WACV 2024. Of noise alone a model can say v, but not the noise itself.
    """

    prediction: str
    ends_in_noise: bool

    def config(self) -> dict[str, Any]:
        """Return what diffusers' schedulers call it."""
        return {
            **SCHEDULE,
            "prediction_type": self.prediction,
            "rescale_betas_zero_snr": self.ends_in_noise,
        }

    def signal_shares(self) -> Tensor:
        """Return (TRAIN_STEPS,) float32: a, where x = sqrt(a) x0 + sqrt(1 - a) e."""
        first, last = SCHEDULE["beta_start"] ** 0.5, SCHEDULE["beta_end"] ** 0.5
        betas = torch.linspace(first, last, TRAIN_STEPS, dtype=torch.float64).square()
        shares = torch.cumprod(1.0 - betas, 0)
        if self.ends_in_noise:
            root = shares.sqrt()
            root = (root - root[-1]) * root[0] / (root[0] - root[-1])
            shares = root.square()
        return shares.to(torch.float32)

    def target(self, clean: Tensor, noise: Tensor, share: Tensor) -> Tensor:
        """Return what the model is to say of noised latents.

        Source: Salimans and Ho, "Progressive Distillation", ICLR 2022, appendix D, for v.
        """
        if self.prediction == "epsilon":
            return noise
        return share.sqrt() * noise - (1.0 - share).sqrt() * clean

    def weights(self, share: Tensor, min_snr: float | None) -> Tensor:
        """Return how much each row counts, in the shape of `share`.

        An error of the noise is SNR times, one of v SNR + 1 times, that of the clean latents; none
        is to count more than `min_snr` times. Of v the paper cuts SNR, not SNR + 1, which gives no
        weight to noise alone; but that is where a picture begins.

        Source: Hang et al., "Efficient Diffusion Training via Min-SNR Weighting Strategy", ICCV
        2023, section 3.4.
        """
        if min_snr is None:
            return torch.ones_like(share)
        if self.prediction == "epsilon":
            return (min_snr * (1.0 - share) / share).clamp(max=1.0)
        return (min_snr * (1.0 - share)).clamp(max=1.0)


def noised(clean: Tensor, noise: Tensor, share: Tensor) -> Tensor:
    """Return clean latents with noise; `share` is a, (batch, 1, 1, 1)."""
    return share.sqrt() * clean + (1.0 - share).sqrt() * noise


def drawn_times(count: int, start_share: float, chance: np.random.Generator) -> Tensor:
    """Return (count,) int64: timesteps, `start_share` of them the last, the others any."""
    times = chance.integers(TRAIN_STEPS, size=count)
    times[chance.random(count) < start_share] = TRAIN_STEPS - 1
    return torch.from_numpy(times)


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
