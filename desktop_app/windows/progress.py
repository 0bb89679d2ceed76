"""Counting runs, and putting into words how they went."""

from __future__ import annotations

import math


def eta_text(seconds: float) -> str:
    """Return ", about 3 s left", or "" where nothing honest can be said."""
    if not math.isfinite(seconds) or seconds <= 0:
        return ""
    if seconds < 1:
        return ", less than 1 s left"
    if seconds < 90:
        return f", about {math.ceil(seconds)} s left"
    return f", about {round(seconds / 60)} min left"


def stage_text(stage: str, step: int, total: int) -> str:
    """Return "Drawing, 3 of 20"; a step of 0 is none that counts."""
    return f"{stage}, {step} of {total}" if step else stage


class Tally:
    """Counts the runs from the first that was asked for to the last that ended."""

    def __init__(self) -> None:
        self._wanted = 0
        self._done = 0
        self._cancelled = 0
        self._failures: list[tuple[str, str]] = []
        self._seconds = 0.0

    def add(self) -> None:
        """Count a run that was asked for."""
        self._wanted += 1

    def remove(self) -> None:
        """Take back a run that another one replaces."""
        self._wanted -= 1

    def succeeded(self, seconds: float) -> None:
        """Count a run that gave a picture."""
        self._done += 1
        self._seconds += seconds

    def failed(self, name: str, sentence: str) -> None:
        """Count a run that failed."""
        self._failures.append((name, sentence))

    def cancelled(self) -> None:
        """Count a run that was cancelled."""
        self._cancelled += 1

    @property
    def _ended(self) -> int:
        return self._done + self._cancelled + len(self._failures)

    def thousandths(self, share: float) -> int:
        """Return how much of all runs is done, `share` (0..1) of the one that goes on."""
        return round(1000 * min(1.0, (self._ended + share) / max(1, self._wanted)))

    def lead(self) -> str:
        """Return "Photo 2 of 5: " where there are several, else ""."""
        if self._wanted < 2:
            return ""
        return f"Photo {min(self._ended + 1, self._wanted)} of {self._wanted}: "

    def sentence(self) -> str:
        """Return how it all went; "" where nothing was asked for."""
        if self._wanted < 1:
            return ""
        if self._wanted == 1:
            if self._failures:
                return self._failures[0][1]
            return "Cancelled." if self._cancelled else f"Developed in {self._seconds:.1f} s."
        parts = [f"{self._done} of {self._wanted} photos developed in {self._seconds:.1f} s"]
        if self._failures:
            names = ", ".join(name for name, _ in self._failures[:3])
            more = len(self._failures) - 3
            parts.append(f"failed: {names}" + (f" and {more} more" if more > 0 else ""))
        if self._cancelled:
            parts.append(f"{self._cancelled} cancelled")
        return "; ".join(parts) + "."
