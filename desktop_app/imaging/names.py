"""How files are named in sentences."""

from __future__ import annotations

import os
from pathlib import Path

_LONGEST = 120


def printable(path: Path | str) -> str:
    """Return `path` on one line that any terminal can show, shortened if very long."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"
    return text
