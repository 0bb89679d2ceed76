"""Which photos are held out from training: a rule that anyone can repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.names import printable


@dataclass(frozen=True)
class Listed:
    """A photo file.

    Attributes:
        path: where it is.
        digest: SHA-256 of its bytes, in hexadecimal.
        name: its name in the data set, which no other photo has.
    """

    path: Path
    digest: str
    name: str


def listed(paths: Iterable[Path]) -> list[Listed]:
    """Return the files in order of their digests, each content once.

    The order has nothing to do with what is on the photos, and is the same on every machine.

    Raises:
        PhotoError: one cannot be read.
    """
    by_digest: dict[str, Path] = {}
    for path in paths:
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise PhotoError(f"“{printable(path)}” cannot be read: {error.strerror}.") from error
        by_digest.setdefault(digest, path)
    stems = [path.stem for path in by_digest.values()]
    return [
        Listed(path, digest, path.stem if stems.count(path.stem) == 1 else f"{path.stem}-{digest}")
        for digest, path in sorted(by_digest.items())
    ]


def split(photos: list[Listed], held_out: int) -> tuple[list[Listed], list[Listed]]:
    """Return the photos to train on, and those held out: the `held_out` of the smallest digests.

    A photo that is there twice, under two names, is never on both sides.
    """
    return photos[held_out:], photos[:held_out]
