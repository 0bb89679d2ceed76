"""Which files hold a component's weights, and whether they are whole. Reads headers only."""

from __future__ import annotations

import json
import math
import os
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from desktop_app.core.errors import ModelError
from desktop_app.models.configs import (
    AGAIN,
    is_file,
    is_lfs_pointer,
    is_plain_name,
    lfs_sentence,
    read_json,
    shown,
)

DIFFUSERS_STEMS = ("diffusion_pytorch_model", "diffusion_pytorch_model")
TRANSFORMERS_STEMS = ("model", "pytorch_model")

_VARIANTS = ("", ".fp16")
_MAX_HEADER_BYTES = 100_000_000  # the format's own limit
_LENGTH = struct.Struct("<Q")
_MOST_IN_A_BYTE = 2  # the format's smallest numbers have 4 bits
_ZIP_START = b"PK\x03\x04"
_PICKLE_START = b"\x80"


class Size(NamedTuple):
    """How much a file of weights holds: bytes on disk, and numbers, whatever their precision."""

    size_bytes: int
    numbers: int


def find_weights(folder: Path, stems: tuple[str, str]) -> tuple[tuple[Path, ...], Size]:
    """Return the files that hold the weights of the component in `folder`, and their size.

    Each file is checked. safetensors come before pickles, and the plain weights before those in
    half precision; other variants, as `non_ema`, are not looked at.

    Args:
        folder: of one component.
        stems: names without endings, of safetensors and of pickles.

    Raises:
        ModelError: there are none, one is missing, or one is not whole.
    """
    names = list(_candidates(stems))
    for name, is_index in names:
        path = folder / name
        if not is_file(path):
            continue
        files = _shards(path) if is_index else (path,)
        sizes = [check_weights(file) for file in files]
        return files, Size(sum(s.size_bytes for s in sizes), sum(s.numbers for s in sizes))
    for name, _ in names:
        if os.path.lexists(folder / name):  # a snapshot of the hub whose blob is gone
            raise ModelError(f"{folder / name} leads to a file that is not there; {AGAIN}.")
    raise ModelError(
        f"There are no weights in {folder}, neither {stems[0]}.safetensors"
        f" nor {stems[1]}.bin; {AGAIN}."
    )


def _candidates(stems: tuple[str, str]) -> Iterator[tuple[str, bool]]:
    """Yield file names, the best first, and whether each lists shards."""
    for stem, ending in zip(stems, (".safetensors", ".bin"), strict=True):
        for variant in _VARIANTS:
            yield f"{stem}{variant}{ending}", False
            # diffusers and transformers have put the variant into each of these places.
            for name in (
                f"{stem}{ending}.index{variant}.json",
                f"{stem}{variant}{ending}.index.json",
                f"{stem}{ending}{variant}.index.json",
            )[: 3 if variant else 1]:
                yield name, True


def _shards(index: Path) -> tuple[Path, ...]:
    """Return the files that an index lists, in the order of their names."""
    places = read_json(index).get("weight_map")
    if not isinstance(places, Mapping) or not places:
        raise ModelError(f"{index} lists no files; {AGAIN}.")
    ending = ".safetensors" if ".safetensors" in index.name else ".bin"
    names = set()
    for name in places.values():
        if not isinstance(name, str) or not is_plain_name(name) or not name.endswith(ending):
            raise ModelError(f"{index} lists {shown(name)}, which is no file beside it; {AGAIN}.")
        names.add(name)
    return tuple(index.with_name(name) for name in sorted(names))


def check_weights(path: Path) -> Size:
    """Check, without reading the weights, that the file `path` is all there; return its size.

    How many numbers a pickle holds is told by its size: single precision, or half where its name
    says so.

    Raises:
        ModelError: it is missing, cut off, or no file of weights.
    """
    if not is_file(path):
        raise ModelError(f"{path} is missing; {AGAIN}.")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(64)
            if size == 0:
                raise ModelError(f"{path} is empty; download it again.")
            if is_lfs_pointer(start):
                raise ModelError(lfs_sentence(path))
            if path.suffix.lower() == ".safetensors":
                (length,) = _LENGTH.unpack(start[:8].ljust(8, b"\xff"))
                file.seek(_LENGTH.size)
                header = file.read(min(length, _MAX_HEADER_BYTES))
                return Size(size, _check_safetensors(path, size, length, header))
            _check_pickle(path, start)
            return Size(size, size // (2 if ".fp16" in path.suffixes else 4))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error


def _check_safetensors(path: Path, size: int, length: int, header: bytes) -> int:
    """Return how many numbers the file holds."""
    if length > _MAX_HEADER_BYTES or not header.startswith(b"{"):
        raise ModelError(f"{path} is not a safetensors file; download it again.")
    if len(header) < length:
        raise ModelError(f"{path} is cut off within its first part; download it again.")
    try:
        tensors = [entry for key, entry in json.loads(header).items() if key != "__metadata__"]
        wanted = _LENGTH.size + length + _data_bytes(tensors)
        numbers = sum(_numbers(entry) for entry in tensors)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError(f"The header of {path} is damaged; download it again.") from error
    if size < wanted:
        raise ModelError(f"{path} is cut off ({_of(size, wanted)}); download it again.")
    if size > wanted:
        raise ModelError(f"{path} is longer than its header says; download it again.")
    return numbers


def _numbers(entry: Any) -> int:
    """Return how many numbers a tensor in a header of safetensors is."""
    shape = entry["shape"]
    if not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError("a shape that makes no sense")
    begin, end = entry["data_offsets"]
    count = int(math.prod(shape))
    if count > _MOST_IN_A_BYTE * (end - begin):
        raise ValueError("more numbers than bytes can hold")
    return count


def _data_bytes(tensors: list[Any]) -> int:
    """Return how many bytes of weights the tensors in a header of safetensors take."""
    ends = [0]
    for entry in tensors:
        begin, end = entry["data_offsets"]
        if not (type(begin) is type(end) is int and 0 <= begin <= end):
            raise ValueError("offsets that make no sense")
        ends.append(end)
    return max(ends)


def _check_pickle(path: Path, start: bytes) -> None:
    if start.startswith(_ZIP_START):
        if not zipfile.is_zipfile(path):  # its directory comes last
            raise ModelError(f"{path} is cut off or damaged; download it again.")
    elif not start.startswith(_PICKLE_START):
        raise ModelError(f"{path} is not a file of weights; download it again.")


def _of(size: int, wanted: int) -> str:
    digits = 0 if wanted >= 10_000_000 else 3
    return f"{size / 1e6:.{digits}f} of {wanted / 1e6:.{digits}f} MB"
