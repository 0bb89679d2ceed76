"""Which pairs of guidance stand on a contact sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.windows.contact_plan import IMAGE_RANGE, TEXT_RANGE, ContactPlan


def test_the_usual_values() -> None:
    plan = ContactPlan.around(7.5, 1.5, wide=False)
    assert plan.texts == (4.5, 7.5, 10.5)
    assert plan.images == (1.8, 1.5, 1.2)  # further down, more changes
    assert plan.pair(plan.row, plan.column) == (7.5, 1.5)
    assert plan.pair(0, 2) == (10.5, 1.8)


def test_a_wide_one_has_what_the_other_has() -> None:
    narrow = ContactPlan.around(7.5, 1.5, wide=False)
    wide = ContactPlan.around(7.5, 1.5, wide=True)
    assert wide.images == narrow.images
    assert len(wide.texts) == 5
    assert set(narrow.texts) < set(wide.texts)


def test_the_middle_comes_first_and_the_corners_last() -> None:
    places = ContactPlan.around(7.5, 1.5, wide=False).places()
    assert places[0] == (1, 1)
    assert set(places[1:5]) == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert set(places[5:]) == {(0, 0), (0, 2), (2, 0), (2, 2)}


def test_image_guidance_is_at_least_one() -> None:
    assert ContactPlan.around(7.0, 1.1, wide=False).images == (1.4, 1.1, 1.0)
    assert ContactPlan.around(7.0, 1.0, wide=False).images == (1.6, 1.3, 1.0)
    assert ContactPlan.around(7.0, 0.2, wide=False).images == (1.6, 1.3, 1.0)


@pytest.mark.parametrize("wide", [False, True])
def test_the_ends_of_the_ranges(wide: bool) -> None:
    assert 20.0 in ContactPlan.around(20.0, 5.0, wide=wide).texts
    assert ContactPlan.around(20.0, 5.0, wide=wide).images == (5.0, 4.85, 4.7)


@given(st.floats(0, 20), st.floats(0, 5), st.booleans())
def test_every_sheet_has_as_many_different_pairs_within_range(
    text: float, image: float, wide: bool
) -> None:
    plan = ContactPlan.around(text, image, wide=wide)
    assert len(set(plan.texts)) == len(plan.texts) == (5 if wide else 3)
    assert len(set(plan.images)) == len(plan.images) == 3
    assert list(plan.texts) == sorted(plan.texts)
    assert list(plan.images) == sorted(plan.images, reverse=True)
    assert TEXT_RANGE[0] <= plan.texts[0] <= plan.texts[-1] <= TEXT_RANGE[1]
    assert IMAGE_RANGE[0] <= plan.images[-1] <= plan.images[0] <= IMAGE_RANGE[1]
    assert abs(plan.pair(plan.row, plan.column)[0] - max(1.0, text)) < 0.006
    assert len(plan.places()) == len(set(plan.places())) == len(plan.texts) * 3
