"""The longest time that the window's event loop stands still while a photo opens and develops.

    python tests/benchmarks/event_loop.py [PHOTO] [--megapixels 12] [--rounds 3] [--keep]
        [--switch-interval SECONDS]

A 10 ms timer in the GUI thread writes down the gaps between its ticks, while the photo is read by
PhotoLoader, shown by Canvas, and developed by the classic engine in PipelineThread. Without PHOTO
one is made. `--keep` also keeps the result in a history. A gap of 10 ms is no delay at all; the
promise is that none is longer than 50 ms. Times depend on the machine and on what else it does, so
nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
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
from desktop_app.core.request import Request
from desktop_app.engines.registry import available_engines
from desktop_app.imaging.saving import save_picture
from desktop_app.session.history import History
from desktop_app.widgets.canvas import Canvas
from desktop_app.workers.photo_loader import LoadedPhoto, LoadFailure, PhotoLoader
from desktop_app.workers.pipeline import Outcome, PipelineThread, Preview
from tests.benchmarks.common import tiled

TICK_MS = 10
TIMEOUT_MS = 120_000


class Gaps(QObject):
    """Writes down the gaps between the ticks of a timer."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._last = 0.0
        self.gaps_ms: list[float] = []

    def start(self) -> None:
        """Forget what was and begin."""
        self.gaps_ms = []
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> list[float]:
        """Return the gaps in milliseconds, the longest first."""
        self._timer.stop()
        return sorted(self.gaps_ms, reverse=True)

    @Slot()
    def _on_tick(self) -> None:
        now = time.perf_counter()
        self.gaps_ms.append((now - self._last) * 1000)
        self._last = now


class Bench(QObject):
    """Opens and develops one photo as the window does."""

    ended = Signal()

    def __init__(self, keep_in: Path | None) -> None:
        super().__init__()
        self.loader = PhotoLoader(self)
        keeper = None if keep_in is None else History(keep_in).keep
        self.pipeline = PipelineThread(available_engines(), self, keeper=keeper)
        self.canvas = Canvas()
        self.canvas.resize(1280, 800)
        self.canvas.show()
        self.photo: Photo | None = None
        self.previews = 0
        self.first_preview_ms = 0.0
        self._start = 0.0
        self.loader.loaded.connect(self._on_loaded)
        self.loader.failed.connect(self._on_load_failed)
        self.pipeline.preview_ready.connect(self._on_preview)
        self.pipeline.succeeded.connect(self._on_succeeded)
        self.pipeline.failed.connect(self._on_failed)

    def open(self, path: Path) -> None:
        """Read and show the photo."""
        self.loader.load("item", path, urgent=True)

    def develop(self) -> None:
        """Develop the photo that was read."""
        assert self.photo is not None
        self.previews, self.first_preview_ms = 0, 0.0
        self._start = time.perf_counter()
        self.pipeline.submit(Request(), self.photo)

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
        self.canvas.set_preview(preview.image)

    @Slot(object)
    def _on_succeeded(self, outcome: Outcome) -> None:
        self.canvas.set_preview(None)
        self.canvas.set_result(outcome.levels)
        self.ended.emit()

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        sys.exit(failure.sentence)


def main() -> None:
    """Print the gaps of some rounds."""
    parser = argparse.ArgumentParser(description="longest stall of the event loop")
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--megapixels", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--switch-interval", type=float, default=sys.getswitchinterval())
    arguments = parser.parse_args()
    sys.setswitchinterval(arguments.switch_interval)
    application = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.photo or _made(Path(folder), arguments.megapixels)
        bench = Bench(Path(folder) / "history" if arguments.keep else None)
        for number in range(1, arguments.rounds + 1):
            _round(bench, path, number)
        assert bench.loader.shutdown()
        assert bench.pipeline.shutdown()
    del application


def _round(bench: Bench, path: Path, number: int) -> None:
    gaps = Gaps()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("open", partial(bench.open, path)),
        ("develop", bench.develop),
    ]
    for name, act in steps:
        loop = QEventLoop()
        bench.ended.connect(loop.quit)
        QTimer.singleShot(TIMEOUT_MS, loop.quit)
        start = time.perf_counter()
        gaps.start()
        act()
        loop.exec()
        took_ms = (time.perf_counter() - start) * 1000
        _settle()  # the last picture is painted now
        longest = ", ".join(f"{gap:.0f}" for gap in gaps.stop()[:5])
        extra = ""
        if name == "develop":
            extra = f"; first preview {bench.first_preview_ms:.0f} ms, {bench.previews} shown"
        print(f"round {number} {name:8} {took_ms:6.0f} ms; longest gaps {longest} ms{extra}")


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
