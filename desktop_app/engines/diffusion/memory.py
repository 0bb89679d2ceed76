"""What to do when memory runs out: step by step less, before giving up."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Economy:
    """How little a run gets by with.

    Attributes:
        rows_one_by_one: whether the rows that guidance needs go through the UNet one by one.
        without_text_encoder: whether the text encoder leaves the memory once it has read the words.
        size: share of the working size that was asked for.
    """

    rows_one_by_one: bool = False
    without_text_encoder: bool = False
    size: float = 1.0


ECONOMIES: tuple[Economy, ...] = (
    Economy(),
    Economy(rows_one_by_one=True),
    Economy(rows_one_by_one=True, without_text_encoder=True),
    Economy(rows_one_by_one=True, without_text_encoder=True, size=0.75),
    Economy(rows_one_by_one=True, without_text_encoder=True, size=0.5),
)
"""Each one after the one before did not fit; the autoencoder goes tile by tile by itself."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` says that there is no more memory, here or on the graphics card."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    words = str(error).lower()
    return any(
        phrase in words
        for phrase in ("out of memory", "not enough memory", "can't allocate", "cannot allocate")
    )


def free_cached_memory() -> None:
    """Give back what torch keeps on a graphics card for later."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
