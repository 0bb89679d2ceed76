"""What the app's process and the child say to each other. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.errors import ExitCode
from desktop_app.core.extent import Extent
from desktop_app.engines.diffusion.frames import FramesPlace
from desktop_app.engines.diffusion.plan import RunPlan
from desktop_app.models.layout import ModelLayout

# --- to the child


@dataclass(frozen=True)
class LoadJob:
    """Load a model.

    Attributes:
        job_id: what the answers are to name.
        layout: the model.
        plan: what it is going to be asked.
        idle_s: how long the child waits for the next job before it goes; None for ever.
    """

    job_id: str
    layout: ModelLayout
    plan: RunPlan
    idle_s: float | None = None


@dataclass(frozen=True)
class RunJob:
    """Run a plan on the photo that lies in the frames.

    Attributes:
        job_id: what the answers are to name.
        layout: the model; loaded first where it is not.
        plan: what to do.
        frames: where the photo is, and previews and picture go.
        padded: size of the photo there.
        extent: the part of it, at the top left, that is the photo.
        idle_s: how long the child waits for the next job before it goes; None for ever.
    """

    job_id: str
    layout: ModelLayout
    plan: RunPlan
    frames: FramesPlace
    padded: Extent
    extent: Extent
    idle_s: float | None = None


@dataclass(frozen=True)
class CancelJob:
    """End a job."""

    job_id: str


@dataclass(frozen=True)
class FrameTaken:
    """A preview was copied: its place is free."""

    slot: int


@dataclass(frozen=True)
class Quit:
    """End."""


ToChild = LoadJob | RunJob | CancelJob | FrameTaken | Quit

# --- from the child


@dataclass(frozen=True)
class Ready:
    """The child has come up.

    Attributes:
        device: what it computes on, for people.
        precision: "fp32", "fp16" or "bf16".
        warning: a sentence where something faster lies idle.
        cpu_key: what the precision, where it was probed, holds for.
    """

    device: str
    precision: str
    warning: str
    cpu_key: str


@dataclass(frozen=True)
class Heartbeat:
    """The child lives."""


@dataclass(frozen=True)
class Loading:
    """So many bytes of a model have been read."""

    job_id: str
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Stepped:
    """A step was done.

    Attributes:
        job_id: of which run.
        step: 1-based.
        total: how often the scheduler asks the model.
        slot: where the preview lies; None where there was no place for it.
        preview: size of the preview.
        rest_s: seconds until the picture is decoded, as the steps so far tell.
    """

    job_id: str
    step: int
    total: int
    slot: int | None
    preview: Extent
    rest_s: float


@dataclass(frozen=True)
class Done:
    """A job is finished; of a run, the picture lies in the frames.

    Attributes:
        job_id: which.
        extent: size of the picture, without padding.
        remarks: whole sentences that the artist should know.
        steps_s: how long the steps took.
    """

    job_id: str
    extent: Extent | None = None
    remarks: tuple[str, ...] = ()
    steps_s: float = 0.0


@dataclass(frozen=True)
class Cancelled:
    """A job was ended as asked."""

    job_id: str


@dataclass(frozen=True)
class Failed:
    """A job could not be finished.

    Attributes:
        job_id: which; "" where the child itself could not come up.
        sentence: what went wrong and what to do, for people.
        code: the exit status that it means.
        is_unexpected: whether it is a fault of ours: details are for the log.
        details: the traceback, for the log.
    """

    job_id: str
    sentence: str
    code: ExitCode
    is_unexpected: bool = False
    details: str = ""


FromChild = Ready | Heartbeat | Loading | Stepped | Done | Cancelled | Failed
