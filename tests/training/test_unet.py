from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)
from PIL import Image

from desktop_app.core.cancel import CancelToken
from desktop_app.engines.diffusion.loading import quiet
from desktop_app.models.layout import read_layout
from desktop_app.training import unet
from desktop_app.training.averages import RunningAverage
from desktop_app.training.dataset import TRAIN, read_pairs
from desktop_app.training.latents import LatentStore, subjects_of
from desktop_app.training.parts import load_vae
from desktop_app.training.reporting import Silence
from desktop_app.training.settings import Stage
from desktop_app.training.validation import Validation
from tests.training.small import log_of, unet_settings


def test_a_run_leaves_losses_figures_and_pictures(trained: Path) -> None:
    lines = log_of(trained)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert all(np.isfinite(line["loss"]) for line in lines)
    assert {"psnr", "ssim", "gain", "right"} <= lines[3].keys()
    # Two photos held out, each with a row of results and one of targets: itself and three tasks.
    with Image.open(trained / "pictures" / "step-00000006.png") as sheet:
        assert sheet.size == (4 * 256, 4 * 256)


def test_the_model_loads_in_diffusers_and_makes_a_picture(trained: Path) -> None:
    with quiet():
        kind: Any = StableDiffusionInstructPix2PixPipeline
        pipeline = kind.from_pretrained(trained / "model")
        pipeline.set_progress_bar_config(disable=True)
        photo = Image.new("RGB", (64, 32), "teal")
        picture = pipeline("Cartoonize it", image=photo, num_inference_steps=2).images[0]
    assert picture.size == (64, 32)


def test_the_model_is_one_for_the_app(trained: Path) -> None:
    folder = trained / "model"
    layout = read_layout(folder)
    assert layout.latent_channels == 4
    assert layout.scale_factor == 4
    assert layout.preview_matrix is not None
    assert layout.defaults.text_guidance is not None
    assert all(
        path.suffix == ".safetensors" for part in layout.components() for path in part.weights
    )


def test_cutting_a_batch_into_parts_changes_nothing(
    trained: Path, data: Path, vae_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Validation, "figures", lambda *_: {})
    settings = replace(unet_settings(data, tmp_path, vae_folder), accumulate=2)
    unet.run(replace(settings, stages=(Stage(32, 2, 2),)), Silence(), CancelToken())
    whole = [line["loss"] for line in log_of(trained)][:2]
    assert [line["loss"] for line in log_of(tmp_path)] == pytest.approx(whole, rel=1e-4)


def test_the_average_follows_and_can_be_swapped_in() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    average = RunningAverage([weight], most=0.5)
    with torch.no_grad():
        weight.fill_(1.0)
    average.update(step=100)
    assert float(average.values[0]) == 0.5
    average.swap()
    assert float(weight.detach()) == 0.5
    average.swap()
    assert float(weight.detach()) == 1.0


def test_latents_are_made_once_and_crops_are_of_one_place(
    data: Path, vae_folder: Path, tmp_path: Path
) -> None:
    subjects = subjects_of(read_pairs(data, TRAIN))
    vae = load_vae(vae_folder)
    store = LatentStore(tmp_path, subjects, vae, (1.0, 0.5), flips=True)
    store.prepare(Silence(), CancelToken())
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert len(times) == 2 * len(subjects)
    store.prepare(Silence(), CancelToken())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == times
    drawn = store.draw(40, 8, {}, np.random.default_rng(0))
    assert {crop.pair.look for crop in drawn} == {"cartoon", "manga", "keep"}
    assert all(torch.equal(d.photo, d.target) == (d.pair.look == "keep") for d in drawn)
    assert all(d.photo.shape == (4, 8, 8) for d in drawn)
