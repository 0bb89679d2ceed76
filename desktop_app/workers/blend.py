"""Blending the cartoon with the photo after the run, without running it again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from desktop_app.core.events import Result
from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, Photo, RgbImage
from desktop_app.imaging.colour import to_srgb
from desktop_app.imaging.finishing import blended
from desktop_app.imaging.scaling import resized
from desktop_app.workers.display import display_levels, small_image, to_qimage
from desktop_app.workers.tasks import TaskRunner

SMALL_PX = 1_600
"""Long side of what is shown while the slider moves: about what a screen shows of it."""
SETTLE_MS = 220
"""How long the slider rests before the blend is made at full size."""


@dataclass(frozen=True, eq=False)
class Blended:
    """One item's result, blended with its photo, at full size.

    Attributes:
        item_id: whose it is.
        job_id: the run that made the result.
        amount: how much of the cartoon is in it, 0 to 1.
        levels: what the canvas shows, full size first.
        thumbnail: what the film strip shows.
    """

    item_id: str
    job_id: str
    amount: float
    levels: tuple[QImage, ...]
    thumbnail: QImage


@dataclass(frozen=True, eq=False)
class SmallBlend:
    """The same at the size of a screen, to be looked at while the slider moves."""

    item_id: str
    job_id: str
    amount: float
    image: QImage


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
    """Makes new pictures while the blend slider moves; the latest amount wins.

    While amounts keep coming, only small blends are made: full-size ones would keep all processor
    cores busy and the window would stutter. The full-size one follows when the slider rests.

    Signals (emitted in the GUI thread):
        small_ready(SmallBlend)
        ready(Blended)
        failed(BlendFailure)
    """

    small_ready = Signal(object)
    ready = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._small = TaskRunner(self, threads=1)
        self._full = TaskRunner(self, threads=1)
        self._shrinker = _Shrinker()
        self._wanted: dict[str, partial[Blended]] = {}
        self._settle_timer = QTimer(self)
        self._settle_timer.setSingleShot(True)
        self._settle_timer.setInterval(SETTLE_MS)
        self._settle_timer.timeout.connect(self._on_settled)
        self._small.done.connect(self._on_small_done)
        self._full.done.connect(self._on_done)
        for runner in (self._small, self._full):
            runner.failed.connect(self._on_failed)

    def blend(self, item_id: str, result: Result, photo: Photo, amount: float) -> None:
        """Show `result` with `amount` of the cartoon in it: small at once, then at full size."""
        self._full.drop(item_id)  # an older amount, which would show for a moment
        self._wanted[item_id] = partial(_blend, item_id, result, photo, amount)
        self._settle_timer.start()
        work = partial(self._shrinker.blend, item_id, result, photo, amount)
        self._small.run_latest(item_id, work)

    def drop(self, item_id: str) -> None:
        """Forget what is being made for an item whose picture has changed or gone."""
        self._wanted.pop(item_id, None)
        self._small.drop(item_id)
        self._full.drop(item_id)

    def shutdown(self, timeout_ms: int = 8_000) -> bool:
        """Take no more work and wait for what runs; return whether it ended in time."""
        self._settle_timer.stop()
        self._wanted.clear()
        small = self._small.shutdown(timeout_ms)
        return self._full.shutdown(timeout_ms) and small

    @Slot()
    def _on_settled(self) -> None:
        wanted, self._wanted = self._wanted, {}
        for item_id, work in wanted.items():
            self._full.run_latest(item_id, work)

    @Slot(str, object)
    def _on_small_done(self, _item_id: str, answer: object) -> None:
        self.small_ready.emit(answer)

    @Slot(str, object)
    def _on_done(self, _item_id: str, answer: object) -> None:
        self.ready.emit(answer)

    @Slot(str, str)
    def _on_failed(self, item_id: str, sentence: str) -> None:
        self._wanted.pop(item_id, None)  # it would fail in the same way
        self.failed.emit(BlendFailure(item_id, sentence))


@dataclass(frozen=True, eq=False)
class _Pair:
    """A result and its photo at the size of a screen."""

    picture: RgbImage
    alpha: GreyImage | None
    photo: Photo


class _Shrinker:
    """Blends at the size of a screen; used by one thread, so that the last pair can be kept."""

    def __init__(self) -> None:
        self._key: tuple[str, str] = ("", "")
        self._pair: _Pair | None = None

    def blend(self, item_id: str, result: Result, photo: Photo, amount: float) -> SmallBlend:
        job_id = result.request.job_id
        if self._pair is None or self._key != (item_id, job_id):
            self._key, self._pair = (item_id, job_id), _shrunk(result, photo)
        pair = self._pair
        pixels = to_srgb(blended(pair.picture, pair.photo, amount), photo.icc_profile)
        return SmallBlend(item_id, job_id, amount, to_qimage(pixels, pair.alpha))


def _shrunk(result: Result, photo: Photo) -> _Pair:
    height, width = result.picture.shape[:2]
    share = min(1.0, SMALL_PX / max(height, width))
    small = Extent(max(1, round(width * share)), max(1, round(height * share)))
    alpha = None if result.alpha is None else resized(result.alpha, small)
    return _Pair(resized(result.picture, small), alpha, Photo(resized(photo.pixels, small)))


def _blend(item_id: str, result: Result, photo: Photo, amount: float) -> Blended:
    levels = blended_levels(result, photo, amount)
    return Blended(item_id, result.request.job_id, amount, levels, small_image(levels))
