"""The virtual environment that bootstrap.py makes."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import provision
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from provision import ROOT, RUN_LOCK, TEST_LOCK, Environment, SetUpError, is_made_by, pins

VERSION = sys.version_info[:2]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text("# nothing yet\n", "utf-8")
    return path


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "checkout" / ".venv", tmp_path / "checkout" / "build")


def make_believe(environment: Environment, lock: Path, packages: list[str]) -> None:
    """Lay out what a set-up leaves, without the minutes that it takes."""
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text("")
    for package in packages:
        (environment.site_packages / package).mkdir(parents=True)
    stamp = {"locks": {lock.name: provision.fingerprint(lock)}, "packages": packages}
    environment.stamp.write_text(json.dumps(stamp))


def test_ready_means_same_locks_same_packages_and_an_interpreter(
    environment: Environment, lock: Path
) -> None:
    assert not environment.is_ready([lock])
    make_believe(environment, lock, ["numpy-2.dist-info", "torch-2.dist-info"])
    assert environment.is_ready([lock])

    (environment.site_packages / "torch-2.dist-info").rename(environment.site_packages / "gone")
    assert not environment.is_ready([lock])
    (environment.site_packages / "gone").rename(environment.site_packages / "torch-2.dist-info")
    assert environment.is_ready([lock])

    environment.python.unlink()
    assert not environment.is_ready([lock])


def test_a_changed_or_second_lock_is_not_ready(environment: Environment, lock: Path) -> None:
    make_believe(environment, lock, ["numpy-2.dist-info"])
    other = lock.with_name("other.lock")
    other.write_text("torch==2\n")
    assert not environment.is_ready([lock, other])
    lock.write_text("torch==2\n")
    assert not environment.is_ready([lock])


@pytest.mark.parametrize("stamp", ["", "{", "[]", "{}", '{"locks": 3}', '{"locks": {}}', "null"])
def test_a_damaged_stamp_is_not_ready(environment: Environment, lock: Path, stamp: str) -> None:
    make_believe(environment, lock, ["numpy-2.dist-info"])
    environment.stamp.write_text(stamp)
    assert not environment.is_ready([lock])


def test_the_python_that_made_an_environment_is_read_from_its_file() -> None:
    assert is_made_by("home = /usr/bin\nversion = 3.11.7\n", (3, 11))
    assert is_made_by("version_info = 3.12.0.final.0\n", (3, 12))
    assert not is_made_by("version = 3.1.1\n", (3, 11))
    assert not is_made_by("version = 3.12.1\n", (3, 11))
    assert not is_made_by("", (3, 11))


def test_an_environment_is_made_mended_and_left_alone(
    environment: Environment, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.provide([lock])
    assert environment.is_ready([lock])
    assert capsys.readouterr().out == ""  # stdout belongs to what runs afterwards
    (environment.folder.parent / "of_the_checkout.py").write_text("print('found')")
    command = [str(environment.python), "-P", "-m", "of_the_checkout"]
    assert subprocess.check_output(command, cwd="/", text=True) == "found\n"

    before = environment.stamp.stat().st_mtime_ns
    environment.provide([lock])
    assert environment.stamp.stat().st_mtime_ns == before
    assert capsys.readouterr().err == ""

    # Killed while packages were being installed.
    environment.stamp.unlink()
    (environment.folder / "toonroom-unfinished").touch()
    (environment.site_packages / "half.py").write_text("")
    environment.provide([lock])
    assert environment.is_ready([lock])
    assert not (environment.site_packages / "half.py").exists()

    # Made by another version, and with something in it that is to go.
    config = environment.folder / "pyvenv.cfg"
    config.write_text(re.sub(r"version = .*", "version = 3.2.1", config.read_text()))
    environment.stamp.unlink()
    (environment.site_packages / "old.py").write_text("")
    environment.provide([lock])
    assert environment.is_ready([lock])
    assert not (environment.site_packages / "old.py").exists()


def test_what_pip_complains_of_is_said_and_the_next_run_tries_again(
    environment: Environment, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    lock.write_text("no-such-package==1.0\n")
    with pytest.raises(SetUpError, match="No matching distribution found for no-such-package"):
        environment.provide([lock])
    assert not environment.is_ready([lock])
    lock.write_text("")
    environment.provide([lock])
    assert environment.is_ready([lock])


def test_a_set_up_is_held_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a") as first, path.open("a") as second:
        assert provision.try_lock(first.fileno())
        assert not provision.try_lock(second.fileno())
        first.close()
        assert provision.try_lock(second.fileno())


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path, lock: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetUpError, match="cannot be written"):
        Environment(tmp_path / ".venv", tmp_path / "file" / "build").provide([lock])


@pytest.mark.parametrize("path", [RUN_LOCK, TEST_LOCK], ids=lambda path: path.name)
def test_locks_pin_everything_exactly_and_no_graphics_driver(path: Path) -> None:
    assert pins(path)
    for line in pins(path):
        assert re.fullmatch(r"[a-z0-9.-]+==[0-9][\w.]*(; sys_platform == \"\w+\")?", line), line
        assert not re.match(r"(nvidia|cuda|triton|pytorch-triton)", line)


def test_locks_hold_what_the_project_asks_for_and_all_that_this_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    run = {Requirement(line).name: Requirement(line) for line in pins(RUN_LOCK)}
    test = run | {Requirement(line).name: Requirement(line) for line in pins(TEST_LOCK)}
    assert_complete(project["dependencies"], run)
    assert_complete(project["optional-dependencies"]["dev"], test)
    assert str(run["torch"].specifier).startswith("==2.13.")


def assert_complete(wanted: list[str], pinned: dict[str, Requirement]) -> None:
    """Walk from `wanted` through what is installed here."""
    todo, seen = [Requirement(line) for line in wanted], set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if str(requirement) in seen or name.startswith(("nvidia", "cuda", "triton")):
            continue
        seen.add(str(requirement))
        assert name in pinned, f"{name} is not in the lock files"
        installed = importlib.metadata.distribution(name)
        assert installed.version in pinned[name].specifier, f"{name} {installed.version}"
        for line in installed.requires or []:
            brought = Requirement(line)
            extras = ["", *requirement.extras]
            if not brought.marker or any(brought.marker.evaluate({"extra": e}) for e in extras):
                brought.marker = None
                todo.append(brought)


def test_the_licence_of_everything_that_is_installed_is_told() -> None:
    text = (ROOT / "resources" / "licences" / "THIRD-PARTY.md").read_text("utf-8")
    for line in pins(RUN_LOCK):
        assert f"| {Requirement(line).name} | " in text
