"""Where the photo lies: zooming at a point, fitting, staying in sight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRect, QSize

from desktop_app.widgets.canvas_geometry import MAX_FIT_ZOOM, MAX_ZOOM, View, device_rect

sides = st.integers(1, 6000)
sizes = st.builds(QSize, sides, sides)


def view_of(photo: QSize, viewport: QSize, margin_px: int = 0) -> View:
    view = View()
    view.set_viewport(viewport, margin_px)
    view.set_photo(photo)
    return view


def test_a_big_photo_is_fitted_with_its_margin() -> None:
    view = view_of(QSize(4000, 3000), QSize(840, 640), margin_px=20)
    assert view.zoom == pytest.approx(0.2)
    assert view.rect().toRect() == QRect(20, 20, 800, 600)


def test_a_small_photo_is_not_blown_up_without_limit() -> None:
    assert view_of(QSize(10, 10), QSize(1000, 1000)).zoom == MAX_FIT_ZOOM


def test_fit_follows_the_viewport_until_the_artist_zooms() -> None:
    view = view_of(QSize(1000, 1000), QSize(500, 500))
    view.set_viewport(QSize(250, 250), 0)
    assert view.zoom == pytest.approx(0.25)
    view.zoom_at(1.0, QPointF(0, 0))
    view.set_viewport(QSize(500, 500), 0)
    assert view.zoom == 1.0
    view.fit()
    assert view.zoom == pytest.approx(0.5)


@given(sizes, st.floats(0.1, 20), st.floats(0, 1), st.floats(0, 1))
def test_the_point_under_the_pointer_stays_where_the_photo_fills_the_view(
    photo: QSize, zoom: float, x: float, y: float
) -> None:
    viewport = QSize(600, 400)
    view = view_of(photo, viewport)
    at = QPointF(x * 599, y * 399)
    held = view.to_photo(at)
    view.zoom_at(zoom, at)
    now = view.to_photo(at)
    rect = view.rect()
    # Half a pixel of rounding on the screen, at each of both zooms.
    slack = 0.5 / view.zoom + 0.5 / min(view.fit_zoom, view.zoom) + 1e-6
    inside = rect.left() < 0 and rect.right() > 600 and rect.top() < 0 and rect.bottom() > 400
    if inside:
        assert abs(now.x() - held.x()) <= slack
        assert abs(now.y() - held.y()) <= slack


@given(sizes, st.floats(0.001, 100), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_no_gap_opens_beside_a_photo_that_is_larger_than_the_view(
    photo: QSize, zoom: float, dx: float, dy: float
) -> None:
    view = view_of(photo, QSize(600, 400))
    view.zoom_at(zoom, QPointF(10, 390))
    view.pan(dx, dy)
    rect = view.rect().toRect()
    assert view.zoom <= MAX_ZOOM
    for low, length, room in (
        (rect.left(), rect.width(), 600),
        (rect.top(), rect.height(), 400),
    ):
        if length > room:
            assert low <= 1
            assert low + length >= room - 1
        else:
            assert abs(low + length / 2 - room / 2) <= 1  # in the middle
    assert not view.visible().isEmpty()


@given(sizes, st.booleans())
def test_stops_lead_up_and_down_and_pass_100_percent(photo: QSize, is_up: bool) -> None:
    view = view_of(photo, QSize(600, 400))
    direction = 1 if is_up else -1
    seen = [view.zoom]
    for _ in range(40):
        view.zoom_at(view.next_stop(direction), QPointF(300, 200))
        seen.append(view.zoom)
    assert seen == sorted(seen, reverse=not is_up)
    if is_up:
        assert seen[-1] == MAX_ZOOM
        assert seen[0] > 0.9999 or 1.0 in seen


@pytest.mark.parametrize("size", [QSize(1, 1), QSize(1, 5000), QSize(5000, 1)])
def test_odd_shapes_are_seen(size: QSize) -> None:
    view = view_of(size, QSize(300, 200), 20)
    assert view.visible().width() >= 1
    assert view.visible().height() >= 1


def test_rectangles_are_rounded_outwards() -> None:
    assert device_rect(QRect(1, 1, 3, 3), 1.5) == QRect(1, 1, 5, 5)
