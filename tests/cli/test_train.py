"""What people get from `toonroom train` without and with mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.training.dataset import TEST, TRAIN, read_pairs
from tests.cli.conftest import MakePhoto, Run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "one of data, vae, unet"),
        (["bake"], "not 'bake'"),
        (["data", "-o", "x"], "name photos, or --before"),
        (["data", "-o", "x", "--before", "a"], "belong together"),
        (["data", "p", "-o", "x", "--looks", "cubism"], "looks are cartoon"),
        (["vae", "--data", "d", "-o", "x", "--stages", "64x2"], "CROPxBATCHxSTEPS"),
        (["unet", "--data", "d", "-o", "x"], "--vae, or a model"),
        (["unet", "--data", "d", "-o", "x", "--vae", "v", "--scales", "2"], "1,0.5 are wanted"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: list[str], sentence: str) -> None:
    ran = run("train", *arguments)
    assert ran.code == 2
    assert sentence in ran.err
    assert ran.err.count("\n") == 1


def test_missing_and_empty_folders_are_told(run: Run, tmp_path: Path) -> None:
    missing = run("train", "data", tmp_path / "nowhere", "-o", tmp_path / "d")
    assert (missing.code, "nowhere" in missing.err) == (3, True)
    (tmp_path / "empty").mkdir()
    empty = run("train", "data", tmp_path / "empty", "-o", tmp_path / "d")
    assert (empty.code, "There are no photos" in empty.err) == (2, True)
    no_data = run("train", "vae", "--data", tmp_path / "empty", "-o", tmp_path / "r")
    assert (no_data.code, "There is no data set" in no_data.err) == (2, True)


def test_a_teacher_makes_pairs_and_a_broken_photo_is_left_out(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        make_photo(f"photos/p{number}.png", width=40 + number)
    (photos / "broken.jpg").write_bytes(b"no photo")
    command = ("train", "data", photos, "-o", tmp_path / "d", "--held-out", 1)
    ran = run(*command, "--looks", "cartoon,manga")
    assert ran.code == 0
    assert "broken.jpg" in ran.err
    assert "left out" in ran.err
    pairs = [*read_pairs(tmp_path / "d", TRAIN), *read_pairs(tmp_path / "d", TEST)]
    assert len(pairs) in (6, 9)  # the broken one may be among those held out
    assert {pair.look for pair in pairs} == {"cartoon", "manga", "keep"}
    assert all((pair.original == pair.edited) == (pair.look == "keep") for pair in pairs)
    line = json.loads((tmp_path / "d" / "train" / "metadata.jsonl").read_text().splitlines()[0])
    assert {"original_image_file_name", "edited_image_file_name", "edit_prompt"} <= line.keys()
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "d").rglob("*.png")}
    assert run(*command, "--looks", "cartoon,manga").code == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "d").rglob("*.png")} == made


def test_grain_can_be_left_out(run: Run, make_photo: MakePhoto, tmp_path: Path) -> None:
    make_photo("photos/p.png", width=64)
    command = (
        "train",
        "data",
        tmp_path / "photos",
        "--looks",
        "cartoon,pencil_sketch",
        "--no-keep",
    )
    assert run(*command, "-o", tmp_path / "with").code == 0
    assert run(*command, "-o", tmp_path / "without", "--no-grain").code == 0
    for look, same in (("cartoon", True), ("pencil_sketch", False)):
        names = [tmp_path / kind / "train" / look / "p.png" for kind in ("with", "without")]
        assert (names[0].read_bytes() == names[1].read_bytes()) is same
    assert json.loads((tmp_path / "without" / "settings.json").read_text())["grain"] is False


def test_an_artists_own_pairs_are_taken_as_they_are(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
        make_photo(f"{folder}/a.png", width=40)
    make_photo("before/alone.png", width=41)
    ran = run(
        *("train", "data", "--before", tmp_path / "before", "--after", tmp_path / "after"),
        *("-i", "draw it my way", "-o", tmp_path / "d"),
    )
    assert ran.code == 0
    assert "alone.png” has no picture of its name" in ran.err
    (pair,) = read_pairs(tmp_path / "d", TRAIN)
    assert (pair.instruction, pair.look) == ("draw it my way", "")


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("accelerate", "accelerate is not installed; training needs Toonroom installed from"),
        ("desktop_app.training.unet", "comes without its training room; install Toonroom from"),
    ],
)
def test_what_is_not_installed_is_told(
    missing: str, told: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import importlib

    def fail(_name: str) -> None:
        raise ModuleNotFoundError(f"No module named '{missing}'", name=missing)

    monkeypatch.setattr(importlib, "import_module", fail)
    ran = run("train", "unet", "--data", tmp_path, "--vae", tmp_path, "-o", tmp_path)
    assert ran.code == 3
    assert told in ran.err
