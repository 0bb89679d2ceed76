"""Models in diffusers layout, brought to half precision in safetensors, one file a component."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from desktop_app.core.cancel import CancelToken
from desktop_app.models.configs import is_file, read_json
from desktop_app.models.disk import check_room, copy, move, writing_errors
from desktop_app.models.extras import EXTRAS_NAME
from desktop_app.models.finding import INDEX_NAME, absolute
from desktop_app.models.jobs import ConvertParts, Message, Part, PartDone, Progress
from desktop_app.models.layout import Component, ModelLayout, read_layout
from desktop_app.models.plans import (
    WHOLE_FILES,
    PartPlan,
    Plan,
    discard,
    is_unchanged,
    known_plan,
    stamps,
    write_plan,
)
from desktop_app.models.process import run_in_process
from desktop_app.models.recognition import read_dtypes

OnProgress = Callable[[int, int], None]
"""Is told of the bytes that are done, and of all there are; the first never become fewer."""

_HALF_BYTES = 2
_HALVES = {"F16", "BF16"}
_MOST_TEXT_BYTES = 1 << 20
_TEXTS = ("README*", "LICENSE*", "LICENCE*", "NOTICE*")


def convert_folder(
    source: Path,
    target: Path,
    *,
    removes_originals: bool = False,
    on_progress: OnProgress | None = None,
    token: CancelToken | None = None,
) -> None:
    """Make a model of half the size, all in safetensors, of one that may have pickles.

    What was finished is kept when it is ended, even by force, and the next call with the same
    folders goes on from there; so does a call where all is done. Beside `target` lies a file of the
    same name with `.json` behind it, which tells that call what there is. Weights that are fine as
    they are stay so. A process of its own does the work, as long as the calling thread lasts.

    Args:
        source: a folder that `read_layout` can read.
        target: a folder for nothing else; made where it is not there.
        removes_originals: whether each file of weights goes once what was made of it is safe.
            Then the disk need not hold both models at once.
        on_progress: told how far it is, in the calling thread.
        token: ends it.

    Raises:
        JobCancelled: the token was cancelled.
        OutOfMemory: memory was too small.
        ModelError: the model cannot be converted, or the disk is full; the sentence says why.
    """
    _Conversion(source, target, removes_originals, on_progress, token or CancelToken()).run()


def is_begun(source: Path, target: Path) -> bool:
    """Return whether `convert_folder` was ended on its way, and can go on, or has come to its end.

    Some of the originals may be gone by then.
    """
    return known_plan(absolute(source), target) is not None


class _Conversion:
    """One conversion."""

    def __init__(
        self,
        source: Path,
        target: Path,
        removes_originals: bool,
        on_progress: OnProgress | None,
        token: CancelToken,
    ) -> None:
        self._source = absolute(source)
        self._target = target
        self._removes = removes_originals
        self._on_progress = on_progress
        self._token = token
        self._done_bytes = 0
        self._total_bytes = 0

    def run(self) -> None:
        """Do what is left to do."""
        plan = known_plan(self._source, self._target) or self._new_plan()
        self._total_bytes = sum(part.size_bytes for part in plan.parts)
        done = plan.done(self._target)
        for part in plan.parts:
            if part.name in done:
                self._finish(part)
                self._add(part.size_bytes)
        for part in plan.parts:
            if part.is_fine and part.name not in done:
                self._take_over(part)
        self._convert([part for part in plan.parts if not part.is_fine and part.name not in done])
        self._tell(self._total_bytes)

    def _new_plan(self) -> Plan:
        """Begin anew: check all, copy what is small, write the plan down."""
        layout = read_layout(self._source)
        parts = tuple(_part_plan(part) for part in layout.components() if part.weights)
        check_room(self._target, self._room_bytes(layout, parts), "Converting the model")
        discard(self._target)
        others = _copy_others(layout, self._target, self._token)
        plan = Plan(str(self._source), parts, stamps(others))
        write_plan(plan, self._target)
        return plan

    def _room_bytes(self, layout: ModelLayout, parts: tuple[PartPlan, ...]) -> int:
        """Return how much more of the disk is in use, at most, while the model is made."""
        numbers = {part.name: part.numbers for part in layout.components()}
        most = now = 0
        for part in sorted(parts, key=lambda part: not part.is_fine):
            if part.is_fine:
                now += 0 if self._removes else part.size_bytes
            else:
                now += numbers[part.name] * _HALF_BYTES
            most = max(most, now)
            if self._removes and not part.is_fine:
                now -= part.size_bytes
        return most

    def _take_over(self, part: PartPlan) -> None:
        """Have a component's weights in the new model as they are."""
        carry = move if self._removes else copy
        target = self._target / WHOLE_FILES[part.name]
        carry(Path(part.sources[0].path), target, self._add, self._token)

    def _convert(self, parts: list[PartPlan]) -> None:
        if not parts:
            return
        by_name = {part.name: part for part in parts}
        before, wanted = self._done_bytes, sum(part.size_bytes for part in parts)

        def on_message(message: Message) -> None:
            if isinstance(message, Progress):
                share = message.done_bytes / max(message.total_bytes, 1)
                self._tell(before + round(share * wanted))
            elif isinstance(message, PartDone):
                self._finish(by_name[message.name])

        job = ConvertParts(tuple(_part(part, self._target) for part in parts))
        run_in_process(job, on_message, self._token)

    def _finish(self, part: PartPlan) -> None:
        """Remove what a component was made of, where that is wanted."""
        if not self._removes:
            return
        for source in part.sources:
            if is_unchanged(source):
                with writing_errors(Path(source.path)):
                    Path(source.path).unlink()

    def _add(self, size_bytes: int) -> None:
        self._tell(self._done_bytes + size_bytes)

    def _tell(self, done_bytes: int) -> None:
        self._done_bytes = max(self._done_bytes, min(done_bytes, self._total_bytes))
        if self._on_progress is not None:
            self._on_progress(self._done_bytes, self._total_bytes)


