"""What a run is expected to compute is what it computes, as torch counts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from desktop_app.core.extent import Extent
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.cost import (
    memory_bytes,
    model_calls,
    steps_work,
    unet_levels,
    work_of,
)
from desktop_app.engines.diffusion.loop import Conditioning, denoise
from desktop_app.engines.diffusion.modes import Savings
from desktop_app.engines.diffusion.plan import plan_of
from desktop_app.engines.diffusion.shelf import make_scheduler
from desktop_app.engines.diffusion.unet import StagedUNet
from desktop_app.models.layout import ModelLayout, read_layout
from tests.engines.diffusion import tiny
from tests.engines.diffusion.operations import operations_counter

# Some schedulers of diffusers give tensors to NumPy in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

# The time embedding is computed once more than is counted, and nothing else.
CLOSE = 0.005

UNETS: dict[str, dict[str, Any]] = {
    "tiny": {},
    "one level": {
        "block_out_channels": (32,),
        "down_block_types": ("DownBlock2D",),
        "up_block_types": ("UpBlock2D",),
    },
    "of Stable Diffusion's shape": {
        "block_out_channels": (32, 64, 96, 96),
        "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    },
    "with layers of its own for each level": {"layers_per_block": (1, 3)},
    "with deeper transformers": {"transformer_layers_per_block": 2},
}


@pytest.mark.parametrize("name", UNETS)
@pytest.mark.parametrize("size", [(16, 16), (24, 8)])
def test_a_row_costs_what_torch_counts(name: str, size: tuple[int, int]) -> None:
    unet = tiny.make_unet(**UNETS[name])
    counter = operations_counter()
    text = torch.zeros(1, tiny.MAX_TOKENS, tiny.HIDDEN)
    with torch.inference_mode(), counter:
        unet(torch.zeros(1, 8, *size), 1, encoder_hidden_states=text)
    expected = sum(unet_levels(dict(unet.config), size, {}))
    assert expected == pytest.approx(counter.get_total_flops(), rel=CLOSE)


@pytest.mark.parametrize("kind", ["kl", "tiny"])
@pytest.mark.parametrize("levels", [2, 4])
def test_the_autoencoder_costs_what_torch_counts(tmp_path: Path, kind: Any, levels: int) -> None:
    layout = read_layout(
        tiny.save(tiny.make_pipeline(vae=kind, vae_levels=levels), tmp_path / "model")
    )
    vae: Any = tiny.make_vae(kind, levels).eval()
    width, height = 64, 48
    work = work_of(layout, Extent(width, height), Savings())
    factor = layout.scale_factor
    encoding, decoding = operations_counter(), operations_counter()
    with torch.inference_mode():
        with encoding:
            vae.encode(torch.zeros(1, 3, height, width))
        with decoding:
            vae.decode(torch.zeros(1, 4, height // factor, width // factor))
    assert work.encode == pytest.approx(encoding.get_total_flops(), rel=0.05)
    assert work.decode == pytest.approx(decoding.get_total_flops(), rel=0.05)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> ModelLayout:
    folder: Path = tmp_path_factory.mktemp("models") / "tiny"
    return read_layout(tiny.save(tiny.make_pipeline(0), folder))


@pytest.mark.parametrize("mode", ["exact", "balanced", "fast", "draft"])
def test_all_steps_cost_what_torch_counts(layout: ModelLayout, mode: str) -> None:
    plan = plan_of(Request(mode=mode, steps=8), layout)
    work = work_of(layout, Extent(32, 32), plan.savings)
    config = {**layout.scheduler.config, "_class_name": layout.scheduler.class_name}
    scheduler = make_scheduler(layout, config, plan)
    text = torch.zeros(1, tiny.MAX_TOKENS, tiny.HIDDEN)
    conditioning = Conditioning(text, text, torch.zeros(1, 4, 16, 16))
    unet = StagedUNet(tiny.make_unet().eval(), plan.savings.deep_level)
    counter = operations_counter()
    with torch.inference_mode(), counter:
        denoise(unet, scheduler, plan, conditioning, lambda _result: None)
    expected = steps_work(plan, layout, work)
    assert expected == pytest.approx(counter.get_total_flops(), rel=0.02)


@pytest.mark.parametrize(
    ("scheduler", "calls"), [("heun", 15), ("pndm", 9), ("model", 9), ("dpm++2m", 8)]
)
def test_a_scheduler_asks_as_often_as_is_expected(
    layout: ModelLayout, scheduler: str, calls: int
) -> None:
    plan = plan_of(Request(mode="exact", steps=8, scheduler=scheduler), layout)
    config = {**layout.scheduler.config, "_class_name": layout.scheduler.class_name}
    assert model_calls(plan, layout) == calls
    assert len(make_scheduler(layout, config, plan).timesteps) == calls


def test_memory_grows_with_the_picture_and_the_rows(layout: ModelLayout) -> None:
    plan = plan_of(Request(mode="exact"), layout)
    one_row = plan_of(Request(mode="exact", text_guidance=1.0), layout)
    small, large = Extent(512, 512), Extent(1024, 1024)
    full = memory_bytes(layout, plan, small, "fp32")
    assert full < memory_bytes(layout, plan, large, "fp32")
    assert memory_bytes(layout, one_row, large, "fp32") <= memory_bytes(layout, plan, large, "fp32")
    assert memory_bytes(layout, plan, small, "fp16") == full  # the exact mode is always exact
    assert memory_bytes(layout, replace(plan, needs_fp32=False), small, "fp16") < full


def test_weights_count_by_their_numbers_and_not_by_their_files(tmp_path: Path) -> None:
    pipeline = tiny.make_pipeline(with_safety_checker=True)
    numbers = {
        name: sum(value.numel() for value in getattr(pipeline, name).state_dict().values())
        for name in ("unet", "vae", "text_encoder")
    }
    full = read_layout(tiny.save(pipeline, tmp_path / "full"))
    for name in numbers:
        getattr(pipeline, name).half()
    half = read_layout(tiny.save(pipeline, tmp_path / "half"))
    assert half.weight_bytes < full.weight_bytes
    for layout in (full, half):
        assert {name: getattr(layout, name).numbers for name in numbers} == numbers
    extent = Extent(64, 64)
    plan = plan_of(Request(mode="exact"), full)
    assert memory_bytes(full, plan, extent, "fp32") == memory_bytes(half, plan, extent, "fp32")
    checked = plan_of(Request(mode="exact", safety_check=True), full)
    assert memory_bytes(full, checked, extent, "fp32") > memory_bytes(full, plan, extent, "fp32")


def test_a_pickle_of_single_precision_counts_by_its_bytes(tmp_path: Path) -> None:
    layout = read_layout(tiny.save(tiny.make_pipeline(), tmp_path / "model", safe=False))
    assert layout.unet.weights[0].suffix == ".bin"
    numbers = sum(value.numel() for value in tiny.make_unet().state_dict().values())
    assert layout.unet.numbers == pytest.approx(numbers, rel=0.1)
