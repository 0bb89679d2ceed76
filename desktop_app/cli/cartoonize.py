"""`toonroom cartoonize`: one photo after the other, and what became of each."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app import logs
from desktop_app.cli.console import Console
from desktop_app.cli.options import DEFAULT_DEVICE, CartoonizeOptions
from desktop_app.cli.stopping import Stopping
from desktop_app.core.engine import Engine
from desktop_app.core.errors import ExitCode, JobCancelled, ModelError
from desktop_app.core.events import Defaults, StepPreview
from desktop_app.core.request import Request

if TYPE_CHECKING:  # loaded below the signals' handler, as they bring all that makes pictures
    from desktop_app.cli.batch import Batch, Done
    from desktop_app.cli.plan import Job


@dataclass(frozen=True)
class Record:
    """What --json says of one photo; the names and their order are a contract."""

    photo: str
    result: str | None
    engine: str
    model: str | None
    mode: str
    seed: int
    steps: int | None
    seconds: float
    width: int | None
    height: int | None
    error: str | None
    code: int


def cartoonize(options: CartoonizeOptions) -> int:
    """Make what `options` ask for and return the exit status.

    Raises:
        UsageError: OUT does not fit the photos.
    """
    console = Console(options.quiet)
    with Stopping() as stopping:
        logs.set_up()
        from desktop_app.cli.batch import Batch
        from desktop_app.cli.plan import plan
        from desktop_app.engines.registry import EngineOptions, create_engine

        jobs = plan(options)
        engine_options = EngineOptions(options.device, idle_s=None)
        engine = create_engine(options.request.engine, lambda: engine_options)
        read = engine.interpret(options.request)
        report = _Report(options, console, len(jobs), read.defaults)
        if engine.capabilities.needs_model and read.defaults.model is None:
            how = (
                "" if options.request.model or engine.models() else " Name it with --model FOLDER."
            )
            return report.all_failed(jobs, ModelError(read.note + how))
        for remark in remarks(options, engine):
            console.note(remark)
        # What the picture remembers must still mean the same when other models are there.
        request = replace(options.request, model=read.defaults.model)
        batch = Batch(
            engine,
            request,
            stopping.token,
            layers=options.layers,
            overwrite=options.overwrite,
            resume=options.resume,
        )
        try:
            return _run(jobs, batch, report, stopping)
        finally:
            engine.unload()


_FOR_ALL = (ExitCode.MODEL_MISSING, ExitCode.WRONG_USAGE)
"""What is wrong with one photo for these reasons is wrong with all: nothing need be tried twice."""


def _run(jobs: Sequence[Job], batch: Batch, report: _Report, stopping: Stopping) -> int:
    try:
        for number, job in enumerate(jobs, start=1):
            stopping.token.raise_if_cancelled()
            report.begin(job)
            done = batch.run(job, report.progress)
            report.end(job, done)
            if done.code in _FOR_ALL and not job.problem:
                report.rest_failed(jobs[number:], done)
                break
    except (JobCancelled, KeyboardInterrupt):
        return report.interrupted()
    return report.close()


def exit_status(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the status of a whole batch, given the code of each photo."""
    different = set(codes)
    if len(different) <= 1:
        return different.pop() if different else ExitCode.DONE
    for gravest in (ExitCode.OUT_OF_MEMORY, ExitCode.MODEL_MISSING):
        if gravest in different:
            return gravest
    return ExitCode.PHOTO_FAILED


