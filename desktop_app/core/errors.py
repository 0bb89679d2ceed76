"""Errors that people read: one sentence that says what, which file, and what to do."""

from __future__ import annotations

from enum import IntEnum

_LONGEST_SHORT = 200


class ExitCode(IntEnum):
    """Exit statuses of the command line, also the `code` of a failed job."""

    DONE = 0
    WRONG_USAGE = 2
    PHOTO_FAILED = 3
    MODEL_MISSING = 4
    OUT_OF_MEMORY = 5
    INTERRUPTED = 130


class ToonroomError(Exception):
    """An error whose message is one whole sentence for the person who caused or met it."""

    code = ExitCode.PHOTO_FAILED


class UsageError(ToonroomError):
    """A wish that cannot be carried out as it was put."""

    code = ExitCode.WRONG_USAGE


class PhotoError(ToonroomError):
    """A photo that cannot be read, or a picture that cannot be written."""


class ModelError(ToonroomError):
    """A model that is missing or broken."""

    code = ExitCode.MODEL_MISSING


class OutOfMemory(ToonroomError):  # noqa: N818 - the field's word
    """Memory ran out even after every fallback."""

    code = ExitCode.OUT_OF_MEMORY


class JobCancelled(ToonroomError):  # noqa: N818 - a fact, not a fault
    """The person who started the job ended it."""

    code = ExitCode.INTERRUPTED

    def __init__(self, sentence: str = "The run was cancelled.") -> None:
        super().__init__(sentence)


def error_in_short(error: BaseException) -> str:
    """Return what kind of error it is and what it says, on one line of a bearable length."""
    words = " ".join(str(error)[: 10 * _LONGEST_SHORT].split())
    if len(words) > _LONGEST_SHORT:
        words = f"{words[: _LONGEST_SHORT - 1]}…"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
