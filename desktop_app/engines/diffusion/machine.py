"""What was measured on this machine and is remembered: which precision, how quick. No torch."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.atomic import write_bytes_atomically

log = logging.getLogger(__name__)

_LARGEST_BYTES = 1 << 16
_CORE_FLOPS = 25e9
"""What a processor core does in a second where nothing was measured yet."""
_NEWEST_SHARE = 0.5
_BOUNDS = {"flops": (1e4, 1e18), "load_bytes_s": (1e4, 1e18), "start_s": (0.01, 600.0)}
"""What a machine can be like; a file may say anything."""


@dataclass(frozen=True)
class Machine:
    """What is known of this machine.

    Attributes:
        cpu_key: what `cpu_precision` holds for; another processor or torch is probed anew.
        cpu_precision: "fp32" or "bf16", whichever is faster; "" where nobody has looked.
        device: name and precision of what was computed on last; "" where nobody has.
        flops: floating-point operations in a second there.
        load_bytes_s: bytes of a model that are loaded in a second.
        start_s: how long the process that computes takes to come up.
    """

    cpu_key: str = ""
    cpu_precision: str = ""
    device: str = ""
    flops: float = field(default_factory=lambda: (os.cpu_count() or 1) * _CORE_FLOPS)
    load_bytes_s: float = 150e6
    start_s: float = 6.0

    def loading_s(self, weight_bytes: int, *, is_up: bool) -> float:
        """Return how long a model of that size takes to be there.

        Args:
            weight_bytes: of the model, on disk.
            is_up: whether the process that computes is up.
        """
        return self.start_s * (not is_up) + weight_bytes / self.load_bytes_s

    def with_loading(self, start_s: float, bytes_s: float) -> Machine:
        """Return what is known after a model was loaded; 0 for what was not measured."""
        found = self
        if _is_within("start_s", start_s):
            found = replace(found, start_s=_mean(start_s, found.start_s))
        if _is_within("load_bytes_s", bytes_s):
            found = replace(found, load_bytes_s=_mean(bytes_s, found.load_bytes_s))
        return found

    def with_speed(self, device: str, flops: float) -> Machine:
        """Return what is known after another run; on the same device it counts half."""
        if not _is_within("flops", flops):
            return self
        if device == self.device:
            flops = _mean(flops, self.flops)
        return replace(self, device=device, flops=flops)


def load_machine(path: Path) -> Machine:
    """Return what `path` tells of this machine; never raises."""
    known: dict[str, Any] = {}
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return Machine()
        values: Any = json.loads(path.read_text("utf-8"))
        for name, default in asdict(Machine()).items():
            value = values.get(name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if isinstance(default, float) and is_number and _is_within(name, value):
                known[name] = float(value)
            elif isinstance(default, str) and isinstance(value, str):
                known[name] = value
    except FileNotFoundError:
        return Machine()
    except (OSError, ValueError, AttributeError, RecursionError, OverflowError) as error:
        log.warning("%s cannot be read, the machine is measured anew: %s", path, error)
        return Machine()
    return Machine(**known)


def _is_within(name: str, value: float) -> bool:
    """Return whether a machine can be like that."""
    lowest, highest = _BOUNDS[name]
    return lowest <= value <= highest


def _mean(newest: float, before: float) -> float:
    return _NEWEST_SHARE * newest + (1.0 - _NEWEST_SHARE) * before


def save_machine(path: Path, machine: Machine) -> None:
    """Write down what is known; where that fails it is measured again the next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = json.dumps(asdict(machine), indent=2).encode("utf-8")
        write_bytes_atomically(path, data, overwrite=True)
    except (OSError, PhotoError) as error:
        log.warning("what was measured on this machine cannot be kept: %s", error)
