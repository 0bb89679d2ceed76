"""The pipeline thread: order, cancelling, failing, previews, keeping, shutdown."""

# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal, Slot
from pytestqt.qtbot import QtBot

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import OnStep
from desktop_app.core.errors import ExitCode, JobCancelled, ModelError, PhotoError
from desktop_app.core.events import Failure, Result
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.workers.darkroom_worker import KEEPING_STAGE
from desktop_app.workers.pipeline import Outcome, PipelineThread, Preview
from tests.workers.conftest import MakePipeline
from tests.workers.fakes import TIMEOUT_MS, TIMEOUT_S, FakeEngine, flat, photo, preview


class Witness(QObject):
    """Writes down what a pipeline says, and in which thread it was told."""

    ended = Signal()

    def __init__(self, pipeline: PipelineThread) -> None:
        super().__init__()
        self.started: list[str] = []
        self.previews: list[Preview] = []
        self.outcomes: list[Outcome] = []
        self.failures: list[Failure] = []
        self.cancelled: list[str] = []
        self.busy: list[bool] = []
        self.threads: set[QThread] = set()
        pipeline.started.connect(self.on_started)
        pipeline.preview_ready.connect(self.on_preview)
        pipeline.succeeded.connect(self.on_succeeded)
        pipeline.failed.connect(self.on_failed)
        pipeline.cancelled.connect(self.on_cancelled)
        pipeline.busy_changed.connect(self.on_busy)

    @property
    def endings(self) -> list[str]:
        """The ended jobs, whatever their end."""
        return (
            [outcome.job_id for outcome in self.outcomes]
            + [failure.job_id for failure in self.failures]
            + self.cancelled
        )

    @Slot(str)
    def on_started(self, job_id: str) -> None:
        self.started.append(job_id)

    @Slot(object)
    def on_preview(self, preview: Preview) -> None:
        self.threads.add(QThread.currentThread())
        self.previews.append(preview)

    @Slot(object)
    def on_succeeded(self, outcome: Outcome) -> None:
        self.threads.add(QThread.currentThread())
        self.outcomes.append(outcome)

    @Slot(object)
    def on_failed(self, failure: Failure) -> None:
        self.threads.add(QThread.currentThread())
        self.failures.append(failure)

    @Slot(str)
    def on_cancelled(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    @Slot(bool)
    def on_busy(self, busy: bool) -> None:
        self.busy.append(busy)


@dataclass(frozen=True)
class Entry:
    entry_id: str


def wait_until_idle(qtbot: QtBot, pipeline: PipelineThread) -> None:
    qtbot.waitUntil(lambda: not pipeline.is_busy, timeout=TIMEOUT_MS)


def test_a_run_succeeds_and_is_told_of_in_the_gui_thread(
    qtbot: QtBot, make_pipeline: MakePipeline
) -> None:
    engine = FakeEngine()
    pipeline = make_pipeline(engine)
    witness = Witness(pipeline)
    request = Request(seed=7)
    with qtbot.waitSignal(pipeline.succeeded, timeout=TIMEOUT_MS):
        pipeline.submit(request, photo())
        assert pipeline.is_busy
    (outcome,) = witness.outcomes
    assert outcome.job_id == request.job_id
    assert outcome.result.request is request
    assert outcome.levels[0].pixelColor(0, 0).red() == 7
    assert outcome.thumbnail.size() == outcome.levels[0].size()
    assert outcome.entry is None
    assert not outcome.warning
    assert witness.started == [request.job_id]
    assert witness.busy == [True, False]
    assert witness.threads == {QThread.currentThread()}
    assert engine.threads.isdisjoint({threading.get_ident()})


def test_each_preview_keeps_its_own_pixels(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    buffer = flat(0)

    def script(request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> None:
        for step in range(3):
            buffer[:] = step
            on_step(preview(request, step + 1, 3, f"Stage {step}", buffer, eta_s=2.0 - step))
        buffer[:] = 255

    pipeline = make_pipeline(FakeEngine(script))
    witness = Witness(pipeline)
    with qtbot.waitSignal(pipeline.succeeded, timeout=TIMEOUT_MS):
        pipeline.submit(Request(), photo())
    assert [p.image.pixelColor(0, 0).red() for p in witness.previews] == [0, 1, 2]
    assert [(p.step, p.total, p.eta_s) for p in witness.previews] == [
        (1, 3, 2.0),
        (2, 3, 1.0),
        (3, 3, 0.0),
    ]


def test_of_many_previews_each_stage_shows_its_last(
    qtbot: QtBot, make_pipeline: MakePipeline
) -> None:
    def script(request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> None:
        for stage in ("Drawing", "Painting"):
            for step in range(1, 201):
                on_step(preview(request, step, 200, stage, flat(step)))

    pipeline = make_pipeline(FakeEngine(script))
    witness = Witness(pipeline)
    with qtbot.waitSignal(pipeline.succeeded, timeout=TIMEOUT_MS):
        pipeline.submit(Request(), photo())
    shown = [(p.stage, p.step) for p in witness.previews]
    assert len(shown) < 100
    assert shown == sorted(shown)
    assert ("Drawing", 200) in shown
    assert shown[-1] == ("Painting", 200)


def test_jobs_run_one_at_a_time_in_their_order(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    at_once = 0

    def script(request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> None:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        at_once -= 1

    engine = FakeEngine(script)
    pipeline = make_pipeline(engine)
    witness = Witness(pipeline)
    requests = [Request(seed=number) for number in range(100)]
    for request in requests:
        pipeline.submit(request, photo())
    assert pipeline.position(requests[2].job_id) == 2
    assert pipeline.position("nobody") is None
    wait_until_idle(qtbot, pipeline)
    assert witness.endings == [request.job_id for request in requests]
    assert witness.started == witness.endings
    assert [run.seed for run in engine.runs] == list(range(100))
    assert witness.busy == [True, False]


def test_a_queued_job_is_cancelled_at_once_and_never_run(
    qtbot: QtBot, make_pipeline: MakePipeline
) -> None:
    engine = FakeEngine()
    engine.script = engine.wait_for_go
    pipeline = make_pipeline(engine)
    witness = Witness(pipeline)
    first, second, third = Request(seed=1), Request(seed=2), Request(seed=3)
    for request in (first, second, third):
        pipeline.submit(request, photo())
    pipeline.cancel(second.job_id)
    assert witness.cancelled == [second.job_id]
    engine.go_on.set()
    wait_until_idle(qtbot, pipeline)
    assert [run.seed for run in engine.runs] == [1, 3]
    assert sorted(witness.endings) == sorted([first.job_id, second.job_id, third.job_id])


def test_a_running_job_is_cancelled_and_the_next_one_runs(
    qtbot: QtBot, make_pipeline: MakePipeline
) -> None:
    engine = FakeEngine()
    engine.script = engine.wait_for_cancel
    pipeline = make_pipeline(engine)
    witness = Witness(pipeline)
    first, second = Request(seed=1), Request(seed=2)
    with qtbot.waitSignal(pipeline.preview_ready, timeout=TIMEOUT_MS):
        pipeline.submit(first, photo())
        pipeline.submit(second, photo())
    seen = len(witness.previews)
    engine.go_on.clear()
    with qtbot.waitSignal(pipeline.cancelled, timeout=TIMEOUT_MS):
        pipeline.cancel(first.job_id)
        engine.script = None
    wait_until_idle(qtbot, pipeline)
    assert witness.cancelled == [first.job_id]
    assert [outcome.job_id for outcome in witness.outcomes] == [second.job_id]
    assert all(p.job_id != first.job_id for p in witness.previews[seen:])


def test_an_engine_deaf_to_cancel_ends_as_cancelled_and_keeps_nothing(
    qtbot: QtBot, make_pipeline: MakePipeline
) -> None:
    engine = FakeEngine()
    engine.script = engine.wait_for_go
    kept: list[Result] = []

    def keeper(result: Result, photo: Photo) -> Entry:
        kept.append(result)
        return Entry("x")

    pipeline = make_pipeline(engine, keeper=keeper)
    witness = Witness(pipeline)
    request = Request()
    pipeline.submit(request, photo())
    assert engine.entered.wait(TIMEOUT_S)
    pipeline.cancel(request.job_id)
    pipeline.cancel(request.job_id)
    assert pipeline.is_busy
    assert not witness.cancelled
    engine.go_on.set()
    wait_until_idle(qtbot, pipeline)
    assert witness.endings == [request.job_id]
    assert witness.cancelled == [request.job_id]
    assert not kept


def test_cancel_all_empties_the_queue(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    engine = FakeEngine()
    engine.script = engine.wait_for_cancel
    pipeline = make_pipeline(engine)
    witness = Witness(pipeline)
    requests = [Request(seed=number) for number in range(5)]
    for request in requests:
        pipeline.submit(request, photo())
    assert engine.entered.wait(TIMEOUT_S)
    pipeline.cancel_all()
    wait_until_idle(qtbot, pipeline)
    assert sorted(witness.cancelled) == sorted(request.job_id for request in requests)
    assert len(engine.runs) == 1


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ModelError("The model is gone; get it again."), ExitCode.MODEL_MISSING, "get it again"),
        (MemoryError(), ExitCode.OUT_OF_MEMORY, "memory"),
        (ZeroDivisionError("by zero"), ExitCode.PHOTO_FAILED, "unexpected"),
        (SystemExit(3), ExitCode.PHOTO_FAILED, "unexpected"),
    ],
)
def test_an_engine_that_raises_fails_its_job_alone(
    qtbot: QtBot,
    make_pipeline: MakePipeline,
    error: BaseException,
    code: ExitCode,
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def script(request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> None:
        if request.seed == 1:
            raise error

    pipeline = make_pipeline(FakeEngine(script))
    witness = Witness(pipeline)
    with caplog.at_level(logging.CRITICAL):
        pipeline.submit(Request(seed=1), photo())
        pipeline.submit(Request(seed=2), photo())
        wait_until_idle(qtbot, pipeline)
    (failure,) = witness.failures
    assert failure.code is code
    assert words in failure.sentence
    assert [outcome.result.request.seed for outcome in witness.outcomes] == [2]


def test_a_crash_after_cancel_counts_as_cancelled(
    qtbot: QtBot, make_pipeline: MakePipeline
) -> None:
    def script(request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> None:
        try:
            engine.wait_for_cancel(request, photo, on_step, token)
        except JobCancelled:
            raise RuntimeError("torn down in the middle") from None

    engine = FakeEngine(script)
    pipeline = make_pipeline(engine)
    witness = Witness(pipeline)
    request = Request()
    pipeline.submit(request, photo())
    assert engine.entered.wait(TIMEOUT_S)
    pipeline.cancel(request.job_id)
    wait_until_idle(qtbot, pipeline)
    assert witness.cancelled == [request.job_id]
    assert not witness.failures


def test_an_unknown_engine_is_one_sentence(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline(FakeEngine())
    witness = Witness(pipeline)
    with qtbot.waitSignal(pipeline.failed, timeout=TIMEOUT_MS):
        pipeline.submit(Request(engine="diffusion"), photo())
    assert "diffusion" in witness.failures[0].sentence
    assert witness.failures[0].code is ExitCode.WRONG_USAGE


def test_a_photo_may_be_read_when_its_turn_comes(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    def gone() -> Photo:
        raise PhotoError("“a.jpg” is gone; open it again.")

    pipeline = make_pipeline(FakeEngine())
    witness = Witness(pipeline)
    pipeline.submit(Request(), gone)
    pipeline.submit(Request(), lambda: photo(width=9))
    wait_until_idle(qtbot, pipeline)
    assert witness.failures[0].sentence == "“a.jpg” is gone; open it again."
    assert witness.outcomes[0].result.extent.width == 9


def test_a_result_is_kept_before_it_is_told_of(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    order: list[str] = []
    threads: set[int] = set()

    def keeper(result: Result, photo: Photo) -> Entry:
        order.append("kept")
        threads.add(threading.get_ident())
        return Entry("entry 1")

    pipeline = make_pipeline(FakeEngine(), keeper=keeper)
    witness = Witness(pipeline)
    with qtbot.waitSignal(pipeline.succeeded, timeout=TIMEOUT_MS):
        pipeline.submit(Request(seed=9), photo())
    order.append("told")
    assert order == ["kept", "told"]
    assert threading.get_ident() not in threads
    (outcome,) = witness.outcomes
    assert outcome.entry is not None
    assert outcome.entry.entry_id == "entry 1"
    # The finished picture is on the canvas already while it is written to disk.
    assert witness.previews[-1].stage == KEEPING_STAGE
    assert witness.previews[-1].image.pixelColor(0, 0).red() == 9


def test_a_proof_is_not_kept(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    kept: list[int] = []

    def keeper(result: Result, photo: Photo) -> Entry:
        kept.append(result.request.seed)
        return Entry("entry 1")

    pipeline = make_pipeline(FakeEngine(), keeper=keeper)
    witness = Witness(pipeline)
    pipeline.submit(Request(seed=1), photo(), keep=False)
    pipeline.submit(Request(seed=2), photo())
    wait_until_idle(qtbot, pipeline)
    assert kept == [2]
    proof, picture = witness.outcomes
    assert proof.entry is None
    assert proof.warning == ""
    assert proof.levels
    assert picture.entry is not None
    stages = [preview.stage for preview in witness.previews if preview.job_id == proof.job_id]
    assert KEEPING_STAGE not in stages


def test_a_result_that_cannot_be_kept_is_still_a_result(
    qtbot: QtBot, make_pipeline: MakePipeline, caplog: pytest.LogCaptureFixture
) -> None:
    def keeper(result: Result, photo: Photo) -> Entry:
        raise OSError(28, "No space left on device", "/pictures/x.png")

    pipeline = make_pipeline(FakeEngine(), keeper=keeper)
    witness = Witness(pipeline)
    with qtbot.waitSignal(pipeline.succeeded, timeout=TIMEOUT_MS):
        pipeline.submit(Request(), photo())
    (outcome,) = witness.outcomes
    assert outcome.entry is None
    assert "No space left" in outcome.warning
    assert outcome.levels


def test_levels_show_the_blend_and_the_result_does_not(
    qtbot: QtBot, make_pipeline: MakePipeline
) -> None:
    pipeline = make_pipeline(FakeEngine())
    witness = Witness(pipeline)
    with qtbot.waitSignal(pipeline.succeeded, timeout=TIMEOUT_MS):
        pipeline.submit(Request(seed=200, blend=0.5), photo(100))
    (outcome,) = witness.outcomes
    assert outcome.levels[0].pixelColor(0, 0).red() == 150
    assert np.all(outcome.result.picture == 200)


def test_shutdown_during_a_run_stops_the_thread(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    engine = FakeEngine()
    engine.script = engine.wait_for_cancel
    pipeline = make_pipeline(engine)
    witness = Witness(pipeline)
    running, waiting = Request(), Request()
    pipeline.submit(running, photo())
    pipeline.submit(waiting, photo())
    assert engine.entered.wait(TIMEOUT_S)
    assert pipeline.shutdown(TIMEOUT_MS)
    assert not pipeline.is_running
    assert engine.unloaded == 1
    assert len(engine.runs) == 1
    assert witness.cancelled == [waiting.job_id]
    pipeline.submit(Request(), photo())  # nothing happens any more
    QCoreApplication.processEvents()  # what the worker said last arrives now, and nobody is told
    assert witness.endings == [waiting.job_id]
    assert not witness.outcomes
    assert pipeline.shutdown()


def test_shutdown_has_a_deadline(
    qtbot: QtBot, make_pipeline: MakePipeline, caplog: pytest.LogCaptureFixture
) -> None:
    engine = FakeEngine()
    engine.script = engine.wait_for_go
    pipeline = make_pipeline(engine)
    pipeline.submit(Request(), photo())
    assert engine.entered.wait(TIMEOUT_S)
    assert not pipeline.shutdown(timeout_ms=20)
    assert pipeline.is_running
    engine.go_on.set()
    assert pipeline.shutdown(TIMEOUT_MS)


def test_a_failing_unload_does_not_keep_the_thread(
    qtbot: QtBot, make_pipeline: MakePipeline, caplog: pytest.LogCaptureFixture
) -> None:
    class Stubborn(FakeEngine):
        def unload(self) -> None:
            raise RuntimeError("no")

    pipeline = make_pipeline(Stubborn())
    assert pipeline.shutdown(TIMEOUT_MS)


def test_a_slot_may_submit_the_next_run(qtbot: QtBot, make_pipeline: MakePipeline) -> None:
    class Chain(QObject):
        def __init__(self, pipeline: PipelineThread) -> None:
            super().__init__()
            self.pipeline = pipeline
            self.left = 5
            pipeline.succeeded.connect(self.on_succeeded)

        @Slot(object)
        def on_succeeded(self, outcome: Outcome) -> None:
            if self.left:
                self.left -= 1
                self.pipeline.submit(Request(), photo())

    engine = FakeEngine()
    pipeline = make_pipeline(engine)
    chain = Chain(pipeline)
    pipeline.submit(Request(), photo())
    qtbot.waitUntil(lambda: len(engine.runs) == 6, timeout=TIMEOUT_MS)
    wait_until_idle(qtbot, pipeline)
    assert chain.left == 0
