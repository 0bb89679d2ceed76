"""How far a download is, and how long it will still take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

_SMOOTHING_S = 5.0
_TELL_EVERY_S = 0.1
_SHORT_S = 90


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is.

    Attributes:
        model: its id.
        file: path in the repository of what is fetched now; "" before the first file.
        file_done_bytes: of that file, on the disk.
        file_total_bytes: how large that file is.
        done_bytes: of all files together, on the disk.
        total_bytes: how large they are together; 0 while that is asked for.
        bytes_per_s: how quickly it goes, smoothed over some seconds; 0 where nothing came yet.
        remaining_s: seconds until all is there, at that speed; None where nobody knows.
        remark: a sentence about what holds it up; "" while all goes well.
    """

    model: str
    file: str = ""
    file_done_bytes: int = 0
    file_total_bytes: int = 0
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float = 0.0
    remaining_s: float | None = None
    remark: str = ""


OnProgress = Callable[[DownloadProgress], None]


class Meter:
    """Counts bytes, and tells of them ten times a second."""

    def __init__(
        self, model: str, on_progress: OnProgress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._model = model
        self._on_progress = on_progress
        self._clock = clock
        self._file = ""
        self._file_done = self._file_total = self._done = self._total = 0
        self._speed = Speed()
        self._told_s = -math.inf

    def start(self, total_bytes: int) -> None:
        """Begin to count towards a total, from nothing."""
        self._file, self._file_done, self._file_total = "", 0, 0
        self._done, self._total = 0, total_bytes
        self.tell()

    def begin_file(self, file: str, total_bytes: int) -> None:
        """Begin with a file."""
        self._file, self._file_done, self._file_total = file, 0, total_bytes
        self._speed.restart(self._clock())
        self.tell()

    def found(self, count: int) -> None:
        """Count bytes that are on the disk already; fewer than 0 for what had to be thrown away."""
        self._file_done += count
        self._done += count
        self._speed.restart(self._clock())  # checking is no measure of the network
        self._tell_sometimes()

    def received(self, count: int) -> None:
        """Count bytes that came over the network."""
        self._file_done += count
        self._done += count
        self._speed.add(count, self._clock())
        self._tell_sometimes()

    def waited(self) -> None:
        """Note that nothing came for a moment, so that the speed does not stay what it was."""
        self._speed.add(0, self._clock())
        self._tell_sometimes()

    def tell(self, remark: str = "") -> None:
        """Tell of it now."""
        self._told_s = self._clock()
        speed = self._speed.bytes_per_s
        left = self._total - self._done
        self._on_progress(
            DownloadProgress(
                model=self._model,
                file=self._file,
                file_done_bytes=self._file_done,
                file_total_bytes=self._file_total,
                done_bytes=self._done,
                total_bytes=self._total,
                bytes_per_s=speed,
                remaining_s=left / speed if speed > 0 and self._total else None,
                remark=remark,
            )
        )

    def _tell_sometimes(self) -> None:
        if self._clock() - self._told_s >= _TELL_EVERY_S:
            self.tell()


class Speed:
    """An average of the speed in which what is long ago counts for little.

    Attributes:
        bytes_per_s: the average; 0 where nothing was measured yet.
    """

    def __init__(self) -> None:
        self.bytes_per_s = 0.0
        self._weight = 0.0
        self._since_s = 0.0
        self._bytes = 0

    def restart(self, now_s: float) -> None:
        """Do not count the time before `now_s`."""
        self._since_s, self._bytes = now_s, 0

    def add(self, count: int, now_s: float) -> None:
        """Count bytes that came since the last ones."""
        self._bytes += count
        passed_s = now_s - self._since_s
        if passed_s < _TELL_EVERY_S:  # single pieces come in bursts
            return
        kept = math.exp(-passed_s / _SMOOTHING_S)
        total = self.bytes_per_s * self._weight * kept + self._bytes / passed_s * (1 - kept)
        self._weight = self._weight * kept + 1 - kept  # below 1 at first, when little is known
        self.bytes_per_s = total / self._weight
        self.restart(now_s)


def time_words(seconds: float) -> str:
    """Return about how long something takes, as people read it: "8 s", "4 min", "2.5 h"."""
    if seconds < _SHORT_S:
        return f"{max(1, round(seconds))} s"
    if seconds < 60 * _SHORT_S:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def size_words(count: int) -> str:
    """Return a number of bytes as people read it: "4.9 GB", "12 MB", "0.3 MB"."""
    if count >= 10**9:
        return f"{count / 10**9:.1f} GB"
    digits = 0 if count >= 10**7 else 1
    return f"{max(count / 10**6, 0.1):.{digits}f} MB"
