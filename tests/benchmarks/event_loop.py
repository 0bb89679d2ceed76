"""The longest time that the window's event loop stands still while a photo opens and develops.

    python tests/benchmarks/event_loop.py [PHOTO] [--megapixels 12] [--rounds 3] [--keep]
        [--switch-interval SECONDS] [--engine diffusion ...]

A 10 ms timer in the GUI thread writes down the gaps between its ticks, while the photo is read by
PhotoLoader, shown by Canvas, and developed by an engine in PipelineThread: the classic one, or the
diffusion engine through all that its process does (see event_loop_diffusion.py). Without PHOTO one
is made. `--keep` also keeps the result in a history. A gap of 10 ms is no delay at all; the promise
is that none is longer than 50 ms. It also prints the longest gap without the time in which other
programs had the processors (on Linux), and the longest time that the thread computed in one gap.
Times depend on the machine and on what else it does, so nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication
from skimage import data

from desktop_app.core.events import Failure
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request, new_job_id
from desktop_app.engines.diffusion.engine import DiffusionEngine
from desktop_app.engines.registry import available_engines
from desktop_app.imaging.saving import save_picture
from desktop_app.session.history import History
from desktop_app.widgets.canvas import Canvas
from desktop_app.workers.photo_loader import LoadedPhoto, LoadFailure, PhotoLoader
from desktop_app.workers.pipeline import Outcome, PipelineThread, Preview
from tests.benchmarks.common import tiled
from tests.benchmarks.event_loop_diffusion import Unloading, request, tiny_model

TICK_MS = 10
TIMEOUT_MS = 600_000
CANCEL_AT_STEP = 3

Act = tuple[str, Callable[[], None]]
"""What a phase is called, and what begins it; it goes on until Bench tells that it has ended."""


@dataclass(frozen=True)
class Gap:
    """A time without a tick.

    Attributes:
        ms: how long it was.
        waited_ms: how long of it other programs had the processors.
        worked_ms: how long of it the thread itself computed; the rest went to waiting for others
            in this process, or for the disk.
    """

    ms: float
    waited_ms: float
    worked_ms: float


class Gaps(QObject):
    """Writes down the gaps between the ticks of a timer."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._last = self._last_waited = self._last_worked = 0.0
        self.gaps: list[Gap] = []

    def start(self) -> None:
        """Forget what was and begin."""
        self.gaps = []
        self._last, self._last_waited = time.perf_counter(), waited_s()
        self._last_worked = time.thread_time()
        self._timer.start()

    def stop(self) -> list[Gap]:
        """Return the gaps, the longest first."""
        self._timer.stop()
        return sorted(self.gaps, key=lambda gap: gap.ms, reverse=True)

    @Slot()
    def _on_tick(self) -> None:
        now, waited, worked = time.perf_counter(), waited_s(), time.thread_time()
        self.gaps.append(
            Gap(
                (now - self._last) * 1000,
                (waited - self._last_waited) * 1000,
                (worked - self._last_worked) * 1000,
            )
        )
        self._last, self._last_waited, self._last_worked = now, waited, worked


