"""The exact mode gives what diffusers' own pipeline gives; the others reduce to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.device import ChosenDevice
from desktop_app.engines.diffusion.modes import Savings, mode_of
from desktop_app.engines.diffusion.photo_in import ModelPhoto
from desktop_app.engines.diffusion.plan import plan_of
from desktop_app.engines.diffusion.schedulers import SCHEDULERS
from desktop_app.engines.diffusion.studio import Studio
from desktop_app.models.layout import ModelLayout, read_layout
from tests.engines.diffusion import tiny

# Some schedulers of diffusers give tensors to NumPy in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
STEPS = 4


class Witness:
    """Counts what a run says."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []

    def loading(self, done_bytes: int, total_bytes: int) -> None:
        assert 0 <= done_bytes <= total_bytes

    def stepped(self, step: int, total: int, preview: RgbImage, rest_s: float) -> None:
        assert preview.dtype == np.uint8
        assert rest_s >= 0
        self.steps.append((step, total))

    def check(self) -> None:
        return


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> ModelLayout:
    folder: Path = tmp_path_factory.mktemp("models") / "tiny"
    return read_layout(tiny.save(tiny.make_pipeline(0), folder))


@pytest.fixture(scope="module")
def stock(layout: ModelLayout) -> Any:
    kind: Any = diffusers.StableDiffusionInstructPix2PixPipeline
    pipeline = kind.from_pretrained(layout.folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(ChosenDevice(torch.device("cpu"), "CPU", torch.float32))


def ours(studio: Studio, layout: ModelLayout, request: Request) -> tuple[RgbImage, Witness]:
    witness = Witness()
    photo = ModelPhoto(PIXELS, Extent(64, 48))
    return studio.run(layout, plan_of(request, layout), photo, witness).pixels, witness


@pytest.mark.parametrize("guidance", [(7.5, 1.5), (7.5, 1.0), (3.0, 3.0), (1.0, 1.5), (5.0, 0.5)])
@pytest.mark.parametrize("name", [spec.choice.value for spec in SCHEDULERS])
def test_exact_is_what_diffusers_gives(
    name: str, guidance: tuple[float, float], studio: Studio, layout: ModelLayout, stock: Any
) -> None:
    text, image = guidance
    spec = next(spec for spec in SCHEDULERS if spec.choice.value == name)
    own = stock.scheduler
    stock.scheduler = getattr(diffusers, spec.class_name).from_config(own.config)
    expected = stock(
        "Cartoonize it",
        image=Image.fromarray(PIXELS),
        num_inference_steps=STEPS,
        guidance_scale=text,
        image_guidance_scale=image,
        negative_prompt="ugly",
        generator=torch.Generator("cpu").manual_seed(3),
        output_type="np",
    ).images[0]
    calls = len(stock.scheduler.timesteps)
    stock.scheduler = own
    request = Request(
        instruction="Cartoonize it",
        negative="ugly",
        mode="exact",
        steps=STEPS,
        seed=3,
        text_guidance=text,
        image_guidance=image,
        scheduler=name,
    )
    picture, witness = ours(studio, layout, request)
    # 8-bit rounding is half a level; beyond it 1e-4 is allowed.
    assert np.abs(picture / 255.0 - expected).max() <= 0.5 / 255.0 + 1e-4
    assert witness.steps == [(step, calls) for step in range(1, calls + 1)]


@pytest.mark.parametrize("mode", ["balanced", "fast", "draft"])
def test_a_mode_without_its_savings_is_exact(
    mode: str, studio: Studio, layout: ModelLayout
) -> None:
    exact = Request(mode="exact", steps=STEPS, scheduler="dpm++2m")
    expected, _ = ours(studio, layout, exact)
    plan = replace(plan_of(replace(exact, mode=mode), layout), savings=Savings())
    photo = ModelPhoto(PIXELS, Extent(64, 48))
    assert np.array_equal(studio.run(layout, plan, photo, Witness()).pixels, expected)
    saved, _ = ours(studio, layout, replace(exact, mode=mode))
    assert saved.shape == expected.shape
    assert not np.array_equal(saved, expected)
    assert mode_of(mode).savings != Savings()


def test_nothing_is_left_out_of_exact() -> None:
    kinds = mode_of("exact").savings.schedule(10)
    assert all(kind.guides and kind.deep for kind in kinds)


@pytest.mark.parametrize(("mode", "share"), [("balanced", 5.0), ("fast", 9.0)])
def test_modes_ask_for_few_rows(mode: str, share: float) -> None:
    found = mode_of(mode)
    rows = sum(3 if kind.guides else 1 for kind in found.savings.schedule(found.steps))
    assert rows <= 300 / share
