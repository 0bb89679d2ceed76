"""The two commands as they are typed, and the parts that they are made of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import launch
import libraries
import pytest
from checks import run_checks
from libraries import Need
from provision import ROOT

from desktop_app import __version__
from desktop_app.cli import COMMANDS

BOOTSTRAP = ROOT / "packaging" / "bootstrap.py"


def bootstrap(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BOOTSTRAP), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_app_runs_from_any_folder(tmp_path: Path) -> None:
    # What lies about where the artist works must not be taken for modules of the app.
    for name in ("numpy", "desktop_app", "logging"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    run = bootstrap("app", "--version", cwd=tmp_path)
    assert (run.stdout, run.stderr, run.returncode) == (f"toonroom {__version__}\n", "", 0)


def test_nothing_is_set_up_or_even_looked_for_the_second_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[object] = []
    opened: list[str] = []

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if not listening:
            return
        if event in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork"):
            started.append(arguments[0] if arguments else event)
        elif event == "open" and isinstance(arguments[0], str):
            opened.append(Path(arguments[0]).name)

    ran: list[Sequence[str]] = []

    def run_app(_python: Path, arguments: Sequence[str]) -> int:
        ran.append(arguments)
        return 0

    monkeypatch.setattr(launch, "run_app", run_app)
    listening = False
    sys.addaudithook(hear)  # stays for good, so it is told when to listen
    listening = True
    status = launch.launch("app", ["--version"])
    listening = False
    assert status == 0
    assert ran == [["--version"]]
    assert started == []
    assert sorted(opened) == ["requirements.lock", "toonroom-set-up.json"]


def test_the_exit_status_and_arguments_are_the_apps_own(tmp_path: Path) -> None:
    run = bootstrap("app", "cartoonize", "a b.jpg", "-o", "", cwd=tmp_path)
    assert run.returncode == 2
    assert "-o/--out cannot be empty" in run.stderr


@pytest.mark.parametrize("arguments", [[], ["frob"], ["--frob"]])
def test_anything_but_the_two_commands_is_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    run = bootstrap(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stdout == ""
    assert "bootstrap.py app" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_python_that_is_too_old_gets_a_sentence(tmp_path: Path) -> None:
    program = f"""
import runpy, sys
sys.version_info = (3, 8, 18)
sys.argv = ["bootstrap.py", "app"]
import shutil
shutil.which = lambda name: None
runpy.run_path({str(BOOTSTRAP)!r}, run_name="__main__")
"""
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr == "Toonroom needs Python 3.11 or newer; this is Python 3.8.18.\n"


def test_only_the_window_needs_the_systems_libraries() -> None:
    assert {*COMMANDS, "--version", "-h", "--help"} == set(launch.WITHOUT_WINDOW)
    assert launch.opens_window([])
    assert launch.opens_window(["photo.jpg"])
    assert not launch.opens_window(["cartoonize", "photo.jpg", "-o", "out.png"])


def test_what_is_missing_is_named_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    needs = [
        Need("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
        Need("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    ]
    apt = libraries.advice(needs, "apt")
    assert "libxcb-shm.so.0, libxcb-xkb.so.1" in apt
    assert apt.endswith("Install them with: sudo apt-get install libxcb-shm0 libxcb-xkb1")
    assert libraries.advice(needs, "dnf").endswith("sudo dnf install libxcb")
    assert "package manager" in libraries.advice(needs, "")


def test_libraries_are_looked_up_by_loading_them() -> None:
    assert not libraries.is_loadable("libno-such-thing.so.7")
    if sys.platform.startswith("linux"):
        assert libraries.is_loadable("libc.so.6")


def test_a_font_anywhere_below_a_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "truetype").mkdir()
    (tmp_path / "truetype" / "README").write_text("")
    assert not libraries.has_font([tmp_path, tmp_path / "none"])
    (tmp_path / "truetype" / "Sans.TTF").write_text("")
    assert libraries.has_font([tmp_path])


@pytest.fixture
def apt_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an apt-get first in PATH that writes down how it is called; return what it wrote.

    It fails to install while there is a file "stale", which its update removes.
    """
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text(
        f"""#!/bin/sh
shift 3
echo "$DEBIAN_FRONTEND $*" >> {tmp_path}/calls
if [ "$1" = update ]; then rm -f {tmp_path}/stale; fi
if [ "$1" = install ] && [ -e {tmp_path}/stale ]; then echo "E: not found" >&2; exit 100; fi
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return tmp_path / "calls"


INSTALL = "noninteractive install --yes --no-install-recommends libegl1"


def test_apt_reads_package_lists_only_where_there_are_none(tmp_path: Path, apt_calls: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    assert libraries.apt_install(["libegl1"], lists)
    assert apt_calls.read_text().splitlines() == ["noninteractive update", INSTALL]
    apt_calls.unlink()
    (lists / "somewhere_main_binary-amd64_Packages.lz4").write_text("")
    assert libraries.apt_install(["libegl1"], lists)
    assert apt_calls.read_text().splitlines() == [INSTALL]


def test_apt_reads_package_lists_again_where_they_are_old(tmp_path: Path, apt_calls: Path) -> None:
    (tmp_path / "somewhere_Packages").write_text("")
    (tmp_path / "stale").write_text("")
    assert libraries.apt_install(["libegl1"], tmp_path)
    assert apt_calls.read_text().splitlines() == [INSTALL, "noninteractive update", INSTALL]


PASSES = ("passes", ("-c", "print('unseen')"))
FAILS = ("fails", ("-c", "import sys; sys.exit('the reason')"))


@pytest.mark.parametrize(
    ("checks", "test", "status"),
    [
        ([PASSES], "assert True", 0),
        ([FAILS, PASSES], "assert True", 1),
        ([PASSES], "assert False", 1),
        ([FAILS], "assert False", 1),
    ],
)
def test_every_check_is_run_and_shown_and_pytest_has_the_last_word(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    checks: list[tuple[str, tuple[str, ...]]],
    test: str,
    status: int,
) -> None:
    (tmp_path / "test_it.py").write_text(f"def test_it(): {test}\n")
    arguments = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path)]
    assert run_checks(Path(sys.executable), tmp_path, arguments, checks) == status
    output = capfd.readouterr().out
    for name, _ in checks:
        assert f"{'ok    ' if name == 'passes' else 'FAILED'} {name} (" in output
    assert ("the reason" in output) == (FAILS in checks)
    assert "unseen" not in output
    assert ("1 passed" if test == "assert True" else "1 failed") in output.splitlines()[-1]
