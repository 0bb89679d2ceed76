"""The command line as a process: signals, closed and narrow streams, what it imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import pytest

from desktop_app import __version__
from desktop_app.core.paths import log_file
from desktop_app.imaging.opening import open_photo
from tests.cli.conftest import MakePhoto

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and descriptors")

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "desktop_app"]
WAIT_S = 60


def environ(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **more}


def toonroom(
    *arguments: object, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, *(str(argument) for argument in arguments)]
    return subprocess.run(
        command, env=env or environ(), capture_output=True, check=False, timeout=WAIT_S
    )


def started(*arguments: object) -> subprocess.Popen[str]:
    command = [*COMMAND, *(str(argument) for argument in arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environ(), stdout=pipe, stderr=pipe, text=True)


def wait_for(stream: IO[str] | None, text: str) -> str:
    """Read lines until one has `text` in it."""
    assert stream is not None
    seen = []
    for line in stream:
        seen.append(line)
        if text in line:
            return "".join(seen)
    raise AssertionError(f"{text!r} never came: {seen}")


def assert_whole(folder: Path, count: int) -> None:
    """Assert that there are `count` whole pictures in `folder` and nothing else at all."""
    pictures = sorted(folder.iterdir())
    assert len(pictures) == count
    for picture in pictures:
        assert open_photo(picture).extent.width == 600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_batch_with_nothing_half_written(
    make_photo: MakePhoto, tmp_path: Path, number: signal.Signals
) -> None:
    photos = [make_photo(f"{n}.png", 600, 500, n) for n in range(12)]
    with started("cartoonize", *photos, "-o", tmp_path / "out") as process:
        wait_for(process.stderr, "[3/12] 2.png: 1 of")
        process.send_signal(number)
        out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130
    done = len(out.splitlines())
    assert 2 <= done < 12
    assert err.splitlines()[-1] == f"toonroom: stopped: {done} of 12 done"
    assert "Traceback" not in err
    assert_whole(tmp_path / "out", done)


def test_two_signals_end_it_at_once_and_still_cleanly(
    make_photo: MakePhoto, tmp_path: Path
) -> None:
    photos = [make_photo(f"{n}.png", 600, 500, n) for n in range(12)]
    with started("cartoonize", *photos, "-o", tmp_path / "out") as process:
        wait_for(process.stderr, "[2/12] 1.png: 1 of ")
        for _ in range(3):
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130
    assert "toonroom: stopped: " in err
    assert "Traceback" not in err
    assert_whole(tmp_path / "out", len(out.splitlines()))


def test_a_signal_that_was_ignored_from_the_start_stays_ignored(
    make_photo: MakePhoto, tmp_path: Path
) -> None:
    photos = [make_photo(f"{n}.png", 600, 500, n) for n in range(4)]
    arguments = [*COMMAND, "cartoonize", *map(str, photos), "-o", str(tmp_path / "out")]
    shell = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *arguments]
    with subprocess.Popen(shell, env=environ(), stderr=subprocess.PIPE, text=True) as process:
        wait_for(process.stderr, "[2/4] 1.png: 1 of")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert_whole(tmp_path / "out", 4)


def test_a_reader_that_leaves_does_not_stop_the_work(make_photo: MakePhoto, tmp_path: Path) -> None:
    photos = [make_photo(f"{n}.png", 600, 500, n) for n in range(3)]
    with started("cartoonize", *photos, "-o", tmp_path / "out", "--quiet") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 0
    assert_whole(tmp_path / "out", 3)


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_do_no_harm(make_photo: MakePhoto, tmp_path: Path, closed: str) -> None:
    photo, bad = make_photo("a.png", 600, 500), tmp_path / "bad.tif"
    bad.write_bytes(b"II*\0" + bytes(100))
    command = [*COMMAND, "cartoonize", str(photo), str(bad), "-o", str(tmp_path / "out")]
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command]
    run = subprocess.run(shell, env=environ(), capture_output=True, check=False, timeout=WAIT_S)
    assert run.returncode == 3
    assert b"Traceback" not in run.stdout + run.stderr
    assert_whole(tmp_path / "out", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that takes nothing is needed")
def test_results_that_cannot_be_printed_are_not_lost_in_silence(
    make_photo: MakePhoto, tmp_path: Path
) -> None:
    command = [*COMMAND, "cartoonize", str(make_photo("a.png", 600)), "-o", str(tmp_path / "out/")]
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            command, env=environ(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert run.returncode == 3
    assert b"cannot be printed" in run.stderr
    assert b"Traceback" not in run.stderr
    assert_whole(tmp_path / "out", 1)


def test_any_name_goes_through_any_encoding(make_photo: MakePhoto, tmp_path: Path) -> None:
    names = ["größe.png", "絵.png", os.fsdecode(b"latin-\xe9.png"), "\x1b[31mred.png"]
    photos = [make_photo(name) for name in names]
    gone = tmp_path / os.fsdecode(b"n\xf6 \xc3\xb6.png")
    out = tmp_path / "out"
    for encoding in ("ascii", "utf-8", "latin-1"):
        env = environ(PYTHONIOENCODING=encoding)
        run = toonroom("cartoonize", *photos, gone, "-o", out, "--overwrite", env=env)
        assert run.returncode == 3
        assert b"Traceback" not in run.stderr
        assert b"\x1b" not in run.stderr
        assert len(run.stdout.splitlines()) == 4
    # Bytes that are no text come out as they are where the encoding lets all else through.
    run = toonroom("cartoonize", *photos, "-o", out, "--overwrite", env=environ(PYTHONUTF8="1"))
    assert run.stdout.splitlines() == [os.fsencode(out / name) for name in names]
    run = toonroom("cartoonize", gone, "-o", out, "--json", env=environ(PYTHONIOENCODING="ascii"))
    assert b'"photo": ' in run.stdout


def test_an_installation_that_cannot_keep_a_log_still_works(
    make_photo: MakePhoto, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    env = environ(TOONROOM_HOME=str(tmp_path / "file"))
    photo, out = make_photo("a.png", 600), tmp_path / "out"
    run = toonroom("cartoonize", photo, tmp_path / "gone.png", "-o", out, env=env)
    assert run.returncode == 3
    assert b"Traceback" not in run.stderr
    assert_whole(out, 1)


def test_the_version_and_wrong_usage_load_nothing_heavy() -> None:
    for arguments in (["--version"], ["cartoonize", "a.jpg"], ["cartoonize", "--help"]):
        assert not loaded(arguments) & {"numpy", "cv2", "PIL", "PySide6", "torch"}


def test_cartoonize_loads_neither_qt_nor_torch(make_photo: MakePhoto, tmp_path: Path) -> None:
    arguments = ["cartoonize", str(make_photo("a.png")), "-o", str(tmp_path / "b.png")]
    assert {"numpy", "cv2"} <= loaded(arguments)
    assert not loaded([*arguments, "--overwrite"]) & {"PySide6", "torch", "diffusers"}


def loaded(arguments: list[str]) -> set[str]:
    """Return the modules that `toonroom ARGUMENTS` has loaded in the end."""
    program = f"""
