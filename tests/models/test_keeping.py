"""Throwing models away, and moving all of them."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import send2trash

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError, UsageError
from desktop_app.core.paths import models_folder, moved_models_file
from desktop_app.models import keeping, library, store
from tests.models.folders import UNET, make_folder
from tests.models.test_store import found, put


def nobody(_count: int) -> None:
    return


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a bin that is a folder, and return it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(send2trash, "send2trash", lambda path: shutil.move(path, folder))
    return folder


def no_trash(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: str) -> None:
        raise OSError("no bin here")

    monkeypatch.setattr(send2trash, "send2trash", refuse)


def test_a_model_that_is_thrown_away_lies_in_the_bin(trash: Path) -> None:
    folder = put()
    store.workshop("anime").mkdir()
    assert keeping.remove("anime") is True
    assert not folder.exists()
    assert not store.workshop("anime").exists()
    assert (trash / "anime" / UNET).exists()


def test_without_a_bin_it_stays_until_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put()
    no_trash(monkeypatch)
    with pytest.raises(ModelError, match="deleted for good"):
        keeping.remove("anime")
    assert found(folder) == []
    assert keeping.remove("anime", for_good=True) is False
    assert not folder.exists()


def test_what_was_only_begun_is_thrown_away_too() -> None:
    make_folder(store.workshop("anime") / "download")
    assert keeping.remove("anime") is False
    assert not store.workshop("anime").exists()


def test_what_is_not_here_cannot_be_thrown_away() -> None:
    with pytest.raises(ModelError, match="There is no model called"):
        keeping.remove("anime")
    with pytest.raises(UsageError, match="stays"):
        keeping.remove("starter")


def test_a_model_that_is_being_fetched_is_not_thrown_away() -> None:
    put()
    with store.claimed("anime"), pytest.raises(ModelError, match="at work"):
        keeping.remove("anime")


def test_models_move_and_are_found_there(tmp_path: Path) -> None:
    old, target, counted = put(), tmp_path / "big disk" / "Modelle ü", [0]
    (models_folder() / "link").symlink_to(tmp_path)
    begun = store.workshop("manga") / "download"
    begun.mkdir(parents=True)
    (begun / "half").write_bytes(b"x" * 1000)
    assert keeping.moved_to(target, counted.append, CancelToken()) == target
    assert models_folder() == target
    assert not old.exists()
    assert found(target / "anime") == []
    assert "anime" in [info.model for info in library.installed()]
    assert (store.workshop("manga") / "download" / "half").stat().st_size == 1000
    assert (target / "link").is_symlink()
    assert sum(counted) > 1000


def test_an_empty_folder_moves_too(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    keeping.moved_to(tmp_path / "there", nobody, CancelToken())
    assert models_folder() == tmp_path / "there"


def test_moving_can_be_ended_and_leaves_all_as_it_was(tmp_path: Path) -> None:
    folder, token = put(), CancelToken()

    def stop(_count: int) -> None:
        token.cancel()

    with pytest.raises(JobCancelled):
        keeping.moved_to(tmp_path / "new" / "place", stop, token)
    assert found(folder) == []
    assert not (tmp_path / "new" / "place").exists()
    assert not moved_models_file().exists()


def test_a_disk_that_is_too_small_is_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 5, 5))
    with pytest.raises(ModelError, match="Moving the models needs"):
        keeping.moved_to(tmp_path / "new", nobody, CancelToken())
    assert found(folder) == []
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_copied_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match="disk became full"):
        keeping.moved_to(tmp_path / "new", nobody, CancelToken())
    assert folder.is_dir()
    assert not (tmp_path / "new").exists()


def test_some_folders_cannot_be_moved_to(tmp_path: Path) -> None:
    put()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for target in (models_folder(), models_folder() / "in", models_folder().parent):
        with pytest.raises(UsageError, match=r"already|around"):
            keeping.moved_to(target, nobody, CancelToken())
    with pytest.raises(UsageError, match="letters"):
        keeping.moved_to(tmp_path / "\udcff", nobody, CancelToken())
    for target in (tmp_path / "full", tmp_path / "full" / "x"):
        with pytest.raises(UsageError, match=r"not empty|no folder"):
            keeping.moved_to(target, nobody, CancelToken())
    with store.claimed("anime"), pytest.raises(ModelError, match="wait until that is done"):
        keeping.moved_to(tmp_path / "new", nobody, CancelToken())


def test_what_is_discarded_is_what_was_begun() -> None:
    folder = put()
    make_folder(store.workshop("anime") / "download")
    keeping.discard("anime")
    assert not store.workshop("anime").exists()
    assert found(folder) == []
    with pytest.raises(ModelError, match="no model called"):
        keeping.discard("typo")
    assert not list((models_folder() / store.WORKSHOP).glob("typo*"))


def test_nothing_comes_while_models_are_moved(tmp_path: Path) -> None:
    put()

    def try_to_come(_count: int) -> None:
        with pytest.raises(ModelError, match="moving all of them"), store.claimed("late"):
            pass

    keeping.moved_to(tmp_path / "new", try_to_come, CancelToken())


def test_everything_in_the_folder_moves_and_what_came_meanwhile_stays(tmp_path: Path) -> None:
    put()
    old = models_folder()
    (old / "poetry.lock").write_text("mine")
    (old / ".Trash-0").mkdir()
    real = make_folder(tmp_path / "real")
    (old / "manga").symlink_to(os.path.relpath(real, old), target_is_directory=True)
    late = old / "late.txt"

    def come(_count: int) -> None:
        late.write_text("late")

    new = tmp_path / "new"
    keeping.moved_to(new, come, CancelToken())
    assert (new / "poetry.lock").read_text() == "mine"
    assert "manga" in [info.model for info in library.installed()]
    assert late.exists() or (new / "late.txt").exists()
    assert not (old / "anime").exists()


def test_a_move_that_was_killed_can_be_made_again(tmp_path: Path) -> None:
    put()
    new = tmp_path / "new"
    new.mkdir()
    (new / keeping._MARK).write_text(str(models_folder()))
    (new / "half").write_bytes(b"x")
    keeping.moved_to(new, nobody, CancelToken())
    assert not (new / "half").exists()
    assert not (new / keeping._MARK).exists()
    assert found(new / "anime") == []


def test_a_move_that_was_killed_when_all_was_copied_is_finished(tmp_path: Path) -> None:
    old, new = put(), tmp_path / "new"
    shutil.copytree(models_folder(), new)
    (new / keeping._MARK).write_text(str(models_folder()))
    (old.parent / "other.txt").write_text("not copied")
    moved_models_file().write_text(str(new))
    keeping.finish_moving()
    assert not old.exists()
    assert (old.parent / "other.txt").exists()
    assert not (new / keeping._MARK).exists()
    assert found(new / "anime") == []
    keeping.finish_moving()  # nothing is left to do


def test_models_of_a_disk_that_is_gone_can_be_kept_elsewhere(tmp_path: Path) -> None:
    moved_models_file().write_text(str(tmp_path / "gone"))
    keeping.moved_to(tmp_path / "new", nobody, CancelToken())
    put()
    assert models_folder() == tmp_path / "new"


@pytest.mark.parametrize("text", ["", "relative", "\0", b"\xff\xfe".decode("latin-1")])
def test_a_damaged_note_of_the_place_is_ignored(toonroom_home: Path, text: str) -> None:
    moved_models_file().write_text(text, encoding="utf-8")
    assert models_folder() == toonroom_home / "models"
