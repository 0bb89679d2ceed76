"""What a conversion set out to do, written beside what it makes, so that it can go on later."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app.core.errors import ModelError
from desktop_app.models.configs import read_json
from desktop_app.models.disk import sync_folder, writing_errors

WHOLE_FILES = {
    "unet": "unet/diffusion_pytorch_model.safetensors",
    "vae": "vae/diffusion_pytorch_model.safetensors",
    "text_encoder": "text_encoder/model.safetensors",
    "safety_checker": "safety_checker/model.safetensors",
}
"""The one file that holds a component's weights in a model that was converted."""

_VERSION = 1  # another one than that in a file: what is there was made otherwise


@dataclass(frozen=True)
class Stamp:
    """A file as it was: anything written to it since shows."""

    path: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True)
class PartPlan:
    """What becomes of a component's weights.

    Attributes:
        name: the component's.
        sources: the files that held its weights before.
        is_fine: whether the file can stay as it is.
    """

    name: str
    sources: tuple[Stamp, ...]
    is_fine: bool = False

    @property
    def size_bytes(self) -> int:
        """How large the files were."""
        return sum(stamp.size_bytes for stamp in self.sources)


@dataclass(frozen=True)
class Plan:
    """All that becomes of a model.

    Attributes:
        source: the folder or file.
        parts: its weights.
        others: its other files, which were copied before the plan was written down.
    """

    source: str
    parts: tuple[PartPlan, ...]
    others: tuple[Stamp, ...] = ()

    def done(self, target: Path) -> set[str]:
        """Return the names of the components whose weights are in `target`."""
        return {part.name for part in self.parts if (target / WHOLE_FILES[part.name]).is_file()}

    def still_holds(self, target: Path) -> bool:
        """Return whether the source is what it was; weights that are done need not be there."""
        done = self.done(target)
        for part in self.parts:
            for stamp in part.sources:
                is_gone = part.name in done and not os.path.lexists(stamp.path)
                if not is_gone and not is_unchanged(stamp):
                    return False
        return all(is_unchanged(stamp) for stamp in self.others)


def stamp(path: Path) -> Stamp:
    """Return how a file is now."""
    about = path.stat()
    return Stamp(str(path), about.st_size, about.st_mtime_ns)


def stamps(paths: Iterable[Path]) -> tuple[Stamp, ...]:
    """Return how files are now."""
    return tuple(stamp(path) for path in paths)


def is_unchanged(known: Stamp) -> bool:
    """Return whether a file is as it was."""
    try:
        return stamp(Path(known.path)) == known
    except OSError:
        return False


def plan_path(target: Path) -> Path:
    """Return where the plan for what is made in `target` is written down."""
    return target.with_name(f"{target.name}.json")


def write_plan(plan: Plan, target: Path) -> None:
    """Write down what is to become of a model.

    Raises:
        ModelError: it cannot be written.
    """
    path = plan_path(target)
    new = path.with_name(f"{path.name}.part")
    with writing_errors(path):
        with new.open("w", encoding="utf-8") as file:
            json.dump({"version": _VERSION, **asdict(plan)}, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)


def known_plan(source: Path, target: Path) -> Plan | None:
    """Return the plan of an earlier call, where what came of it is still worth something."""
    plan = _read_plan(target)
    if plan is None or plan.source != str(source) or not plan.still_holds(target):
        return None
    return plan


def discard(target: Path) -> None:
    """Remove what was made so far, and what is written down of it.

    Raises:
        ModelError: it cannot be removed.
    """
    with writing_errors(target):
        plan_path(target).unlink(missing_ok=True)  # first: it says that the rest is of use
        shutil.rmtree(target, ignore_errors=True)


def _read_plan(target: Path) -> Plan | None:
    """Return what was written down; None where that is nothing, or nothing of use."""
    try:
        values = read_json(plan_path(target))
        if values["version"] != _VERSION:
            return None
        return Plan(
            str(values["source"]),
            tuple(
                PartPlan(str(part["name"]), _stamps_of(part["sources"]), bool(part["is_fine"]))
                for part in values["parts"]
                if part["name"] in WHOLE_FILES
            ),
            _stamps_of(values["others"]),
        )
    except (ModelError, KeyError, TypeError, ValueError):
        return None


def _stamps_of(values: list[dict[str, object]]) -> tuple[Stamp, ...]:
    return tuple(
        Stamp(str(v["path"]), int(str(v["size_bytes"])), int(str(v["mtime_ns"]))) for v in values
    )
