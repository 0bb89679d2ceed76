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
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import psutil
import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Device
from desktop_app.core.errors import (
    JobCancelled,
    ModelError,
    OutOfMemory,
    ToonroomError,
    UsageError,
)
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.engines.diffusion import host as host_module
from desktop_app.engines.diffusion.child import ChildSettings
from desktop_app.engines.diffusion.frames import PREVIEW_SLOTS, Frames
from desktop_app.engines.diffusion.host import ChildDied, ChildHost, Target
from desktop_app.engines.diffusion.messages import (
    Done,
    FromChild,
    Heartbeat,
    Loading,
    Ready,
    Stepped,
)
from desktop_app.engines.diffusion.talk import OnMessage
from tests.engines.diffusion import fake_children
from tests.models.folders import make_folder

ROOT = Path(__file__).resolve().parents[3]
EXTENT = Extent(600, 450)
"""Larger than previews are, which have one colour each."""
PHOTO = np.random.default_rng(0).integers(0, 256, (450, 600, 3), np.uint8)
WAIT_S = 20.0

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("models") / "m")


MakeHost = Callable[..., ChildHost]


@pytest.fixture
def make_host() -> Iterator[MakeHost]:
    """Return a function that makes hosts; their children must be gone in the end."""
    hosts: list[ChildHost] = []
    others = {process.pid for process in multiprocessing.active_children()}

    def make(
        target: Target = fake_children.without_torch,
        settings: Callable[[], ChildSettings] = ChildSettings,
        *,
        grace_s: float = 5.0,
        silence_s: float = 60.0,
    ) -> ChildHost:
        host = ChildHost(settings, target=target, grace_s=grace_s, silence_s=silence_s)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        host.close()
        assert not host.is_up
        assert host.pid is None
    assert {process.pid for process in multiprocessing.active_children()} == others


@pytest.fixture(scope="module")
def shared() -> Iterator[ChildHost]:
    """Return a host whose child survives what the tests with it do."""
    host = ChildHost(ChildSettings, target=fake_children.without_torch)
    yield host
    host.close()


class Work:
    """Runs jobs on a photo and keeps what the child says."""

    def __init__(self, host: ChildHost, folder: Path) -> None:
        self.host = host
        self.said: list[FromChild] = []
        self.previews: list[tuple[int, RgbImage]] = []
        self.picture: RgbImage | None = None
        self._folder = folder

    def run(
        self,
        instruction: str = "",
        steps: int = 3,
        on_message: OnMessage | None = None,
        token: CancelToken | None = None,
    ) -> Done:
        with closing(Frames.create(EXTENT)) as frames:
            frames.put_picture(PHOTO)
            job = fake_children.run_job(self._folder, frames, EXTENT, instruction, steps)

            def take(message: FromChild) -> None:
                self.said.append(message)
                if isinstance(message, Stepped) and message.slot is not None:
                    preview = frames.preview(message.slot, message.preview)
                    self.previews.append((message.step, preview))
                if on_message is not None:
                    on_message(message)

            done = self.host.run(job, take, token or CancelToken())
            assert done.extent is not None
            self.picture = frames.picture(done.extent)
        return done

    def stepped(self) -> list[Stepped]:
        return [message for message in self.said if isinstance(message, Stepped)]


def at_a_step(act: Callable[[], None]) -> OnMessage:
    """Return what does `act` when the first step was done."""
    seen: list[Stepped] = []

    def on_message(message: FromChild) -> None:
        if isinstance(message, Stepped) and not seen:
            seen.append(message)
            act()

    return on_message


def assert_gone(pid: int | None) -> None:
    """Assert that a child of ours is gone and was reaped."""
    assert pid is not None
    assert not psutil.pid_exists(pid)


# --- jobs


def test_what_a_job_says_arrives_in_order(shared: ChildHost, folder: Path) -> None:
    said: list[FromChild] = []
    done = shared.run(fake_children.load_job(folder), said.append, CancelToken())
    said = [message for message in said if not isinstance(message, Heartbeat)]
    assert [type(message) for message in said] == [Ready, Loading, Loading, Done]
    assert shared.device == Device("Fake", "fp32")
    assert done.extent is None
    work = Work(shared, folder)
    done = work.run(steps=3)
    assert [(s.step, s.total) for s in work.stepped()] == [(1, 3), (2, 3), (3, 3)]
    assert (done.extent, done.remarks, done.steps_s) == (EXTENT, ("A remark.",), 1.0)
    assert work.picture is not None
    assert np.array_equal(work.picture, 255 - PHOTO)


def test_jobs_of_one_name_may_follow_each_other_at_once(shared: ChildHost, folder: Path) -> None:
    # As loading and running of one Request do.
    job = fake_children.load_job(folder)
    for _ in range(200):
        said: list[FromChild] = []
        shared.run(job, said.append, CancelToken())
        assert [m.done_bytes for m in said if isinstance(m, Loading)] == [1, 2]


def test_previews_are_not_written_over_before_they_are_copied(
    shared: ChildHost, folder: Path
) -> None:
    work = Work(shared, folder)
    work.run(steps=150)
    assert [s.step for s in work.stepped()] == list(range(1, 151))
    assert len(work.previews) >= PREVIEW_SLOTS
    for step, preview in work.previews:
        assert preview.shape == (384, 512, 3)
        assert (preview == step).all()