def waited_s() -> float:
    """Return how long the main thread was ready to run while others did; 0 but on Linux."""
    try:
        return int(Path("/proc/self/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


class Bench(QObject):
    """Opens and develops one photo as the window does.

    Attributes:
        ended: what was begun has ended.
        request: what `develop` asks for.
    """

    ended = Signal()

    def __init__(self, keep_in: Path | None) -> None:
        super().__init__()
        self.request = Request()
        self.loader = PhotoLoader(self)
        keeper = None if keep_in is None else History(keep_in).keep
        self.engines = available_engines()
        self.pipeline = PipelineThread(self.engines, self, keeper=keeper)
        self.canvas = Canvas()
        self.canvas.resize(1280, 800)
        self.canvas.show()
        self.photo: Photo | None = None
        self.previews = 0
        self.first_preview_ms = 0.0
        self._start = 0.0
        self._is_to_cancel = False
        self.loader.loaded.connect(self._on_loaded)
        self.loader.failed.connect(self._on_load_failed)
        self.pipeline.preview_ready.connect(self._on_preview)
        self.pipeline.succeeded.connect(self._on_succeeded)
        self.pipeline.failed.connect(self._on_failed)
        self.pipeline.cancelled.connect(self._on_cancelled)

    def open(self, path: Path) -> None:
        """Read and show the photo."""
        self.loader.load("item", path, urgent=True)

    def develop(self) -> None:
        """Develop the photo that was read."""
        assert self.photo is not None
        self.previews, self.first_preview_ms = 0, 0.0
        self._start = time.perf_counter()
        self.pipeline.submit(replace(self.request, job_id=new_job_id()), self.photo)

    def cancel(self) -> None:
        """Develop it, and change one's mind in the middle."""
        self._is_to_cancel = True
        self.develop()

    @Slot(object)
    def _on_loaded(self, loaded: LoadedPhoto) -> None:
        self.photo = loaded.photo
        self.canvas.set_photo(loaded.levels)
        self.ended.emit()

    @Slot(object)
    def _on_load_failed(self, failure: LoadFailure) -> None:
        sys.exit(failure.sentence)

    @Slot(object)
    def _on_preview(self, preview: Preview) -> None:
        if not self.previews:
            self.first_preview_ms = (time.perf_counter() - self._start) * 1000
        self.previews += 1
        if not preview.image.isNull():
            self.canvas.set_preview(preview.image)
        if self._is_to_cancel and preview.step >= CANCEL_AT_STEP:
            self._is_to_cancel = False
            self.pipeline.cancel(preview.job_id)

    @Slot(object)
    def _on_succeeded(self, outcome: Outcome) -> None:
        self.canvas.set_preview(None)
        self.canvas.set_result(outcome.levels)
        self.ended.emit()

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        sys.exit(failure.sentence)

    @Slot(str)
    def _on_cancelled(self, _job_id: str) -> None:
        self.canvas.set_preview(None)
        self.ended.emit()


def main() -> None:
    """Print the gaps of some rounds."""
    parser = argparse.ArgumentParser(description="longest stall of the event loop")
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--megapixels", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--switch-interval", type=float, default=sys.getswitchinterval())
    parser.add_argument("--engine", choices=("classic", "diffusion"), default="classic")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--working-size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    sys.setswitchinterval(arguments.switch_interval)
    application = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.photo or _made(Path(folder), arguments.megapixels)
        bench = Bench(Path(folder) / "history" if arguments.keep else None)
        acts = _classic_acts(bench)
        if arguments.engine == "diffusion":
            model = arguments.model or tiny_model(Path(folder) / "model")
            bench.request = request(model, arguments.working_size, arguments.steps)
            acts = _diffusion_acts(bench)
        for number in range(1, arguments.rounds + 1):
            _round(bench, [("open", partial(bench.open, path)), *acts], number)
        assert bench.loader.shutdown()
        assert bench.pipeline.shutdown()
    del application


def _classic_acts(bench: Bench) -> list[Act]:
    return [("develop", bench.develop)]


def _diffusion_acts(bench: Bench) -> list[Act]:
    engine = next(each for each in bench.engines if isinstance(each, DiffusionEngine))
    unloading = Unloading(engine)
    unloading.ended.connect(bench.ended)
    return [
        ("start, load and run", bench.develop),
        ("run", bench.develop),
        ("cancel", bench.cancel),
        ("unload", unloading.start),
        ("all of it again", bench.develop),
        ("unload", unloading.start),
    ]


def _round(bench: Bench, acts: Sequence[Act], number: int) -> None:
    gaps = Gaps()
    for name, act in acts:
        loop = QEventLoop()
        bench.ended.connect(loop.quit)
        QTimer.singleShot(TIMEOUT_MS, loop.quit)
        start = time.perf_counter()
        gaps.start()
        act()
        loop.exec()
        took_ms = (time.perf_counter() - start) * 1000
        _settle()  # the last picture is painted now
        found = gaps.stop()
        longest = ", ".join(f"{gap.ms:.0f}" for gap in found[:5])
        own = max(gap.ms - gap.waited_ms for gap in found)
        work = max(gap.worked_ms for gap in found)
        extra = ""
        if bench.previews and name not in ("open", "unload"):
            extra = f"; first preview {bench.first_preview_ms:.0f} ms, {bench.previews} shown"
        print(f"round {number} {name:19} {took_ms:6.0f} ms; longest gaps {longest} ms, ", end="")
        print(f"{own:.0f} of its own, {work:.0f} at work{extra}")


def _settle() -> None:
    loop = QEventLoop()
    QTimer.singleShot(200, loop.quit)
    loop.exec()


def _made(folder: Path, megapixels: float) -> Path:
    extent = Extent(4, 3).scaled((megapixels * 1e6 / 12) ** 0.5)
    astronaut = data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
    pixels = tiled(astronaut, extent)
    path = folder / "photo.jpg"
    save_picture(path, pixels, Photo(pixels))
    return path


if __name__ == "__main__":
    main()
