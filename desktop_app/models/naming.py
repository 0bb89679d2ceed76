"""What a model that comes from a file or folder is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_LONGEST = 60
_LONGEST_BYTES = 150  # file systems count these, and the lock's name is longer
_LONGEST_TITLE = 80
_WITHOUT_NAME = "model"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # by Windows


def model_id(name: str) -> str:
    """Return an id made of `name`: letters and digits of any script, dots, hyphens, underscores.

    It can be the name of a folder on any system.
    """
    # A repository's owner is no part of it.
    name = unicodedata.normalize("NFC", name.rpartition("/")[2])
    kept = "".join(char if char.isalnum() or char in "._" else "-" for char in name)
    kept = re.sub(r"-{2,}", "-", kept)[:_LONGEST].strip("-._")
    kept = kept.encode()[:_LONGEST_BYTES].decode("utf-8", "ignore").rstrip("-._")
    if not kept:
        return _WITHOUT_NAME
    return f"{_WITHOUT_NAME}-{kept}" if _RESERVED.fullmatch(kept) else kept


def candidates(model: str) -> Iterator[str]:
    """Yield `model`, then the names to take where that is taken."""
    yield model
    number = 2
    while True:
        yield f"{model}-{number}"
        number += 1


def title(name: str) -> str:
    """Return `name` as people can read it, where it is not too long."""
    plain = printable(name)
    return plain if len(plain) <= _LONGEST_TITLE else f"{plain[: _LONGEST_TITLE - 1]}…"


def printable(text: str) -> str:
    """Return `text` without what is no character; names of files may have it."""
    return text.encode("utf-8", "replace").decode("utf-8")
