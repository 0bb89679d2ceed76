"""The log file: where tracebacks go, so that people get sentences."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from desktop_app.core.paths import log_file

LARGEST_BYTES = 1_000_000
KEPT_FILES = 3
FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def set_up() -> Path | None:
    """Send everything that is logged, warnings too, to the log file.

    Returns:
        the file, or None where it cannot be written: the app works without.
    """
    # An error while logging (a full disk) must not put a traceback before people.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in [h for h in root.handlers if isinstance(h, LogFile)]:
        root.removeHandler(handler)
        handler.close()
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        root.addHandler(LogFile(path))
    except (OSError, ValueError):
        # Without any handler, logging would print warnings on stderr.
        root.addHandler(logging.NullHandler())
        return None
    return path


class LogFile(RotatingFileHandler):
    """The handler that `set_up` adds; a class of its own, so that it can be told from others."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            maxBytes=LARGEST_BYTES,
            backupCount=KEPT_FILES,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self.setFormatter(logging.Formatter(FORMAT))
