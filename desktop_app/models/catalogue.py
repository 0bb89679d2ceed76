"""Which models can be had: those that Toonroom knows, and those that the artist added."""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from desktop_app.core.errors import ModelError, UsageError
from desktop_app.core.events import Defaults
from desktop_app.core.paths import data_home, resources
from desktop_app.models.configs import shown
from desktop_app.models.store import check_id

CATALOGUE_NAME = "models.toml"
MAIN = "main"
DEFAULT_FILES = (
    "model_index.json",
    "toonroom.json",
    "*/*.json",
    "*/merges.txt",
    "*/*.safetensors",
    "*/*.bin",
)

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_REVISION = re.compile(r"[\w./-]+", re.ASCII)
_LONGEST_TEXT = 500
_MOST_BYTES = 1 << 50

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A model that can be had.

    Attributes:
        id: what people call it, and what its folder will be called.
        title: what people read.
        repository: of the hub, "owner/name"; "" for a model that comes with Toonroom.
        revision: a branch, a tag or a commit of the repository.
        note: one sentence: what it is good at.
        files: patterns of what is wanted of the repository.
        download_bytes: about how much is fetched; 0 where nobody knows.
        installed_bytes: about how much of the disk it takes in the end; 0 where nobody knows.
        memory_bytes: about how much memory a run at 512 px takes on a processor; 0 where nobody
            knows.
        defaults: steps and guidance that its makers recommend.
        licence: its name; "" where nobody knows.
        licence_link: where the licence can be read; "" where there is no such page.
        commercial_use: one sentence: may what it makes be sold?
    """

    id: str
    title: str
    repository: str = ""
    revision: str = MAIN
    note: str = ""
    files: tuple[str, ...] = DEFAULT_FILES
    download_bytes: int = 0
    installed_bytes: int = 0
    memory_bytes: int = 0
    defaults: Defaults = field(default_factory=Defaults)
    licence: str = ""
    licence_link: str = ""
    commercial_use: str = ""

    @property
    def is_built_in(self) -> bool:
        """Whether it comes with Toonroom, so that there is nothing to fetch."""
        return not self.repository


_KEYS = {part.name for part in fields(Entry)} - {"id"}


def entries() -> tuple[Entry, ...]:
    """Return all models that can be had, Toonroom's own first. Nothing is asked of the network.

    What is damaged among those that the artist added is logged and left out.
    """
    known = _read(resources() / CATALOGUE_NAME, own=False)
    taken = {entry.id.casefold() for entry in known}  # folders may not tell cases apart
    path = data_home() / CATALOGUE_NAME
    added = []
    for entry in _read(path, own=True):
        if entry.id.casefold() in taken:
            log.warning("%s: there is a model %s already; it is left out", path, shown(entry.id))
            continue
        taken.add(entry.id.casefold())
        added.append(entry)
    return (*known, *added)


def lookup(model: str) -> Entry | None:
    """Return the entry of this id, or of the repository of this name or path; None for none."""
    every = entries()
    for entry in every:
        if model == entry.id:
            return entry
    for entry in every:
        if entry.repository and model in (entry.repository, entry.repository.split("/")[1]):
            return entry
    return None


def find(model: str) -> Entry:
    """Return the entry that `lookup` finds.

    Raises:
        ModelError: there is none.
    """
    entry = lookup(model)
    if entry is None:
        names = ", ".join(entry.id for entry in entries())
        raise ModelError(
            f"There is no model called {shown(model)} to be had; choose one of {names}."
        )
    return entry


def _read(path: Path, *, own: bool) -> list[Entry]:
    """Return the entries in a file that are whole; the others are logged."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return []
    except OSError as error:
        log.warning("%s cannot be read: %s", path, error.strerror)
        return []
    except (ValueError, RecursionError) as error:  # also what is no TOML, or no UTF-8
        log.warning("%s is not valid TOML, all of it is left out: %s", path, error)
        return []
    found = []
    for model, table in tables.items():
        try:
            found.append(_entry(model, table, own=own))
        except ModelError as error:
            log.warning("%s: the model %s is left out: %s", path, shown(model), error)
    return found


def _entry(model: str, table: object, *, own: bool) -> Entry:
    """Return the entry in a table of TOML.

    Raises:
        ModelError: a value makes no sense.
    """
    try:
        check_id(model)
    except UsageError as error:
        raise ModelError(str(error)) from error
    if not isinstance(table, Mapping):
        raise ModelError("It is not a table.")
    for key in sorted(table.keys() - _KEYS):
        raise ModelError(f"The key {shown(key)} is not known.")
    repository = _text(table, "repository", "")
    if (own or repository) and not _REPOSITORY.fullmatch(repository):
        raise ModelError(f"The repository {shown(repository)} is not of the form owner/name.")
    revision = _text(table, "revision", MAIN)
    if not _REVISION.fullmatch(revision):
        raise ModelError(f"The revision {shown(revision)} is no branch, tag or commit.")
    return Entry(
        id=model,
        title=_text(table, "title", repository),
        repository=repository,
        revision=revision,
        note=_text(table, "note", ""),
        files=_patterns(table.get("files", list(DEFAULT_FILES))),
        download_bytes=_bytes(table, "download_bytes"),
        installed_bytes=_bytes(table, "installed_bytes"),
        memory_bytes=_bytes(table, "memory_bytes"),
        defaults=_defaults(table.get("defaults", {})),
        licence=_text(table, "licence", ""),
        licence_link=_link(table),
        commercial_use=_text(table, "commercial_use", ""),
    )


def _text(table: Mapping[str, Any], key: str, default: str) -> str:
    value = table.get(key, default)
    words = " ".join(value.split()) if isinstance(value, str) else ""
    if value != default and (not words or len(words) > _LONGEST_TEXT or not words.isprintable()):
        raise ModelError(f"The {key} cannot be {shown(value)}.")
    return words


def _link(table: Mapping[str, Any]) -> str:
    link = _text(table, "licence_link", "")
    if link and not link.startswith(("https://", "http://")):
        raise ModelError(f"The licence_link {shown(link)} is no address of the web.")
    return link


def _patterns(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
        raise ModelError(f"The files must be a list of patterns, not {shown(value)}.")
    return tuple(value)


def _bytes(table: Mapping[str, Any], key: str) -> int:
    return int(_number(table, key, 0, _MOST_BYTES, whole=True) or 0)


def _defaults(table: object) -> Defaults:
    if not isinstance(table, Mapping):
        raise ModelError(f"The defaults must be a table, not {shown(table)}.")
    for key in sorted(table.keys() - {"steps", "text_guidance", "image_guidance"}):
        raise ModelError(f"The defaults have no {shown(key)}.")
    steps = _number(table, "steps", 1, 1000, whole=True)
    return Defaults(
        steps=None if steps is None else int(steps),
        text_guidance=_number(table, "text_guidance", 0, 100),
        image_guidance=_number(table, "image_guidance", 0, 100),
    )


def _number(
    table: Mapping[str, Any], key: str, least: float, most: float, *, whole: bool = False
) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    kinds = (int,) if whole else (int, float)
    # To Python, true is a whole number.
    if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
        raise ModelError(f"The {key} cannot be {shown(value)}.")
    return float(value)
