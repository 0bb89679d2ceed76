"""The host and its child: jobs, cancelling, silence, and who listens.

No torch: the child is the real one with a fake studio, or one that misbehaves.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Device
from desktop_app.core.errors import (
    JobCancelled,
    ModelError,
    OutOfMemory,
    ToonroomError,
)
from desktop_app.engines.diffusion.frames import PREVIEW_SLOTS
from desktop_app.engines.diffusion.host import ChildDied, ChildHost
from desktop_app.engines.diffusion.messages import (
    Done,
    FromChild,
    Heartbeat,
    Loading,
    Ready,
)
from tests.engines.diffusion import fake_children
from tests.engines.diffusion.hosting import (
    EXTENT,
    PHOTO,
    MakeHost,
    Work,
    assert_gone,
    at_a_step,
)

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
