"""The engine with a real child, on tiny models. One child serves most tests: each start takes long.

The last tests end it, so that they are the last.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError, ToonroomError, UsageError
from desktop_app.core.events import Rendering, Result, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.develop import develop
from desktop_app.engines.diffusion.engine import DiffusionEngine
from desktop_app.engines.diffusion.machine import Machine, load_machine
from desktop_app.engines.diffusion.plan import defaults_of
from desktop_app.models.layout import read_layout

SIDE_PX = 64
"""The tiny models take seconds for more."""


def noise(width: int, height: int) -> RgbImage:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


PHOTO = Photo(noise(97, 61))


@pytest.fixture(scope="module")
def pipeline() -> Any:
    from tests.engines.diffusion import tiny

    return tiny.make_pipeline(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pipeline: Any) -> Path:
    from tests.engines.diffusion import tiny

    return tiny.save(pipeline, tmp_path_factory.mktemp("engine") / "tiny")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engines.diffusion import tiny

    return tiny.save(tiny.make_pipeline(7), tmp_path_factory.mktemp("engine") / "other")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home-of-the-engine")


@pytest.fixture(scope="module")
def engine(home: Path) -> Iterator[DiffusionEngine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOONROOM_HOME", str(home))  # each test has its own, and this is before
        # So little work is not worth more, least of all on a busy machine.
        patch.setenv("OMP_NUM_THREADS", "1")
        engine = DiffusionEngine()
        yield engine
        engine.unload()


def asked(folder: Path, steps: int = 3, **wishes: Any) -> Request:
    """Return a request; two of them for the same are equal."""
    request = Request(engine="diffusion", model=str(folder), steps=steps, working_size_px=SIDE_PX)
    return replace(request, **wishes)


def made(
    engine: DiffusionEngine, request: Request, photo: Photo = PHOTO
) -> tuple[Result, list[StepPreview]]:
    """Return what a run gave, and all that it said."""
    previews: list[StepPreview] = []
    return develop(engine, request, photo, previews.append, CancelToken()), previews


def picture_of(rendering: Rendering) -> RgbImage:
    assert [layer.name for layer in rendering.layers] == ["picture"]
    assert rendering.layers[0].alpha is None
    return rendering.layers[0].rgb


def test_loading_is_told_and_no_part_of_the_estimate_afterwards(
    engine: DiffusionEngine, folder: Path, home: Path
) -> None:
    nothing, request = engine.device, asked(folder)
    assert nothing is None
    before = engine.estimate(request, PHOTO.extent)
    previews: list[StepPreview] = []
    engine.load(request, previews.append, CancelToken())
    assert previews[0].stage == "Starting the diffusion engine"
    assert previews[-1].stage == "Loading the model, 100%"
    for preview in previews:
        assert (preview.step, preview.total, preview.image) == (0, 3, None)
        assert preview.job_id == request.job_id
        assert preview.eta_s >= 0.0
    shares = [preview.progress for preview in previews]
    assert shares == sorted(shares)
    assert 0.0 == shares[0] < shares[-1] < 0.5
    after = engine.estimate(request, PHOTO.extent)
    assert before.seconds - after.seconds > 5.0  # the start of the child alone
    assert after.memory_bytes == before.memory_bytes > 0
    more = engine.estimate(asked(folder, 30), PHOTO.extent)
    larger = engine.estimate(asked(folder, working_size_px=512), Extent(4000, 3000))
    assert after.seconds < more.seconds < larger.seconds
    assert larger.memory_bytes > after.memory_bytes
    device = engine.device
    assert device is not None
    assert device.name == "CPU"
    assert load_machine(home / "machine.json").cpu_precision == device.precision
    previews.clear()
    engine.load(asked(folder, 9), previews.append, CancelToken())
    assert previews == []  # it is there


@pytest.mark.parametrize(
    ("scheduler", "steps", "total"),
    [("dpm++2m", 5, 5), ("pndm", 5, 6), ("heun", 5, 9), ("lcm", 1, 1), (None, 2, 2)],
)
def test_there_is_a_preview_for_each_time_that_the_model_is_asked(
    engine: DiffusionEngine, folder: Path, scheduler: str | None, steps: int, total: int
) -> None:
    request = asked(folder, steps, scheduler=scheduler)
    engine.load(request, lambda _: None, CancelToken())
    said: list[StepPreview] = []
    kept: list[RgbImage] = []

    def take(preview: StepPreview) -> None:
        assert preview.image is not None
        said.append(preview)
        kept.append(preview.image.copy())

    rendering = engine.run(request, PHOTO, take, CancelToken())
    assert [(p.step, p.total) for p in said] == [(step, total) for step in range(1, total + 1)]
    assert {p.job_id for p in said} == {request.job_id}
    shares = [p.progress for p in said]
    assert shares == sorted(shares)
    assert 0.0 < shares[0] <= shares[-1] <= 1.0
    assert all(p.eta_s >= 0.0 for p in said)
    for preview, copy in zip(said, kept, strict=True):
        assert preview.image is not None
        assert preview.image.shape == (rendering.extent.height, rendering.extent.width, 3)
        assert np.array_equal(preview.image, copy)  # nobody has written to it since
        preview.image[:] = 0  # it is ours
    assert len({copy.tobytes() for copy in kept}) == total


def test_one_layer_at_the_working_size_and_the_picture_at_the_photos_own(
    engine: DiffusionEngine, folder: Path
) -> None:
    result, previews = made(engine, asked(folder))
    assert picture_of(result.rendering).shape == (40, 64, 3)
    assert result.picture.shape == PHOTO.pixels.shape
    assert result.alpha is None
    assert result.rendering.remarks == ()
    shares = [preview.progress for preview in previews]
    assert shares == sorted(shares)
    doubled, _ = made(engine, asked(folder, size_px=194))
    assert doubled.picture.shape == (122, 194, 3)


def test_the_same_request_gives_the_same_picture(engine: DiffusionEngine, folder: Path) -> None:
    first = picture_of(made(engine, asked(folder, seed=5))[0].rendering)
    request = asked(folder, seed=5)
    for _ in range(2):  # the very same one, its job id too
        again = picture_of(made(engine, request)[0].rendering)
        assert np.array_equal(again, first)
    for other in (asked(folder, seed=6), asked(folder, seed=5, instruction="Something else")):
        assert not np.array_equal(picture_of(made(engine, other)[0].rendering), first)


@pytest.mark.parametrize(
    ("width", "height", "working"),
    [
        (1, 1, Extent(64, 64)),
        (3000, 20, Extent(64, 1)),
        (20, 3000, Extent(1, 64)),
        (65, 64, Extent(64, 63)),
    ],
)
@pytest.mark.parametrize("alpha", [None, 100])
def test_no_photo_is_too_odd(
    engine: DiffusionEngine,
    folder: Path,
    width: int,
    height: int,
    working: Extent,
    alpha: int | None,
) -> None:
    mask = None if alpha is None else np.full((height, width), alpha, np.uint8)
    result, previews = made(engine, asked(folder, 2), Photo(noise(width, height), mask))
    assert result.picture.shape == (height, width, 3)
    assert result.rendering.extent == working
    shape = (working.height, working.width, 3)
    assert [p.image.shape for p in previews if p.image is not None] == [shape, shape]
    assert (result.alpha is None) == (alpha is None)


def test_what_is_transparent_lies_on_white(engine: DiffusionEngine, folder: Path) -> None:
    pixels, alpha = noise(64, 64), np.full((64, 64), 255, np.uint8)
    alpha[:, :32] = 0
    on_white = pixels.copy()
    on_white[:, :32] = 255
    photo = Photo(pixels, alpha)
    result, _ = made(engine, asked(folder), photo)
    plain, _ = made(engine, asked(folder), Photo(on_white))
    assert np.array_equal(picture_of(result.rendering), picture_of(plain.rendering))
    assert result.alpha is not None
    assert np.array_equal(result.alpha, alpha)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_exact_mode_gives_the_pixels_of_diffusers(
    engine: DiffusionEngine, folder: Path, pipeline: Any
) -> None:
    import torch

    photo = Photo(noise(64, 48))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # threads of two processes that wait for each other take seconds
    theirs = pipeline(
        "A cartoon",
        Image.fromarray(photo.pixels),
        num_inference_steps=4,
        guidance_scale=7.5,
        image_guidance_scale=1.5,
        generator=torch.Generator("cpu").manual_seed(3),
        output_type="np",
    ).images[0]
    torch.set_num_threads(threads)
    request = asked(folder, 4, seed=3, mode="exact", instruction="A cartoon")
    result, _ = made(engine, replace(request, working_size_px=None), photo)
    mine = picture_of(result.rendering)
    assert mine.shape == photo.pixels.shape
    assert np.abs(mine - np.rint(255.0 * theirs)).max() <= 1.0
    assert np.array_equal(result.picture, mine)


def test_an_instruction_that_is_too_long_is_remarked_on(
    engine: DiffusionEngine, folder: Path
) -> None:
    result, _ = made(engine, asked(folder, 1, instruction="a cartoon of a car " * 40))
    assert len(result.rendering.remarks) == 1
    assert "77 tokens" in result.rendering.remarks[0]


def test_how_quick_it_was_is_remembered(engine: DiffusionEngine, folder: Path, home: Path) -> None:
    made(engine, asked(folder))
    machine = load_machine(home / "machine.json")
    assert machine.device in ("CPU fp32", "CPU bf16")
    assert machine.flops != Machine().flops
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOONROOM_HOME", str(home))
        assert DiffusionEngine()._machine == machine


def test_cancelling_ends_the_steps_and_keeps_the_model(
    engine: DiffusionEngine, folder: Path
) -> None:
    token, begun = CancelToken(), threading.Event()
    cancelled_at: list[float] = []

    def cancel() -> None:
        begun.wait(20.0)
        cancelled_at.append(time.monotonic())
        token.cancel()

    def look(preview: StepPreview) -> None:
        if preview.step:
            begun.set()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(JobCancelled):
        develop(engine, asked(folder, 900), PHOTO, look, token)
    seconds = time.monotonic() - cancelled_at[0]
    thread.join()
    assert seconds < 2.0  # by force it would be five; mostly it is a twentieth
    pid = engine._host.pid
    _, previews = made(engine, asked(folder))
    assert engine._host.pid == pid
    assert [p.step for p in previews] == [1, 2, 3]  # and none of loading


def test_whoever_looks_at_the_steps_may_fail(engine: DiffusionEngine, folder: Path) -> None:
    def fail(preview: StepPreview) -> None:
        if preview.step:
            raise OSError("The disk is full.")

    made(engine, asked(folder))
    pid = engine._host.pid
    with pytest.raises(OSError, match="disk is full"):
        develop(engine, asked(folder, 900), PHOTO, fail, CancelToken())
    start = time.monotonic()
    _, previews = made(engine, asked(folder))
    assert time.monotonic() - start < 5.0  # 900 steps take longer
    assert [p.step for p in previews] == [1, 2, 3]
    assert engine._host.pid == pid


def test_another_model_takes_the_place_of_the_first(
    engine: DiffusionEngine, folder: Path, other: Path
) -> None:
    made(engine, asked(folder))
    pid = engine._host.pid
    first, previews = made(engine, asked(folder))
    assert not any(p.step == 0 for p in previews)
    second, previews = made(engine, asked(other))
    stages = [p.stage for p in previews if p.step == 0]
    assert stages[0] == "Loading the model"
    assert stages[-1] == "Loading the model, 100%"
    assert not np.array_equal(first.picture, second.picture)
    again, previews = made(engine, asked(folder))
    assert any(p.step == 0 for p in previews)
    assert np.array_equal(first.picture, again.picture)
    assert engine._host.pid == pid


def test_a_model_that_changed_on_disk_is_loaded_anew(
    engine: DiffusionEngine, folder: Path, other: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(folder, tmp_path / "place"))
    before, _ = made(engine, asked(place))
    shutil.copytree(other, place, dirs_exist_ok=True)
    after, previews = made(engine, asked(place))
    assert any(p.step == 0 for p in previews)
    assert not np.array_equal(before.picture, after.picture)


def test_what_stands_in_the_way_is_said_before_the_run(
    engine: DiffusionEngine, folder: Path, tmp_path: Path
) -> None:
    missing = asked(tmp_path / "nowhere")
    with pytest.raises(ModelError) as caught:
        made(engine, missing)
    assert str(tmp_path / "nowhere") in str(caught.value)
    read = engine.interpret(missing)
    assert (read.note, read.defaults) == (str(caught.value), defaults_of(missing, None))
    estimate = engine.estimate(missing, PHOTO.extent)
    assert (estimate.seconds < 1.0, estimate.memory_bytes) == (True, 0)
    unknown = asked(folder, scheduler="magic")
    with pytest.raises(UsageError, match="magic") as wrong:
        made(engine, unknown)
    assert engine.interpret(unknown).note == str(wrong.value)


def test_what_is_taken_where_nothing_is_said(engine: DiffusionEngine, folder: Path) -> None:
    for mode in ("balanced", "exact"):
        request = Request(engine="diffusion", model=str(folder), mode=mode)
        read = engine.interpret(request)
        wanted = replace(defaults_of(request, read_layout(folder)), model=str(folder))
        assert (read.note, read.defaults) == ("", wanted)
        assert (read.look, read.ignored, dict(read.parameters)) == (None, (), {})


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of Unix")
def test_a_child_that_was_killed_costs_one_run(engine: DiffusionEngine, folder: Path) -> None:
    made(engine, asked(folder))
    loaded = engine.estimate(asked(folder), PHOTO.extent)
    first = engine._host.pid
    assert first is not None

    def kill(preview: StepPreview) -> None:
        if preview.step:
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)

    with pytest.raises(ToonroomError) as caught:
        develop(engine, asked(folder, 900), PHOTO, kill, CancelToken())
    assert str(caught.value).endswith((".", "again."))
    assert "memory" in str(caught.value)
    assert engine.estimate(asked(folder), PHOTO.extent).seconds > loaded.seconds + 1.0
    result, previews = made(engine, asked(folder))
    assert result.picture.shape == PHOTO.pixels.shape
    assert previews[0].stage == "Starting the diffusion engine"
    assert engine._host.pid != first


def test_unloading_ends_the_child(engine: DiffusionEngine, folder: Path) -> None:
    made(engine, asked(folder))
    loaded = engine.estimate(asked(folder), PHOTO.extent)
    pid = engine._host.pid
    assert pid is not None
    engine.unload()
    assert not psutil.pid_exists(pid)
    assert engine.estimate(asked(folder), PHOTO.extent).seconds > loaded.seconds + 5.0
    engine.unload()
