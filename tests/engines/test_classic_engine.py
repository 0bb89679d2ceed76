"""The classic engine on real photos."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled
from desktop_app.core.events import Result, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.classic.engine import STAGES, ClassicEngine
from desktop_app.engines.classic.looks import load_looks
from desktop_app.engines.classic.study import working_extent
from desktop_app.engines.develop import develop

ASTRONAUT: RgbImage = skimage.data.astronaut()  # type: ignore[no-untyped-call]
LOOK_IDS = [look.look_id for look in load_looks()]


def run(
    pixels: RgbImage,
    instruction: str = "cartoon",
    seed: int = 0,
    parameters: dict[str, float] | None = None,
) -> Result:
    request = Request(instruction=instruction, seed=seed, parameters=parameters or {})
    return develop(ClassicEngine(), request, Photo(pixels), lambda _: None, CancelToken())


def changed(**parameters: float) -> RgbImage:
    """The astronaut as a cartoon, with these parameters set by hand."""
    return run(ASTRONAUT, parameters=parameters).picture


def darkness(picture: RgbImage) -> float:
    return 255.0 - float(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).mean())


def flat_share(picture: RgbImage) -> float:
    lab = cv2.cvtColor(picture.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
    light = np.ascontiguousarray(lab[:, :, 0])
    x, y = (cv2.Sobel(light, cv2.CV_32F, *order) / 4 for order in ((1, 0), (0, 1)))
    return float((np.hypot(x, y) < 0.5).mean())


@pytest.fixture(scope="module")
def cartoon() -> Result:
    return run(ASTRONAUT)


def test_the_picture_has_the_photos_size_and_three_layers(cartoon: Result) -> None:
    assert cartoon.picture.shape == ASTRONAUT.shape
    assert cartoon.picture.dtype == np.uint8
    assert [layer.name for layer in cartoon.rendering.layers] == ["flats", "shading", "lines"]
    assert cartoon.interpretation.look == "cartoon"


def test_a_cartoon_is_flat_where_the_photo_is_not(cartoon: Result) -> None:
    assert flat_share(cartoon.picture) > flat_share(ASTRONAUT) + 0.2


def test_a_cartoon_keeps_the_photos_colours(cartoon: Result) -> None:
    soft = [
        cv2.cvtColor(
            cv2.GaussianBlur(image, (0, 0), 8).astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab
        )
        for image in (ASTRONAUT, cartoon.picture)
    ]
    assert np.linalg.norm(soft[0] - soft[1], axis=2).mean() < 5.0


def test_lines_lie_on_edges(cartoon: Result) -> None:
    """The suit's outline is inked, the plain wall beside it is not."""
    lines = cartoon.rendering.layers[2].alpha
    assert lines is not None
    inked = cv2.resize(lines, (512, 512), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(ASTRONAUT, cv2.COLOR_RGB2GRAY), (0, 0), 2)
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    assert slope[inked > 128].mean() > 3.0 * slope[inked < 10].mean()


def test_a_small_face_keeps_its_eyes_and_mouth(cartoon: Result) -> None:
    face = cartoon.picture[90:180, 185:265].astype(int).sum(2)
    photo = ASTRONAUT[90:180, 185:265].astype(int).sum(2)
    likeness = np.corrcoef(face.ravel(), photo.ravel())[0, 1]
    assert likeness > 0.8
    mouth = cartoon.picture[140:152, 205:240]
    assert int(mouth.max()) - int(mouth.min()) > 90


def test_the_same_request_gives_the_same_picture(cartoon: Result) -> None:
    assert np.array_equal(run(ASTRONAUT).picture, cartoon.picture)


def test_an_engine_that_knows_the_photo_gives_the_same_picture(cartoon: Result) -> None:
    engine, photo = ClassicEngine(), Photo(ASTRONAUT)
    for instruction in ("manga", "cartoon"):
        last = develop(
            engine, Request(instruction=instruction), photo, lambda _: None, CancelToken()
        )
    assert np.array_equal(last.picture, cartoon.picture)


@pytest.mark.parametrize("look", LOOK_IDS)
def test_every_look_differs_from_the_photo_and_from_the_cartoon(look: str, cartoon: Result) -> None:
    instruction = next(each.instruction for each in load_looks() if each.look_id == look)
    result = run(ASTRONAUT, instruction)
    assert result.interpretation.look == look
    assert np.abs(result.picture.astype(int) - ASTRONAUT).mean() > 4.0
    if look != "cartoon":
        assert np.abs(result.picture.astype(int) - cartoon.picture).mean() > 4.0


@pytest.mark.parametrize("look", ["pencil sketch", "manga"])
def test_black_and_white_looks_have_no_colour(look: str) -> None:
    picture = run(ASTRONAUT, look).picture.astype(int)
    assert (picture.max(2) - picture.min(2)).max() <= 12


