"""Keep libraries from talking to the terminal: what they say becomes a sentence of ours."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

_STDERR = 2
_lock = threading.Lock()
_depth = 0
_kept: int | None = None


def prepare_pillow() -> None:
    """Make Pillow leave warnings and limits to us. Cheap; called before each photo.

    Its limit on pixels is one warning and one error at sizes other than ours; every header is
    checked against our own limit instead.
    """
    Image.MAX_IMAGE_PIXELS = None
    warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
    logger = logging.getLogger("PIL")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # or Python prints its messages itself


@contextmanager
def silenced_stderr() -> Iterator[None]:
    """Send what C libraries print to nowhere: libtiff writes each damaged strip to the terminal.

    The terminal is the whole process's, so this is held only while a library decodes. Several
    threads may be inside at once.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _depth, _kept
    with _lock:
        _depth += 1
        if _depth > 1:
            return
        try:
            _kept = os.dup(_STDERR)
        except OSError:
            return  # a windowed program on Windows has no terminal
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STDERR)
        os.close(nowhere)


def _leave() -> None:
    global _depth, _kept
    with _lock:
        _depth -= 1
        if _depth == 0 and _kept is not None:
            os.dup2(_kept, _STDERR)
            os.close(_kept)
            _kept = None
