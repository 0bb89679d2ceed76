"""Finishing: layers at a working size become a picture at the photo's size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled
from desktop_app.core.events import BlendOp, Layer, Rendering, Upsampling
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.imaging.finishing import blended, composed, finish, full_layers


def half_and_half(height: int, width: int, split: float = 0.5) -> RgbImage:
    """Dark left, bright right."""
    pixels = np.full((height, width, 3), 40, np.uint8)
    pixels[:, round(width * split) :] = 210
    return pixels


def rendering_of(rgb: RgbImage) -> Rendering:
    return Rendering((Layer("flats", rgb),))


def test_a_picture_of_the_photos_size_is_left_as_it_is() -> None:
    photo = Photo(half_and_half(30, 40))
    picture = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    finished = finish(rendering_of(picture), photo, Request(), CancelToken())
    assert np.array_equal(finished.picture, picture)


def test_edges_of_enlarged_colours_are_the_photos_own() -> None:
    # the edge lies between two working pixels, where the enlarged flats alone cannot know it
    photo = Photo(half_and_half(400, 800, split=0.5125))
    small = half_and_half(50, 100, split=0.51)
    finished = finish(rendering_of(small), photo, Request(), CancelToken())
    row = finished.picture[200, :, 0].astype(int)
    steps = np.abs(np.diff(row))
    assert int(steps.argmax()) == 409
    assert steps.max() > 90  # plain enlarging by eight gives no step over 22
    assert row[:380].max() <= 45
    assert row[440:].min() >= 205


def test_flat_areas_stay_flat_over_a_textured_photo() -> None:
    noise = np.random.default_rng(1).integers(60, 180, (600, 600, 3), np.uint8)
    flat = np.full((100, 100, 3), 120, np.uint8)
    finished = finish(rendering_of(flat), Photo(noise), Request(), CancelToken())
    assert np.abs(finished.picture.astype(int) - 120).max() <= 1


def test_lines_are_crisp_after_enlarging() -> None:
    paper = np.full((60, 60, 3), 255, np.uint8)
    alpha = np.zeros((60, 60), np.uint8)
    alpha[:, 28:32] = 255
    ink = Layer("lines", np.zeros_like(paper), alpha, BlendOp.OVER, Upsampling.CRISP)
    photo = Photo(np.full((600, 600, 3), 255, np.uint8))
    finished = finish(Rendering((Layer("flats", paper), ink)), photo, Request(), CancelToken())
    row = finished.picture[300, :, 0]
    grey = (row > 10) & (row < 245)
    assert row[300] == 0
    assert np.count_nonzero(row == 0) in range(36, 44)
    assert np.count_nonzero(grey) <= 8


def test_layers_lie_on_each_other_as_they_say() -> None:
    base = np.full((4, 4, 3), 200, np.uint8)
    half = Layer("shading", np.full((4, 4, 3), 128, np.uint8), None, BlendOp.MULTIPLY)
    ink = Layer("lines", np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 51, np.uint8))
    picture = composed((Layer("flats", base), half, ink))
    assert int(picture[0, 0, 0]) == pytest.approx(200 * 128 / 255 * 0.8, abs=1.5)


def test_the_size_asked_for_is_the_size_given() -> None:
    photo = Photo(half_and_half(300, 400), alpha=np.full((300, 400), 77, np.uint8))
    small = half_and_half(75, 100)
    finished = finish(rendering_of(small), photo, Request(size_px=200), CancelToken())
    assert finished.picture.shape == (150, 200, 3)
    assert finished.alpha is not None
    assert finished.alpha.shape == (150, 200)
    assert set(np.unique(finished.alpha)) == {77}


def test_full_layers_put_together_are_the_picture() -> None:
    photo = Photo(half_and_half(400, 400))
    rng = np.random.default_rng(2)
    flats = half_and_half(80, 80)
    shading = np.full((80, 80, 3), 220, np.uint8)
    alpha = (rng.random((80, 80)) > 0.9).astype(np.uint8) * 200
    rendering = Rendering(
        (
            Layer("flats", flats),
            Layer("shading", shading, None, BlendOp.MULTIPLY),
            Layer("lines", np.zeros_like(flats), alpha, BlendOp.OVER, Upsampling.CRISP),
        )
    )
    layers = full_layers(rendering, photo, Request())
    assert [layer.name for layer in layers] == ["flats", "shading", "lines"]
    finished = finish(rendering, photo, Request(), CancelToken())
    difference = np.abs(composed(layers).astype(int) - finished.picture.astype(int))
    assert difference.mean() < 1.5


def test_finishing_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        finish(rendering_of(half_and_half(10, 10)), Photo(half_and_half(99, 99)), Request(), token)


def test_blending_keeps_both_ends() -> None:
    photo = Photo(half_and_half(20, 20))
    picture = np.full((20, 20, 3), 100, np.uint8)
    assert blended(picture, photo, 1.0) is picture
    assert np.array_equal(blended(picture, photo, 0.0), photo.pixels)
    assert blended(picture, photo, 0.5)[0, 0, 0] == 70


@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    small=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_any_shape_is_finished(height: int, width: int, small: tuple[int, int]) -> None:
    photo = Photo(np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8))
    layer = np.full((*small, 3), 90, np.uint8)
    alpha = np.full(small, 128, np.uint8)
    lines = Layer("lines", np.zeros_like(layer), alpha, BlendOp.OVER, Upsampling.CRISP)
    rendering = Rendering((Layer("flats", layer), lines))
    finished = finish(rendering, photo, Request(), CancelToken())
    assert finished.picture.shape == (height, width, 3)
    assert np.abs(finished.picture.astype(int) - 45).max() <= 3
