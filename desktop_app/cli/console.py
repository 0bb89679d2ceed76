"""Results on stdout, everything else on stderr, whatever became of either."""

from __future__ import annotations

import codecs
import contextlib
import io
import logging
import os
import sys
import unicodedata
from typing import TextIO

from desktop_app.core.errors import error_in_short

log = logging.getLogger(__name__)

NAMES_HANDLER = "toonroom-names"


def encode_name(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode what an encoding has no place for.

    Bytes of file names that are not text come out as the bytes they are, so that a script can
    open the file; other characters come out escaped.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    encoded = b"".join(
        bytes([ord(char) - 0xDC00])
        if 0xDC80 <= ord(char) <= 0xDCFF
        else char.encode("unicode_escape")
        for char in part
    )
    return encoded, error.end


def prepare_streams() -> None:
    """Make both streams take any file name, whatever their encoding."""
    codecs.register_error(NAMES_HANDLER, encode_name)
    for stream, errors in ((sys.stdout, NAMES_HANDLER), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors=errors)


def printable(text: str) -> str:
    """Return `text` on one line and harmless to a terminal, control characters escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def fitted(text: str, columns: int) -> str:
    """Return the beginning of `text` that is at most `columns` wide on a terminal."""
    width = 0
    for end, char in enumerate(text):
        width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if width > columns:
            return text[:end]
    return text


class Console:
    """What a command says.

    Attributes:
        lost_output: whether results could not be printed, other than by a reader that left.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.lost_output = False
        self._quiet = quiet
        self._progress_shown = False

    def result(self, line: str) -> None:
        """Print a line on stdout."""
        self._clear_progress()
        if not self.lost_output:
            self.lost_output = not _write(sys.stdout, line + "\n")
            if self.lost_output:
                self.error("The results cannot be printed: stdout takes no more.")

    def error(self, sentence: str) -> None:
        """Print a sentence on stderr."""
        self._clear_progress()
        # Advice may come on a line of its own; a file name may not break one.
        _write(sys.stderr, f"toonroom: {printable(sentence)}\n")

    def unexpected(self, what: str, error: BaseException) -> None:
        """Say that something failed that should not, and log why."""
        from desktop_app import logs

        path = logs.set_up()
        log.error("%s failed", what, exc_info=error)
        where = f"; {path} has the details." if path else "."
        self.error(f"Something unexpected went wrong ({error_in_short(error)}){where}")

    def note(self, sentence: str) -> None:
        """Print a sentence on stderr, unless the console is quiet."""
        if not self._quiet:
            self.error(sentence)

    def progress(self, text: str, *, passing: bool = False) -> None:
        """Show how far things are: one line that is refreshed on a terminal, else lines.

        What is `passing` is for a terminal alone: a line that stays is not worth it.
        """
        if self._quiet:
            return
        columns = _terminal_columns(sys.stderr)
        if columns is None:
            if not passing:
                _write(sys.stderr, printable(text) + "\n")
            return
        self._progress_shown = True
        _write(sys.stderr, f"\r\x1b[K{fitted(printable(text), columns - 1)}")

    def _clear_progress(self) -> None:
        if self._progress_shown:
            self._progress_shown = False
            _write(sys.stderr, "\r\x1b[K")


def _terminal_columns(stream: TextIO | None) -> int | None:
    """Return how wide the terminal is that `stream` writes to; None if it is none."""
    if stream is None or os.environ.get("TERM") == "dumb":
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return None


def _write(stream: TextIO | None, text: str) -> bool:
    """Write and flush; return False when it failed for another reason than a reader that left."""
    if stream is None:  # it was closed before we began
        return True
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except (OSError, ValueError):
        _silence(stream)
        return False
    return True


def _silence(stream: TextIO) -> None:
    """Lead a stream that failed to the null device, so that the interpreter can end in peace."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
