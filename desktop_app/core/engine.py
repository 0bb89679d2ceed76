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
    """

    engine_id: str
    title: str
    looks: tuple[Look, ...] = ()
    parameters: tuple[ParameterSpec, ...] = ()
    uses_seed: bool = False
    uses_guidance: bool = False
    needs_model: bool = False


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

    def interpret(self, request: Request) -> Interpretation:
        """Return what `run` would understand of `request`. Cheap; called at every keystroke."""

    def estimate(self, request: Request, extent: Extent) -> Estimate:
        """Return what `run` would take for a photo of `extent`, before anything is loaded."""

    def load(self, request: Request, token: CancelToken) -> None:
        """Get everything ready that `request` needs; does nothing where it is ready.

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
