"""Errors that people read: one sentence that says what, which file, and what to do."""

from __future__ import annotations

from enum import IntEnum


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
