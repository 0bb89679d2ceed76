"""What cards say of models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.engines.diffusion.machine import Machine
from desktop_app.models.catalogue import Entry
from desktop_app.models.getting import Progress
from desktop_app.models.shelf import ShelfItem, Standing
from desktop_app.widgets.model_card import CardAction, CardState
from desktop_app.windows.shelf_words import (
    Doings,
    Surroundings,
    card_of,
    ready_words,
)

ENTRY = Entry(
    "toon",
    "Toon",
    "a/toon",
    download_bytes=5_000_000_000,
    installed_bytes=2_700_000_000,
    memory_bytes=5_800_000_000,
)
ITEM = ShelfItem("toon", "Toon", "Draws.", Standing.AVAILABLE, ENTRY)
HERE = Surroundings(Machine(flops=1e12), 8, 16_000_000_000, 100_000_000_000)


def expected(item: ShelfItem = ITEM, here: Surroundings = HERE) -> str:
    return card_of(item, here, Doings(), is_used=False).expected


def test_what_it_takes_is_told_for_this_computer() -> None:
    assert expected() == "About 34 s for a picture of 512 px here. It needs 5.8 GB of memory."
    small = replace(HERE, memory_bytes=4_000_000_000)
    assert "this computer has 4.0 GB, so it will be slow or fail" in expected(here=small)
    full = replace(HERE, free_bytes=1_000_000_000)
    assert "needs 7.7 GB of room on the disk" in expected(here=full)
    own = ShelfItem("own", "Own", "", Standing.INSTALLED)
    assert expected(own) == ""
    measured = replace(HERE, seconds={"own": 3.2, "toon": 5.0})
    assert expected(own, measured) == "About 3 s for a picture of 512 px here."
    assert expected(here=measured).startswith("About 5 s")
    assert expected(replace(ITEM, entry=replace(ENTRY, download_bytes=0))) == ""


@pytest.mark.parametrize(
    ("standing", "size"),
    [
        (Standing.AVAILABLE, "5.0 GB to fetch"),
        (Standing.BEGUN, "1.2 GB of 5.0 GB fetched"),
        (Standing.INSTALLED, "1.2 GB on this disk"),
        (Standing.BUILT_IN, "comes with Toonroom"),
    ],
)
def test_how_large_it_is_is_told(standing: Standing, size: str) -> None:
    item = replace(ITEM, standing=standing, size_bytes=1_200_000_000)
    assert card_of(item, HERE, Doings(), is_used=False).size == size


def test_what_goes_on_is_told() -> None:
    doings = Doings(Progress("Fetching", 1, 4), CardAction.PAUSE, problem="It failed before.")
    values = card_of(ITEM, None, doings, is_used=False)
    assert values.state is CardState.BUSY
    assert values.actions() == (CardAction.PAUSE,)
    assert values.progress == 0.25
    assert values.doing.startswith("Fetching:")
    assert values.problem == "It failed before."


def test_this_computer_is_told() -> None:
    assert "8 cores, 16.0 GB of memory, 100.0 GB free for models" in HERE.sentence()
    assert "guesses" in HERE.sentence()
    measured = replace(HERE, machine=Machine(device="NVIDIA RTX 4070 fp16"))
    assert "for NVIDIA RTX 4070 fp16, as measured" in measured.sentence()
    assert "Starter, Toon" in ready_words(["Starter", "Toon"])
    assert ready_words([]) == "The classic engine needs no model."
