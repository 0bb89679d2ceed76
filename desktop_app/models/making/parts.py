"""Weights of components, of whatever format, into one file of safetensors in half precision each.

UNet, VAE, text encoder and safety checker all get fp16, whatever they will run in: the engine gives
each part the precision of its device as it reads it, fp32 on most processors, and decodes again in
fp32 where a VAE in fp16 gave numbers that are none. What fp16 cannot hold are numbers beyond 65504:
a part that has any stays in fp32, as a whole.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch

from desktop_app.core.errors import ModelError
from desktop_app.models.jobs import ConvertParts, Part
from desktop_app.models.making.stored import StoredTensor, open_tensors
from desktop_app.models.making.writing import Piece, TooLarge, write_safetensors

OnProgress = Callable[[int, int], None]

log = logging.getLogger(__name__)


def convert_parts(
    job: ConvertParts, on_progress: OnProgress, on_part: Callable[[str], None]
) -> None:
    """Write all the parts anew.

    Args:
        job: what to write.
        on_progress: told of the bytes of the sources that are done, and of all there are.
        on_part: told the name of each part once it is on the disk.

    Raises:
        ModelError: a source is damaged or holds more than weights, or the disk is full.
    """
    # All are looked at before the first is written: what is hostile is refused at once.
    meter = Meter(sum(_look(part) for part in job.parts), on_progress)
    for part in job.parts:
        with ExitStack() as stack:
            write_part(_pieces(part, stack), part.target, meter)
        on_part(part.name)


class Meter:
    """Adds up the bytes that are done; they never become fewer."""

    def __init__(self, total_bytes: int, on_progress: OnProgress) -> None:
        self.done_bytes = 0
        self._most = 0
        self._total_bytes = total_bytes
        self._on_progress = on_progress

    def add(self, size_bytes: int) -> None:
        """Count bytes that are done."""
        self.done_bytes += size_bytes
        self._most = min(max(self._most, self.done_bytes), self._total_bytes)
        self._on_progress(self._most, self._total_bytes)


def write_part(pieces: Sequence[Piece], target: Path, meter: Meter) -> None:
    """Write a component in half precision, or in single where half cannot hold it."""
    before = meter.done_bytes
    try:
        write_safetensors(target, pieces, torch.float16, meter.add)
    except TooLarge:
        log.info("%s has numbers too large for half precision", target)
        meter.done_bytes = before
        write_safetensors(target, pieces, torch.float32, meter.add)


def _look(part: Part) -> int:
    """Return how many bytes the weights of a part are."""
    with ExitStack() as stack:
        return sum(piece.source.size_bytes for piece in _pieces(part, stack))


def _pieces(part: Part, stack: ExitStack) -> list[Piece]:
    found: dict[str, StoredTensor] = {}
    for path in part.sources:
        for tensor in stack.enter_context(open_tensors(path)):
            if tensor.name in found:
                raise ModelError(
                    f"{path} holds {tensor.name}, which another file holds too; download the"
                    " model again."
                )
            # Positions are 0, 1, 2, ...; the libraries number them by themselves since 2023.
            if not tensor.name.endswith(".position_ids"):
                found[tensor.name] = tensor
    return [Piece(name, tensor, tensor.shape) for name, tensor in found.items()]
