"""What an engine is. Nobody outside `engines` asks which one it talks to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from desktop_app.core.cancel import CancelToken
from desktop_app.core.events import Interpretation, Rendering, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.looks import Look, ParameterSpec
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request

OnStep = Callable[[StepPreview], None]


@dataclass(frozen=True)
class Choice:
    """One of several things to choose from.

    Attributes:
        value: what a Request calls it.
        title: what people read.
        help: one sentence: what it is good for.
    """

    value: str
    title: str
    help: str = ""


@dataclass(frozen=True)
class Device:
    """What an engine computes on.

    Attributes:
        name: what people call it: "CPU", "NVIDIA RTX 4070".
        precision: "fp32", "fp16" or "bf16".
        warning: a whole sentence where something faster lies idle, else "".
    """

    name: str
    precision: str
    warning: str = ""


@dataclass(frozen=True)
class ModelInfo:
    """A model that a Request may name.

    Attributes:
        model: what a Request calls it: an id, or the path of a folder.
        title: what people read.
        has_safety_checker: whether it brings a safety checker.
        note: one sentence: what it is good at, and what not; "" where nothing is known.
    """

    model: str
    title: str
    has_safety_checker: bool = False
    note: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What an engine offers.

    Attributes:
        engine_id: what a Request calls it.
        title: what people read.
        looks: the looks it knows, the default first; empty where an instruction is free text.
        parameters: its own parameters, each one a control in the develop panel.
        uses_seed: whether the seed changes the picture.
        uses_guidance: whether text and image guidance, steps, mode and scheduler mean something.
        needs_model: whether a Request must name a model.
        phrases: what the instruction field offers while the artist types.
        modes: the modes it knows, the default first.
        schedulers: the schedulers it knows, the default first.
    """

    engine_id: str
    title: str
    looks: tuple[Look, ...] = ()
    parameters: tuple[ParameterSpec, ...] = ()
    uses_seed: bool = False
    uses_guidance: bool = False
    needs_model: bool = False
    phrases: tuple[str, ...] = ()
    modes: tuple[Choice, ...] = ()
    schedulers: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """An honest guess before a run starts."""

    seconds: float
    memory_bytes: int
    disk_bytes: int = 0


class Engine(Protocol):
    """Turns a photo into a picture."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do. Cheap, known before `load`."""

    @property
    def device(self) -> Device | None:
        """What it computes on; None where that is not known yet, or nobody needs to know."""

    def models(self) -> tuple[ModelInfo, ...]:
        """Return the models that are here, the default first; empty where it needs none."""

    def interpret(self, request: Request) -> Interpretation:
        """Return what `run` would understand of `request`. Cheap; called at every keystroke."""

    def estimate(self, request: Request, extent: Extent) -> Estimate:
        """Return what `run` would take for a photo of `extent`, before anything is loaded."""

    def load(self, request: Request, on_step: OnStep, token: CancelToken) -> None:
        """Get everything ready that `request` needs; does nothing where it is ready.

        `on_step` is told how far that is, by previews without an image.

        Raises:
            ModelError: what it needs is missing or broken.
        """

    def run(self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> Rendering:
        """Turn `photo` into layers at the engine's working size.

        `on_step` is called after each step, in the calling thread.

        Raises:
            JobCancelled: within one step after the token was cancelled.
            OutOfMemory: even the smallest fallback did not fit.
        """

    def unload(self) -> None:
        """Give memory back. A later `load` makes it ready again."""
