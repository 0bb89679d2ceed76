"""`toonroom doctor`."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import pytest

from desktop_app import __version__
from desktop_app.cli import doctor
from tests.cli.conftest import Run


def test_a_sound_installation_is_found_so(run: Run, toonroom_home: Path) -> None:
    ran = run("doctor")
    assert (ran.code, ran.err) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in ran.out.splitlines())
    assert lines["toonroom"] == __version__
    assert lines["data"].startswith(f"{toonroom_home} (writable")
    assert lines["log"] == str(toonroom_home / "logs" / "toonroom.log")
    assert "heic" in lines["reads"]
    assert lines["writes"].split() == ["png", "jpg", "jpeg", "webp", "tif", "tiff", "ora"]
    assert "classic" in lines["engines"]
    assert "Qt starts" in lines["window"]
    assert "PROBLEM" not in ran.out


def test_json_has_the_same_findings(run: Run) -> None:
    ran = run("doctor", "--json")
    found = json.loads(ran.out)
    assert found["ok"] is True
    assert found["problems"] == []
    assert found["toonroom"] == __version__
    assert {"python", "data", "log", "memory", "cores", "gpu", "window"} <= set(found)
    assert "not checked" in found["gpu"]


def test_looking_leaves_nothing_behind(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOONROOM_HOME", str(tmp_path / "new"))
    assert run("doctor").code == 0
    assert list(tmp_path.iterdir()) == []


def test_data_that_cannot_be_kept_is_a_problem(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOONROOM_HOME", str(tmp_path / "file" / "home"))
    ran = run("doctor", "--json")
    assert ran.code == 1
    found = json.loads(ran.out)
    assert (found["ok"], found["problems"]) == (False, ["data"])
    assert "not writable" in found["data"]


def test_a_broken_installation_is_a_problem_and_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(name: str) -> object:
        raise ImportError("libsomething.so.1: cannot open shared object file")

    monkeypatch.setattr("importlib.import_module", broken)
    monkeypatch.setattr(doctor, "resources", lambda: tmp_path)
    ran = run("doctor")
    assert ran.code == 1
    assert "PROBLEM: ImportError: libsomething.so.1" in ran.out
    assert "has no looks" in ran.out


def no_library() -> str:
    raise ImportError("libEGL.so.1 is not there")


def crash() -> str:
    os.write(2, b"qt.qpa.plugin: no plugin\n\n")
    os.abort()


def sleep() -> str:
    time.sleep(60)
    return "awake"


def chat() -> str:
    sys.stdout.write("nobody reads this")
    sys.stdout.flush()
    return "the answer"


def test_a_probe_that_fails_is_a_word_and_not_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "count_fonts", no_library)
    assert "Qt cannot start (ImportError: libEGL.so.1 is not there)" in doctor._window({})
    monkeypatch.setattr(doctor, "count_fonts", crash)
    assert "Qt cannot start (qt.qpa.plugin: no plugin)" in doctor._window({})
    monkeypatch.setattr(doctor, "name_gpus", sleep)
    monkeypatch.setattr(doctor, "PROBE_TIMEOUT_S", 0.5)
    assert "no answer" in doctor._gpu()
    assert multiprocessing.active_children() == []


def test_only_the_answer_of_a_probe_is_heard(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "name_gpus", chat)
    assert doctor._gpu() == "the answer"
    assert capfd.readouterr() == ("", "")


def test_graphics_cards_are_looked_for_when_asked_for(run: Run) -> None:
    found = json.loads(run("doctor", "--gpu", "--json").out)["gpu"]
    assert "not checked" not in found
    assert "cannot tell" not in found


@pytest.mark.usefixtures("without_starter")
def test_models_that_are_here_are_named(run: Run, toonroom_home: Path) -> None:
    from tests.engines.diffusion import tiny  # brings torch, which probes would import too

    assert "none yet; 'toonroom models'" in json.loads(run("doctor", "--json").out)["installed"]
    tiny.save(tiny.make_pipeline(), toonroom_home / "models" / "mine")
    assert json.loads(run("doctor", "--json").out)["installed"] == "mine"


def test_unknown_options_are_wrong_usage(run: Run) -> None:
    assert run("doctor", "--frob").code == 2
