"""Whether a window can open here, found out before Qt ends the process over it."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

WITHOUT = "'toonroom cartoonize PHOTO -o OUT' needs no screen."
LIBRARIES_ADVICE = (
    "The window cannot open without Qt's system libraries; 'python3 packaging/bootstrap.py app'"
    f" installs them or says which are missing. {WITHOUT}"
)
TIMEOUT_S = 2.0


def display_problem(environ: Mapping[str, str], platform: str = sys.platform) -> str | None:
    """Return a sentence that says why no window can open, or None if one can."""
    if not platform.startswith("linux") or environ.get("QT_QPA_PLATFORM"):
        return None
    if _wayland_answers(environ):
        return None
    display = environ.get("DISPLAY", "")
    if not display:
        return (
            "The window cannot open: there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY"
            f" leads to one). {WITHOUT}"
        )
    if not _x11_answers(display):
        return (
            f"The window cannot open: the screen {display!r} (DISPLAY) does not answer. {WITHOUT}"
        )
    return None


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "")
    if not name:
        return False
    path = Path(environ.get("XDG_RUNTIME_DIR", "")) / name  # `name` alone where it is absolute
    return _connects(socket.AF_UNIX, str(path))


def _x11_answers(display: str) -> bool:
    parts = re.fullmatch(r"(?:.*/)?([^/:]*):(\d+)(?:\.\d+)?", display)
    if parts is None:
        return True  # nothing we can read: Qt may
    host, number = parts[1], int(parts[2])
    if host not in ("", "unix"):
        return _connects(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"
    # Servers listen on the file, on its abstract namesake, or on both.
    return _connects(socket.AF_UNIX, path) or _connects(socket.AF_UNIX, "\0" + path)


def _connects(family: int, address: str | tuple[str, int]) -> bool:
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.settimeout(TIMEOUT_S)
        try:
            probe.connect(address)
        except (OSError, OverflowError):
            return False
    return True
