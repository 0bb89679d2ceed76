"""How runs are counted and told."""

from __future__ import annotations

import math

import pytest

from desktop_app.windows.progress import Tally, eta_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, ""),
        (-1.0, ""),
        (math.nan, ""),
        (math.inf, ""),
        (0.4, ", less than 1 s left"),
        (1.2, ", about 2 s left"),
        (60.0, ", about 60 s left"),
        (200.0, ", about 3 min left"),
    ],
)
def test_what_is_left(seconds: float, text: str) -> None:
    assert eta_text(seconds) == text


def test_one_run() -> None:
    tally = Tally()
    tally.add()
    assert tally.lead() == ""
    assert tally.thousandths(0.5) == 500
    tally.succeeded(1.25)
    assert tally.sentence() == "Developed in 1.2 s."


def test_a_run_that_was_replaced_does_not_count() -> None:
    tally = Tally()
    tally.add()
    tally.remove()
    assert tally.sentence() == ""


def test_several_runs() -> None:
    tally = Tally()
    for _ in range(7):
        tally.add()
    assert tally.lead() == "Photo 1 of 7: "
    tally.succeeded(2.0)
    assert tally.lead() == "Photo 2 of 7: "
    assert tally.thousandths(0.0) == 143
    for name in ("a", "b", "c", "d", "e"):
        tally.failed(name, "It failed.")
    tally.cancelled()
    assert tally.sentence() == (
        "1 of 7 photos developed in 2.0 s; failed: a, b, c and 2 more; 1 cancelled."
    )
    assert tally.thousandths(0.0) == 1000
