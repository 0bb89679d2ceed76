"""How models come among the artist's, and whether they are what they were."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError, UsageError
from desktop_app.core.paths import moved_models_file
from desktop_app.models import library, store
from desktop_app.models.store import Origin
from tests.models.folders import UNET, make_folder

ORIGIN = Origin("somebody/anime", "c0ffee", "MIT")


def put(model: str = "anime") -> Path:
    """Install a model and return its folder."""
    with store.claimed(model):
        made = make_folder(store.workshop(model) / "made")
        return store.install(made, model, ORIGIN)


def found(folder: Path) -> list[str]:
    """Return what is wrong with a model."""
    return store.problems(folder, lambda _: None, CancelToken())


def test_what_is_being_made_is_not_among_the_models(toonroom_home: Path) -> None:
    make_folder(store.workshop("anime") / "made")
    assert [info.model for info in library.installed() if info.model != "starter"] == []
    folder = put()
    assert folder == toonroom_home / "models" / "anime"
    assert "anime" in [info.model for info in library.installed()]
    assert not store.workshop("anime").exists()
    assert found(folder) == []


def test_a_model_knows_where_it_is_from() -> None:
    manifest = store.read_manifest(put())
    assert manifest is not None
    assert manifest.origin == ORIGIN
    assert UNET in [record.path for record in manifest.files]
    assert store.MANIFEST_NAME not in [record.path for record in manifest.files]


def test_a_new_one_takes_the_place_of_the_old_one() -> None:
    folder = put()
    (folder / "old").touch()
    assert put() == folder
    assert not (folder / "old").exists()
    assert found(folder) == []


def test_a_replacement_that_was_cut_off_is_undone() -> None:
    folder = put()
    work = store.workshop("anime")
    make_folder(work / "made")
    (work / store._INSTALLING).write_text("made")
    folder.rename(work / store._REPLACED)
    assert store.is_replaced("anime")
    with store.claimed("anime"):
        assert found(folder) == []
        assert (work / "made").exists()  # it can still be installed


def test_an_installation_that_was_cut_off_when_all_was_done_leaves_nothing() -> None:
    folder = put()
    work = store.workshop("anime")
    make_folder(work / "download")
    make_folder(work / store._REPLACED)
    (work / store._INSTALLING).write_text("made")
    half = work.parent / f"{store._GONE}1"
    half.mkdir()
    with store.claimed("anime"):
        assert not work.exists()
    assert not half.exists()
    assert found(folder) == []


def test_a_model_that_cannot_be_replaced_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put()
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "made":
            raise PermissionError(13, "somebody reads it")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(ModelError, match="somebody reads it"):
            put()
    assert found(folder) == []


def test_installing_can_be_ended_until_it_is_done() -> None:
    token = CancelToken()
    with store.claimed("anime"):
        made = make_folder(store.workshop("anime") / "made")
        with pytest.raises(JobCancelled):
            store.install(made, "anime", ORIGIN, lambda _: token.cancel(), token)
    assert not store.place_of("anime").exists()


def test_a_disk_that_is_not_there_is_told_and_nothing_goes_elsewhere(tmp_path: Path) -> None:
    moved_models_file().write_text(str(tmp_path / "disk" / "models"))
    with pytest.raises(ModelError, match="connect its disk"), store.claimed("anime"):
        pass
    assert not (tmp_path / "disk").exists()


def test_what_is_no_model_is_not_installed() -> None:
    with store.claimed("anime"):
        made = make_folder(store.workshop("anime") / "made")
        (made / UNET).unlink()
        with pytest.raises(ModelError, match="unet"):
            store.install(made, "anime", ORIGIN)
    assert not store.place_of("anime").exists()


def test_each_kind_of_damage_is_told_apart() -> None:
    folder = put()
    scheduler = folder / "scheduler" / "scheduler_config.json"
    text = scheduler.read_text()
    scheduler.write_text(text.replace("0.012", "0.013"))
    (sentence,) = found(folder)
    assert sentence == f"{scheduler} is not what it was when it came."
    scheduler.write_text(text + " ")
    assert found(folder) == [f"{scheduler} has another size than when it came."]
    (folder / "tokenizer" / "vocab.json").unlink()
    assert "vocab.json" in found(folder)[0]


def test_a_model_that_nobody_wrote_down_is_only_looked_at(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "own")
    assert found(folder) == []
    (folder / store.MANIFEST_NAME).write_text('{"files": 3}')
    assert "damaged" in found(folder)[0]


def test_checking_can_be_ended() -> None:
    folder = put()
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        store.problems(folder, lambda _: None, token)


def test_bytes_are_counted_while_checking() -> None:
    folder, counted = put(), [0]
    store.problems(folder, counted.append, CancelToken())
    manifest = folder / store.MANIFEST_NAME
    assert sum(counted) == store.size_bytes(folder) - manifest.stat().st_size


def test_another_process_has_to_wait(toonroom_home: Path) -> None:
    program = """
from desktop_app.models.store import claimed
try:
    with claimed("anime"):
        print("in")
except Exception as error:
    print(error)
"""
    command = [sys.executable, "-c", program]

    def other() -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with store.claimed("anime"):
        assert other().startswith("Another Toonroom is at work on the model")
    assert other() == "in"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", ".hidden", "c:d", "x" * 300])
def test_names_that_folders_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(UsageError), store.claimed(name):
        pass
