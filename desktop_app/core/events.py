"""What a run says while it goes on and when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop_app.core.errors import ExitCode, ToonroomError, error_in_short
from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.core.request import Request


@dataclass(frozen=True, eq=False)
class StepPreview:
    """The picture after one step.

    Attributes:
        job_id: the run it belongs to.
        step: 1-based number of the step that was just done; 0 while things are got ready.
        total: how many steps there are.
        stage: what the step did, in a word or two that people read.
        image: (height, width, 3) uint8 at any size; whoever receives it owns it. None where there
            is nothing new to see, as while a model is loaded.
        eta_s: seconds until the run ends, as estimated now.
        share: how much of the run's time has gone by, 0 to 1; None for `step` out of `total`.
    """

    job_id: str
    step: int
    total: int
    stage: str
    image: RgbImage | None
    eta_s: float
    share: float | None = None

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1."""
        return self.step / max(1, self.total) if self.share is None else self.share


class Upsampling(Enum):
    """How a layer is brought from the working size to the size of the finished picture."""

    GUIDED = "guided"
    """Colour areas: their edges follow the photo's own."""
    CRISP = "crisp"
    """Lines and dots: enlarged smoothly, then sharpened to one pixel of transition."""
    SMOOTH = "smooth"
    """Soft things: enlarged smoothly."""


class BlendOp(Enum):
    """How a layer lies on those beneath it (names of the OpenRaster composite operators)."""

    OVER = "svg:src-over"
    MULTIPLY = "svg:multiply"


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a picture.

    Attributes:
        name: what painting programs show: "flats", "shading", "lines".
        rgb: (height, width, 3) uint8.
        alpha: (height, width) uint8, 255 = opaque; None for a layer that is opaque everywhere.
        op: how it lies on the layers beneath.
        upsampling: how it is enlarged.
    """

    name: str
    rgb: RgbImage
    alpha: GreyImage | None = None
    op: BlendOp = BlendOp.OVER
    upsampling: Upsampling = Upsampling.GUIDED


@dataclass(frozen=True, eq=False)
class Rendering:
    """What an engine made of a photo, at its own working size, not yet finished.

    Attributes:
        layers: bottom first, all of one size; never empty. An engine that has no layers gives its
            picture as the only one.
        remarks: whole sentences about what became of the run that the artist should know.
    """

    layers: tuple[Layer, ...]
    remarks: tuple[str, ...] = ()

    @property
    def extent(self) -> Extent:
        """The working size."""
        height, width = self.layers[0].rgb.shape[:2]
        return Extent(width, height)


@dataclass(frozen=True)
class Defaults:
    """What an engine takes where a Request says None; None where it has no use for the value."""

    model: str | None = None
    steps: int | None = None
    text_guidance: float | None = None
    image_guidance: float | None = None
    scheduler: str | None = None
    working_size_px: int | None = None
    smallest_working_px: int | None = None


@dataclass(frozen=True)
class Interpretation:
    """What an engine understood of an instruction.

    Attributes:
        look: id of the look that will be used; None where the engine has no looks.
        understood: phrases that people read, in the order they were found ("bolder lines").
        ignored: the words nobody could do anything with, as they were written.
        parameters: every parameter's effective value, by name.
        note: a whole sentence where something should be said, else "".
        defaults: what is taken where the Request says None.
    """

    look: str | None = None
    understood: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    defaults: Defaults = Defaults()


@dataclass(frozen=True, eq=False)
class Result:
    """A finished run.

    Attributes:
        request: what was asked for.
        picture: (height, width, 3) uint8 at the size asked for, in the photo's colour space.
        alpha: (height, width) uint8 or None, of the same size.
        rendering: the layers it was finished from, so that it can be finished again.
        interpretation: what the engine understood.
        seconds: how long the run took.
    """

    request: Request
    picture: RgbImage
    alpha: GreyImage | None
    rendering: Rendering
    interpretation: Interpretation
    seconds: float

    @property
    def extent(self) -> Extent:
        """Size of the finished picture."""
        height, width = self.picture.shape[:2]
        return Extent(width, height)


@dataclass(frozen=True)
class Failure:
    """A run that could not be finished.

    Attributes:
        job_id: the run.
        request: what was asked for.
        sentence: what went wrong and what to do, for people.
        code: the exit status that the command line would give for it.
    """

    job_id: str
    request: Request
    sentence: str
    code: ExitCode

    @classmethod
    def of(cls, request: Request, error: BaseException) -> Failure:
        """Return the failure that `error` means for `request`."""
        if isinstance(error, ToonroomError):
            return cls(request.job_id, request, str(error), error.code)
        if isinstance(error, MemoryError):
            sentence = "There is not enough memory for this picture; try a smaller size."
            return cls(request.job_id, request, sentence, ExitCode.OUT_OF_MEMORY)
        sentence = (
            f"Something unexpected went wrong ({error_in_short(error)});"
            " the log file has the details."
        )
        return cls(request.job_id, request, sentence, ExitCode.PHOTO_FAILED)
