"""The model that comes with the app: small enough, whole, and worth asking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)
from PIL import Image
from safetensors import safe_open

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Engine
from desktop_app.core.paths import resources
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.classic.engine import ClassicEngine
from desktop_app.engines.develop import develop
from desktop_app.engines.diffusion.engine import DiffusionEngine
from desktop_app.engines.diffusion.loading import quiet
from desktop_app.models import catalogue, library, store
from desktop_app.training.figures import psnr, ssim

STARTER = resources() / "models" / library.STARTER
LIMIT_BYTES = 32_000_000
LOOKS = {
    "cartoon": "Cartoonize the following image",
    "pencil sketch": "Turn this photo into a pencil sketch",
    "pastel": "Make it a pastel drawing",
    "manga": "Draw it as a manga page",
}

CAT = np.ascontiguousarray(
    Image.fromarray(skimage.data.chelsea()).resize((256, 171), Image.Resampling.LANCZOS)  # type: ignore[no-untyped-call]
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DiffusionEngine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOONROOM_HOME", str(tmp_path_factory.mktemp("home-of-the-engine")))
        engine = DiffusionEngine()
        yield engine
        engine.unload()


def drawn(engine: Engine, instruction: str) -> RgbImage:
    request = Request(instruction=instruction, engine=engine.capabilities.engine_id)
    return develop(engine, request, Photo(CAT), lambda _: None, CancelToken()).picture


def test_it_is_the_model_that_is_taken_and_every_file_is_as_it_came() -> None:
    assert library.find(None).folder == STARTER
    own, told = library.find(None).defaults, catalogue.find(library.STARTER).defaults
    assert (own.steps, own.text_guidance) == (told.steps, told.text_guidance)
    assert store.read_manifest(STARTER) is not None
    assert store.problems(STARTER, lambda _: None, CancelToken()) == []


def test_it_is_small_and_in_half_precision() -> None:
    assert store.size_bytes(STARTER) <= LIMIT_BYTES
    weights = list(STARTER.rglob("*.safetensors"))
    assert {path.parent.name for path in weights} == {"unet", "vae", "text_encoder"}
    for path in weights:
        with safe_open(path, "numpy") as tensors:
            kinds = {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
        assert kinds <= {"F16", "I64"}, path


def test_its_card_tells_how_it_was_made_and_how_it_fares() -> None:
    card = (STARTER / "README.md").read_text(encoding="utf-8")
    for part in ("256 px", "512 px", "### Modes", '"seed"', "toonroom train"):
        assert part in card


def test_the_plain_pipeline_of_diffusers_runs_it_unchanged() -> None:
    with quiet():
        kind: Any = StableDiffusionInstructPix2PixPipeline
        pipeline = kind.from_pretrained(STARTER)
        pipeline.set_progress_bar_config(disable=True)
        picture = pipeline(
            "Turn this into a pencil sketch",
            image=Image.fromarray(CAT).resize((256, 168)),
            num_inference_steps=2,
            guidance_scale=1.0,
            generator=torch.Generator().manual_seed(0),
        ).images[0]
    pixels = np.asarray(picture)
    assert pixels.shape == (168, 256, 3)
    assert np.ptp(pixels.astype(int), axis=2).mean() < 12  # a pencil has no colours


def test_it_draws_what_the_classic_engine_draws_and_not_another_look(
    engine: DiffusionEngine,
) -> None:
    teacher = ClassicEngine()  # where grain lies, no photo tells, so it was taught without
    taught = {look: drawn(teacher, f"{words}, no grain") for look, words in LOOKS.items()}
    for look, words in LOOKS.items():
        picture = drawn(engine, words)
        assert picture.shape == CAT.shape
        assert max(taught, key=lambda other: psnr(picture, taught[other])) == look
        assert ssim(picture, taught[look]) > ssim(CAT, taught[look]) + 0.1, look
