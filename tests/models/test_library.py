"""Which models are here, and which of them a Request means."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from desktop_app.core.engine import ModelInfo
from desktop_app.core.errors import ModelError
from desktop_app.models import library
from tests.models.folders import UNET, edit, make_folder, write_json


@pytest.fixture(autouse=True)
def own_resources(without_starter: Path) -> Path:
    return without_starter


@pytest.fixture
def models(toonroom_home: Path) -> Path:
    return toonroom_home / "models"


def refusal(model: str | None) -> str:
    """Return the sentence that `model` is refused with."""
    with pytest.raises(ModelError) as caught:
        library.find(model)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    return sentence


def test_without_models_it_is_said_how_to_get_one(models: Path) -> None:
    assert library.installed() == ()
    assert refusal(None).startswith("There is no model here yet; get one with 'toonroom models")
    assert "there is none here yet" in refusal("tintin")


def test_the_first_by_name_is_the_default(models: Path) -> None:
    for name in ("zebra", "anime", ".hidden"):
        make_folder(models / name)
    (models / "readme.txt").touch()
    assert [info.model for info in library.installed()] == ["anime", "zebra"]
    assert library.find(None).folder == models / "anime"
    assert library.find("zebra").folder == models / "zebra"


def test_a_folder_of_a_model_that_is_here_has_its_name(models: Path, tmp_path: Path) -> None:
    make_folder(models / "anime")
    (tmp_path / "link").symlink_to(models / "anime", target_is_directory=True)
    assert library.id_of(models / "anime") == "anime"
    assert library.id_of(models / "zebra" / ".." / "anime") == "anime"
    assert library.id_of(tmp_path / "link") == "anime"
    assert library.id_of(make_folder(tmp_path / "anime")) is None


def test_the_starter_model_is_the_default_where_it_is(models: Path, own_resources: Path) -> None:
    for folder in (models / "anime", models / "starter", own_resources / "starter"):
        make_folder(folder)
    write_json(own_resources / "starter" / "toonroom.json", {"title": "Starter", "note": "Draws."})
    assert library.installed() == (
        ModelInfo("starter", "Starter", has_safety_checker=True, note="Draws."),
        ModelInfo("anime", "anime", has_safety_checker=True),
    )
    assert library.find(None) == library.find(library.STARTER)
    assert library.find("starter").folder == own_resources / "starter"


def test_a_broken_model_is_left_out_and_logged(
    models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("anime", "zebra"):
        make_folder(models / name)
    (models / "anime" / UNET).unlink()
    assert [info.model for info in library.installed()] == ["zebra"]
    assert library.find(None).folder == models / "zebra"
    assert str(models / "anime" / "unet") in caplog.text
    assert str(models / "anime" / "unet") in refusal("anime")
    (models / "zebra" / UNET).unlink()
    assert str(models / "anime" / "unet") in refusal(None)


def test_a_folder_can_be_named(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(tmp_path / "home" / "mine")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "home")
    for name in (str(folder), "~/mine", "./mine", "mine", f"..{os.sep}home/mine/", "."):
        layout = library.find(name)
        assert layout.folder == folder, name
    assert library.info(library.find("mine")) == ModelInfo(
        str(folder), "mine", has_safety_checker=True
    )


def test_an_id_comes_before_a_folder_of_that_name(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folder(tmp_path / "anime")
    make_folder(models / "anime")
    monkeypatch.chdir(tmp_path)
    assert library.find("anime").folder == models / "anime"
    assert library.find("./anime").folder == tmp_path / "anime"


@pytest.mark.parametrize("name", ["tintin", "", " ", "a\0b", "\udcff", "line\nbreak"])
def test_an_unknown_name_is_told_what_is_here(models: Path, name: str) -> None:
    make_folder(models / "anime")
    sentence = refusal(name)
    assert "the models here are anime" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "/no/such", "~", "a/b\0c", "x/" * 3000])
def test_a_folder_that_is_not_there_is_said(models: Path, name: str) -> None:
    assert "no " in refusal(name)


def test_models_from_the_hub_keep_their_id(models: Path) -> None:
    root = models / "models--timbrooks--instruct-pix2pix"
    make_folder(root / "snapshots" / "aaaa")
    (info,) = library.installed()
    assert info.model == root.name
    assert info.title == "timbrooks/instruct-pix2pix"
    assert library.info(library.find(root.name)) == info


def test_a_model_is_read_again_only_where_it_changed(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(models / "anime")
    first = library.find("anime")
    assert library.find("anime") is first
    assert library.find(str(folder)) is first
    os.utime(folder / UNET, (5, 5))
    second = library.find("anime")
    assert second.fingerprint != first.fingerprint
    write_json(folder / "toonroom.json", {"title": "New"})
    assert library.find("anime").title == "New"
    edit(folder / "unet" / "config.json", in_channels=4)
    assert "text-to-image" in refusal("anime")
    edit(folder / "unet" / "config.json", in_channels=8)
    (folder / UNET).unlink()
    assert "no weights" in refusal("anime")


def test_a_snapshot_that_becomes_the_main_one_is_seen(models: Path) -> None:
    root = models / "m"
    for name in ("aaaa", "bbbb"):
        make_folder(root / "snapshots" / name)
    (root / "refs").mkdir()
    for name in ("aaaa", "bbbb"):
        (root / "refs" / "main").write_text(name)
        os.utime(root / "refs" / "main", ns=(1, 2 + ord(name[0])))
        assert library.find("m").folder.name == name


def test_reading_is_quick_enough_for_every_key_press(models: Path) -> None:
    make_folder(models / "anime")
    library.find("anime")
    start = time.perf_counter()
    for _ in range(20):
        library.find("anime")
    assert time.perf_counter() - start < 1.0