import sys
sys.argv = ["toonroom", *{arguments!r}]
from desktop_app.__main__ import main
main()
print("loaded:", *sys.modules)
"""
    command = [sys.executable, "-c", program]
    output = subprocess.check_output(
        command, env=environ(), text=True, stderr=subprocess.PIPE, timeout=WAIT_S
    )
    return set(output.rpartition("loaded:")[2].split())


def test_the_module_is_the_program() -> None:
    run = toonroom("--version")
    assert (run.returncode, run.stdout) == (0, f"toonroom {__version__}\n".encode())


def test_without_a_screen_the_window_is_refused_in_a_sentence() -> None:
    env = environ()
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        env.pop(name, None)
    run = toonroom("photo.jpg", env=env)
    if sys.platform.startswith("linux"):
        assert run.returncode == 1
        assert run.stderr.decode().splitlines() == [
            "toonroom: The window cannot open: there is no screen here (neither DISPLAY nor"
            " WAYLAND_DISPLAY leads to one). 'toonroom cartoonize PHOTO -o OUT' needs no screen."
        ]


def test_the_log_has_what_people_were_spared(tmp_path: Path) -> None:
    run = toonroom("cartoonize", tmp_path / "gone.png", "-o", tmp_path / "out.png")
    assert run.returncode == 3
    assert len(run.stderr.splitlines()) == 1
    assert "Traceback" in log_file().read_text()