def _part_plan(part: Component) -> PartPlan:
    return PartPlan(part.name, stamps(part.weights), _is_fine(part))


def _is_fine(part: Component) -> bool:
    """Return whether a component's weights are one file of safetensors in half precision."""
    if len(part.weights) != 1 or part.weights[0].suffix != ".safetensors":
        return False
    floats = {kind for kind in read_dtypes(part.weights[0]) if kind.startswith(("F", "BF"))}
    return floats <= _HALVES


def _part(part: PartPlan, target: Path) -> Part:
    sources = tuple(Path(stamp.path) for stamp in part.sources)
    return Part(part.name, sources, target / WHOLE_FILES[part.name])


def _copy_others(layout: ModelLayout, target: Path, token: CancelToken) -> list[Path]:
    """Copy all but the weights, and return what was copied."""
    paths = [
        path for part in layout.components() for path in part.files() if path not in part.weights
    ]
    paths += [path for name in _TEXTS for path in layout.folder.glob(name) if _is_text(path)]
    if is_file(layout.folder / EXTRAS_NAME):
        paths.append(layout.folder / EXTRAS_NAME)
    for path in paths:
        copy(path, target / path.relative_to(layout.folder), _nobody, token)
    index = layout.folder / INDEX_NAME
    names = {part.name for part in layout.components()}
    write_json(target / INDEX_NAME, _index_of(read_json(index), names))
    return [index, *paths]


def _index_of(index: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """Return what model_index.json says, but for components that are not there."""
    kept = {
        name: [None, None] if isinstance(value, list) and name not in names else value
        for name, value in index.items()
    }
    if "safety_checker" not in names:
        kept["requires_safety_checker"] = False
    return kept


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a configuration.

    Raises:
        ModelError: it cannot be written.
    """
    text = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    with writing_errors(path):
        path.write_text(text, encoding="utf-8")


def _is_text(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size <= _MOST_TEXT_BYTES
    except OSError:
        return False


def _nobody(_: int) -> None:
    """Hear nothing of what is too small to count."""
