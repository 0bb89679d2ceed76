"""Requests: their bounds, and their way through JSON and back."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.request import MAX_SEED, MODES, Request

NAME_BYTES = st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)  # what is no text in a name
TEXT = st.text() | st.text(st.characters(categories=["Ll"]) | NAME_BYTES)
REAL = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.none() | st.integers(1, 100_000)
REQUESTS = st.builds(
    Request,
    instruction=TEXT,
    engine=TEXT,
    model=st.none() | TEXT,
    mode=st.sampled_from(MODES),
    seed=st.integers(0, MAX_SEED),
    steps=COUNT,
    text_guidance=st.none() | REAL | st.integers(-9, 9),
    image_guidance=st.none() | REAL,
    scheduler=st.none() | TEXT,
    working_size_px=COUNT,
    size_px=COUNT,
    parameters=st.dictionaries(TEXT, REAL | st.integers(-9, 9)),
    blend=st.floats(0, 1),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = sorted(f.name for f in fields(Request))


@given(REQUESTS)
def test_a_request_comes_back_from_json_as_it_was(request_: Request) -> None:
    text = request_.to_json()
    back = Request.from_json(text)
    assert back == request_
    assert hash(back) == hash(request_)
    assert back.to_json() == text
    assert back.job_id != request_.job_id  # another run
    text.encode()  # can be written into a file


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), JSON))
def test_damaged_values_are_refused_or_harmless(values: dict[str, object]) -> None:
    try:
        found = Request.from_json(json.dumps(values))
    except ValueError:
        return
    json.loads(found.to_json(), parse_constant=lambda name: pytest.fail(name))
    found.to_json().encode()


@given(st.text())
def test_any_text_is_a_request_or_a_value_error(text: str) -> None:
    try:
        Request.from_json(text)
    except ValueError:
        return
    assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"blend": NaN}',
        '{"blend": 1.01}',
        '{"text_guidance": Infinity}',
        '{"text_guidance": 1e999}',
        '{"image_guidance": -Infinity}',
        '{"image_guidance": 1' + "0" * 400 + "}",
        '{"image_guidance": 1' + "0" * 5000 + "}",
        '{"parameters": {"line_width": NaN}}',
        '{"parameters": {"line_width": 1e999}}',
        '{"parameters": {"line_width": true}}',
        '{"parameters": {"line_width": "1"}}',
        '{"parameters": [1]}',
        '{"parameters": null}',
        '{"instruction": null}',
        '{"mode": "slow"}',
        '{"mode": ["exact"]}',
        '{"seed": -1}',
        '{"seed": 4294967296}',
        '{"seed": 1.5}',
        '{"seed": true}',
        '{"steps": 0}',
        '{"size_px": 0}',
        '{"working_size_px": -8}',
    ],
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Request.from_json(text)


def test_unknown_keys_are_passed_over_and_missing_ones_default() -> None:
    found = Request.from_json('{"steps": 7, "job_id": "mine", "from_the_future": {"a": [1]}}')
    assert found == Request(steps=7)
    assert found.job_id != "mine"


def test_two_runs_of_one_wish_are_equal_but_not_one() -> None:
    first, second = Request(instruction="pastel"), Request(instruction="pastel")
    assert first == second
    assert first.job_id != second.job_id
    assert first != replace(second, seed=1)


def test_equal_requests_have_one_hash_however_their_numbers_are_written() -> None:
    whole = Request(blend=1, text_guidance=7, parameters={"a": 1, "b": 2})
    real = Request(blend=1.0, text_guidance=7.0, parameters={"b": 2.0, "a": 1.0})
    assert whole == real
    assert len({whole, real}) == 1


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(number: float) -> None:
    with pytest.raises(ValueError, match="text_guidance must be a finite number"):
        Request(text_guidance=number)
    with pytest.raises(ValueError, match="line_width must be a finite number"):
        Request(parameters={"line_width": number})
    with pytest.raises(ValueError, match="the blend must be within 0 and 1"):
        Request(blend=number)
