"""Weights from checked files into a module, tensor by tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import nn

from desktop_app.core.errors import ModelError
from desktop_app.models.making.stored import (
    StoredTensor,
    errors_of,
    no_memory_errors,
    open_tensors,
)

Rename = Callable[[str], str | None]
"""From the name of a tensor in a file to that in the module; None for one that is not wanted."""


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
