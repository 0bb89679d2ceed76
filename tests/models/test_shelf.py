"""All models at a glance, wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import ModelError
from desktop_app.models import library, shelf, store
from desktop_app.models.getting import Progress
from desktop_app.models.shelf import Standing
from tests.models.folders import UNET, make_folder
from tests.models.test_store import ORIGIN, put


@pytest.fixture(autouse=True)
def resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the app come with a catalogue of two models, and return the folder of its starter."""
    folder = tmp_path / "resources"
    folder.mkdir()
    (folder / "models.toml").write_text(
        '[starter]\ntitle = "Starter"\n'
        '[toon]\ntitle = "Toon"\nrepository = "a/toon"\nnote = "Draws."\ndownload_bytes = 5\n'
    )
    for name in ("library", "catalogue", "shelf"):
        monkeypatch.setattr(f"desktop_app.models.{name}.resources", lambda: folder)
    return folder / "models" / "starter"


def standings() -> dict[str, Standing]:
    return {item.model: item.standing for item in shelf.items()}


def test_models_that_can_be_had_are_shown_before_any_is_here() -> None:
    assert standings() == {"toon": Standing.AVAILABLE}
    (item,) = shelf.items()
    assert (item.title, item.note, item.folder, item.size_bytes) == ("Toon", "Draws.", None, 0)
    assert not item.is_here


def test_the_starter_is_built_in_until_the_artist_has_another(resources: Path) -> None:
    make_folder(resources)
    assert standings() == {"starter": Standing.BUILT_IN, "toon": Standing.AVAILABLE}
    put("starter")
    assert standings()["starter"] is Standing.INSTALLED


def test_what_is_here_begun_and_broken_is_told_apart(resources: Path) -> None:
    put("toon")
    (put("zebra") / UNET).unlink()
    half = store.workshop("half") / "download"
    half.mkdir(parents=True)
    (half / "x").write_bytes(b"x" * 10)
    assert standings() == {
        "toon": Standing.INSTALLED,
        "half": Standing.BEGUN,
        "zebra": Standing.BROKEN,
    }
    assert shelf.item_of("toon").origin == ORIGIN
    assert shelf.item_of("half").size_bytes == 10
    assert "unet" in shelf.item_of("zebra").problem
    with pytest.raises(ModelError, match="choose one of toon, half, zebra"):
        shelf.item_of("nobody")


def test_a_model_of_the_catalogue_that_is_missed_says_how_to_get_it() -> None:
    with pytest.raises(ModelError, match="toonroom models get toon"):
        library.find("toon")


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("Fetching"), "Fetching …"),
        (Progress("Fetching", 5, 10, remark="It waits."), "It waits."),
        (
            Progress("Fetching", 1_200_000_000, 5_100_000_000, 5_200_000, 750.0),
            "Fetching: 1.2 GB of 5.1 GB, 5.2 MB/s, about 12 min left",
        ),
        (Progress("Converting", 5, 10, 1.0, 5.0), "about 5 s left"),
        (Progress("Fetching", 5, 10, file="unet.bin, 34 %"), " of 0.1 MB (unet.bin, 34 %)"),
        (Progress("Converting", 5, 10, 1.0, 9_000.0), "about 2.5 h left"),
    ],
)
def test_progress_is_told_in_words(progress: Progress, words: str) -> None:
    assert progress.words().endswith(words)
