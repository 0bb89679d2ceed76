"""Runs: from the button to the finished picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from desktop_app.core.errors import ExitCode
from desktop_app.core.events import Failure
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request, new_job_id
from desktop_app.imaging.opening import open_photo
from desktop_app.session.darkroom import Darkroom, ItemState, PhotoItem
from desktop_app.windows.countdown import Countdown
from desktop_app.windows.live_runs import LiveRuns
from desktop_app.windows.live_series import LiveSeries
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.preferences import Preferences
from desktop_app.windows.progress import Tally, stage_text
from desktop_app.windows.request_model import RequestModel
from desktop_app.windows.runs import Run, Runs
from desktop_app.workers.pipeline import Outcome, PipelineThread, Preview


class DevelopmentController(QObject):
    """Submits runs and brings what they give into the darkroom.

    Attributes:
        preview_changed: item and picture of the step that was just done; a null image when the
            run has ended.
        share_changed: item and share, 0 to 1, of its run that is done.
        progress_changed: thousandths done of all that was asked for; -1 when nothing goes on.
        run_requested: the instruction that is about to be run.
        model_missed: a run was asked for, and its model is not there or is broken: a sentence that
            says so; "" where there is no model at all.
        busy_changed: whether anything is being developed.
        live: says when adjusting asks for a run.
        series: what adjusting leaves in the history.
    """

    preview_changed = Signal(str, QImage)
    share_changed = Signal(str, float)
    progress_changed = Signal(int)
    run_requested = Signal(str)
    model_missed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(
        self,
        model: RequestModel,
        darkroom: Darkroom,
        pipeline: PipelineThread,
        messages: Messages,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._darkroom = darkroom
        self._pipeline = pipeline
        self._messages = messages
        self.live = LiveRuns(model, darkroom, messages, preferences, self)
        self.series = LiveSeries(darkroom, self)
        self._runs = Runs()
        self._when_loaded: dict[str, Request] = {}
        self._tally = Tally()
        self._share = 0.0
        self._countdown = Countdown(messages, self)
        self._connect()

    def _connect(self) -> None:
        self.live.wanted.connect(self._on_live_wanted)
        self._darkroom.items_changed.connect(self._on_items_changed)
        self._darkroom.item_changed.connect(self._on_item_changed)
        self._pipeline.started.connect(self._on_started)
        self._pipeline.preview_ready.connect(self._on_preview_ready)
        self._pipeline.succeeded.connect(self._on_succeeded)
        self._pipeline.failed.connect(self._on_failed)
        self._pipeline.cancelled.connect(self._on_cancelled)
        self._pipeline.busy_changed.connect(self.busy_changed)

    @property
    def is_busy(self) -> bool:
        """Whether anything is being developed or waits for it."""
        return bool(self._runs) or bool(self._when_loaded)

    @Slot()
    def run(self) -> None:
        """Develop the photo that is looked at."""
        if not self._darkroom.current_id:
            self._messages.say("Open or drop a photo first.", MessageKind.INFO)
            return
        self.run_many([self._darkroom.current_id])

    def run_many(self, item_ids: Sequence[str]) -> None:
        """Develop photos, all with what is asked for now."""
        if self._model.lacks_model:
            self.model_missed.emit("")
            return
        self.live.put_off()
        self._model.end_gesture()
        request = self._model.settled()
        self.run_requested.emit(request.instruction)
        for item_id in item_ids:
            item = self._darkroom.item(item_id)
            if item is not None:
                self.series.end(item_id)
                self._run_item(item, request)

    @Slot()
    def run_all(self) -> None:
        """Develop all photos on the film strip."""
        self.run_many([item.item_id for item in self._darkroom.items])

    @Slot()
    def cancel(self) -> None:
        """End every run, keep what was there before."""
        self.live.put_off()
        for item_id in list(self._when_loaded):
            del self._when_loaded[item_id]
        if self._runs:
            self._messages.note("Cancelling …")  # it may take as long as a step
        self._pipeline.cancel_all()

    def stop(self) -> None:
        """End every run, because the window closes."""
        self.cancel()

    def _run_item(self, item: PhotoItem, request: Request, *, is_live: bool = False) -> None:
        if item.state is ItemState.LOADING:
            self._when_loaded[item.item_id] = request
            self._messages.note(f"{item.name} is developed as soon as it is open.")
            return
        source = _source_of(item)
        if source is None:
            self._messages.error(f"{item.name} cannot be read any more; open it again.")
            return
        self._withdraw(item.item_id)
        if item.item_id == self._darkroom.current_id:
            self._messages.clear()
        request = replace(request, job_id=new_job_id())
        self._runs.add(request.job_id, Run(item.item_id, is_live))
        self._tally.add()
        self._darkroom.update(
            item.item_id,
            request=request,
            job_id=request.job_id,
            state=ItemState.QUEUED,
            message="",
        )
        self._pipeline.submit(request, source)

    def _withdraw(self, item_id: str) -> None:
        """Cancel a photo's run, because another one takes its place or the photo is gone."""
        job_id = self._runs.withdraw(item_id)
        if job_id is not None:
            self._tally.remove()
            self._pipeline.cancel(job_id)

    # --- as the artist adjusts

    @Slot()
    def _on_live_wanted(self) -> None:
        item = self._darkroom.current
        if item is not None and not self._model.lacks_model:
            self._run_item(item, self._model.settled(), is_live=True)

    @Slot(str)
    def _on_item_changed(self, item_id: str) -> None:
        if item_id not in self._when_loaded:
            return
        item = self._darkroom.item(item_id)
        if item is not None and item.state is not ItemState.LOADING:
            request = self._when_loaded.pop(item_id)
            if item.state is not ItemState.FAILED:
                self._run_item(item, request)

    @Slot()
    def _on_items_changed(self) -> None:
        for item_id in [i for i in self._runs.item_ids if self._darkroom.item(i) is None]:
            self._withdraw(item_id)
        for item_id in [i for i in self._when_loaded if self._darkroom.item(i) is None]:
            del self._when_loaded[item_id]

    # --- what the pipeline says

    @Slot(str)
    def _on_started(self, job_id: str) -> None:
        item_id = self._runs.item_of(job_id)
        if item_id is not None:
            self._share = 0.0
            self.share_changed.emit(item_id, 0.0)
            self._darkroom.update(item_id, state=ItemState.DEVELOPING)
            self._messages.note(f"{self._tally.lead()}Developing {self._name(item_id)} …")
            self.progress_changed.emit(self._tally.thousandths(0.0))

    @Slot(object)
    def _on_preview_ready(self, preview: Preview) -> None:
        item_id = self._runs.item_of(preview.job_id)
        if item_id is None:
            return
        # What is loading may have been counted otherwise than the steps are: never backwards.
        share = self._share = max(self._share, preview.progress)
        self.progress_changed.emit(self._tally.thousandths(share))
        is_last = preview.step >= preview.total and preview.eta_s <= 0
        step = stage_text(preview.stage, 0 if is_last else preview.step, preview.total)
        self._countdown.begin(self._tally.lead() + step, preview.eta_s)
        self.share_changed.emit(item_id, share)
        if not preview.image.isNull():
            self.preview_changed.emit(item_id, preview.image)

    @Slot(object)
    def _on_succeeded(self, outcome: Outcome) -> None:
        run, is_wanted = self._runs.end(outcome.job_id)
        if run is None:
            return  # somebody else's
        entry_id = None if outcome.entry is None else outcome.entry.entry_id
        if not is_wanted:
            if run.is_live and entry_id is not None:
                self.series.discard(entry_id)  # kept in the very moment when it was replaced
            self._after_run()
            return
        before = self.series.last(run.item_id)
        self._darkroom.update(
            run.item_id,
            state=ItemState.DONE,
            result=outcome.result,
            result_levels=outcome.levels,
            thumbnail=outcome.thumbnail,
            entry_id=entry_id,
            message=outcome.warning,
        )
        if run.is_live:
            self.series.follow(run.item_id, entry_id, before)
        self._tally.succeeded(outcome.result.seconds)
        self._end_preview(run.item_id)
        if outcome.warning:
            self._messages.say(outcome.warning, MessageKind.WARNING)
        self._after_run()

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        run, is_wanted = self._runs.end(failure.job_id)
        if run is None:
            return
        if is_wanted:
            name = self._name(run.item_id)
            self._darkroom.update(run.item_id, state=ItemState.FAILED, message=failure.sentence)
            self._tally.failed(name, failure.sentence)
            self._end_preview(run.item_id)
            if failure.code is ExitCode.MODEL_MISSING:
                self.model_missed.emit(failure.sentence)
            else:
                self._messages.error(failure.sentence)
        self._after_run()

    @Slot(str)
    def _on_cancelled(self, job_id: str) -> None:
        run, is_wanted = self._runs.end(job_id)
        if run is None:
            return
        if is_wanted:
            item = self._darkroom.item(run.item_id)
            if item is not None:
                rest = item.at_rest()
                self._darkroom.update(run.item_id, state=rest.state, message="")
            self._tally.cancelled()
            self._end_preview(run.item_id)
        self._after_run()

    def _end_preview(self, item_id: str) -> None:
        self.preview_changed.emit(item_id, QImage())

    def _after_run(self) -> None:
        if self._runs:
            return
        self.progress_changed.emit(-1)
        sentence = self._tally.sentence()
        self._tally = Tally()
        if sentence:
            self._messages.note(sentence)

    def _name(self, item_id: str) -> str:
        item = self._darkroom.item(item_id)
        return item.name if item is not None else "the photo"


def _source_of(item: PhotoItem) -> Photo | Callable[[], Photo] | None:
    if item.photo is not None:
        return item.photo
    if item.path is None:
        return None
    return partial(open_photo, item.path)
