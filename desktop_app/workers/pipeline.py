"""The one thread that develops pictures, and the queue before it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import QDeadlineTimer, QObject, QThread, QTimer, Signal, Slot

from desktop_app.core.engine import Engine
from desktop_app.core.events import Failure
from desktop_app.core.request import Request
from desktop_app.workers.darkroom_worker import DarkroomWorker
from desktop_app.workers.jobs import Job, Keeper, Outcome, PhotoSource, Preview
from desktop_app.workers.mailbox import PreviewMailbox

__all__ = ["Outcome", "PipelineThread", "Preview"]

log = logging.getLogger(__name__)

PREVIEW_INTERVAL_MS = 33
STACK_BYTES = 16 << 20


class PipelineThread(QObject):
    """Owns the thread that develops; runs one request at a time, in the order they came.

    Nobody else touches the thread. Each submitted job ends with exactly one of `succeeded`,
    `failed` and `cancelled`, unless `shutdown` comes first.

    Signals (emitted in the GUI thread):
        started(str job_id)
        preview_ready(Preview): at most 30 a second, the latest of each stage.
        succeeded(Outcome)
        failed(Failure)
        cancelled(str job_id)
        busy_changed(bool)
    """

    started = Signal(str)
    preview_ready = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)
    cancelled = Signal(str)
    busy_changed = Signal(bool)

    _run_wanted = Signal(object)
    _close_wanted = Signal()

    def __init__(
        self,
        engines: Sequence[Engine],
        parent: QObject | None = None,
        *,
        keeper: Keeper | None = None,
    ) -> None:
        """Args: keeper: puts each result on disk before it is told of; None keeps nothing."""
        super().__init__(parent)
        self._queue: deque[Job] = deque()
        self._running: Job | None = None
        self._was_busy = False
        self._closed = False
        self._mailbox = PreviewMailbox()
        self._build(engines, keeper)
        self._connect()
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running is not None or bool(self._queue)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives: true until `shutdown`."""
        return self._thread.isRunning()

    def position(self, job_id: str) -> int | None:
        """Return 0 for the job that runs, its place for one that waits, None for no such job."""
        if self._running is not None and self._running.job_id == job_id:
            return 0
        for place, job in enumerate(self._queue, start=1):
            if job.job_id == job_id:
                return place
        return None

    def submit(self, request: Request, photo: PhotoSource, *, keep: bool = True) -> None:
        """Run `request` on `photo` when all that were submitted before it have ended.

        Args:
            request: what is asked for; its job_id names the job.
            photo: what it is asked of.
            keep: whether the keeper gets the result; a proof to look at need not be kept.
        """
        if self._closed:
            log.warning("job %s came after the shutdown", request.job_id)
            return
        self._queue.append(Job(request, photo, keep))
        self._start_next()

    def cancel(self, job_id: str) -> None:
        """End a job: at once while it waits, within one step while it runs."""
        if self._running is not None and self._running.job_id == job_id:
            self._running.token.cancel()
            return
        for job in self._queue:
            if job.job_id == job_id:
                self._queue.remove(job)
                self.cancelled.emit(job_id)
                self._note_busy()
                return

    def cancel_all(self) -> None:
        """End every job."""
        waiting = list(self._queue)
        self._queue.clear()
        if self._running is not None:
            self._running.token.cancel()
        for job in waiting:
            self.cancelled.emit(job.job_id)
        self._note_busy()

    def shutdown(self, timeout_ms: int = 8_000) -> bool:
        """Cancel everything and stop the thread; return whether it stopped in time.

        Blocks until then; no signal is emitted afterwards. Where this returns False the thread
        still runs, and only ending the process ends it.
        """
        if not self._closed:
            self.cancel_all()
            self._closed = True
            self._preview_timer.stop()
            self._close_wanted.emit()
        stopped = self._thread.wait(QDeadlineTimer(timeout_ms))
        if stopped:
            assert self._thread.isFinished()
            self._running = None
        else:
            log.error("the pipeline thread did not stop within %d ms", timeout_ms)
        return stopped

    def _build(self, engines: Sequence[Engine], keeper: Keeper | None) -> None:
        self._thread = QThread(self)
        self._thread.setObjectName("pipeline")
        # macOS gives threads 512 KiB, which deep recursions in native libraries overrun.
        self._thread.setStackSize(STACK_BYTES)
        self._worker = DarkroomWorker(engines, keeper, self._mailbox)
        self._worker.moveToThread(self._thread)
        self._preview_timer = QTimer(self)
        self._preview_timer.setSingleShot(True)
        self._preview_timer.setInterval(PREVIEW_INTERVAL_MS)

    def _connect(self) -> None:
        self._run_wanted.connect(self._worker.run)
        self._close_wanted.connect(self._worker.close)
        self._worker.started.connect(self._on_started)
        self._worker.preview_posted.connect(self._on_preview_posted)
        self._worker.succeeded.connect(self._on_succeeded)
        self._worker.failed.connect(self._on_failed)
        self._worker.cancelled.connect(self._on_cancelled)
        self._preview_timer.timeout.connect(self._show_previews)

    def _start_next(self) -> None:
        if self._running is None and self._queue and not self._closed:
            self._running = self._queue.popleft()
            self._run_wanted.emit(self._running)
        self._note_busy()

    def _note_busy(self) -> None:
        if self.is_busy != self._was_busy and not self._closed:
            self._was_busy = self.is_busy
            self.busy_changed.emit(self._was_busy)

    def _show_previews(self) -> None:
        previews = self._mailbox.take_all()
        running = self._running
        if not previews or self._closed:
            return
        self._preview_timer.start()
        for preview in previews:
            if running is None or running.token.is_cancelled or running.job_id != preview.job_id:
                continue
            self.preview_ready.emit(preview)

    @Slot()
    def _on_preview_posted(self) -> None:
        if not self._preview_timer.isActive():
            self._show_previews()

    @Slot(str)
    def _on_started(self, job_id: str) -> None:
        if not self._closed:
            self.started.emit(job_id)

    @Slot(object)
    def _on_succeeded(self, outcome: Outcome) -> None:
        self._end(self.succeeded, outcome)

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        self._end(self.failed, failure)

    @Slot(str)
    def _on_cancelled(self, job_id: str) -> None:
        self._end(self.cancelled, job_id)

    def _end(self, signal: object, payload: object) -> None:
        if self._closed:
            return
        self._show_previews()
        self._preview_timer.stop()
        self._running = None
        signal.emit(payload)  # type: ignore[attr-defined]  # the stubs call it Signal
        self._start_next()
