"""One run from Request to finished picture."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import OnStep
from desktop_app.core.errors import JobCancelled, OutOfMemory, UsageError
from desktop_app.core.events import Rendering
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.engines.classic.engine import ClassicEngine
from desktop_app.engines.develop import develop
from desktop_app.engines.registry import available_engines, create_engine

PHOTO = Photo(np.full((20, 30, 3), 128, np.uint8))


class FailingEngine(ClassicEngine):
    """Does `deed` before a run."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deed = deed

    def run(self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> Rendering:
        self._deed()
        return super().run(request, photo, on_step, token)


def raise_memory_error() -> None:
    raise MemoryError


def ask_opencv_for_too_much() -> None:
    cv2.copyMakeBorder(np.zeros((2, 2), np.uint8), 0, 2_000_000_000, 0, 2_000_000_000, 0)


@pytest.mark.parametrize("deed", [raise_memory_error, ask_opencv_for_too_much])
def test_memory_that_runs_out_is_told(deed: Callable[[], object]) -> None:
    with pytest.raises(OutOfMemory, match="smaller size"):
        develop(FailingEngine(deed), Request(), PHOTO, lambda _: None, CancelToken())


def test_other_errors_of_opencv_are_not_called_memory() -> None:
    with pytest.raises(cv2.error):
        develop(
            FailingEngine(lambda: cv2.cvtColor(PHOTO.pixels[:, :, 0], cv2.COLOR_RGB2GRAY)),
            Request(),
            PHOTO,
            lambda _: None,
            CancelToken(),
        )


def test_a_job_cancelled_while_it_waited_does_not_start() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        develop(FailingEngine(raise_memory_error), Request(), PHOTO, lambda _: None, token)


def test_the_picture_is_not_blended_yet() -> None:
    plain, mixed = (
        develop(ClassicEngine(), Request(blend=blend), PHOTO, lambda _: None, CancelToken())
        for blend in (1.0, 0.3)
    )
    assert np.array_equal(plain.picture, mixed.picture)


def test_engines_by_name() -> None:
    assert create_engine("classic").capabilities.engine_id == "classic"
    assert [engine.capabilities.engine_id for engine in available_engines()] == [
        "classic",
        "diffusion",
    ]
    with pytest.raises(UsageError, match="classic"):
        create_engine("magic")
