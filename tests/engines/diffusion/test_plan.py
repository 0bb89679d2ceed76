"""From a Request to the values of a run: modes, guidance, schedulers, sizes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import UsageError
from desktop_app.core.events import Defaults
from desktop_app.core.extent import Extent
from desktop_app.core.request import MODES as MODE_NAMES
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.guidance import IMAGE, NOTHING, TEXT, Weights, row_weights
from desktop_app.engines.diffusion.modes import MODES, Savings, StepKind, mode_of
from desktop_app.engines.diffusion.plan import (
    LARGEST_WORKING_PX,
    SMALLEST_WORKING_PX,
    defaults_of,
    padded_extent,
    plan_of,
    side_multiple,
    working_extent,
)
from desktop_app.engines.diffusion.schedulers import (
    MODEL_SCHEDULER,
    SCHEDULER_NAMES,
    SCHEDULERS,
    canonical_name,
    find_scheduler,
    scheduler_choices,
)
from desktop_app.models.layout import ModelLayout, read_layout
from tests.models.folders import make_folder, write_json

GUIDANCE = st.floats(0.0, 100.0) | st.sampled_from([0.0, 0.5, 1.0, 1.5, 7.5])
EXTENTS = st.builds(Extent, st.integers(1, 20_000), st.integers(1, 20_000))

FULL = StepKind(guides=True, holds=False, deep=True)
HELD = StepKind(guides=False, holds=True, deep=True)
QUICK = StepKind(guides=False, holds=True, deep=False)


def asked(**wishes: object) -> Request:
    return Request.from_json(json.dumps({"engine": "diffusion", **wishes}))


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> ModelLayout:
    return read_layout(make_folder(tmp_path_factory.mktemp("models") / "m"))


@pytest.fixture
def wishing(tmp_path: Path) -> Callable[..., ModelLayout]:
    """Return a function that makes a model whose makers have wishes."""

    def make(**wishes: object) -> ModelLayout:
        folder = make_folder(tmp_path / "m")
        write_json(folder / "toonroom.json", {"defaults": wishes})
        return read_layout(folder)

    return make


# --- guidance


@given(text=GUIDANCE, image=GUIDANCE, as_diffusers=st.booleans())
def test_weights_add_up_to_one_and_none_is_nothing(
    text: float, image: float, as_diffusers: bool
) -> None:
    weights = row_weights(text, image, as_diffusers=as_diffusers)
    assert sum(weights.values) == pytest.approx(1.0, abs=1e-9)
    assert 0.0 not in weights.values
    assert 1 <= len(weights.rows) == len(weights.values) <= 3
    assert weights.is_guided == (len(weights.rows) > 1)
    assert list(weights.rows) == [row for row in (TEXT, IMAGE, NOTHING) if row in weights.rows]


@given(text=GUIDANCE, image=GUIDANCE, e=st.tuples(*[st.floats(-10.0, 10.0)] * 3))
def test_weights_are_the_papers_equation(
    text: float, image: float, e: tuple[float, float, float]
) -> None:
    both, photo, nothing = e
    weights = row_weights(text, image, as_diffusers=False)
    values = dict(zip((TEXT, IMAGE, NOTHING), e, strict=True))
    mine = sum(
        values[row] * weight for row, weight in zip(weights.rows, weights.values, strict=True)
    )
    theirs = nothing + image * (photo - nothing) + text * (both - photo)
    assert mine == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "image", "rows", "values"),
    [
        (7.5, 1.5, (TEXT, IMAGE, NOTHING), (7.5, -6.0, -0.5)),
        (7.5, 1.0, (TEXT, IMAGE), (7.5, -6.5)),
        (1.5, 1.5, (TEXT, NOTHING), (1.5, -0.5)),
        (0.0, 1.5, (IMAGE, NOTHING), (1.5, -0.5)),
        (1.0, 1.0, (TEXT,), (1.0,)),
        (0.0, 1.0, (IMAGE,), (1.0,)),
        (0.0, 0.0, (NOTHING,), (1.0,)),
    ],
)
def test_rows_that_weigh_nothing_are_left_out(
    text: float, image: float, rows: tuple[object, ...], values: tuple[float, ...]
) -> None:
    weights = row_weights(text, image, as_diffusers=False)
    assert weights.rows == rows
    assert weights.values == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "image", "is_on"),
    [(7.5, 1.5, True), (1.01, 1.0, True), (1.0, 1.5, False), (7.5, 0.99, False), (0.0, 0.0, False)],
)
def test_diffusers_turns_both_off_at_once(text: float, image: float, is_on: bool) -> None:
    weights = row_weights(text, image, as_diffusers=True)
    plain = row_weights(text, image, as_diffusers=False)
    assert weights == (plain if is_on else Weights((TEXT,), (1.0,)))


# --- modes


@given(total=st.integers(0, 200))
def test_nothing_left_out_is_everything_at_each_step(total: int) -> None:
    assert Savings().schedule(total) == (FULL,) * total


def pattern(mode: str, total: int) -> str:
    """Return a letter for each step: G guides, h holds, s holds and is shallow."""
    letters = {FULL: "G", HELD: "h", QUICK: "s"}
    return "".join(letters[kind] for kind in mode_of(mode).savings.schedule(total))


def test_the_schedules_of_the_modes_are_these() -> None:
    assert pattern("balanced", 20) == "GGGhGhGhGhGhGhGhhhhh"
    assert pattern("fast", 12) == "GGGshGshGshs"
    assert pattern("draft", 6) == "GGsGsh"
    assert pattern("exact", 5) == "GGGGG"


@given(
    total=st.integers(1, 120),
    first=st.floats(0.0, 1.0),
    length=st.floats(0.0, 1.0),
    hold=st.booleans(),
    guidance_every=st.integers(1, 5),
    warm=st.integers(0, 5),
    deep_every=st.integers(1, 5),
)
def test_no_step_lacks_what_it_builds_on(
    total: int,
    first: float,
    length: float,
    hold: bool,
    guidance_every: int,
    warm: int,
    deep_every: int,
) -> None:
    end = min(1.0, first + length)
    savings = Savings((first, end), hold, guidance_every, warm, deep_every)
    kinds = savings.schedule(total)
    assert len(kinds) == total
    assert kinds[0].deep  # else there would be no features to use again
    for index, kind in enumerate(kinds):
        assert not (kind.guides and kind.holds)
        assert kind.deep or not kind.guides
        if kind.guides:
            assert first * total - 1 < index < end * total + 1e-6
        if not hold and index >= end * total:
            assert not kind.holds
    longest = max(len(run) for run in "".join("ds"[not k.deep] for k in kinds).split("d"))
    assert longest < deep_every


def test_every_mode_of_a_request_is_one_of_ours() -> None:
    assert {mode.choice.value for mode in MODES} == set(MODE_NAMES)
    assert MODES[0].choice.value == Request().mode
    for mode in MODES:
        assert mode_of(mode.choice.value) is mode
        assert mode.scheduler == MODEL_SCHEDULER or find_scheduler(mode.scheduler)
        assert mode.is_exact == (mode.savings == Savings())
        assert mode.is_exact != mode.enlarges


# --- schedulers


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("dpm++2m", "dpm++2m"),
        ("DPM++ 2M", "dpm++2m"),
        ("dpmpp_2m", "dpm++2m"),
        ("DPM-Solver++", "dpm++2m"),
        ("DPMSolverMultistepScheduler", "dpm++2m"),
        ("Euler a", "euler-a"),
        ("euler_ancestral", "euler-a"),
        ("EulerDiscreteScheduler", "euler"),
        ("DDIM", "ddim"),
        ("ddim-scheduler", "ddim"),
        ("UniPC", "unipc"),
        ("plms", "pndm"),
        ("HeunDiscreteScheduler", "heun"),
        ("LCMScheduler", "lcm"),
        ("model", "model"),
    ],
)
def test_schedulers_are_known_by_the_names_that_people_use(name: str, wanted: str) -> None:
    assert canonical_name(name) == wanted


def test_no_name_means_two_schedulers() -> None:
    for spec in SCHEDULERS:
        for name in (spec.choice.value, spec.choice.title, spec.class_name, *spec.aliases):
            assert find_scheduler(name) is spec
    names = [choice.value for choice in scheduler_choices()]
    assert names == [*SCHEDULER_NAMES, MODEL_SCHEDULER]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["", " ", "scheduler", "karras", "euler b", "dpm++3m", "\0", "💥"])
def test_an_unknown_scheduler_is_refused_with_those_that_are_there(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        canonical_name(name)
    sentence = str(caught.value)
    assert f"“{name}”" in sentence
    assert all(known in sentence for known in (*SCHEDULER_NAMES, MODEL_SCHEDULER))


# --- a plan


def test_what_nobody_says_comes_from_the_mode(layout: ModelLayout) -> None:
    plan = plan_of(asked(), layout)
    assert (plan.steps, plan.scheduler) == (20, "DPMSolverMultistepScheduler")
    assert (plan.text_guidance, plan.image_guidance) == (7.5, 1.5)
    assert not plan.needs_fp32
    exact = plan_of(asked(mode="exact"), layout)
    assert (exact.steps, exact.scheduler) == (100, None)
    assert exact.needs_fp32
    assert exact.savings == Savings()
    assert plan_of(asked(mode="draft"), layout).steps == 6


def test_what_the_request_says_goes_before_everything(wishing: Callable[..., ModelLayout]) -> None:
    layout = wishing(steps=9, text_guidance=3, image_guidance=1.2, scheduler="ddim")
    plan = plan_of(asked(), layout)
    assert (plan.steps, plan.scheduler) == (9, "DDIMScheduler")
    assert (plan.text_guidance, plan.image_guidance) == (3.0, 1.2)
    plan = plan_of(
        asked(steps=4, text_guidance=0, image_guidance=0.5, scheduler="PNDM", negative="x"), layout
    )
    assert (plan.steps, plan.scheduler, plan.negative) == (4, "PNDMScheduler", "x")
    assert (plan.text_guidance, plan.image_guidance) == (0.0, 0.5)
    assert plan_of(asked(scheduler="model"), layout).scheduler is None


def test_wishes_shorten_a_mode_and_never_lengthen_it(wishing: Callable[..., ModelLayout]) -> None:
    layout = wishing(steps=50, working_size_px=400)
    found = {mode: defaults_of(asked(mode=mode), layout) for mode in MODE_NAMES}
    assert {mode: value.steps for mode, value in found.items()} == {
        "exact": 100,  # diffusers knows no wishes
        "balanced": 20,
        "fast": 12,
        "draft": 6,
    }
    sizes = {mode: value.working_size_px for mode, value in found.items()}
    assert sizes == {"exact": 512, "balanced": 400, "fast": 400, "draft": 384}


def test_guidance_means_what_diffusers_means_in_the_exact_mode_alone(layout: ModelLayout) -> None:
    wishes = {"text_guidance": 1.0, "image_guidance": 1.5}
    assert plan_of(asked(mode="exact", **wishes), layout).weights == Weights((TEXT,), (1.0,))
    assert plan_of(asked(**wishes), layout).weights.rows == (TEXT, IMAGE, NOTHING)


def test_a_checker_looks_only_where_there_is_one_and_it_is_wanted(
    layout: ModelLayout, tmp_path: Path
) -> None:
    assert not plan_of(asked(), layout).safety_check
    assert plan_of(asked(safety_check=True), layout).safety_check
    folder = make_folder(tmp_path / "m")
    (folder / "safety_checker" / "config.json").unlink()
    assert not plan_of(asked(safety_check=True), read_layout(folder)).safety_check


def test_an_unknown_scheduler_is_no_plan(layout: ModelLayout) -> None:
    with pytest.raises(UsageError, match="no scheduler “magic”"):
        plan_of(asked(scheduler="magic"), layout)


# --- sizes


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.parametrize(
    ("wanted_px", "long_side_px"),
    [(64, 64), (60, 64), (59, 56), (1, 8), (511, 512), (16_384, LARGEST_WORKING_PX)],
)
def test_a_size_that_was_asked_for_is_rounded_to_eight(
    mode: str, wanted_px: int, long_side_px: int
) -> None:
    request = asked(mode=mode, working_size_px=wanted_px)
    for photo in (Extent(4000, 3000), Extent(30, 40)):
        extent = working_extent(request, photo, defaults_of(request, None))
        assert extent.long_side == long_side_px
        assert extent == photo.with_long_side(long_side_px)


@pytest.mark.parametrize(
    ("mode", "photo", "wanted"),
    [
        ("balanced", Extent(4000, 3000), Extent(512, 384)),
        ("draft", Extent(3000, 4000), Extent(288, 384)),
        ("balanced", Extent(500, 300), Extent(500, 300)),
        ("balanced", Extent(100, 50), Extent(SMALLEST_WORKING_PX, 128)),
        ("fast", Extent(1, 1), Extent(SMALLEST_WORKING_PX, SMALLEST_WORKING_PX)),
        ("exact", Extent(4000, 3000), Extent(512, 384)),
        ("exact", Extent(100, 50), Extent(100, 50)),
        ("exact", Extent(1, 1), Extent(1, 1)),
        ("balanced", Extent(3000, 2), Extent(512, 1)),
    ],
)
def test_photos_are_brought_to_what_the_mode_likes(
    mode: str, photo: Extent, wanted: Extent
) -> None:
    request = asked(mode=mode)
    assert working_extent(request, photo, defaults_of(request, None)) == wanted


@given(photo=EXTENTS, mode=st.sampled_from(MODE_NAMES), size_px=st.none() | st.integers(1, 20_000))
def test_any_photo_gets_a_size_of_its_own_shape(
    photo: Extent, mode: str, size_px: int | None
) -> None:
    request = Request(engine="diffusion", mode=mode, working_size_px=size_px)
    extent = working_extent(request, photo, defaults_of(request, None))
    assert 1 <= extent.long_side <= LARGEST_WORKING_PX
    assert extent in (photo, photo.with_long_side(extent.long_side))
    if mode == "exact" and size_px is None:
        assert extent.long_side <= photo.long_side
    padded = padded_extent(extent, 8)
    assert padded.width % 8 == padded.height % 8 == 0
    assert 0 <= padded.width - extent.width < 8
    assert 0 <= padded.height - extent.height < 8


def test_a_models_own_working_size_is_followed() -> None:
    request = asked()
    extent = working_extent(request, Extent(4000, 3000), Defaults(working_size_px=256))
    assert extent == Extent(256, 192)
    small = working_extent(request, Extent(40, 30), Defaults(working_size_px=128))
    assert small == Extent(128, 96)  # enlarged no further than the model works at


def test_a_model_may_wish_that_photos_are_enlarged_further() -> None:
    wishes = Defaults(working_size_px=512, smallest_working_px=448)
    for mode, photo, wanted in (
        ("balanced", Extent(400, 300), Extent(448, 336)),
        ("balanced", Extent(500, 300), Extent(500, 300)),
        ("exact", Extent(400, 300), Extent(400, 300)),
    ):
        assert working_extent(asked(mode=mode), photo, wishes) == wanted
    wishes = Defaults(working_size_px=384, smallest_working_px=512)
    assert working_extent(asked(), Extent(40, 30), wishes) == Extent(384, 288)


def test_sides_are_multiples_of_what_one_latent_stands_for(
    layout: ModelLayout, tmp_path: Path
) -> None:
    assert side_multiple(layout) == 8
    folder = make_folder(tmp_path / "m")
    write_json(
        folder / "vae" / "config.json",
        {"latent_channels": 4, "block_out_channels": [32, 32, 32, 32, 32]},
    )
    assert side_multiple(read_layout(folder)) == 16
    write_json(
        folder / "vae" / "config.json", {"latent_channels": 4, "block_out_channels": [32, 32]}
    )
    assert side_multiple(read_layout(folder)) == 8
