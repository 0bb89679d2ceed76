"""Pictures drawn from the level that suits the zoom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop_app.widgets.canvas_pyramid import Pyramid

RGB32 = QImage.Format.Format_RGB32


def noise(width: int, height: int) -> QImage:
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return QImage(pixels.data, width, height, 4 * width, RGB32).copy()


def flat(width: int, height: int, colour: str) -> QImage:
    image = QImage(width, height, RGB32)
    image.fill(QColor(colour))
    return image


def drawn(pyramid: Pyramid, target: QRectF, clips: list[QRect], is_crisp: bool = False) -> QImage:
    image = flat(200, 150, "black")
    painter = QPainter(image)
    for clip in clips:
        pyramid.draw(painter, target, clip, is_crisp)
    painter.end()
    return image


def test_it_needs_pixels() -> None:
    with pytest.raises(ValueError, match="level"):
        Pyramid([])
    with pytest.raises(ValueError, match="level"):
        Pyramid([QImage()])


def test_the_smallest_level_that_is_large_enough_is_taken() -> None:
    levels = [flat(800, 600, "red"), flat(400, 300, "green"), flat(200, 150, "blue")]
    pyramid = Pyramid(levels)
    for width, level in ((2000, 0), (800, 0), (401, 0), (400, 1), (201, 1), (200, 2), (20, 2)):
        assert pyramid.level_for(width).cacheKey() == levels[level].cacheKey(), width


def test_one_to_one_is_exact() -> None:
    source = noise(320, 240)
    image = drawn(Pyramid([source]), QRectF(-60, -50, 320, 240), [QRect(0, 0, 200, 150)])
    assert image == source.copy(60, 50, 200, 150)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 199), st.floats(0.11, 9.0))
def test_what_is_drawn_does_not_depend_on_where_the_clip_begins(x: int, scale: float) -> None:
    pyramid = Pyramid([noise(90, 70)])
    target = QRectF(-20, -10, round(90 * scale) + 1, round(70 * scale) + 1)
    all_of_it = QRect(0, 0, 200, 150) & target.toRect()
    left, right = QRect(all_of_it), QRect(all_of_it)
    left.setRight(x - 1)
    right.setLeft(x)
    whole = drawn(pyramid, target, [all_of_it])
    halves = drawn(pyramid, target, [left & all_of_it, right & all_of_it])
    a, b = (np.frombuffer(i.constBits(), np.uint8).astype(int) for i in (whole, halves))
    assert np.abs(a - b).max() <= 24  # of 255, on noise: Qt counts in fractions of its own


def test_crisp_shows_squares_and_smooth_does_not() -> None:
    source = flat(2, 1, "black")
    source.setPixelColor(1, 0, QColor("white"))
    target, clip = QRectF(0, 0, 200, 100), [QRect(0, 0, 200, 100)]
    crisp = drawn(Pyramid([source]), target, clip, is_crisp=True)
    smooth = drawn(Pyramid([source]), target, clip, is_crisp=False)
    assert [crisp.pixelColor(x, 50).red() for x in (0, 98, 101, 199)] == [0, 0, 255, 255]
    assert 60 < smooth.pixelColor(100, 50).red() < 195


def test_an_empty_clip_draws_nothing() -> None:
    image = drawn(Pyramid([noise(50, 50)]), QRectF(0, 0, 50, 50), [QRect()])
    assert image == flat(200, 150, "black")
