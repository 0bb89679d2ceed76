"""Folders that runs and data sets are written into."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.names import printable


def make_folder(folder: Path) -> None:
    """Make a folder, with those around it, where it is not there yet.

    Raises:
        PhotoError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotoError(
            f"The folder “{printable(folder)}” cannot be made: {error.strerror}."
        ) from error
