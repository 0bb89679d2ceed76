"""One run from Request to finished picture: what the window and the command line share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Engine, OnStep
from desktop_app.core.errors import OutOfMemory
from desktop_app.core.events import Result
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.imaging.finishing import finish


@contextmanager
def memory_errors_told() -> Iterator[None]:
    """Raise OutOfMemory, with a sentence, in place of what NumPy and OpenCV raise."""
    sentence = "There is not enough memory for this picture; ask for a smaller size."
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory(sentence) from error
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise OutOfMemory(sentence) from error
        raise


def develop(
    engine: Engine, request: Request, photo: Photo, on_step: OnStep, token: CancelToken
) -> Result:
    """Run `request` on `photo` and finish the picture at the size it asks for.

    Raises:
        JobCancelled: the token was cancelled.
        ModelError: the engine's model is missing or broken.
        OutOfMemory: memory ran out even after every fallback.
    """
    start = time.perf_counter()
    token.raise_if_cancelled()
    with memory_errors_told():
        engine.load(request, on_step, token)
        rendering = engine.run(request, photo, on_step, token)
        token.raise_if_cancelled()
        finished = finish(rendering, photo, request, token)
    return Result(
        request=request,
        picture=finished.picture,
        alpha=finished.alpha,
        rendering=rendering,
        interpretation=engine.interpret(request),
        seconds=time.perf_counter() - start,
    )
