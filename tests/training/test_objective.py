from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

from desktop_app.training.objective import (
    SCHEDULE,
    dropped,
    noised,
    signal_shares,
    target_of,
    weights_of,
)
from desktop_app.training.settings import Dropout


def test_each_kind_of_dropout_takes_its_share_and_no_row_is_dropped_twice() -> None:
    count = 200_000
    no_text, no_photo = dropped(count, Dropout(0.05, 0.05, 0.05), np.random.default_rng(1))
    both = no_text & no_photo
    for rows in (no_text & ~both, no_photo & ~both, both):
        assert float(rows.float().mean()) == pytest.approx(0.05, abs=0.003)


def test_noise_and_target_are_those_of_diffusers() -> None:
    scheduler = DDPMScheduler(**SCHEDULE, prediction_type="v_prediction")
    clean, noise = torch.randn(2, 3, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    times = torch.tensor([0, 400, 999])
    share = signal_shares()[times].view(-1, 1, 1, 1)
    noisy = scheduler.add_noise(clean, noise, times)
    assert torch.allclose(noised(clean, noise, share), noisy, atol=1e-4)
    velocity = scheduler.get_velocity(clean, noise, times)
    assert torch.allclose(target_of(clean, noise, share, "v_prediction"), velocity, atol=1e-4)
    assert target_of(clean, noise, share, "epsilon") is noise


def test_min_snr_weights_say_the_same_of_clean_latents_whatever_is_predicted() -> None:
    share = signal_shares()
    snr = share / (1 - share)
    # An error of v is (SNR + 1) times, one of noise SNR times, that of the clean latents.
    of_clean = weights_of(share, "v_prediction", 5.0) * (snr + 1.0)
    assert torch.allclose(of_clean, weights_of(share, "epsilon", 5.0) * snr, rtol=1e-4)
    assert torch.allclose(of_clean, snr.clamp(max=5.0), rtol=1e-4)
    assert bool((weights_of(share, "epsilon", None) == 1.0).all())
