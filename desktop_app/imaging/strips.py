"""Work on big pictures in bands of rows, so that what is between two steps stays small."""

from __future__ import annotations

from collections.abc import Iterator

_STRIP_PIXELS = 1 << 19


def strips(width: int, height: int) -> Iterator[slice]:
    """Yield slices of rows from top to bottom, each about half a megapixel."""
    rows = max(1, _STRIP_PIXELS // max(1, width))
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
