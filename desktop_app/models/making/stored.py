"""Tensors in checked files, read one by one. Nothing is ever unpickled freely."""

from __future__ import annotations

import math
import pickle
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import safe_open

from desktop_app.core.errors import ModelError, ToonroomError, error_in_short

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
"""By how safetensors calls them; there are more, which no weights of models have."""

_MAPPED_BYTES = 128 << 20
_LARGEST_LIST_BYTES = 64 << 20

# What torch says of pickles that want more than tensors, dictionaries and numbers.
_HOSTILE = re.compile(r"global|reduce|class|can only|torchscript|blocked", re.IGNORECASE)


class _Leftover:
    """Stands for what training tools leave in checkpoints; it does nothing."""

    def __init__(self, *_: object) -> None:
        """Forget what it was made of."""

    def __setstate__(self, _: object) -> None:
        """Forget what it held."""


# Checkpoints of 2022 name these; the reader would refuse all of the file for them.
_LEFTOVERS: list[Any] = [
    (_Leftover, name)
    for name in (
        "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
        "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "numpy.dtype",
    )
]


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file, not yet read.

    Attributes:
        name: as the file has it.
        path: the file.
        shape: its sizes.
        dtype: of its numbers.
        size_bytes: in the file.
        read: returns it, on the CPU, in the file's own dtype. May map the file's memory, which is
            held as long as the tensor is.
    """

    name: str
    path: Path
    shape: tuple[int, ...]
    dtype: torch.dtype
    size_bytes: int
    read: Callable[[], torch.Tensor]

    @property
    def is_float(self) -> bool:
        """Whether it holds floating-point numbers."""
        return self.dtype.is_floating_point


class _Reader(Protocol):
    """A file that is open."""

    def tensors(self) -> list[StoredTensor]:
        """Return what is in the file."""

    def close(self) -> None:
        """Let go of the file."""


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong with the file `path` into a ModelError that names it.

    Memory that runs out is no fault of the file and passes; torch has three ways to say it.
    """
    try:
        yield
    except (ToonroomError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        if _is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        sentence = f"{path} cannot be used ({error_in_short(error)}); download the model again."
        raise ModelError(sentence) from error
    except BaseException as error:
        # What pyo3 makes of a panic in Rust: safetensors and tokenizers are written in it.
        if type(error).__name__ != "PanicException":
            raise
        raise ModelError(f"{path} is damaged; download the model again.") from error


@contextmanager
def no_memory_errors() -> Iterator[None]:
    """Turn torch's own ways to say that memory ran out into a MemoryError."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and _is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise


@contextmanager
def open_tensors(path: Path, key: str | None = None) -> Iterator[list[StoredTensor]]:
    """Give the tensors in the file `path`; they can be read until the end of the block.

    Args:
        path: the file.
        key: of the part of a pickle that holds the tensors, where it has one of that name; what is
            beside that is not looked at.

    Raises:
        ModelError: it is damaged, or it holds more than weights.
    """
    with errors_of(path):
        is_safe = path.suffix.lower() == ".safetensors"
        reader: _Reader = _Safetensors(path) if is_safe else _Pickled(path, key)
    with closing(reader):
        with errors_of(path):
            tensors = reader.tensors()
        yield tensors


class _Safetensors:
    """A safetensors file whose memory is mapped.

    Pages that were read count as this process's memory for as long as the file is mapped, so it is
    mapped anew now and then: loading takes one copy of a model, not two.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def _open(self) -> None:
        self._file: Any = safe_open(str(self._path), framework="pt", device="cpu")
        self._read_bytes = 0

    def close(self) -> None:
        """Let go of the file; tensors that were read keep it mapped."""
        self._file.__exit__(None, None, None)

    def tensors(self) -> list[StoredTensor]:
        """Return what is in the file."""
        found = []
        for name in self._file.keys():  # noqa: SIM118 - it is no mapping
            about = self._file.get_slice(name)
            dtype = _DTYPES[about.get_dtype()]
            shape = tuple(about.get_shape())
            size_bytes = math.prod(shape) * dtype.itemsize
            read = partial(self._read, name)
            found.append(StoredTensor(name, self._path, shape, dtype, size_bytes, read))
        return found

    def _read(self, name: str) -> torch.Tensor:
        if self._read_bytes > _MAPPED_BYTES:
            self.close()
            self._open()
        tensor: torch.Tensor = self._file.get_tensor(name)
        self._read_bytes += tensor.nbytes
        return tensor


class _Pickled:
    """A pickle of tensors.

    The memory of a zipped one is mapped, and mapped anew as that of safetensors is. The format
    before that, of 2019 and earlier, is held in memory as a whole.
    """

    def __init__(self, path: Path, key: str | None) -> None:
        self._path = path
        self._key = key
        self._tensors: dict[str, torch.Tensor] = {}
        self._is_zip = zipfile.is_zipfile(path)
        if self._is_zip:
            _check_zip(path)
        self._load()

    def close(self) -> None:
        """Let go of the file; tensors that were read keep it mapped."""
        self._tensors = {}

    def tensors(self) -> list[StoredTensor]:
        """Return what is in the file."""
        return [
            StoredTensor(
                name,
                self._path,
                tuple(value.shape),
                value.dtype,
                value.nbytes,
                partial(self._read, name),
            )
            for name, value in self._tensors.items()
        ]

    def _read(self, name: str) -> torch.Tensor:
        if self._is_zip and self._read_bytes > _MAPPED_BYTES:
            self._tensors = {}
            self._load()
        tensor = self._tensors[name]
        self._read_bytes += tensor.nbytes
        return tensor

    def _load(self) -> None:
        loaded = _load_pickle(self._path, self._is_zip)
        if self._key is not None and isinstance(loaded, Mapping):
            loaded = loaded.get(self._key, loaded)
        if not isinstance(loaded, Mapping) or not loaded:
            raise _more_than_weights(self._path)
        self._tensors = {name: _plain(self._path, name, value) for name, value in loaded.items()}
        self._read_bytes = 0
        # Tensors may share memory, but not so that they become more than anybody wrote down.
        if sum(value.nbytes for value in self._tensors.values()) > 2 * self._path.stat().st_size:
            raise _more_than_weights(self._path)


def _load_pickle(path: Path, is_zip: bool) -> object:
    try:
        with torch.serialization.safe_globals(_LEFTOVERS):
            return torch.load(str(path), map_location="cpu", weights_only=True, mmap=is_zip)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        if _is_out_of_memory(error):
            raise
        if _HOSTILE.search(str(error).rpartition("WeightsUnpickler error:")[2]):
            raise _more_than_weights(path) from error
        raise ModelError(f"{path} is damaged; download the model again.") from error


def _check_zip(path: Path) -> None:
    """Refuse an archive that says it holds more than it does: torch would ask for the memory."""
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if (
        any(entry.file_size != entry.compress_size for entry in entries)
        or sum(entry.file_size for entry in entries) > size
        or any(e.file_size > _LARGEST_LIST_BYTES for e in entries if e.filename.endswith(".pkl"))
    ):
        raise ModelError(f"{path} is damaged; download the model again.")


def _plain(path: Path, name: Any, value: Any) -> torch.Tensor:
    """Return `value` where it is an ordinary tensor with a name."""
    if (
        not isinstance(name, str)
        or not isinstance(value, torch.Tensor)
        or value.layout is not torch.strided
        or value.device.type != "cpu"
        or value.is_quantized
    ):
        raise _more_than_weights(path)
    return value.detach()


def _more_than_weights(path: Path) -> ModelError:
    return ModelError(
        f"{path} holds more than weights; it was not loaded. Take the model from a source that"
        " you trust."
    )


def _is_out_of_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return any(sign in words for sign in ("out of memory", "allocate memory", "not enough memory"))
