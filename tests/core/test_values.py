"""Sizes, errors, cancelling, failures and parameters."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import (
    ExitCode,
    JobCancelled,
    ModelError,
    OutOfMemory,
    PhotoError,
    ToonroomError,
    UsageError,
)
from desktop_app.core.events import Failure, Layer, Rendering
from desktop_app.core.extent import Extent
from desktop_app.core.looks import ParameterSpec
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request

SIDES = st.integers(1, 100_000)


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (-3, 4), (0, 0)])
def test_an_extent_has_pixels(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=f"{width} x {height}"):
        Extent(width, height)


@given(SIDES, SIDES, SIDES)
def test_a_long_side_is_met_and_the_shape_kept(width: int, height: int, side: int) -> None:
    extent = Extent(width, height)
    scaled = extent.with_long_side(side)
    assert scaled.long_side == side
    short = min(width, height) * side / max(width, height)
    assert abs(min(scaled.width, scaled.height) - max(1.0, short)) <= 0.5
    assert (scaled.width >= scaled.height) == (width >= height) or scaled.width == scaled.height


def test_an_extent_says_what_it_is() -> None:
    extent = Extent(4000, 3000)
    assert (extent.pixels, extent.long_side, str(extent)) == (12_000_000, 4000, "4000 x 3000")
    assert extent.scaled(0.0) == Extent(1, 1)


def test_pictures_know_their_size() -> None:
    pixels = np.zeros((3, 5, 3), np.uint8)
    assert Photo(pixels).extent == Extent(5, 3)
    assert Rendering((Layer("flats", pixels),)).extent == Extent(5, 3)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ToonroomError("a"), 3),
        (PhotoError("a"), 3),
        (UsageError("a"), 2),
        (ModelError("a"), 4),
        (OutOfMemory("a"), 5),
        (JobCancelled("a"), 130),
    ],
)
def test_a_failure_has_the_sentence_and_status_of_its_error(
    error: ToonroomError, code: int
) -> None:
    request = Request()
    failure = Failure.of(request, error)
    assert (failure.sentence, failure.code) == ("a", code)
    assert (failure.job_id, failure.request) == (request.job_id, request)


def test_memory_that_ran_out_is_told_from_what_nobody_expected() -> None:
    failure = Failure.of(Request(), MemoryError())
    assert failure.code is ExitCode.OUT_OF_MEMORY
    assert "not enough memory" in failure.sentence
    failure = Failure.of(Request(), ZeroDivisionError("division by zero"))
    assert failure.code is ExitCode.PHOTO_FAILED
    assert "ZeroDivisionError: division by zero" in failure.sentence
    assert "log file" in failure.sentence


@pytest.mark.parametrize("message", ["", "first\nsecond\n  third", "x" * 10_000])
def test_a_failure_is_one_line_of_a_bearable_length(message: str) -> None:
    sentence = Failure.of(Request(), RuntimeError(message)).sentence
    assert "\n" not in sentence
    assert len(sentence) < 500
    assert "RuntimeError" in sentence
    assert sentence.endswith("the log file has the details.")


def test_a_token_is_raised_from_another_thread_and_stays_raised() -> None:
    token = CancelToken()
    token.raise_if_cancelled()
    thread = threading.Thread(target=token.cancel)
    thread.start()
    thread.join()
    token.cancel()
    assert token.is_cancelled
    for _ in range(2):
        with pytest.raises(JobCancelled, match="The run was cancelled"):
            token.raise_if_cancelled()


def spec(minimum: float, maximum: float, step: float) -> ParameterSpec:
    return ParameterSpec("a", "A", "", minimum, maximum, minimum, step, "")


@given(st.floats(allow_nan=False))
def test_parameters_stay_in_their_range(value: float) -> None:
    clamped = spec(0.25, 4.5, 0.05).clamp(value)
    assert 0.25 <= clamped <= 4.5
    assert clamped == value or not 0.25 <= value <= 4.5
    whole = spec(2, 24, 1.0).clamp(value)
    assert 2 <= whole <= 24
    assert whole == math.floor(whole)
