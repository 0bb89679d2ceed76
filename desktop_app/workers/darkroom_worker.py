"""The worker that owns the engines."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from desktop_app.core.engine import Engine
from desktop_app.core.errors import JobCancelled, ToonroomError, UsageError
from desktop_app.core.events import Failure, Result, StepPreview
from desktop_app.core.photo import Photo
from desktop_app.engines.develop import develop
from desktop_app.workers.blend import blended_levels
from desktop_app.workers.display import small_image, to_qimage
from desktop_app.workers.jobs import Job, Keeper, KeptEntry, Outcome, Preview
from desktop_app.workers.mailbox import PreviewMailbox
from desktop_app.workers.tasks import sentence_of

log = logging.getLogger(__name__)

KEEPING_STAGE = "Keeping it in the history"
KEEPING_PREVIEW_PX = 2_048


class DarkroomWorker(QObject):
    """Runs one job at a time. Lives in the pipeline thread and owns the engines.

    Signals (emitted in the pipeline thread; each job ends with exactly one of the last three):
        preview_posted(): the mailbox was empty and is not any more.
        started(str job_id)
        succeeded(Outcome)
        failed(Failure)
        cancelled(str job_id)
        closed(): the engines have given back what they held.
    """

    preview_posted = Signal()
    started = Signal(str)
    succeeded = Signal(object)
    failed = Signal(object)
    cancelled = Signal(str)
    closed = Signal()

    def __init__(
        self, engines: Sequence[Engine], keeper: Keeper | None, mailbox: PreviewMailbox
    ) -> None:
        super().__init__()
        self._engines = {engine.capabilities.engine_id: engine for engine in engines}
        self._keeper = keeper
        self._mailbox = mailbox
        self._total = 1

    @Slot(object)
    def run(self, job: Job) -> None:
        """Run `job` to its end; nothing that goes wrong escapes."""
        try:
            job.token.raise_if_cancelled()  # it may have been cancelled while it waited
            self.started.emit(job.job_id)
            outcome = self._develop(job)
        except JobCancelled:
            self.cancelled.emit(job.job_id)
        except BaseException as error:  # the thread boundary: nothing may escape
            if job.token.is_cancelled:
                log.info("job %s was cancelled and ended with %r", job.job_id, error)
                self.cancelled.emit(job.job_id)
                return
            if isinstance(error, ToonroomError):
                log.info("job %s failed: %s", job.job_id, error)
            else:
                log.exception("job %s failed", job.job_id)
            self.failed.emit(Failure.of(job.request, error))
        else:
            self.succeeded.emit(outcome)

    @Slot()
    def close(self) -> None:
        """Let the engines give back what they hold, then end the thread's event loop."""
        for engine in self._engines.values():
            try:
                engine.unload()
            except Exception:  # one engine that fails must not keep the thread alive
                log.exception("an engine could not be unloaded")
        self.closed.emit()
        self.thread().quit()

    def _develop(self, job: Job) -> Outcome:
        engine = self._engines.get(job.request.engine)
        if engine is None:
            raise UsageError(f"There is no engine “{job.request.engine}” here; pick another one.")
        self._total = 1
        photo = job.photo if isinstance(job.photo, Photo) else job.photo()
        result = develop(engine, job.request, photo, self._relay, job.token)
        job.token.raise_if_cancelled()
        levels = blended_levels(result, photo, job.request.blend)
        entry: KeptEntry | None = None
        not_kept = ""
        if self._keeper is not None and job.keep:
            self._show_before_keeping(job, levels)
            job.token.raise_if_cancelled()
            entry, not_kept = self._keep(self._keeper, result, photo)
        warning = " ".join(part for part in (*result.rendering.remarks, not_kept) if part)
        return Outcome(job.job_id, result, levels, small_image(levels), entry, warning)

    def _relay(self, step: StepPreview) -> None:
        # Converted here and now: the engine may use its buffer again for the next step.
        image = QImage() if step.image is None else to_qimage(step.image)
        self._total = step.total
        self._post(
            Preview(
                step.job_id, step.step, step.total, step.stage, image, step.eta_s, step.progress
            )
        )

    def _post(self, preview: Preview) -> None:
        if self._mailbox.post(preview):
            self.preview_posted.emit()

    def _show_before_keeping(self, job: Job, levels: tuple[QImage, ...]) -> None:
        """Show the finished picture already while it is being written to disk."""
        small = [x for x in levels if max(x.width(), x.height()) <= KEEPING_PREVIEW_PX]
        self._post(Preview(job.job_id, self._total, self._total, KEEPING_STAGE, small[0], 0.0, 1.0))

    def _keep(self, keeper: Keeper, result: Result, photo: Photo) -> tuple[KeptEntry | None, str]:
        try:
            return keeper(result, photo), ""
        except Exception as error:  # a picture that cannot be kept is still a picture
            log.exception("job %s could not be kept", result.request.job_id)
            reason = sentence_of(error)
            return None, f"The picture is not kept in the history, so save it now. {reason}"