def test_manga_is_black_white_and_little_between() -> None:
    grey = run(ASTRONAUT, "manga").rendering
    dots = grey.layers[1].alpha
    assert dots is not None
    assert ((dots > 30) & (dots < 225)).mean() < 0.35


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("line_amount", 0.1, 0.9), ("line_width", 0.5, 2.5), ("line_darkness", 0.2, 1.0)],
)
def test_more_of_a_line_parameter_is_more_ink(name: str, low: float, high: float) -> None:
    less, more = (run(ASTRONAUT, parameters={name: value}) for value in (low, high))
    inks = [result.rendering.layers[2].alpha for result in (less, more)]
    assert inks[0] is not None
    assert inks[1] is not None
    assert inks[1].mean() > 1.3 * inks[0].mean()


def test_brightness_vividness_and_contrast_do_what_they_say() -> None:
    assert darkness(run(ASTRONAUT, parameters={"brightness": 0.5}).picture) < darkness(
        run(ASTRONAUT).picture
    )
    saturation = [
        float(cv2.cvtColor(changed(vividness=v), cv2.COLOR_RGB2HSV)[:, :, 1].mean())
        for v in (0.4, 1.6)
    ]
    assert saturation[1] > 1.5 * saturation[0]
    spread = [float(changed(contrast=c).std()) for c in (0.6, 1.4)]
    assert spread[1] > spread[0] + 10


def test_fewer_colours_are_fewer() -> None:
    def count(colours: float) -> int:
        flats = (
            run(ASTRONAUT, parameters={"colours": colours, "shading": 0.0}).rendering.layers[0].rgb
        )
        coarse = (flats // 8).reshape(-1, 3)
        values, counts = np.unique(coarse, axis=0, return_counts=True)
        return int((counts > len(coarse) * 0.002).sum()) if len(values) else 0

    assert count(5) < count(40) / 2


def test_previews_count_up_to_the_end_and_own_their_pixels() -> None:
    previews: list[StepPreview] = []
    request = Request()
    develop(ClassicEngine(), request, Photo(ASTRONAUT), previews.append, CancelToken())
    assert [p.step for p in previews] == list(range(1, len(STAGES) + 1))
    assert {p.total for p in previews} == {len(STAGES)}
    assert {p.job_id for p in previews} == {request.job_id}
    assert all(
        p.image is not None and p.image.flags.owndata and p.image.flags.c_contiguous
        for p in previews
    )
    assert all(math.isfinite(p.eta_s) and p.eta_s >= 0 for p in previews)
    assert sum(share for _, share in STAGES) == pytest.approx(1.0)


@pytest.mark.parametrize("stop_after", range(1, len(STAGES) + 1))
def test_cancelling_ends_the_run_within_a_step(stop_after: int) -> None:
    token, seen = CancelToken(), []

    def on_step(preview: StepPreview) -> None:
        seen.append(preview.step)
        if preview.step == stop_after:
            token.cancel()

    with pytest.raises(JobCancelled):
        develop(ClassicEngine(), Request(), Photo(ASTRONAUT), on_step, token)
    assert seen == list(range(1, stop_after + 1))


def test_a_photo_of_one_colour_stays_that_colour_and_gets_no_line() -> None:
    grey = np.full((120, 160, 3), (90, 140, 200), np.uint8)
    result = run(grey, parameters={"vividness": 1.0})
    assert np.abs(result.picture.astype(int) - result.picture[0, 0].astype(int)).max() <= 1
    assert result.rendering.layers[2].alpha is not None
    assert result.rendering.layers[2].alpha.max() == 0


def test_a_smooth_sky_gets_no_line() -> None:
    ramp = np.linspace(150, 235, 300)[:, None, None] * np.array([0.7, 0.85, 1.0])
    noise = np.random.default_rng(4).normal(0, 1.0, (300, 400, 3))
    sky = np.clip(np.broadcast_to(ramp, (300, 400, 3)) + noise, 0, 255).astype(np.uint8)
    lines = run(sky).rendering.layers[2].alpha
    assert lines is not None
    assert (lines > 25).mean() < 0.002


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    look=st.sampled_from(LOOK_IDS),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_small_shape_develops(width: int, height: int, look: str, seed: int) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)
    assert run(pixels, look.replace("_", " "), seed).picture.shape == (height, width, 3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2000), (2, 2), (1081, 721)])
def test_odd_shapes_develop(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(6).integers(0, 256, (*shape, 3), np.uint8)
    assert run(pixels).picture.shape == (*shape, 3)


def test_working_sizes() -> None:
    assert working_extent(Extent(481, 321), None) == Extent(962, 642)
    assert working_extent(Extent(1155, 866), None).long_side == 1024
    assert working_extent(Extent(4000, 3000), None).long_side == 1536
    assert working_extent(Extent(4000, 3000), 600).long_side == 600


def test_estimates_grow_with_the_photo() -> None:
    engine = ClassicEngine()
    small = engine.estimate(Request(), Extent(800, 600))
    large = engine.estimate(Request(), Extent(8000, 6000))
    assert 0 < small.seconds < large.seconds
    assert 0 < small.memory_bytes < large.memory_bytes
