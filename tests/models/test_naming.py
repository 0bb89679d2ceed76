from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.models.naming import candidates, model_id, title
from desktop_app.models.store import check_id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("instruct-pix2pix-00-22000", "instruct-pix2pix-00-22000"),
        ("timbrooks/instruct-pix2pix", "instruct-pix2pix"),
        ("zwei Wörter – Käse 🧀 (v1.5)", "zwei-Wörter-Käse-v1.5"),
        ("Ka\u0308se", "Käse"),
        ("漫画", "漫画"),
        ("🧀", "model"),
        ("..", "model"),
        ("con", "model-con"),
        ("Aux.1", "model-Aux.1"),
        ("a" * 300, "a" * 60),
    ],
)
def test_an_id_is_made_of_the_name(name: str, expected: str) -> None:
    assert model_id(name) == expected


@given(st.text())
def test_whatever_the_name_the_id_can_be_one(name: str) -> None:
    for model in itertools.islice(candidates(model_id(name)), 3):
        check_id(model)
        assert len(f"{model}.lock".encode()) < 255


def test_long_names_are_cut_for_people() -> None:
    assert title("a" * 80) == "a" * 80
    assert title("a" * 81) == "a" * 79 + "…"
    assert title("\udcff") == "?"
