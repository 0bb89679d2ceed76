from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import metrics

from desktop_app.core.cancel import CancelToken
from desktop_app.training import evaluate
from desktop_app.training.figures import psnr, ssim, tint
from desktop_app.training.reporting import Silence
from desktop_app.training.settings import EvaluateSettings


def test_figures_are_those_of_scikit_image() -> None:
    chance = np.random.default_rng(0)
    picture = np.kron(chance.integers(256, size=(8, 8, 3)), np.ones((6, 6, 1))).astype(np.uint8)
    noise = chance.integers(-20, 20, size=picture.shape)
    other = np.clip(picture + noise, 0, 255).astype(np.uint8)
    judge: Any = metrics  # bears no types
    assert psnr(picture, other) == pytest.approx(judge.peak_signal_noise_ratio(picture, other))
    wanted = judge.structural_similarity(
        picture,
        other,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
    )
    assert ssim(picture, other) == pytest.approx(wanted, abs=1e-4)
    assert psnr(picture, picture) == 100.0
    assert ssim(picture, picture) == pytest.approx(1.0)
    assert tint(picture // 2, picture // 2 + np.array([0, 7, 0], np.uint8)) == pytest.approx(7.0)


def test_a_model_is_measured_on_what_was_held_out(
    data: Path, trained: Path, tmp_path: Path
) -> None:
    settings = EvaluateSettings(
        str(trained / "model"),
        data,
        tmp_path / "out",
        sizes_px=(64, 96),
        photos=1,
        steps=1,
        text_grid=(2.0,),
        mode_photos=1,
        reference_steps=3,
        card=True,
        remarks="The photos were taken by nobody.",
    )
    told = evaluate.run(settings, Silence(), CancelToken())
    assert "right look" in told
    summary = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert summary["sizes"].keys() == {"64", "96"}
    assert summary["sizes"]["96"]["keep"]["nothing_ssim"] == pytest.approx(1.0)
    assert summary["guidance"].keys() == {"text 2, image 1"}
    steps = {"balanced": 20, "fast": 12, "draft": 6}
    ways = [
        way for mode, own in steps.items() for way in (f"{mode}, {own} steps", f"{mode}, 1 step")
    ]
    assert list(summary["modes"]) == ["stock, 20 steps", *ways]
    lines = (tmp_path / "out" / "scores.jsonl").read_text().splitlines()
    scores = [json.loads(line) for line in lines]
    assert [score["look"] for score in scores] == 2 * ["cartoon", "manga", "keep"]
    card = (trained / "model" / "README.md").read_text()
    assert "How it was made: the model" in card
    assert "| manga |" in card
    assert "\nThe photos were taken by nobody.\n\n## Use" in card
    assert "a picture of 3 steps" in card
    assert "| stock, 20 steps |" in card
    assert str(trained) not in card
    with Image.open(tmp_path / "out" / "sheet-96.jpg") as sheet:
        assert sheet.size == (4 * (96 + 4), 2 * (64 + 4))
