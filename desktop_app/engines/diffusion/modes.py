"""What each mode leaves out to be quicker: options with names. No torch.

Nothing left out is `Savings()`: what diffusers' own pipeline computes, row by row and step by step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from desktop_app.core.engine import Choice
from desktop_app.engines.diffusion.schedulers import DEFAULT_SCHEDULER, MODEL_SCHEDULER


@dataclass(frozen=True)
class Savings:
    """What is left out of a run.

    Attributes:
        guidance_interval: from which to which share of the steps the rows that guidance needs
            besides the text row are computed. Before it there is no guidance.
            Source: Kynkäänniemi et al., "Applying Guidance in a Limited Interval Improves Sample
            and Distribution Quality in Diffusion Models", 2024.
        guidance_hold: whether the last guidance term stays in force after the interval.
        guidance_every: within the interval, the guidance term is computed at every n-th step and
            used again in between, as it moves slowly: 1 computes it at each.
        guidance_warm_steps: so many first steps of the interval compute it in any case.
        deep_every: the low-resolution half of the UNet is computed at every n-th step and its
            features used again in between. 1 computes it at each.
            Source: Ma et al., "DeepCache: Accelerating Diffusion Models for Free", CVPR 2024.
        deep_level: how many levels of the UNet, the largest first, are computed at each step.
    """

    guidance_interval: tuple[float, float] = (0.0, 1.0)
    guidance_hold: bool = True
    guidance_every: int = 1
    guidance_warm_steps: int = 0
    deep_every: int = 1
    deep_level: int = 1

    def schedule(self, total: int) -> tuple[StepKind, ...]:
        """Return what each of `total` steps computes."""
        first = math.floor(self.guidance_interval[0] * total + 1e-9)
        end = math.ceil(self.guidance_interval[1] * total - 1e-9)
        kinds: list[StepKind] = []
        age = 0
        for index in range(total):
            since = index - first
            warm = since < self.guidance_warm_steps
            due = warm or (since - self.guidance_warm_steps) % self.guidance_every == 0
            guides = first <= index < end and due
            holds = index > first and (index < end or self.guidance_hold)
            # A step that computes all rows needs the deep features of all of them.
            age = 0 if guides or index == 0 or age + 1 >= self.deep_every else age + 1
            kinds.append(StepKind(guides, holds and not guides, deep=age == 0))
        return tuple(kinds)


@dataclass(frozen=True)
class StepKind:
    """What one step computes.

    Attributes:
        guides: whether the rows that guidance needs are computed.
        holds: whether the last guidance term is used again instead.
        deep: whether the low-resolution half of the UNet is computed.
    """

    guides: bool
    holds: bool
    deep: bool


@dataclass(frozen=True)
class Mode:
    """A mode.

    Attributes:
        choice: what a Request calls it, and what people read.
        steps: how many steps it takes where nobody says.
        scheduler: which scheduler it takes where nobody says.
        working_size_px: longest side it works at where nobody says.
        enlarges: whether photos smaller than models like are enlarged for the model.
        savings: what it leaves out.
        is_exact: whether guidance behaves as in diffusers, where a text guidance of 1 or less or
            an image guidance below 1 turns both off; and whether fp32 is a must.
    """

    choice: Choice
    steps: int
    scheduler: str
    working_size_px: int
    enlarges: bool
    savings: Savings
    is_exact: bool = False


MODES: tuple[Mode, ...] = (
    Mode(
        Choice("balanced", "Balanced", "Nearly the full picture in a fraction of the time."),
        steps=20,
        scheduler=DEFAULT_SCHEDULER,
        working_size_px=512,
        enlarges=True,
        savings=Savings(guidance_interval=(0.0, 0.8), guidance_every=2, guidance_warm_steps=2),
    ),
    Mode(
        Choice("fast", "Fast", "Nearly twice as quick as balanced; fine details may differ."),
        steps=12,
        scheduler=DEFAULT_SCHEDULER,
        working_size_px=512,
        enlarges=True,
        savings=Savings(
            guidance_interval=(0.0, 0.75), guidance_every=3, guidance_warm_steps=2, deep_every=2
        ),
    ),
    Mode(
        Choice("draft", "Draft", "A quick look at what an idea would give."),
        steps=6,
        scheduler=DEFAULT_SCHEDULER,
        working_size_px=384,
        enlarges=True,
        savings=Savings(
            guidance_interval=(0.0, 0.75), guidance_every=2, guidance_warm_steps=1, deep_every=2
        ),
    ),
    Mode(
        Choice("exact", "Exact", "What diffusers’ own pipeline gives, nothing left out; slow."),
        steps=100,
        scheduler=MODEL_SCHEDULER,
        working_size_px=512,
        enlarges=False,
        savings=Savings(),
        is_exact=True,
    ),
)
"""The default first."""

_BY_NAME = {mode.choice.value: mode for mode in MODES}


def mode_of(name: str) -> Mode:
    """Return a mode by what a Request calls it."""
    return _BY_NAME[name]
