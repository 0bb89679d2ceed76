"""Pixels to QImages: right colours, own memory, half sizes."""

from __future__ import annotations

import gc
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import ImageCms
from PySide6.QtGui import QColor, QColorSpace, QImage

from desktop_app.workers.display import display_levels, small_image, to_qimage, to_rgba

SIDES = st.integers(1, 40)


def rgb_of(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels by Qt's own conversion."""
    return to_rgba(image)[:, :, :3]


@given(st.tuples(SIDES, SIDES, st.just(3)).flatmap(lambda shape: arrays(np.uint8, shape)))
@settings(deadline=None)
def test_every_pixel_keeps_its_colour(rgb: NDArray[np.uint8]) -> None:
    image = to_qimage(rgb)
    assert image.format() is QImage.Format.Format_RGB32
    assert np.array_equal(rgb_of(image), rgb)


def test_images_own_their_pixels() -> None:
    rgb = np.full((30, 31, 3), 7, np.uint8)
    levels = display_levels(rgb, None, None)
    rgb[:] = 200
    del rgb
    gc.collect()
    assert levels[0].pixelColor(30, 29) == QColor(7, 7, 7)


def test_views_with_gaps_and_turns_are_taken() -> None:
    rgb = np.arange(8 * 9 * 3, dtype=np.uint8).reshape(8, 9, 3)
    for view in (rgb[::2], rgb[:, ::-1], rgb.transpose(1, 0, 2), rgb[1:7, 2:5]):
        assert np.array_equal(rgb_of(to_qimage(view)), view)
    alpha = np.full((9, 8), 255, np.uint8).T
    assert np.array_equal(rgb_of(to_qimage(rgb[:, ::-1], alpha)), rgb[:, ::-1])


def test_alpha_is_premultiplied_as_qt_does_it() -> None:
    generator = np.random.default_rng(1)
    rgb = generator.integers(0, 256, (16, 17, 3), np.uint8)
    alpha = generator.integers(0, 256, (16, 17), np.uint8)
    ours = to_qimage(rgb, alpha)
    assert ours.format() is QImage.Format.Format_ARGB32_Premultiplied
    rgba = np.dstack((rgb, alpha))
    plain = QImage(rgba.tobytes(), 17, 16, 17 * 4, QImage.Format.Format_RGBA8888)
    theirs = plain.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    a = np.frombuffer(ours.constBits(), np.uint8).astype(int)
    b = np.frombuffer(theirs.constBits(), np.uint8).astype(int)
    assert np.abs(a - b).max() <= 1
    assert np.array_equal(a[3::4], b[3::4])


@given(st.integers(1, 3000), st.integers(1, 60))
@settings(deadline=None)
def test_each_level_is_half_of_the_one_before(long: int, short: int) -> None:
    levels = display_levels(np.zeros((short, long, 3), np.uint8), None, None)
    assert (levels[0].width(), levels[0].height()) == (long, short)
    for bigger, smaller in pairwise(levels):
        assert smaller.width() == (bigger.width() + 1) // 2
        assert smaller.height() == (bigger.height() + 1) // 2
        assert bigger.width() > 512
    assert levels[-1].width() <= 512


def test_smaller_levels_have_no_dark_fringes() -> None:
    rgb = np.full((600, 600, 3), 255, np.uint8)
    rgb[:, ::2] = 0
    alpha = np.full((600, 600), 255, np.uint8)
    alpha[:, ::2] = 0  # the black columns cannot be seen
    levels = display_levels(rgb, alpha, None)
    assert to_rgba(levels[1])[10, 10].tolist() == [255, 255, 255, 128]


def test_wide_gamut_is_shown_in_srgb() -> None:
    rgb = np.full((4, 4, 3), (200, 60, 60), np.uint8)
    profile = bytes(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3).iccProfile().data())
    (level,) = display_levels(rgb, None, profile)
    shown = level.pixelColor(1, 1)
    assert shown.red() > 205  # Display-P3's red is further out than sRGB's
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (level,) = display_levels(rgb, None, srgb)
    assert abs(level.pixelColor(1, 1).red() - 200) <= 1


def test_thumbnails_are_small_and_never_enlarged() -> None:
    levels = display_levels(np.zeros((900, 1800, 3), np.uint8), None, None)
    small = small_image(levels)
    assert (small.width(), small.height()) == (256, 128)
    tiny = display_levels(np.zeros((1, 5, 3), np.uint8), None, None)
    assert small_image(tiny).width() == 5
    line = small_image(display_levels(np.zeros((1, 5000, 3), np.uint8), None, None))
    assert (line.width(), line.height()) == (256, 1)


def test_clipboard_pictures_become_srgb() -> None:
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 60, 60))
    assert to_rgba(image)[0, 0].tolist() == [200, 60, 60, 255]
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.DisplayP3))
    assert to_rgba(image)[0, 0, 0] > 205
    grey = QImage(5, 3, QImage.Format.Format_Grayscale8)
    grey.fill(90)
    assert to_rgba(grey).shape == (3, 5, 4)
    assert to_rgba(grey)[2, 4].tolist() == [90, 90, 90, 255]
