"""How long the classic engine takes and how much memory, beside OpenCV's stylization.

    python tests/benchmarks/classic.py [--photos DIR] [--repeats N] [--large] [--no-memory]

Prints medians, the sizes turn by turn so that what else the machine does falls on all alike. The
peak memory of each size is that of a process of its own, which opens nothing but the photo.
--large adds 100 megapixels.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script

from desktop_app.core.events import StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.engines.classic.engine import ClassicEngine
from tests.benchmarks.common import read_rgb, run, sample_photos, stylized, tiled

SIZES = {"1 MP": Extent(1200, 833), "12 MP": Extent(4000, 3000)}
LARGE = {"100 MP": Extent(12000, 8334)}
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass
class Times:
    """Seconds of each run at one size."""

    first_preview: list[float]
    whole: list[float]
    stylization: list[float]


def sources(folder: Path | None, wanted: int = 3) -> list[RgbImage]:
    """Return photos to make large ones from: those of `folder`, or scikit-image's."""
    if folder is not None:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES)
        if not paths:
            sys.exit(f"There is no photo in {folder}.")
        return [read_rgb(path) for path in paths[:: max(1, len(paths) // wanted)][:wanted]]
    return sample_photos()


def measure(engine: ClassicEngine, photo: RgbImage, times: Times, *, stylization: bool) -> None:
    """Run `photo` once and note how long it took."""
    previews: list[float] = []

    def on_step(_preview: StepPreview) -> None:
        previews.append(time.perf_counter() - start)

    start = time.perf_counter()
    run(engine, photo, on_step=on_step)
    times.whole.append(time.perf_counter() - start)
    times.first_preview.append(previews[0])
    if stylization:
        start = time.perf_counter()
        stylized(photo)
        times.stylization.append(time.perf_counter() - start)


def peak_memory_mb(kind: str, size: str) -> float:
    """Return the peak memory of one run in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return pool.apply(_peak, (kind, size))


def _peak(kind: str, size: str) -> float:
    extent = {**SIZES, **LARGE}[size]
    tile = sample_photos()[0]
    photo = np.empty((extent.height, extent.width, 3), np.uint8)
    for top in range(0, extent.height, tile.shape[0]):  # strip by strip: no peak of its own
        for left in range(0, extent.width, tile.shape[1]):
            part = photo[top : top + tile.shape[0], left : left + tile.shape[1]]
            part[:] = tile[: part.shape[0], : part.shape[1]]
    if kind == "engine":
        run(ClassicEngine(), photo)
    elif kind == "stylization":
        stylized(photo)
    return _high_water_mark_bytes() / 1e6


def _high_water_mark_bytes() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage starts from the parent's mark on Linux
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return float(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def report(size: str, times: Times) -> None:
    """Print one size's line."""
    whole, first = statistics.median(times.whole), statistics.median(times.first_preview)
    line = f"{size:>7}: first preview {first:6.3f} s   finished {whole:7.3f} s"
    if times.stylization:
        other = statistics.median(times.stylization)
        line += f"   cv2.stylization {other:7.3f} s   ({whole / other:.2f} of it)"
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photos", type=Path, help="folder of photos instead of scikit-image's")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="100 megapixels as well")
    parser.add_argument("--no-memory", action="store_true", help="times only")
    return parser.parse_args()


def main() -> None:
    """Print times and peak memory."""
    arguments = _arguments()
    sizes = {**SIZES, **(LARGE if arguments.large else {})}
    photos = sources(arguments.photos)
    engine = ClassicEngine()
    run(engine, photos[0])  # libraries and looks are loaded once
    times = {size: Times([], [], []) for size in sizes}
    for turn in range(arguments.repeats):
        for size, extent in sizes.items():
            if size in LARGE and turn:
                continue
            photo = tiled(photos[turn % len(photos)], extent, seed=turn)
            measure(engine, photo, times[size], stylization=turn == 0 or size not in LARGE)
            del photo
    for size in sizes:
        report(size, times[size])
    for size in () if arguments.no_memory else sizes:
        ours, alone = peak_memory_mb("engine", size), peak_memory_mb("photo", size)
        other = peak_memory_mb("stylization", size)
        print(
            f"{size:>7}: peak memory {ours:6.0f} MB (with the photo alone {alone:.0f} MB,"
            f" cv2.stylization {other:.0f} MB)",
            flush=True,
        )


if __name__ == "__main__":
    main()
