"""Where the app's own things are, and where it keeps the artist's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from platformdirs import PlatformDirs

HOME_VARIABLE = "TOONROOM_HOME"

_MOVED_NAME = "models-folder.txt"


def resources() -> Path:
    """Return the folder of icons, themes and looks, in a checkout as in a bundle."""
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parents[2]
    return root / "resources"


def data_home() -> Path:
    """Return the folder of settings, history, models and logs; it may not exist yet.

    TOONROOM_HOME moves all of it.
    """
    moved = os.environ.get(HOME_VARIABLE)
    if moved:
        # os.path leaves a user that is not there as it is; pathlib would raise.
        return Path(os.path.expanduser(moved)).absolute()  # noqa: PTH111
    return Path(PlatformDirs("Toonroom", appauthor=False).user_data_dir)


def models_folder() -> Path:
    """Return where downloaded and imported models are kept: with the rest, unless it was moved."""
    try:
        text = moved_models_file().read_text(encoding="utf-8").strip("\r\n")
    except (OSError, ValueError):  # as a rule there is no such file
        text = ""
    moved = Path(text) if text and "\0" not in text else None
    return moved if moved is not None and moved.is_absolute() else data_home() / "models"


def moved_models_file() -> Path:
    """Return the file that names the folder of the models, where that was moved."""
    return data_home() / _MOVED_NAME


def log_file() -> Path:
    """Return the log file that errors are explained in."""
    return data_home() / "logs" / "toonroom.log"
