"""The schedulers that people can choose, by name. No torch: the classes are named, not imported."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop_app.core.engine import Choice
from desktop_app.core.errors import UsageError


@dataclass(frozen=True)
class SchedulerSpec:
    """One scheduler.

    Attributes:
        choice: what a Request calls it, and what people read.
        class_name: the class in diffusers.
        aliases: other names that people know it by, as `_plain` gives them.
    """

    choice: Choice
    class_name: str
    aliases: tuple[str, ...] = ()


SCHEDULERS: tuple[SchedulerSpec, ...] = (
    SchedulerSpec(
        Choice("dpm++2m", "DPM-Solver++ 2M", "Good pictures in few steps."),
        "DPMSolverMultistepScheduler",
        ("dpm", "dpmpp", "dpmpp2m", "dpmsolver", "dpmsolverpp", "dpmsolverpp2m", "dpmsolver2m"),
    ),
    SchedulerSpec(
        Choice("euler-a", "Euler a", "Adds fresh noise at each step: livelier, less predictable."),
        "EulerAncestralDiscreteScheduler",
        ("eulerancestral",),
    ),
    SchedulerSpec(
        Choice("euler", "Euler", "Plain and quick; adds no noise."),
        "EulerDiscreteScheduler",
    ),
    SchedulerSpec(
        Choice("ddim", "DDIM", "Plain and predictable; wants more steps."),
        "DDIMScheduler",
    ),
    SchedulerSpec(
        Choice("unipc", "UniPC", "Good pictures in very few steps."),
        "UniPCMultistepScheduler",
        ("unipcmultistep",),
    ),
    SchedulerSpec(
        Choice("pndm", "PNDM", "What Stable Diffusion 1 came with."),
        "PNDMScheduler",
        ("plms",),
    ),
    SchedulerSpec(
        Choice("heun", "Heun", "Careful: asks the model twice for each step."),
        "HeunDiscreteScheduler",
    ),
    SchedulerSpec(
        Choice("lcm", "LCM", "For models that were distilled to a few steps."),
        "LCMScheduler",
    ),
)

DEFAULT_SCHEDULER = SCHEDULERS[0].choice.value
SCHEDULER_NAMES = tuple(spec.choice.value for spec in SCHEDULERS)
MODEL_SCHEDULER = "model"
"""Names the scheduler that the model came with, whichever that is."""


def find_scheduler(name: str) -> SchedulerSpec:
    """Return the scheduler that people mean by `name`: our name, the class, or a common alias.

    Raises:
        UsageError: there is no such scheduler here.
    """
    plain = _plain(name)
    for spec in SCHEDULERS:
        own = (_plain(spec.choice.value), _plain(spec.choice.title), _plain(spec.class_name))
        if plain in own or plain in spec.aliases:
            return spec
    raise UsageError(
        f"There is no scheduler “{name}”; known are {', '.join(SCHEDULER_NAMES)}, and"
        f" {MODEL_SCHEDULER} for the model’s own."
    )


def canonical_name(name: str) -> str:
    """Return our own name of the scheduler that people mean by `name`.

    Raises:
        UsageError: there is no such scheduler here.
    """
    return MODEL_SCHEDULER if name == MODEL_SCHEDULER else find_scheduler(name).choice.value


def scheduler_choices() -> tuple[Choice, ...]:
    """Return what people can choose from, the default first."""
    own = Choice(MODEL_SCHEDULER, "The model’s own", "The scheduler that the model came with.")
    return (*(spec.choice for spec in SCHEDULERS), own)


def _plain(name: str) -> str:
    """Return `name` without what people write differently."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower().replace("+", "p"))
    return re.sub(r"(discrete|multistep|karras)?scheduler$", "", letters) or letters
