"""What every training run has: a folder, a plan of steps, a log, checkpoints, a way to end it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import UsageError
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.names import printable
from desktop_app.training.checkpoints import load_checkpoint, save_checkpoint
from desktop_app.training.folders import make_folder
from desktop_app.training.reporting import Reporter
from desktop_app.training.settings import SETTINGS_NAME, Stage, written

LOG_NAME = "log.jsonl"

_FREE = {
    *("out", "data", "cache", "threads", "checkpoint_every", "validate_every", "stages"),
    *("title", "note"),
}
"""Settings that may change when a run goes on: they do not say what is learnt.

Stages may be added to; what has been done of them must be the same.
"""


def total_steps(stages: Sequence[Stage]) -> int:
    """Return how many steps a run has."""
    return sum(stage.steps for stage in stages)


def stage_at(stages: Sequence[Stage], step: int) -> Stage:
    """Return the stage that step number `step`, from 0, belongs to."""
    for stage in stages:
        if step < stage.steps:
            return stage
        step -= stage.steps
    return stages[-1]


def learning_rate(base: float, step: int, total: int, warm_up: int, decay: float) -> float:
    """Return the rate of a step: up, flat, and straight down over the last share `decay`.

    Source: Hu et al., "MiniCPM", 2024, section 4 (warm-up, stable, decay).
    """
    rate = base * min(1.0, (step + 1) / max(1, warm_up))
    decaying = int(decay * total)
    left = total - step
    return rate * max(0.02, left / decaying) if decaying and left < decaying else rate


def set_rate(
    optimizer: Any, base: float, step: int, stages: Sequence[Stage], warm_up: int, decay: float
) -> float:
    """Give an optimizer the rate of a step, and return it; see `learning_rate`."""
    rate = learning_rate(base, step, total_steps(stages), warm_up, decay)
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate


class Run:
    """A training run in its folder.

    Attributes:
        folder: where everything of it lies.
        step: how many steps are done.
    """

    def __init__(
        self, settings: Any, reporter: Reporter, token: CancelToken, *, writes: bool = True
    ) -> None:
        """Open the run's folder; made where it is not there yet.

        Args:
            settings: with `out`, `stages` and `checkpoint_every`.
            reporter: told how it goes on.
            token: ends it.
            writes: whether this process is the one that writes.

        Raises:
            UsageError: the folder holds a run with other settings.
            PhotoError: it cannot be made.
        """
        self.folder: Path = settings.out
        self.step = 0
        self._settings = settings
        self._writes = writes
        self._total = total_steps(settings.stages)
        self._every: int = settings.checkpoint_every
        self._reporter = reporter
        self._token = token
        self._start = time.perf_counter()
        self._done_now = 0
        make_folder(self.folder)

    def resumed(self) -> dict[str, Any] | None:
        """Return the state of the last checkpoint, and take the log back to it; None at the start.

        Raises:
            UsageError: the folder holds a run with other settings.
        """
        state = load_checkpoint(self.folder)
        mine = json.loads(written(self._settings))
        if state is not None:
            _check_same(self.folder, json.loads(state["settings"]), mine, int(state["step"]))
            self.step = int(state["step"])
            self._reporter.note(f"Going on after step {self.step}.")
        if self._writes:
            _cut_log(self.folder / LOG_NAME, self.step)
            text = written(self._settings).encode()
            write_bytes_atomically(self.folder / SETTINGS_NAME, text, overwrite=True)
        return state

    def go(
        self,
        step: Callable[[int], dict[str, float]],
        state: Callable[[], dict[str, Any]],
        validate: Callable[[int], dict[str, float]],
        validate_every: int,
    ) -> None:
        """Take steps until all are done, with checkpoints in between and when it is ended.

        Args:
            step: does step number n, from 0, and returns figures for the log.
            state: returns what a checkpoint holds.
            validate: returns figures on what is not trained on, after n steps.
            validate_every: steps between two validations.

        Raises:
            JobCancelled: the token was cancelled; a checkpoint was written.
        """
        name = self.folder / LOG_NAME if self._writes else os.devnull
        with Path(name).open("a", encoding="utf-8") as log:
            while self.step < self._total:
                if self._token.is_cancelled:
                    self._save(state)
                    self._token.raise_if_cancelled()
                figures = step(self.step)
                self.step += 1
                self._done_now += 1
                if self.step % validate_every == 0 or self.step == self._total:
                    figures |= validate(self.step)
                log.write(json.dumps({"step": self.step, **_rounded(figures)}) + "\n")
                if self.step % self._every == 0 or self.step == self._total:
                    log.flush()
                    self._save(state)
                    self._tell(figures)

    def _save(self, state: Callable[[], dict[str, Any]]) -> None:
        if self._writes:
            save_checkpoint(
                self.folder, self.step, {"settings": written(self._settings), **state()}
            )

    def _tell(self, figures: dict[str, float]) -> None:
        seconds = (time.perf_counter() - self._start) / max(1, self._done_now)
        rest_min = seconds * (self._total - self.step) / 60.0
        values = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self._reporter.progress(
            f"step {self.step} of {self._total}: {values}; {seconds:.2f} s a step,"
            f" {rest_min:.0f} min left"
        )


def _check_same(folder: Path, before: dict[str, Any], now: dict[str, Any], step: int) -> None:
    differing = [k for k in now if k not in _FREE and before.get(k) != now[k]]
    if differing:
        raise UsageError(
            f"“{printable(folder)}” holds a run with another {differing[0].replace('_', ' ')}"
            f" ({before.get(differing[0])}, not {now[differing[0]]}); give the same options, or"
            " another folder."
        )
    old, new = _stages(before), _stages(now)
    if any(
        (stage_at(old, n).crop_px, stage_at(old, n).batch)
        != (stage_at(new, n).crop_px, stage_at(new, n).batch)
        for n in _bounds(old, new, step)
    ):
        raise UsageError(
            f"“{printable(folder)}” holds a run whose {step} steps were in other stages; give the"
            " same, with more steps or stages at the end."
        )


def _stages(values: dict[str, Any]) -> list[Stage]:
    return [Stage(**stage) for stage in values["stages"]]


def _bounds(old: list[Stage], new: list[Stage], step: int) -> list[int]:
    """Return steps before `step` at which one of two plans changes, and the last one."""
    found = {0, step - 1}
    for stages in (old, new):
        at = 0
        for stage in stages:
            at += stage.steps
            found |= {at - 1, at}
    return sorted(n for n in found if 0 <= n < step)


def _cut_log(path: Path, step: int) -> None:
    """Drop what the log says of steps after `step`: they will be taken again."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line)
        except (ValueError, KeyError, TypeError):
            continue  # a line that was being written when the run was ended
    text = "".join(f"{line}\n" for line in kept)
    write_bytes_atomically(path, text.encode(), overwrite=True)


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.9g}") for name, value in figures.items()}