def test_who_is_slow_misses_previews_but_no_steps_and_gets_all_places_back(
    shared: ChildHost, folder: Path
) -> None:
    work = Work(shared, folder)
    work.run(steps=100, on_message=at_a_step(lambda: time.sleep(0.5)))
    missed = [s.step for s in work.stepped() if s.slot is None]
    assert missed
    assert len(work.previews) == 100 - len(missed)
    assert all((preview == step).all() for step, preview in work.previews)
    again = Work(shared, folder)
    again.run(steps=PREVIEW_SLOTS)
    assert len(again.previews) == PREVIEW_SLOTS


@pytest.mark.parametrize(
    ("instruction", "kind", "sentence"),
    [
        ("model Get it again.", ModelError, "Get it again."),
        ("memory", OutOfMemory, "There is not enough memory"),
        ("fault Too odd.", ToonroomError, "unexpected went wrong (ValueError: Too odd.)"),
    ],
)
def test_a_job_that_fails_costs_nothing_but_itself(
    shared: ChildHost,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    instruction: str,
    kind: type[ToonroomError],
    sentence: str,
) -> None:
    work = Work(shared, folder)
    work.run()
    pid = shared.pid
    with pytest.raises(kind) as caught:
        work.run(instruction)
    assert type(caught.value) is kind
    assert sentence in str(caught.value)
    assert ("Traceback" in caplog.text) == instruction.startswith("fault")
    work.run()
    assert shared.pid == pid


# --- cancelling


def test_a_cancelled_job_ends_and_the_child_stays(shared: ChildHost, folder: Path) -> None:
    work = Work(shared, folder)
    work.run()
    pid, token = shared.pid, CancelToken()
    with pytest.raises(JobCancelled):
        work.run("ever", on_message=at_a_step(token.cancel), token=token)
    work.run()
    assert shared.pid == pid


def test_a_token_that_was_cancelled_before_starts_nothing(
    make_host: MakeHost, folder: Path
) -> None:
    host, token = make_host(), CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        Work(host, folder).run(token=token)
    assert host.pid is None


def test_who_cancels_before_the_child_is_up_does_not_wait_for_it(
    make_host: MakeHost, folder: Path
) -> None:
    host, token = make_host(), CancelToken()
    host._started()
    pid = host.pid
    threading.Timer(0.05, token.cancel).start()
    job = fake_children.load_job(folder)
    with pytest.raises(JobCancelled):
        host.run(job, lambda _: None, token)
    assert host.device is None
    # The same job once more: what is still said of the first attempt is no answer to this one.
    said: list[FromChild] = []
    host.run(job, said.append, CancelToken())
    assert [m.done_bytes for m in said if isinstance(m, Loading)] == [1, 2]
    Work(host, folder).run()
    assert host.pid == pid


@pytest.mark.parametrize("instruction", ["deaf", "native"])
def test_a_child_that_is_deaf_is_ended_after_the_grace_time(
    make_host: MakeHost, folder: Path, instruction: str
) -> None:
    host, token = make_host(grace_s=0.2), CancelToken()
    work = Work(host, folder)
    pids: list[int | None] = []

    def cancel() -> None:
        pids.append(host.pid)
        token.cancel()

    with pytest.raises(JobCancelled):
        work.run(instruction, steps=1, on_message=at_a_step(cancel), token=token)
    assert not host.is_up
    assert_gone(pids[0])
    work.run()
    assert host.pid not in pids


# --- who listens fails


@pytest.mark.parametrize("error", [ValueError("full"), OSError("full"), KeyboardInterrupt()])
def test_who_listens_may_fail_without_harm_to_the_child(
    shared: ChildHost, folder: Path, error: BaseException
) -> None:
    work = Work(shared, folder)
    work.run()
    pid = shared.pid

    def fail() -> None:
        raise error

    for _ in range(PREVIEW_SLOTS + 1):
        with pytest.raises(type(error)):
            work.run("ever", on_message=at_a_step(fail))
    again = Work(shared, folder)
    again.run(steps=PREVIEW_SLOTS)  # it would never begin, had nobody ended the jobs before
    assert shared.pid == pid
    assert len(again.previews) == PREVIEW_SLOTS
    assert [s.step for s in again.stepped()] == list(range(1, PREVIEW_SLOTS + 1))


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
    monkeypatch.setattr(host_module, "_oom_kills", lambda: next(counts))
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


# --- silence


def test_a_child_that_says_nothing_any_more_is_ended(make_host: MakeHost, folder: Path) -> None:
    host = make_host(silence_s=2.0)  # twice what lies between two signs of life
    with pytest.raises(ChildDied, match="no longer answered"):
        Work(host, folder).run("native")
    assert not host.is_up


def test_who_listens_may_take_longer_than_silence_may_last(
    make_host: MakeHost, folder: Path
) -> None:
    host = make_host()
    work = Work(host, folder)
    work.run()
    host._silence_s = 0.1
    work.run(on_message=at_a_step(lambda: time.sleep(0.5)))
    assert len(work.stepped()) == 6


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
