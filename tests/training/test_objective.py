from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

from desktop_app.training.objective import TRAIN_STEPS, Objective, drawn_times, dropped, noised
from desktop_app.training.settings import Dropout


def test_each_kind_of_dropout_takes_its_share_and_no_row_is_dropped_twice() -> None:
    count = 200_000
    no_text, no_photo = dropped(count, Dropout(0.05, 0.05, 0.05), np.random.default_rng(1))
    both = no_text & no_photo
    for rows in (no_text & ~both, no_photo & ~both, both):
        assert float(rows.float().mean()) == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_share_of_the_pairs_is_noise_alone(share: float) -> None:
    times = drawn_times(100_000, share, np.random.default_rng(1))
    last = float((times == TRAIN_STEPS - 1).float().mean())
    assert last == pytest.approx(share, abs=0.01)
    others = times[times != TRAIN_STEPS - 1].float()
    assert int(others.min()) >= 0
    assert float(others.mean()) == pytest.approx(TRAIN_STEPS / 2, abs=5)


@pytest.mark.parametrize("ends_in_noise", [False, True])
def test_noise_and_target_are_those_of_diffusers(ends_in_noise: bool) -> None:
    objective = Objective("v_prediction", ends_in_noise)
    scheduler = DDPMScheduler(**objective.config())
    clean, noise = torch.randn(2, 3, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    times = torch.tensor([0, 400, 999])
    share = objective.signal_shares()[times].view(-1, 1, 1, 1)
    noisy = scheduler.add_noise(clean, noise, times)
    assert torch.allclose(noised(clean, noise, share), noisy, atol=2e-4)
    velocity = scheduler.get_velocity(clean, noise, times)
    assert torch.allclose(objective.target(clean, noise, share), velocity, atol=2e-4)
    assert Objective("epsilon", ends_in_noise=False).target(clean, noise, share) is noise


def test_nothing_of_the_picture_is_left_where_that_is_wanted() -> None:
    shares = Objective("v_prediction", ends_in_noise=True).signal_shares()
    plain = Objective("v_prediction", ends_in_noise=False).signal_shares()
    assert float(shares[-1]) == 0.0
    assert float(plain[-1]) == pytest.approx(0.0047, abs=1e-4)
    assert float(shares[0]) == pytest.approx(float(plain[0]))


def test_no_error_of_clean_latents_counts_more_than_min_snr() -> None:
    for prediction, extra in (("epsilon", 0.0), ("v_prediction", 1.0)):
        objective = Objective(prediction, ends_in_noise=False)
        share = objective.signal_shares()
        factor = share / (1 - share) + extra
        of_clean = objective.weights(share, 5.0) * factor
        assert torch.allclose(of_clean, factor.clamp(max=5.0), rtol=1e-4)
        assert bool((objective.weights(share, None) == 1.0).all())
    ends = Objective("v_prediction", ends_in_noise=True)
    assert float(ends.weights(ends.signal_shares(), 5.0)[-1]) == 1.0
