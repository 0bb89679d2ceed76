"""The artist's models on disk: how a new one comes among them, and what it was when it came.

A model that is being fetched or converted lies in the workshop, a hidden folder beside the models.
It gets its own name in one step, once all of it was checked and is on the disk, so nothing half
finished is ever among the models.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError, UsageError
from desktop_app.core.paths import models_folder
from desktop_app.models.configs import is_plain_name, read_json, shown
from desktop_app.models.disk import sync_folder
from desktop_app.models.layout import read_layout

MANIFEST_NAME = "toonroom-files.json"

WORKSHOP = ".workshop"
_REPLACED = "replaced"
_BLOCK_BYTES = 4 * 2**20
_LONGEST_ID = 80

OnBytes = Callable[[int], None]
"""Is told of bytes that were read or written since it was told last."""


@dataclass(frozen=True)
class FileRecord:
    """A file of a model, as it was when the model came.

    Attributes:
        path: in the model's folder, with forward slashes.
        size_bytes: how large it is.
        sha256: in hexadecimal.
    """

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Origin:
    """Where a model is from.

    Attributes:
        source: a repository of the hub, or the path that it was imported from.
        revision: commit of the repository; "" for an import.
        licence: its licence's name; "" where nobody knows.
    """

    source: str
    revision: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a model was when it came."""

    origin: Origin
    files: tuple[FileRecord, ...]


def check_id(model: str) -> None:
    """Check that a model may be called `model`.

    Raises:
        UsageError: it cannot be the name of a folder everywhere.
    """
    if not is_plain_name(model) or model.startswith(".") or len(model) > _LONGEST_ID:
        raise UsageError(
            f"A model cannot be called {shown(model)}; choose letters, digits, hyphens."
        )


def place_of(model: str) -> Path:
    """Return the folder that an artist's model of this id has, whether it is there or not."""
    return models_folder() / model


def workshop(model: str) -> Path:
    """Return the folder in which the model is being made; it may not exist yet.

    What is in it survives the end of the program, so that a download can go on.
    """
    return models_folder() / WORKSHOP / model


@contextmanager
def claimed(model: str) -> Iterator[None]:
    """Keep every other process and thread from fetching, making or removing this model.

    Raises:
        ModelError: another one is at it.
    """
    from filelock import FileLock, Timeout  # brings asyncio, which takes long to load

    check_id(model)
    folder = models_folder() / WORKSHOP
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{model}.lock", timeout=0, is_singleton=False)
        with lock:
            _put_back(model)
            yield
    except Timeout as error:
        raise ModelError(
            f"Another Toonroom is at work on the model {shown(model)}; wait until it is done."
        ) from error
    except OSError as error:
        raise ModelError(f"{folder} cannot be written: {error.strerror or error}.") from error


def install(made: Path, model: str, origin: Origin) -> Path:
    """Give a finished model its name, and return its folder. The model must be claimed.

    Args:
        made: a folder in `workshop(model)` with nothing in it but the model; it is moved.
        model: its id. A model of that name is replaced.
        origin: where it is from.

    Raises:
        ModelError: it is no model that this app can use, or it cannot be written.
    """
    read_layout(made)
    target = place_of(model)
    old = workshop(model) / _REPLACED
    try:
        _write_manifest(made, origin)
        _sync_all(made)
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        made.rename(target)
        sync_folder(target.parent)
        shutil.rmtree(workshop(model), ignore_errors=True)
    except OSError as error:
        raise ModelError(f"{target} cannot be written: {error.strerror or error}.") from error
    return target


def read_manifest(folder: Path) -> Manifest | None:
    """Return what the model in `folder` was when it came; None where nothing was written down.

    Raises:
        ModelError: what was written down is damaged.
    """
    path = folder / MANIFEST_NAME
    if not path.exists():
        return None
    values = read_json(path)
    try:
        origin = Origin(**{name: str(value) for name, value in values["origin"].items()})
        files = tuple(
            FileRecord(str(f["path"]), int(f["size_bytes"]), str(f["sha256"]))
            for f in values["files"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} is damaged; get the model again.") from error
    return Manifest(origin, files)


def size_bytes(folder: Path) -> int:
    """Return how much of the disk everything in `folder` takes."""
    return sum(path.stat().st_size for path in _files(folder))


def problems(folder: Path, on_bytes: OnBytes, token: CancelToken) -> list[str]:
    """Return what is wrong with a model, in sentences; nothing where every file is as it came.

    Args:
        folder: the model's.
        on_bytes: is told of bytes that were read.
        token: ends it.

    Raises:
        JobCancelled: the token was cancelled.
    """
    found = []
    try:
        read_layout(folder)
        manifest = read_manifest(folder)
    except ModelError as error:
        return [str(error)]
    if manifest is None:
        return []
    for record in manifest.files:
        path = folder / record.path
        try:
            if path.stat().st_size != record.size_bytes:
                found.append(f"{path} has another size than when it came.")
            elif digest_of(path, on_bytes, token) != record.sha256:
                found.append(f"{path} is not what it was when it came.")
        except FileNotFoundError:
            found.append(f"{path} is missing.")
        except OSError as error:
            found.append(f"{path} cannot be read: {error.strerror}.")
    return found


def digest_of(path: Path, on_bytes: OnBytes, token: CancelToken) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises:
        JobCancelled: the token was cancelled.
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            token.raise_if_cancelled()
            digest.update(block)
            on_bytes(len(block))
    return digest.hexdigest()


def _put_back(model: str) -> None:
    """Undo a replacement that was ended half-way, by a power cut for example."""
    old = workshop(model) / _REPLACED
    if old.exists() and not place_of(model).exists():
        old.rename(place_of(model))


def _write_manifest(folder: Path, origin: Origin) -> None:
    nobody = CancelToken()
    records = [
        FileRecord(
            path.relative_to(folder).as_posix(),
            path.stat().st_size,
            digest_of(path, lambda _: None, nobody),
        )
        for path in _files(folder)
        if path.name != MANIFEST_NAME
    ]
    values = {"origin": asdict(origin), "files": [asdict(record) for record in records]}
    text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
    (folder / MANIFEST_NAME).write_text(text, encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sync_all(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    for path in (*(p for p in folder.rglob("*") if p.is_dir()), folder):
        sync_folder(path)
