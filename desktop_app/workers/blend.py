"""Blending the cartoon with the photo after the run, without running it again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from desktop_app.core.events import Result
from desktop_app.core.photo import Photo
from desktop_app.imaging.finishing import blended
from desktop_app.workers.display import display_levels
from desktop_app.workers.tasks import TaskRunner


@dataclass(frozen=True, eq=False)
class Blended:
    """The display levels of one item's result, blended with its photo."""

    item_id: str
    job_id: str
    amount: float
    levels: tuple[QImage, ...]


@dataclass(frozen=True)
class BlendFailure:
    """A blend that could not be made."""

    item_id: str
    sentence: str


def blended_levels(result: Result, photo: Photo, amount: float) -> tuple[QImage, ...]:
    """Return the display levels of `result` with `amount` (0..1) of the cartoon in it."""
    picture = result.picture if amount >= 1.0 else blended(result.picture, photo, amount)
    return display_levels(picture, result.alpha, photo.icc_profile)


class Blender(QObject):
    """Makes new display levels while the blend slider moves; the latest amount wins.

    Signals (emitted in the GUI thread):
        ready(Blended)
        failed(BlendFailure)
    """

    ready = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = TaskRunner(self, threads=1)
        self._tasks.done.connect(self._on_done)
        self._tasks.failed.connect(self._on_failed)

    def blend(self, item_id: str, result: Result, photo: Photo, amount: float) -> None:
        """Make the levels of `result` with `amount` of the cartoon in it."""
        self._tasks.run_latest(item_id, partial(_blend, item_id, result, photo, amount))

    def drop(self, item_id: str) -> None:
        """Forget what is being made for an item whose picture has changed or gone."""
        self._tasks.drop(item_id)

    def shutdown(self, timeout_ms: int = 8_000) -> bool:
        """Take no more work and wait for what runs; return whether it ended in time."""
        return self._tasks.shutdown(timeout_ms)

    @Slot(str, object)
    def _on_done(self, _item_id: str, answer: object) -> None:
        self.ready.emit(answer)

    @Slot(str, str)
    def _on_failed(self, item_id: str, sentence: str) -> None:
        self.failed.emit(BlendFailure(item_id, sentence))


def _blend(item_id: str, result: Result, photo: Photo, amount: float) -> Blended:
    levels = blended_levels(result, photo, amount)
    return Blended(item_id, result.request.job_id, amount, levels)
