"""Weights from checked files into a module, tensor by tensor. Nothing is ever unpickled freely."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from desktop_app.core.errors import ModelError, ToonroomError, error_in_short

Rename = Callable[[str], str | None]
"""From the name of a tensor in a file to that in the module; None for one that is not wanted."""

_FLOATS = ("F", "BF")  # how safetensors calls them: F64, F32, F16, BF16, F8_E4M3

_MAPPED_BYTES = 128 << 20

# What torch says of pickles that want more than tensors, dictionaries and numbers.
_HOSTILE = re.compile(r"global|reduce|class|can only|torchscript|blocked", re.IGNORECASE)


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file, not yet read.

    Attributes:
        name: as the file has it.
        path: the file.
        shape: its sizes.
        is_float: whether it holds floating-point numbers.
        read: returns it, on the CPU, in the file's own dtype. May map the file's memory.
    """

    name: str
    path: Path
    shape: tuple[int, ...]
    is_float: bool
    read: Callable[[], torch.Tensor]


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


def fill(
    module: nn.Module,
    paths: Sequence[Path],
    *,
    rename: Rename,
    dtype: torch.dtype,
    device: torch.device,
    on_bytes: Callable[[int], None],
    check_cancelled: Callable[[], None],
) -> None:
    """Give `module`, which was built on the meta device, the weights in `paths`.

    Args:
        module: without memory yet; it gets it on `device` once it is known that all fits.
        paths: files that `desktop_app.models` has checked.
        rename: from names in the files to names in the module.
        dtype: of all floating-point weights, whatever the files have.
        device: where the module will be.
        on_bytes: told after each tensor how many bytes of the files that was.
        check_cancelled: called before each tensor; may raise.

    Raises:
        ModelError: the files do not fit the module, or are damaged.
    """
    with ExitStack() as stack:
        stored: dict[str, StoredTensor] = {}
        for path in paths:
            check_cancelled()
            _collect(stored, stack.enter_context(open_tensors(path)), rename)
        _check_fit(module.state_dict(), stored, paths[0])
        with no_memory_errors():
            module.to(dtype).to_empty(device=device)
        slots = module.state_dict()
        for name, tensor in stored.items():
            check_cancelled()
            with errors_of(tensor.path):
                value = tensor.read()
            with no_memory_errors(), torch.no_grad():
                slots[name].copy_(value)
            on_bytes(value.nbytes)
            del value


def _collect(
    stored: dict[str, StoredTensor], tensors: Iterable[StoredTensor], rename: Rename
) -> None:
    for tensor in tensors:
        name = rename(tensor.name)
        if name is None:
            continue
        if name in stored:
            raise _misfit(tensor.path, f"{tensor.name} is there twice")
        stored[name] = tensor


def _check_fit(
    slots: Mapping[str, torch.Tensor], stored: Mapping[str, StoredTensor], first: Path
) -> None:
    for name, tensor in stored.items():
        slot = slots.get(name)
        if slot is None:
            raise _misfit(tensor.path, f"{tensor.name} has no place in it")
        if tensor.shape != tuple(slot.shape):
            shapes = f"{list(tensor.shape)}, not {list(slot.shape)}"
            raise _misfit(tensor.path, f"the shape of {tensor.name} is {shapes}")
        if slot.is_floating_point() and not tensor.is_float:
            raise _misfit(tensor.path, f"{tensor.name} holds whole numbers")
    for name in slots:
        if name not in stored:
            raise _misfit(first, f"{name} is missing")


def _misfit(path: Path, fault: str) -> ModelError:
    return ModelError(f"{path} does not fit its configuration: {fault}; download the model again.")


@contextmanager
def open_tensors(path: Path) -> Iterator[list[StoredTensor]]:
    """Give the tensors in the file `path`; they can be read until the end of the block.

    Raises:
        ModelError: it is damaged, or it holds more than weights.
    """
    if path.suffix != ".safetensors":
        yield [_in_memory(path, *item) for item in _load_pickle(path).items()]
        return
    with errors_of(path):
        reader = _Safetensors(path)
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
            is_float = about.get_dtype().startswith(_FLOATS)
            shape = tuple(about.get_shape())
            found.append(StoredTensor(name, self._path, shape, is_float, partial(self._read, name)))
        return found

    def _read(self, name: str) -> torch.Tensor:
        if self._read_bytes > _MAPPED_BYTES:
            self.close()
            self._open()
        tensor: torch.Tensor = self._file.get_tensor(name)
        self._read_bytes += tensor.nbytes
        return tensor


def _load_pickle(path: Path) -> Mapping[Any, Any]:
    is_zip = zipfile.is_zipfile(path)
    with errors_of(path):
        try:
            # The memory of a zip can be mapped, so that it is held once, not twice.
            loaded = torch.load(str(path), map_location="cpu", weights_only=True, mmap=is_zip)
        except (pickle.UnpicklingError, RuntimeError) as error:
            if _HOSTILE.search(str(error).rpartition("WeightsUnpickler error:")[2]):
                raise _more_than_weights(path) from error
            raise ModelError(f"{path} is damaged; download the model again.") from error
    if not isinstance(loaded, Mapping) or not loaded:
        raise _more_than_weights(path)
    return loaded


def _in_memory(path: Path, name: Any, value: Any) -> StoredTensor:
    if (
        not isinstance(name, str)
        or not isinstance(value, torch.Tensor)
        or value.layout is not torch.strided
        or value.device.type != "cpu"
        or value.is_quantized
    ):
        raise _more_than_weights(path)
    plain = value.detach()
    return StoredTensor(name, path, tuple(plain.shape), plain.is_floating_point(), lambda: plain)


def _more_than_weights(path: Path) -> ModelError:
    return ModelError(
        f"{path} holds more than weights; it was not loaded. Take the model from a source that"
        " you trust."
    )


def _is_out_of_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return any(sign in words for sign in ("out of memory", "allocate memory", "not enough memory"))