def remarks(options: CartoonizeOptions, engine: Engine) -> list[str]:
    """Return what should be said before the first photo: what will be done, and what will not."""
    request = options.request
    default = Request()
    sentences = []
    if not engine.capabilities.uses_guidance:
        idle = {
            "--mode": request.mode != default.mode,
            "--steps": request.steps is not None,
            "--text-guidance": request.text_guidance is not None,
            "--image-guidance": request.image_guidance is not None,
            "--scheduler": request.scheduler is not None,
            "--negative": bool(request.negative),
            "--safety-check": request.safety_check,
            "--device": options.device != DEFAULT_DEVICE,
        }
        unused = [name for name, given in idle.items() if given]
        if unused:
            sentences.append(f"The {request.engine} engine makes no use of {', '.join(unused)}.")
    read = engine.interpret(request)
    if read.understood and request.instruction != default.instruction:
        sentences.append(f"Understood: {', '.join(read.understood)}.")
    if read.note and not engine.capabilities.needs_model:  # else the first photo says it
        sentences.append(read.note)
    elif read.ignored:
        sentences.append(f"Not understood: {', '.join(read.ignored)}.")
    return sentences


class _Report:
    """Says what happens and keeps count."""

    def __init__(
        self, options: CartoonizeOptions, console: Console, total: int, defaults: Defaults
    ) -> None:
        """Args: defaults: what the engine takes where the options say nothing."""
        self._options = options
        self._defaults = defaults
        self._console = console
        self._total = total
        self._codes: list[ExitCode] = []
        self._skipped = 0
        self._heading = ""
        self._start = time.perf_counter()

    @property
    def _done(self) -> int:
        return self._codes.count(ExitCode.DONE)

    def begin(self, job: Job) -> None:
        """A photo's turn has come."""
        self._heading = f"[{len(self._codes) + 1}/{self._total}] {job.photo.name}"
        self._console.progress(f"{self._heading}: opening", passing=True)

    def progress(self, preview: StepPreview) -> None:
        """A step of it was done."""
        count = f"{preview.step} of {preview.total}, " if preview.step else ""
        self._console.progress(
            f"{self._heading}: {count}{preview.stage.lower()},"
            f" {max(0.0, preview.eta_s):.0f} s left",
            passing=preview.step == 0,
        )

    def end(self, job: Job, done: Done) -> None:
        """It is finished, or has failed."""
        self._codes.append(done.code)
        self._skipped += done.skipped
        if done.error:
            self._console.error(done.error)
        for remark in done.remarks:
            self._console.note(f"{job.photo.name}: {remark}")
        if self._options.as_json:
            self._print_record(job.photo, None if done.error else job.result, done)
        elif not done.error:
            self._console.result(str(job.result))

    def all_failed(self, jobs: Sequence[Job], error: ModelError) -> int:
        """None can be begun, all for one reason, which is said once."""
        from desktop_app.cli.batch import Done

        self._console.error(str(error))
        self.rest_failed(jobs, Done(0.0, error=str(error), code=error.code))
        return error.code

    def rest_failed(self, jobs: Sequence[Job], like: Done) -> None:
        """The others fail for the reason that was said already."""
        for job in jobs:
            self._codes.append(like.code)
            if self._options.as_json:
                self._print_record(job.photo, None, replace(like, seconds=0.0))

    def interrupted(self) -> int:
        """The batch was stopped."""
        self._console.error(f"stopped: {self._done} of {self._total} done")
        return ExitCode.INTERRUPTED

    def close(self) -> int:
        """All had their turn."""
        seconds = time.perf_counter() - self._start
        there = f", {self._skipped} of them were there already" if self._skipped else ""
        if self._total > 1 or self._done:  # of one that failed, its error says it all
            self._console.note(f"{self._done} of {self._total} done in {seconds:.1f} s{there}")
        status = exit_status(self._codes)
        if self._console.lost_output and status == ExitCode.DONE:
            return ExitCode.PHOTO_FAILED
        return status

    def _print_record(self, photo: Path, result: Path | None, done: Done) -> None:
        request = self._options.request
        record = Record(
            photo=str(photo),
            result=str(result) if result else None,
            engine=request.engine,
            model=request.model or self._defaults.model,
            mode=request.mode,
            seed=request.seed,
            steps=request.steps or self._defaults.steps,
            seconds=round(done.seconds, 3),
            width=done.extent.width if done.extent else None,
            height=done.extent.height if done.extent else None,
            error=done.error or None,
            code=done.code,
        )
        self._console.result(json.dumps(asdict(record)))
