"""Previews as people see them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.engines.diffusion.photo_in import ModelPhoto, model_photo
from desktop_app.engines.diffusion.show import shown


def noise(width: int, height: int) -> RgbImage:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def seen_at(width: int, height: int, multiple_px: int = 8) -> ModelPhoto:
    return model_photo(Photo(noise(width, height)), Extent(width, height), multiple_px)


def latents_of(seen: ModelPhoto, factor: int = 8) -> RgbImage:
    """Return a preview as small as the latents of what is seen."""
    height, width = seen.pixels.shape[:2]
    return noise(width // factor, height // factor)


@pytest.mark.parametrize(
    ("width", "height", "wanted"),
    [
        (512, 384, (192, 256)),
        (384, 512, (256, 192)),
        (200, 100, (100, 200)),
        (505, 253, (128, 256)),
        (512, 8, (4, 256)),
        (64, 1, (1, 64)),
        (1, 1, (1, 1)),
        (3, 90, (90, 3)),
    ],
)
def test_a_small_preview_has_the_photos_shape(
    width: int, height: int, wanted: tuple[int, int]
) -> None:
    seen = seen_at(width, height)
    image = shown(latents_of(seen), seen)
    assert image.shape == (*wanted, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous


def test_a_large_preview_is_shown_as_it_is_without_the_padding() -> None:
    seen = seen_at(509, 381)
    preview = noise(512, 384)
    assert np.array_equal(shown(preview, seen), preview[:381, :509])


@pytest.mark.parametrize(("width", "height"), [(512, 384), (509, 381), (512, 8), (64, 1)])
def test_one_colour_stays_one_colour(width: int, height: int) -> None:
    seen = seen_at(width, height)
    preview = np.full_like(latents_of(seen), (200, 30, 90))
    assert (shown(preview, seen) == (200, 30, 90)).all()


def test_edges_are_the_photos_own() -> None:
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[:, 260:] = 255  # no multiple of 8: latents know only about where
    seen = model_photo(Photo(pixels), Extent(512, 512), 8)
    preview = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA).astype(np.uint8)
    image = shown(preview, seen).astype(int)[128, :, 0]
    plain = cv2.resize(preview, (256, 256), interpolation=cv2.INTER_CUBIC).astype(int)[128, :, 0]
    ideal = np.where(np.arange(256) >= 130, 255, 0)
    assert np.abs(image - ideal).sum() < 0.75 * np.abs(plain - ideal).sum()


def test_neither_is_written_to_nor_kept() -> None:
    seen = seen_at(512, 384)
    for preview in (latents_of(seen), noise(512, 384)):
        before, pixels = preview.copy(), seen.pixels.copy()
        image = shown(preview, seen)
        assert np.array_equal(preview, before)
        assert np.array_equal(seen.pixels, pixels)
        assert not np.shares_memory(image, seen.pixels)
