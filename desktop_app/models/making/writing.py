"""Safetensors written tensor by tensor, so that memory need not hold a file of weights."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from desktop_app.core.errors import ModelError
from desktop_app.models.disk import PART_ENDING, sync_folder, writing_errors
from desktop_app.models.making.stored import StoredTensor, errors_of, no_memory_errors
from desktop_app.models.weight_files import check_weights

_CHUNK_NUMBERS = 4 << 20
_BLOCK_BYTES = 4 << 20
_NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


class TooLarge(Exception):  # noqa: N818 - a fact
    """A number that was finite is not so any more in the precision that was asked for."""


@dataclass(frozen=True)
class Piece:
    """A tensor of a file that is to be written.

    Attributes:
        name: in the new file.
        source: where its numbers are.
        shape: in the new file; as many numbers as in the source.
    """

    name: str
    source: StoredTensor
    shape: tuple[int, ...]


def write_safetensors(
    path: Path,
    pieces: Sequence[Piece],
    dtype: torch.dtype,
    on_bytes: Callable[[int], None],
) -> None:
    """Write a file that has its name only once all of it was read back and is on the disk.

    Args:
        path: of the file; until it is done it lies beside that, with another ending.
        pieces: what it holds.
        dtype: of the floating-point numbers in it; others are written as they are.
        on_bytes: told how many bytes of the sources each piece was.

    Raises:
        TooLarge: `dtype` cannot hold one of the numbers.
        ModelError: a source is damaged, or the file cannot be written.
        MemoryError: a single tensor does not fit into memory.
    """
    part = path.with_name(path.name + PART_ENDING)
    try:
        with writing_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            checksum = _write(part, pieces, dtype, on_bytes)
            if _checksum_of(part) != checksum:
                raise ModelError(f"{path} is not what was written there; check the disk.")
            part.replace(path)
            sync_folder(path.parent)
        check_weights(path)
    finally:
        part.unlink(missing_ok=True)


def _write(
    part: Path,
    pieces: Sequence[Piece],
    dtype: torch.dtype,
    on_bytes: Callable[[int], None],
) -> int:
    """Write all of a file, and return its checksum."""
    # The widest first: so each begins at a multiple of its width.
    dtypes = {piece.name: _dtype_of(piece, dtype) for piece in pieces}
    ordered = sorted(pieces, key=lambda piece: (-dtypes[piece.name].itemsize, piece.name))
    with part.open("wb") as file:
        head = _header(ordered, dtypes)
        file.write(head)
        checksum = zlib.crc32(head)
        for piece in ordered:
            for chunk in _chunks(piece, dtypes[piece.name]):
                file.write(chunk)
                checksum = zlib.crc32(chunk, checksum)
            on_bytes(piece.source.size_bytes)
        file.flush()
        os.fsync(file.fileno())
    return checksum


def _dtype_of(piece: Piece, dtype: torch.dtype) -> torch.dtype:
    return dtype if piece.source.is_float else piece.source.dtype


def _header(pieces: Sequence[Piece], dtypes: dict[str, torch.dtype]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for piece in pieces:
        kind = dtypes[piece.name]
        if kind not in _NAMES:
            raise ModelError(
                f"{piece.source.path} holds numbers of an unknown kind ({kind}, in"
                f" {piece.source.name}); choose another model."
            )
        begin, end = end, end + torch.Size(piece.shape).numel() * kind.itemsize
        entries[piece.name] = {
            "dtype": _NAMES[kind],
            "shape": list(piece.shape),
            "data_offsets": [begin, end],
        }
    head = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head


def _chunks(piece: Piece, dtype: torch.dtype) -> Iterator[memoryview]:
    """Yield the bytes of a piece, each time into memory of their own."""
    with errors_of(piece.source.path):
        numbers = piece.source.read()
    with no_memory_errors():
        for chunk in torch.split(numbers.reshape(-1), _CHUNK_NUMBERS):
            converted = chunk.to(dtype)
            if converted.is_floating_point():
                _check_range(chunk, converted)
            yield converted.contiguous().view(torch.uint8).numpy().data


def _check_range(before: torch.Tensor, after: torch.Tensor) -> None:
    is_lost = ~torch.isfinite(after)
    if is_lost.any() and (is_lost & torch.isfinite(before)).any():
        raise TooLarge


def _checksum_of(path: Path) -> int:
    """Return the checksum of a file as the disk has it."""
    checksum = 0
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):  # else memory would answer for the disk
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(_BLOCK_BYTES):
            checksum = zlib.crc32(block, checksum)
    return checksum
