"""One photo of a batch: opened, developed, written."""

from __future__ import annotations

import logging
import os
import re
import tempfile
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
from desktop_app.imaging.finishing import full_layers
from desktop_app.imaging.names import printable
from desktop_app.imaging.opening import open_photo
from desktop_app.imaging.openraster import save_layers
from desktop_app.imaging.saving import encode_png, save_picture

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
    """

    seconds: float
    extent: Extent | None = None
    error: str = ""
    code: ExitCode = ExitCode.DONE
    skipped: bool = False


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
            extent, skipped = self._run(job, request, on_progress)
        except JobCancelled:
            raise
        except Exception as error:  # the job's boundary: the next photo must have its turn
            failure = Failure.of(request, _told_apart(error))
            log.warning("%r: %s", str(job.photo), failure.sentence, exc_info=error)
            return Done(time.perf_counter() - start, error=failure.sentence, code=failure.code)
        return Done(time.perf_counter() - start, extent, skipped=skipped)

    def _run(self, job: Job, request: Request, on_progress: OnProgress) -> tuple[Extent, bool]:
        if job.problem:
            raise job.problem
        replaces = self._overwrite
        if os.path.lexists(job.result) and not self._overwrite:
            existing = self._equal_result(job)
            if not self._layers or os.path.lexists(job.layers):
                return existing, True
            replaces = True  # by the same picture, to write its layers
        photo = open_photo(job.photo)
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
            overwrite=replaces,
        )
        return result.extent, False

    def _save_layers(self, job: Job, result: Result, photo: Photo) -> None:
        save_layers(
            job.layers,
            full_layers(result.rendering, photo, result.request),
            result.picture,
            # An .ora without its result is what an interrupted run left.
            overwrite=self._overwrite or (self._resume and not os.path.lexists(job.result)),
            icc_profile=photo.icc_profile,
        )

    def _equal_result(self, job: Job) -> Extent:
        """Return the size of the result that is there, if this very request made it.

        Raises:
            PhotoError: it may not be replaced.
        """
        name = printable(job.result)
        if _is_same_file(job.photo, job.result):
            raise PhotoError(
                f"“{name}” is the photo itself; choose another place for the result, or add"
                " --overwrite to replace the photo."
            )
        if not self._resume:
            raise PhotoError(f"“{name}” is there already; add --overwrite to replace it.")
        try:
            there = open_photo(job.result)
            made_by = Request.from_json(there.request_json or "")
        except (ToonroomError, ValueError):
            made_by = None
        if made_by != self._request:
            raise PhotoError(
                f"“{name}” is there already, and was not made with these options; add"
                " --overwrite to replace it."
            )
        return there.extent


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
        if not self._label:
            return
        number = str(preview.step).zfill(max(2, len(str(preview.total))))
        stage = re.sub(r"\W+", "-", preview.stage.lower()).strip("-")
        path = self._label.with_name(f"{self._label.name}-{number}-{stage}.png")
        if os.path.lexists(path) and not self._replace_old:
            raise PhotoError(
                f"The preview “{printable(path)}” is there already; add --overwrite to replace it."
            )
        try:
            _write_whole(path, encode_png(preview.image, None, self._photo.icc_profile))
        except OSError as error:
            raise PhotoError(
                f"The preview “{printable(path)}” cannot be written: {_reason(error)}."
            ) from error


def _write_whole(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name first, so that a preview is whole or not there."""
    handle, name = tempfile.mkstemp(prefix=".preview-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
