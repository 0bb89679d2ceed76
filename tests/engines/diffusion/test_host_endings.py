"""The host and its child's process: who may die when, and what people are told then.

No torch: the child is the real one with a fake studio, or one that misbehaves.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Device
from desktop_app.core.errors import (
    OutOfMemory,
    ToonroomError,
    UsageError,
)
from desktop_app.engines.diffusion import host as host_module
from desktop_app.engines.diffusion.child import ChildSettings
from desktop_app.engines.diffusion.host import ChildDied, Target
from tests.engines.diffusion import fake_children
from tests.engines.diffusion.hosting import (
    WAIT_S,
    MakeHost,
    Work,
    assert_gone,
    at_a_step,
    posix,
)

ROOT = Path(__file__).resolve().parents[3]


# --- the child dies


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("exit 3", "has crashed; the log folder has the details"),
        pytest.param("signal SIGKILL", "from outside, perhaps because memory ran out", marks=posix),
        pytest.param("signal SIGSEGV", "has crashed; the log folder has the details", marks=posix),
    ],
)
def test_a_child_that_dies_costs_one_job(
    make_host: MakeHost, folder: Path, instruction: str, sentence: str
) -> None:
    host = make_host()
    work = Work(host, folder)
    with pytest.raises(ChildDied) as caught:
        work.run(instruction)
    assert sentence in str(caught.value)
    assert not host.is_up
    assert work.stepped()
    work.run()


def test_a_native_crash_leaves_a_trace_in_the_log(
    make_host: MakeHost, folder: Path, toonroom_home: Path
) -> None:
    with pytest.raises(ChildDied):
        Work(make_host(), folder).run("signal SIGSEGV")
    log = (toonroom_home / "logs" / "diffusion.log").read_text()
    assert "Fatal Python error: Segmentation fault" in log
    assert "in _signal" in log


@posix
def test_a_child_that_linux_ended_for_want_of_memory_is_told_apart(
    make_host: MakeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([5, 6])
    monkeypatch.setattr(host_module, "oom_kills", lambda: next(counts))
    with pytest.raises(OutOfMemory, match="smaller working size"):
        Work(make_host(), folder).run("signal SIGKILL")


def test_a_child_that_nobody_needed_is_replaced_in_silence(
    make_host: MakeHost, folder: Path
) -> None:
    host = make_host(settings=lambda: ChildSettings(idle_s=0.05))
    work = Work(host, folder)
    work.run()
    first, process = host.pid, host._process
    assert process is not None
    assert wait([process.sentinel], WAIT_S)
    assert not host.is_up
    work.run()
    assert host.pid != first
    assert_gone(first)


def test_how_long_a_child_waits_may_change_while_it_lives(
    make_host: MakeHost, folder: Path
) -> None:
    settings = [ChildSettings(idle_s=None)]
    host = make_host(settings=lambda: settings[0])
    work = Work(host, folder)
    work.run()
    process = host._process
    assert process is not None
    assert not wait([process.sentinel], 0.2)
    settings[0] = ChildSettings(idle_s=0.05)
    work.run()
    assert host._process is process
    assert wait([process.sentinel], WAIT_S)


def test_a_child_on_another_device_than_people_want_by_now_is_ended(
    make_host: MakeHost, folder: Path
) -> None:
    settings = [ChildSettings("cpu")]
    host = make_host(settings=lambda: settings[0])
    host.leave_unless("cuda")  # there is none yet
    work = Work(host, folder)
    work.run()
    first = host.pid
    host.leave_unless("cpu")
    work.run()
    assert host.pid == first
    settings[0] = ChildSettings("auto")
    host.leave_unless("auto")
    assert not host.is_up
    assert_gone(first)
    work.run()
    host.leave_unless("auto")
    assert host.is_up


def test_nothing_is_known_of_the_device_while_a_child_comes_up(
    make_host: MakeHost, folder: Path
) -> None:
    host = make_host(settings=lambda: ChildSettings(idle_s=0.05))
    seen: list[Device | None] = []
    for _ in range(2):
        Work(host, folder).run(on_message=lambda _message: seen.append(host.device))
        assert host.device is not None
        process = host._process
        assert process is not None
        assert wait([process.sentinel], WAIT_S)
        host._started()
        assert host.device is None
    assert None not in seen


def test_a_child_that_goes_when_a_job_comes_is_replaced_in_silence(
    make_host: MakeHost, folder: Path
) -> None:
    host = make_host(fake_children.leaves_at_the_second_job)
    pids = []
    for _ in range(2):
        host.run(fake_children.load_job(folder), lambda _: None, CancelToken())
        pids.append(host.pid)
    assert pids[0] != pids[1]
    assert_gone(pids[0])


@pytest.mark.parametrize("target", [fake_children.leaves_at_once, fake_children.raises_at_once])
def test_a_child_that_never_comes_up_is_not_started_for_ever(
    make_host: MakeHost, folder: Path, target: Target
) -> None:
    host = make_host(target)
    with pytest.raises(ChildDied, match="has crashed"):
        host.run(fake_children.load_job(folder), lambda _: None, CancelToken())


def test_a_child_that_cannot_come_up_says_why(make_host: MakeHost, folder: Path) -> None:
    devices = [fake_children.NO_DEVICE]
    host = make_host(settings=lambda: ChildSettings(devices[-1]))
    work = Work(host, folder)
    with pytest.raises(UsageError, match=r"^There is no such device\.$"):
        work.run()
    assert host.device is None
    devices.append("auto")
    work.run()
    assert host.device is not None


def test_a_process_that_cannot_be_started_is_a_sentence(
    make_host: MakeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = make_host()

    def fail(_process: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing.get_context("spawn").Process, "start", fail)
        with pytest.raises(ToonroomError, match=r"cannot be started \(Resource temporarily"):
            Work(host, folder).run()
    assert host.pid is None
    Work(host, folder).run()


# --- the end


def test_closing_ends_the_child(
    make_host: MakeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "QUIT_S", 2 * WAIT_S)
    host = make_host()
    host.close()  # there is none
    Work(host, folder).run()
    pid = host.pid
    start = time.monotonic()
    host.close()
    assert time.monotonic() - start < WAIT_S  # it went by itself
    assert_gone(pid)
    assert (host.pid, host.is_up) == (None, False)
    host.close()


@pytest.mark.parametrize("instruction", ["ever", "native"])
def test_closing_ends_a_child_that_is_busy(
    make_host: MakeHost, folder: Path, instruction: str
) -> None:
    host = make_host()
    pids: list[int | None] = []

    def leave() -> None:
        pids.append(host.pid)
        raise KeyboardInterrupt  # as a second Ctrl-C does

    with pytest.raises(KeyboardInterrupt):
        Work(host, folder).run(instruction, on_message=at_a_step(leave))
    host.close()
    assert_gone(pids[0])


def test_any_thread_may_ask_whether_a_child_is_up(make_host: MakeHost, folder: Path) -> None:
    host, ended = make_host(fake_children.leaves_at_the_second_job), threading.Event()
    errors: list[BaseException] = []
    answers: set[tuple[bool, bool]] = set()

    def ask() -> None:
        try:
            while not ended.is_set():
                answers.add((host.is_up, host.pid is None))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for _ in range(3):
            host.run(fake_children.load_job(folder), lambda _: None, CancelToken())
            host.close()
    finally:
        ended.set()
        thread.join()
    assert errors == []
    assert {(True, False), (False, True)} <= answers


@posix
def test_ctrl_c_does_not_reach_a_child_that_is_still_coming_up(
    make_host: MakeHost, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    host = make_host()
    host._started()
    pid = host.pid
    assert pid is not None
    for _ in range(3):
        os.kill(pid, signal.SIGINT)
        time.sleep(0.02)
    work = Work(host, folder)
    work.run(on_message=at_a_step(lambda: os.kill(pid, signal.SIGINT)))
    assert host.pid == pid
    assert capfd.readouterr().err == ""
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@posix
@pytest.mark.parametrize(
    ("instruction", "has_signal"),
    [
        ("ever", True),
        ("ever", False),
        pytest.param(
            "native",
            True,
            marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends it there"),
        ),
    ],
)
def test_a_child_ends_with_an_app_that_was_killed(
    folder: Path, instruction: str, has_signal: bool
) -> None:
    with started(f"be_a_parent({str(folder)!r}, {instruction!r}, {has_signal})") as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.Process(pid).ppid() == parent.pid
        parent.kill()
    wait_until_gone(pid)


@posix
def test_a_terminal_that_is_closed_takes_nobody_along(folder: Path) -> None:
    program = f"be_a_parent_in_a_terminal_that_is_closed({str(folder)!r})"
    with started(program) as parent:
        assert parent.communicate(timeout=WAIT_S) == ("done\n", "")
    assert parent.returncode == 0


def started(call: str) -> subprocess.Popen[str]:
    """Start a process that makes a call of `fake_children`, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", f"from tests.engines.diffusion.fake_children import *\n{call}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until_gone(pid: int) -> None:
    """Wait until a process that is not ours has ended; who ought to reap it may be slow."""
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        time.sleep(0.02)
    psutil.Process(pid).kill()
    raise AssertionError(f"process {pid} goes on")
