"""Which version of a repository is being fetched: written down, so that it stays one version."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app.core.errors import ModelError, PhotoError
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.models.catalogue import Entry
from desktop_app.models.configs import is_file, is_plain_name, read_json
from desktop_app.models.hub import HubFile, Listing
from desktop_app.models.selection import choose

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Version:
    """One version of a repository, and what is wanted of it.

    Attributes:
        repository: of the hub.
        revision: the branch, tag or commit that was asked for.
        patterns: of what was wanted.
        commit: what `revision` meant when it was asked for.
        licence: its name, as the model's card says; "" where it says nothing.
        files: those that are wanted, smallest first.
    """

    repository: str
    revision: str
    patterns: tuple[str, ...]
    commit: str
    licence: str
    files: tuple[HubFile, ...]

    @property
    def size_bytes(self) -> int:
        """How large all files together are."""
        return sum(file.size_bytes for file in self.files)

    def fits(self, entry: Entry) -> bool:
        """Return whether this is what `entry` asks for."""
        asked = (entry.repository, entry.revision, entry.files)
        return asked == (self.repository, self.revision, self.patterns)


def wanted_files(entry: Entry, listing: Listing) -> tuple[HubFile, ...]:
    """Return what is wanted of a repository.

    Raises:
        ModelError: it holds no model in the layout of diffusers.
    """
    chosen = set(choose((file.path for file in listing.files), entry.files))
    if "model_index.json" not in chosen or not any("/" in path for path in chosen):
        raise ModelError(
            f"{entry.repository} holds no model in diffusers layout; choose another one."
        )
    return tuple(file for file in listing.files if file.path in chosen)


def remember(path: Path, version: Version) -> None:
    """Write a version down.

    Raises:
        ModelError: it cannot be written.
    """
    text = json.dumps(asdict(version), ensure_ascii=False, indent=1) + "\n"
    try:
        write_bytes_atomically(path, text.encode(), overwrite=True)
    except PhotoError as error:
        raise ModelError(str(error)) from error


def remembered(path: Path, entry: Entry) -> Version | None:
    """Return the version that was written down; None where there is none that `entry` asks for."""
    if not is_file(path):
        return None
    try:
        values = read_json(path)
        files = tuple(
            HubFile(str(f["path"]), int(f["size_bytes"]), str(f["sha256"]), str(f["blob"]))
            for f in values["files"]
        )
        texts = {key: str(values[key]) for key in ("repository", "revision", "commit", "licence")}
        version = Version(**texts, patterns=tuple(values["patterns"]), files=files)
        names = (part for file in files for part in file.path.split("/"))
        if not files or not all(is_plain_name(name) for name in names):
            raise ValueError("names that make no sense")
    except (ModelError, KeyError, TypeError, ValueError) as error:
        log.warning("%s is damaged, the hub is asked again: %s", path, error)
        return None
    return version if version.fits(entry) else None
