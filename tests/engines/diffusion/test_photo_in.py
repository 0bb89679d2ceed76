"""What the model gets to see of a photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, Photo, RgbImage
from desktop_app.engines.diffusion.photo_in import ModelPhoto, model_photo


def noise(width: int, height: int) -> RgbImage:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def plain(width: int, height: int, colour: tuple[int, int, int]) -> RgbImage:
    return np.full((height, width, 3), colour, np.uint8)


def alpha_of(width: int, height: int, value: int) -> GreyImage:
    return np.full((height, width), value, np.uint8)


def test_a_photo_of_the_models_size_is_left_as_it_is() -> None:
    pixels = noise(64, 48)
    seen = model_photo(Photo(pixels), Extent(64, 48), 8)
    assert seen.extent == Extent(64, 48)
    assert np.array_equal(seen.pixels, pixels)


def test_the_rest_up_to_a_multiple_is_mirrored() -> None:
    pixels = noise(61, 43)
    seen = model_photo(Photo(pixels), Extent(61, 43), 8)
    assert seen.pixels.shape == (48, 64, 3)
    assert seen.extent == Extent(61, 43)
    assert np.array_equal(seen.photo_part(seen.pixels), pixels)
    assert np.array_equal(seen.pixels[:43, 61:], pixels[:, 59:56:-1])
    assert np.array_equal(seen.pixels[43:, :61], pixels[41:36:-1])


@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    to_width=st.integers(1, 70),
    to_height=st.integers(1, 70),
    multiple_px=st.sampled_from([1, 8, 16, 32]),
    alpha=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_any_photo_at_any_size_is_whole_multiples_and_no_larger_than_needed(
    width: int, height: int, to_width: int, to_height: int, multiple_px: int, alpha: bool
) -> None:
    photo = Photo(noise(width, height), alpha_of(width, height, 128) if alpha else None)
    seen = model_photo(photo, Extent(to_width, to_height), multiple_px)
    rows, columns, channels = seen.pixels.shape
    assert channels == 3
    assert seen.pixels.dtype == np.uint8
    assert seen.pixels.flags.c_contiguous
    assert rows % multiple_px == columns % multiple_px == 0
    assert to_height <= rows < to_height + multiple_px
    assert to_width <= columns < to_width + multiple_px
    assert seen.photo_part(seen.pixels).shape == (to_height, to_width, 3)


@pytest.mark.parametrize("extent", [Extent(40, 30), Extent(20, 15), Extent(80, 60)])
def test_what_is_transparent_lies_on_white(extent: Extent) -> None:
    clear = Photo(plain(40, 30, (10, 20, 30)), alpha_of(40, 30, 0))
    assert (model_photo(clear, extent, 1).pixels == 255).all()
    half = Photo(plain(40, 30, (0, 100, 200)), alpha_of(40, 30, 128))
    seen = model_photo(half, extent, 1).pixels
    wanted = [127, 177, 227]
    assert np.abs(seen.astype(int) - wanted).max() <= 1
    opaque = Photo(noise(40, 30), alpha_of(40, 30, 255))
    without = Photo(opaque.pixels)
    assert np.array_equal(
        model_photo(opaque, extent, 1).pixels, model_photo(without, extent, 1).pixels
    )


def test_colours_that_nobody_sees_do_not_bleed_into_the_edges() -> None:
    # White paper cut out, with black under what was cut away, as programs write it.
    pixels = plain(64, 64, (255, 255, 255))
    alpha = alpha_of(64, 64, 255)
    pixels[:, ::2], alpha[:, ::2] = 0, 0
    assert (model_photo(Photo(pixels, alpha), Extent(16, 16), 8).pixels >= 254).all()


def test_the_photo_is_not_written_to() -> None:
    pixels, alpha = noise(40, 30), alpha_of(40, 30, 77)
    pixels.setflags(write=False)
    alpha.setflags(write=False)
    for extent in (Extent(40, 30), Extent(20, 15), Extent(61, 47)):
        model_photo(Photo(pixels, alpha), extent, 8)
        model_photo(Photo(pixels), extent, 8)


@pytest.mark.parametrize(("width", "height"), [(61, 43), (8, 8), (1, 1), (3, 64), (64, 1)])
@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_the_part_that_is_photo_is_found_in_smaller_pictures_too(
    width: int, height: int, factor: int
) -> None:
    seen = model_photo(Photo(noise(width, height)), Extent(width, height), 8)
    rows, columns = seen.pixels.shape[:2]
    small = np.zeros((rows // factor, columns // factor, 3), np.uint8)
    part = seen.photo_part(small)
    assert abs(part.shape[0] - height / factor) <= max(0.5, 1 - height / factor)
    assert abs(part.shape[1] - width / factor) <= max(0.5, 1 - width / factor)


def test_without_padding_all_of_it_is_photo() -> None:
    seen = ModelPhoto(noise(64, 32), Extent(64, 32))
    assert seen.photo_part(np.zeros((4, 8, 3), np.uint8)).shape == (4, 8, 3)
