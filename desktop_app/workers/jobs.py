"""What goes into the pipeline and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtGui import QImage

from desktop_app.core.cancel import CancelToken
from desktop_app.core.events import Result
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request

PhotoSource = Photo | Callable[[], Photo]
"""A photo, or how to read it once its turn has come: twenty queued photos need not all be in
memory. Called in the pipeline's thread; raises PhotoError."""


class KeptEntry(Protocol):
    """What a keeper gives back: where a result is kept."""

    @property
    def entry_id(self) -> str:
        """Identity of the kept result."""


Keeper = Callable[[Result, Photo], KeptEntry]
"""Puts a result on disk; called in the pipeline's thread before `succeeded` is emitted."""


@dataclass(frozen=True, eq=False)
class Job:
    """One request in the queue.

    Attributes:
        request: what is asked for.
        photo: what it is asked of.
        keep: whether the result is given to the keeper.
        token: ends it.
    """

    request: Request
    photo: PhotoSource
    keep: bool = True
    token: CancelToken = field(default_factory=CancelToken)

    @property
    def job_id(self) -> str:
        """The request's identity."""
        return self.request.job_id


@dataclass(frozen=True, eq=False)
class Preview:
    """The picture after one step, ready to be shown.

    Attributes:
        job_id: the run it belongs to.
        step: 1-based number of the step that was just done; 0 while things are got ready.
        total: how many steps there are.
        stage: what the step did, in a word or two that people read.
        image: owns its pixels; any size; null where there is nothing new to see.
        eta_s: seconds until the run ends, as estimated when the step was done.
        progress: how much of the run is done, 0 to 1.
    """

    job_id: str
    step: int
    total: int
    stage: str
    image: QImage
    eta_s: float
    progress: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished run, kept and ready to be shown.

    Attributes:
        job_id: the run.
        result: what the engine made; its picture is not blended with the photo.
        levels: what the canvas shows, blended as the request asks, full size first.
        thumbnail: what the film strip shows, at most 256 px.
        entry: where it is kept; None where it could not be kept, or was not to be.
        warning: sentences that the artist should read: what the engine remarked, and why it
            could not be kept; "" for none.
    """

    job_id: str
    result: Result
    levels: tuple[QImage, ...]
    thumbnail: QImage
    entry: KeptEntry | None = None
    warning: str = ""
