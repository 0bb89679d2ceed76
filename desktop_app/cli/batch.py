"""One photo of a batch: opened, developed, written."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.cli.plan import Job
from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Engine
from desktop_app.core.errors import (
    ExitCode,
    JobCancelled,
    OutOfMemory,
    PhotoError,
    ToonroomError,
)
from desktop_app.core.events import Failure, Result, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request, new_job_id
from desktop_app.engines.develop import develop
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.finishing import finished_extent, full_layers
from desktop_app.imaging.names import printable
from desktop_app.imaging.opening import open_photo
from desktop_app.imaging.openraster import save_layers
from desktop_app.imaging.saving import check_place, encode_png, save_picture

log = logging.getLogger(__name__)

OnProgress = Callable[[StepPreview], None]


@dataclass(frozen=True)
class Done:
    """What became of one photo.

    Attributes:
        seconds: how long it took, from opening to writing.
        extent: size of the picture; None where there is none.
        error: why there is none, a sentence; "" where there is one.
        code: the exit status that stands for it.
        skipped: whether the picture was there already.
        remarks: whole sentences about the run that the artist should know.
    """

    seconds: float
    extent: Extent | None = None
    error: str = ""
    code: ExitCode = ExitCode.DONE
    skipped: bool = False
    remarks: tuple[str, ...] = ()


class Batch:
    """Runs jobs with one engine and one set of wishes."""

    def __init__(
        self,
        engine: Engine,
        request: Request,
        token: CancelToken,
        *,
        layers: bool,
        overwrite: bool,
        resume: bool,
    ) -> None:
        self._engine = engine
        self._request = request
        self._token = token
        self._layers = layers
        self._overwrite = overwrite
        self._resume = resume

    def run(self, job: Job, on_progress: OnProgress) -> Done:
        """Do one job; what goes wrong with it is in what is returned.

        Raises:
            JobCancelled: the token was cancelled; nothing half-written is left.
        """
        start = time.perf_counter()
        request = replace(self._request, job_id=new_job_id())
        try:
            made = self._run(job, request, on_progress)
        except JobCancelled:
            raise
        except Exception as error:  # the job's boundary: the next photo must have its turn
            failure = Failure.of(request, _told_apart(error))
            log.warning("%r: %s", str(job.photo), failure.sentence, exc_info=error)
            return Done(time.perf_counter() - start, error=failure.sentence, code=failure.code)
        return replace(made, seconds=time.perf_counter() - start)

    def _run(self, job: Job, request: Request, on_progress: OnProgress) -> Done:
        if job.problem:
            raise job.problem
        there = self._equal_result(job)
        if there and not (self._layers and not os.path.lexists(job.layers)):
            return Done(0.0, there, skipped=True)
        self._refuse_to_replace(job, there)
        photo = open_photo(job.photo)
        check_place(job.result, finished_extent(photo, request))
        self._token.raise_if_cancelled()
        _make_folder(job.result.parent)
        previews = _PreviewFiles(job.previews, photo, self._overwrite or self._resume)

        def on_step(preview: StepPreview) -> None:
            on_progress(preview)
            previews.write(preview)

        result = develop(self._engine, request, photo, on_step, self._token)
        if self._layers:
            self._save_layers(job, result, photo)
        self._token.raise_if_cancelled()
        # Last, so that --resume finds a result only where everything else is there too.
        save_picture(
            job.result,
            result.picture,
            photo,
            alpha=result.alpha,
            request=request,
            # The same picture again, where only its layers were missing.
            overwrite=self._overwrite or there is not None,
        )
        return Done(0.0, result.extent, remarks=result.rendering.remarks)

    def _save_layers(self, job: Job, result: Result, photo: Photo) -> None:
        save_layers(
            job.layers,
            full_layers(result.rendering, photo, result.request),
            result.picture,
            # An .ora without its result is what an interrupted run left.
            overwrite=self._overwrite or (self._resume and not os.path.lexists(job.result)),
            icc_profile=photo.icc_profile,
        )

    def _equal_result(self, job: Job) -> Extent | None:
        """Return the size of the result that is there if --resume may leave it as it is."""
        if not self._resume or not os.path.lexists(job.result):
            return None
        try:
            there = open_photo(job.result)
            made_by = Request.from_json(there.request_json or "")
        except (ToonroomError, ValueError):
            return None
        return there.extent if made_by == self._request else None

    def _refuse_to_replace(self, job: Job, there: Extent | None) -> None:
        """Raise PhotoError if a file is in the way; done before any work is."""
        if self._overwrite:
            return
        if there is None and os.path.lexists(job.result):
            if _is_same_file(job.photo, job.result):
                raise PhotoError(
                    f"“{printable(job.result)}” is the photo itself; choose another place for the"
                    " result, or add --overwrite to replace the photo."
                )
            if self._resume:
                raise PhotoError(
                    f"“{printable(job.result)}” is there already, and was not made with these"
                    " options; add --overwrite to replace it."
                )
            _refuse_existing(job.result)
        if self._layers and not self._resume:
            _refuse_existing(job.layers)


class _PreviewFiles:
    """Writes previews whose names begin with `label`; none at all without one."""

    def __init__(self, label: Path | None, photo: Photo, replace_old: bool) -> None:
        self._label = label
        self._photo = photo
        self._replace_old = replace_old
        if label:
            _make_folder(label.parent)

    def write(self, preview: StepPreview) -> None:
        """Write one preview as a PNG.

        Raises:
            PhotoError: it cannot be written.
        """
        if not self._label or preview.image is None:
            return
        number = str(preview.step).zfill(max(2, len(str(preview.total))))
        stage = re.sub(r"\W+", "-", preview.stage.lower()).strip("-")
        path = self._label.with_name(f"{self._label.name}-{number}-{stage}.png")
        if not self._replace_old:
            _refuse_existing(path)
        data = encode_png(preview.image, None, self._photo.icc_profile)
        write_bytes_atomically(path, data, overwrite=self._replace_old)


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise PhotoError(f"“{printable(path)}” is there already; add --overwrite to replace it.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise PhotoError(
            f"There can be no folder “{printable(folder)}”: a file is in its place; choose another."
        ) from error
    except (OSError, ValueError) as error:
        raise PhotoError(
            f"The folder “{printable(folder)}” cannot be made: {_reason(error)}."
        ) from error


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def _told_apart(error: Exception) -> Exception:
    """Return OpenCV's way of saying that memory ran out as ours."""
    if type(error).__module__ == "cv2" and "Insufficient memory" in str(error):
        return OutOfMemory("There is not enough memory for this picture; try a smaller --size.")
    return error
