"""The contact sheet: pairs of guidance developed small, one after the other, to choose from."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QStackedWidget

from desktop_app.core.errors import ExitCode
from desktop_app.core.events import Failure
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request, new_job_id
from desktop_app.session.darkroom import Darkroom
from desktop_app.widgets.canvas import Canvas
from desktop_app.widgets.contact_sheet import ContactSheet, TileState
from desktop_app.widgets.guidance_section import IMAGE, TEXT
from desktop_app.windows.contact_plan import ContactPlan, Pair
from desktop_app.windows.countdown import Countdown
from desktop_app.windows.development_controller import DevelopmentController
from desktop_app.windows.messages import Messages
from desktop_app.windows.progress import stage_text
from desktop_app.windows.request_model import RequestModel
from desktop_app.workers.pipeline import Outcome, PipelineThread, Preview

PROOF_PX = 256
RESTART_DELAY_MS = 400
NO_PHOTO = "open or drop a photo first"
NO_MODEL = "choose a model first"
NOT_OPEN = "wait until the photo is open"
NO_GUIDANCE = "the engine in use needs no guidance"
BUSY = "wait until the run has ended, or cancel it"


class ContactSheetController(QObject):
    """Makes a contact sheet in the place of the canvas. Nothing of it is kept.

    What the artist changes meanwhile begins it anew; developing, cancelling and looking at another
    photo end it.

    Attributes:
        progress_changed: thousandths of the sheet that are done; -1 when nothing goes on.
        open_changed: whether the sheet is what is seen.
    """

    progress_changed = Signal(int)
    open_changed = Signal(bool)

    def __init__(
        self,
        sheet: ContactSheet,
        canvas: Canvas,
        stack: QStackedWidget,
        model: RequestModel,
        darkroom: Darkroom,
        pipeline: PipelineThread,
        development: DevelopmentController,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sheet = sheet
        self._canvas = canvas
        self._stack = stack
        self._model = model
        self._darkroom = darkroom
        self._pipeline = pipeline
        self._development = development
        self._messages = messages
        self._plan: ContactPlan | None = None
        self._request = Request()
        self._photo: Photo | None = None
        self._places: dict[Pair, tuple[int, int]] = {}
        self._done: dict[Pair, QImage] = {}
        self._waiting: deque[Pair] = deque()
        self._pair: Pair = (0.0, 0.0)
        self._job_id = ""
        self._share = 0.0
        self._seconds: list[float] = []
        self._countdown = Countdown(messages, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RESTART_DELAY_MS)
        self._connect()

    def _connect(self) -> None:
        self._sheet.chosen.connect(self._on_chosen)
        self._sheet.close_requested.connect(self.close)
        self._sheet.wide_toggled.connect(self._on_wide_toggled)
        self._timer.timeout.connect(self._on_restart)
        self._model.adjusted.connect(self._on_adjusted)
        self._darkroom.current_changed.connect(self.close)
        self._development.run_requested.connect(self.close)
        self._pipeline.started.connect(self._on_started)
        self._pipeline.preview_ready.connect(self._on_preview_ready)
        self._pipeline.succeeded.connect(self._on_succeeded)
        self._pipeline.failed.connect(self._on_failed)
        self._pipeline.cancelled.connect(self._on_cancelled)

    @property
    def is_open(self) -> bool:
        """Whether the sheet is what is seen."""
        return self._plan is not None

    def why_not(self) -> str:
        """Return why no sheet can be made now; "" where one can."""
        item = self._darkroom.current
        if item is None:
            return NO_PHOTO
        if not self._model.capabilities.uses_guidance:
            return NO_GUIDANCE
        if self._model.lacks_model:
            return NO_MODEL
        if item.photo is None:
            return NOT_OPEN
        return BUSY if self._development.is_busy else ""

    @Slot()
    def toggle(self) -> None:
        """Show a sheet for the photo that is looked at, or go back to the canvas."""
        if self.is_open:
            self.close()
        elif not self.why_not():
            self._open()

    @Slot()
    def cancel(self) -> None:
        """End what goes on: the sheet, or else every run."""
        if self.is_open:
            self.close()
        else:
            self._development.cancel()

    @Slot()
    def close(self) -> None:
        """Give up what is not done yet and go back to the canvas."""
        if self._plan is None:
            return
        was_running = bool(self._job_id)
        self._stop()
        self._plan, self._photo = None, None
        self._done.clear()
        had_focus = self._sheet.isAncestorOf(self._sheet.window().focusWidget() or self._canvas)
        self._stack.setCurrentWidget(self._canvas)
        if had_focus:
            self._canvas.setFocus()
        self._development.live.is_paused = False
        if was_running:
            self._messages.note("The contact sheet was given up.")
        self.open_changed.emit(False)

    def _open(self) -> None:
        self._development.live.put_off()
        self._development.live.is_paused = True
        self._begin()
        self._stack.setCurrentWidget(self._sheet)
        plan = self._plan
        assert plan is not None
        self._sheet.focus(plan.row, plan.column)
        self.open_changed.emit(True)

    def _begin(self) -> None:
        """Plan the sheet for what is asked for now, and develop what it lacks."""
        item = self._darkroom.current
        if item is None or item.photo is None or not self._model.capabilities.uses_guidance:
            self.close()
            return
        self._photo = item.photo
        request, defaults = self._model.settled(), self._model.interpretation.defaults
        text = _first(request.text_guidance, defaults.text_guidance, TEXT.default)
        image = _first(request.image_guidance, defaults.image_guidance, IMAGE.default)
        plan = ContactPlan.around(text, image, wide=self._sheet.is_wide)
        self._plan, self._request = plan, request
        self._places = {plan.pair(row, column): (row, column) for row, column in plan.places()}
        self._sheet.set_grid(plan.texts, plan.images, (plan.row, plan.column))
        self._seconds = []
        for pair in self._done.keys() & self._places.keys():
            self._sheet.tile(*self._places[pair]).show_done(self._done[pair])
        self._waiting = deque(pair for pair in self._places if pair not in self._done)
        self._next()

    def _next(self) -> None:
        self._share = 0.0
        if not self._waiting or self._photo is None:
            self._job_id = ""
            self._end()
            return
        self._pair = self._waiting.popleft()
        text, image = self._pair
        request = replace(
            self._request,
            text_guidance=text,
            image_guidance=image,
            working_size_px=PROOF_PX,
            size_px=PROOF_PX,
            blend=1.0,
            job_id=new_job_id(),
        )
        self._job_id = request.job_id
        self._tell_progress()
        self._pipeline.submit(request, self._photo, keep=False)

    def _end(self) -> None:
        self.progress_changed.emit(-1)
        tiles = [self._sheet.tile(*place) for place in self._places.values()]
        failed = sum(tile.state is TileState.FAILED for tile in tiles)
        if failed == len(tiles):
            self._messages.note(tiles[0].sentence)
        elif failed:
            self._messages.note(f"The contact sheet is done; {failed} of {len(tiles)} failed.")
        else:
            self._messages.note("The contact sheet is done: click a picture to use its values.")

    def _stop(self) -> None:
        self._timer.stop()
        self._waiting.clear()
        job_id, self._job_id = self._job_id, ""
        if job_id:
            self._pipeline.cancel(job_id)
            self.progress_changed.emit(-1)

    def _tell_progress(self) -> None:
        total = len(self._places)
        done = total - len(self._waiting) - 1
        self.progress_changed.emit(round(1000 * (done + self._share) / total))

    def _eta_s(self, preview: Preview) -> float:
        if self._seconds:
            each = sum(self._seconds) / len(self._seconds)
        elif self._photo is not None:
            proof = replace(self._request, working_size_px=PROOF_PX, size_px=PROOF_PX)
            estimate = self._model.estimate(proof, self._photo.extent)
            each = 0.0 if estimate is None else estimate.seconds
        else:
            each = 0.0
        return max(0.0, preview.eta_s) + each * len(self._waiting)

    # --- what the artist wants

    @Slot(float, float)
    def _on_chosen(self, text: float, image: float) -> None:
        self.close()
        request = replace(self._model.request, text_guidance=text, image_guidance=image)
        self._model.adopt(request, "Adopt guidance")
        self._development.run()

    @Slot(bool)
    def _on_wide_toggled(self, _is_wide: bool) -> None:
        if self.is_open:
            self._stop()
            self._begin()

    @Slot()
    def _on_adjusted(self) -> None:
        if self.is_open:
            self._timer.start()

    @Slot()
    def _on_restart(self) -> None:
        if self.is_open:
            self._stop()
            self._done.clear()
            self._begin()

    # --- what the pipeline says

    def _is_mine(self, job_id: str) -> bool:
        return bool(job_id) and job_id == self._job_id

    @Slot(str)
    def _on_started(self, job_id: str) -> None:
        if self._is_mine(job_id):
            self._sheet.tile(*self._places[self._pair]).show_developing(QImage(), 0.0)

    @Slot(object)
    def _on_preview_ready(self, preview: Preview) -> None:
        if not self._is_mine(preview.job_id):
            return
        self._share = max(self._share, preview.progress)
        tile = self._sheet.tile(*self._places[self._pair])
        tile.show_developing(preview.image, self._share)
        self._tell_progress()
        number, total = len(self._places) - len(self._waiting), len(self._places)
        step = stage_text(preview.stage, preview.step, preview.total)
        self._countdown.begin(f"Contact sheet, {number} of {total}: {step}", self._eta_s(preview))

    @Slot(object)
    def _on_succeeded(self, outcome: Outcome) -> None:
        if not self._is_mine(outcome.job_id):
            return
        self._seconds.append(outcome.result.seconds)
        self._done[self._pair] = outcome.levels[0]
        self._sheet.tile(*self._places[self._pair]).show_done(outcome.levels[0])
        self._next()

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        if not self._is_mine(failure.job_id):
            return
        failed = [self._pair]
        if failure.code is ExitCode.MODEL_MISSING:  # so it would be for the others
            failed += self._waiting
            self._waiting.clear()
        for pair in failed:
            self._sheet.tile(*self._places[pair]).show_failed(failure.sentence)
        self._next()

    @Slot(str)
    def _on_cancelled(self, job_id: str) -> None:
        if self._is_mine(job_id):  # by somebody who cancelled everything
            self.close()


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
