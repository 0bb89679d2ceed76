"""Which pairs of guidance a contact sheet shows, and in which order they are developed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

TEXT_FACTORS = (0.6, 1.0, 1.4)
WIDE_TEXT_FACTORS = (0.3, *TEXT_FACTORS, 1.8)
IMAGE_OFFSETS = (-0.3, 0.0, 0.3)
TEXT_RANGE = (1.0, 20.0)
IMAGE_RANGE = (1.0, 5.0)
"""Below 1, models of this kind do without any guidance."""

Pair = tuple[float, float]
"""Text and image guidance."""


@dataclass(frozen=True)
class ContactPlan:
    """A grid of pairs. The picture changes more the further right and the further down.

    Attributes:
        texts: text guidance of each column, rising.
        images: image guidance of each row, falling.
        row, column: where the pair stands that is asked for now.
    """

    texts: tuple[float, ...]
    images: tuple[float, ...]
    row: int
    column: int

    @classmethod
    def around(cls, text: float, image: float, *, wide: bool) -> ContactPlan:
        """Return the plan around a pair; `wide` has five columns and not three."""
        text = _within(text, TEXT_RANGE)
        image = _within(image, IMAGE_RANGE)
        factors = WIDE_TEXT_FACTORS if wide else TEXT_FACTORS
        texts = [text if f == 1.0 else _sensible(text * f) for f in factors]
        images = [round(image + offset, 2) for offset in IMAGE_OFFSETS]
        columns = _spread(texts, TEXT_RANGE)
        rows = _spread(images, IMAGE_RANGE)[::-1]
        return cls(columns, rows, rows.index(image), columns.index(text))

    def pair(self, row: int, column: int) -> Pair:
        """Return text and image guidance of a place."""
        return self.texts[column], self.images[row]

    def places(self) -> list[tuple[int, int]]:
        """Return every (row, column), the one asked for now first, then outwards."""
        places = [(r, c) for r in range(len(self.images)) for c in range(len(self.texts))]
        return sorted(places, key=self._distance)

    def _distance(self, place: tuple[int, int]) -> tuple[int, int]:
        down, across = abs(place[0] - self.row), abs(place[1] - self.column)
        return max(down, across), down + across


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(bounds[1], max(bounds[0], round(value, 2)))


def _sensible(value: float) -> float:
    """Return a number that people would choose: halves, and tenths where it is small."""
    return round(value * 2) / 2 if value >= 3.0 else round(value, 1)


def _spread(values: Sequence[float], bounds: tuple[float, float]) -> tuple[float, ...]:
    """Return as many different values within bounds, rising; those that fell together move on."""
    found = sorted({_within(value, bounds) for value in values})
    while len(found) < len(values):
        gaps = [high - low for low, high in pairwise(found)]
        above = round(found[-1] + (min(gaps) if gaps else 0.4), 2)
        if above <= bounds[1]:
            found.append(above)
        else:
            widest = gaps.index(max(gaps))
            found.insert(widest + 1, round((found[widest] + found[widest + 1]) / 2, 2))
    return tuple(found)
