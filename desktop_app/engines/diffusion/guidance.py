"""Which rows guidance needs, and what each one weighs. No torch.

Source: Brooks, Holynski and Efros, "InstructPix2Pix", CVPR 2023, equation 3:
e = e(0,0) + s_I (e(I,0) - e(0,0)) + s_T (e(I,T) - e(I,0)), which is
s_T e(I,T) + (s_I - s_T) e(I,0) + (1 - s_I) e(0,0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Row(NamedTuple):
    """One row of a batch: whether it sees the photo, and whether it reads the instruction."""

    sees_photo: bool
    reads_text: bool


TEXT = Row(sees_photo=True, reads_text=True)
IMAGE = Row(sees_photo=True, reads_text=False)
NOTHING = Row(sees_photo=False, reads_text=False)


@dataclass(frozen=True)
class Weights:
    """The rows that a run needs, in the order of their batch, and what each weighs.

    Rows that weigh nothing are left out: that changes nothing but the time. The weights add up to
    1, so that the guidance term (the weighted sum less the first row) is 0 without guidance.
    """

    rows: tuple[Row, ...]
    values: tuple[float, ...]

    @property
    def is_guided(self) -> bool:
        """Whether more than one row is needed."""
        return len(self.rows) > 1


def row_weights(text_guidance: float, image_guidance: float, *, as_diffusers: bool) -> Weights:
    """Return what the two scales mean.

    Args:
        text_guidance: s_T.
        image_guidance: s_I.
        as_diffusers: whether s_T of 1 or less, or s_I below 1, turns both off, as diffusers' own
            pipeline does; else they mean what the formula says.
    """
    if as_diffusers and (text_guidance <= 1.0 or image_guidance < 1.0):
        return Weights((TEXT,), (1.0,))
    all_rows = (
        (TEXT, text_guidance),
        (IMAGE, image_guidance - text_guidance),
        (NOTHING, 1.0 - image_guidance),
    )
    needed = [(row, value) for row, value in all_rows if value != 0.0]
    return Weights(tuple(row for row, _ in needed), tuple(value for _, value in needed))
