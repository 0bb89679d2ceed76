"""`toonroom models`: list, get, import, verify, remove, move, where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import send2trash

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError
from desktop_app.core.paths import models_folder
from desktop_app.models import getting, store
from desktop_app.models.catalogue import Entry
from desktop_app.models.getting import OnProgress, Progress
from tests.cli.conftest import Run
from tests.models.folders import UNET, make_folder
from tests.models.test_store import put


def test_the_list_is_what_no_task_means(run: Run) -> None:
    put("mine")
    for arguments in (("models",), ("models", "list")):
        ran = run(*arguments)
        assert ran.code == 0
        assert "cartoonizer" in ran.out
        assert any(line.startswith("mine ") and "installed" in line for line in ran.out.split("\n"))
        assert str(models_folder()) in ran.err


def test_the_list_can_be_read_by_scripts(run: Run) -> None:
    folder = put("mine")
    for arguments in (("models", "--json"), ("models", "list", "--json")):
        found = {record["id"]: record for record in run(*arguments).records}
        assert found["mine"]["state"] == "installed"
        assert found["mine"]["folder"] == str(folder)
        assert found["cartoonizer"]["state"] == "available"
        assert found["cartoonizer"]["repository"] == "instruction-tuning-sd/cartoonizer"


def test_a_model_is_got(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(entry: Entry, tell: OnProgress, _token: CancelToken) -> Path:
        tell(Progress("Fetching", 1, 2))
        return put(entry.id)

    monkeypatch.setattr(getting, "get", get)
    ran = run("models", "get", "cartoonizer")
    assert (ran.code, ran.out) == (0, f"{models_folder() / 'cartoonizer'}\n")
    assert "non-commercial" in ran.err
    assert "Fetching" in ran.err
    again = run("models", "get", "instruction-tuning-sd/cartoonizer")
    assert (again.code, again.out) == (ran.code, ran.out)
    assert "here already" in again.err
    (store.place_of("cartoonizer") / "tokenizer" / "merges.txt").write_text("#version: 0.3\n")
    assert "models get cartoonizer" in run("models", "verify", "cartoonizer").err
    assert "is not what it was" in run("models", "get", "cartoonizer").err
    assert run("models", "verify", "cartoonizer").code == 0


@pytest.mark.parametrize(
    ("error", "code"), [(ModelError("The hub is asleep."), 4), (JobCancelled("Kept."), 130)]
)
def test_what_cannot_be_got_is_told(
    error: Exception, code: int, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(*_arguments: object) -> Path:
        raise error

    monkeypatch.setattr(getting, "get", get)
    ran = run("models", "get", "cartoonizer", "--quiet")
    assert (ran.code, ran.out, ran.err) == (code, "", f"toonroom: {error}\n")


def test_what_nobody_knows_cannot_be_got(run: Run) -> None:
    ran = run("models", "get", "nobody", "--quiet")
    assert ran.code == 4
    assert "choose one of" in ran.err
    assert run("cartoonize", "x.png", "-o", "y.png", "--model", "cartoonizer").code in (3, 4)


def test_a_model_is_imported(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, str | None]] = []

    def take(path: Path, model: str | None, _tell: OnProgress, _token: CancelToken) -> str:
        asked.append((path, model))
        return model or "mine"

    monkeypatch.setattr(getting, "take", take)
    ran = run("models", "import", tmp_path / "mine.ckpt")
    assert (ran.code, ran.out) == (0, f"{store.place_of('mine')}\n")
    assert run("models", "import", tmp_path / "mine.ckpt", "--id", "yours").code == 0
    assert asked == [(tmp_path / "mine.ckpt", None), (tmp_path / "mine.ckpt", "yours")]


def test_models_are_verified(run: Run) -> None:
    folder = put("mine")
    make_folder(store.place_of("own"))
    ran = run("models", "verify")
    assert ran.code == 0
    assert "mine: fine\n" in ran.out
    assert "own: whole, as far as its files tell" in ran.out
    (folder / UNET).unlink()
    ran = run("models", "verify", "mine", "own")
    assert ran.code == 4
    assert ran.out.startswith("own: whole")
    assert "unet" in ran.err
    (record,) = run("models", "verify", "mine", "--json").records
    assert record["id"] == "mine"
    assert len(record["problems"]) == 1
    ran = run("models", "verify", "cartoonizer")
    assert ran.code == 4
    assert "toonroom models get cartoonizer" in ran.err


def test_a_model_is_removed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: str) -> None:
        raise OSError("no bin here")

    monkeypatch.setattr(send2trash, "send2trash", refuse)
    folder = put("mine")
    ran = run("models", "remove", "mine")
    assert ran.code == 4
    assert "--for-good" in ran.err
    assert folder.exists()
    assert run("models", "remove", "mine", "--for-good").code == 0
    assert not folder.exists()
    assert run("models", "remove", "mine").code == 4
    assert run("models", "remove", "starter").code == 2


def test_models_are_moved_and_found(run: Run, tmp_path: Path) -> None:
    put("mine")
    assert run("models", "where").out == f"{models_folder()}\n"
    ran = run("models", "move", tmp_path / "new")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'new'}\n")
    assert run("models", "where").out == f"{tmp_path / 'new'}\n"
    assert run("models", "where", "mine").out == f"{tmp_path / 'new' / 'mine'}\n"
    assert run("models", "where", "cartoonizer").code == 4
    assert run("models", "move", tmp_path / "new").code == 2
    assert json.loads(run("models", "verify", "mine", "--json").out)["problems"] == []


@pytest.mark.parametrize(
    "arguments",
    [("fetch",), ("get",), ("get", "a", "b"), ("import",), ("remove",), ("list", "x"), ("--bad",)],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], run: Run) -> None:
    ran = run("models", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "--help" in ran.err


def test_the_manual_names_every_task(run: Run) -> None:
    out = run("models", "--help").out
    for task in ("list", "get", "import", "verify", "remove", "move", "where"):
        assert f"\n  {task} " in out
