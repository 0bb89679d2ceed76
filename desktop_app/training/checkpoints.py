"""Checkpoints that survive anything: whole files under their names, the last two kept."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import torch

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.names import printable

KEPT = 2

_NAME = re.compile(r"checkpoint-(\d{8})\.pt\Z")


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write what is needed to go on after `step` steps, and drop what is too old.

    Raises:
        PhotoError: it cannot be written, as where the disk is full; older ones are as they were.
    """
    buffer = io.BytesIO()
    torch.save({"step": step, **state}, buffer)
    path = folder / f"checkpoint-{step:08d}.pt"
    write_bytes_atomically(path, buffer.getvalue(), overwrite=True)
    for old in checkpoints(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints in `folder`, the oldest first."""
    return sorted(path for path in folder.glob("checkpoint-*.pt") if _NAME.match(path.name))


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """Return the last checkpoint's state, on the CPU; None where there is none.

    Raises:
        PhotoError: it is damaged.
    """
    found = checkpoints(folder)
    if not found:
        return None
    try:
        state: dict[str, Any] = torch.load(found[-1], map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises anything for a file that is none of its own
        raise PhotoError(
            f"The checkpoint “{printable(found[-1])}” is damaged; remove it to go on from the one"
            " before it."
        ) from error
    return state
