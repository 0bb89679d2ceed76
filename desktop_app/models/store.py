"""The artist's models on disk: how a new one comes among them, and what it was when it came.

A model that is being fetched or converted lies in the workshop, a hidden folder beside the models.
It gets its own name in one step, once all of it was checked and is on the disk, so nothing half
finished is ever among the models.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError, UsageError
from desktop_app.core.paths import data_home, models_folder, moved_models_file
from desktop_app.models.configs import is_plain_name, read_json, shown
from desktop_app.models.disk import sync_folder, writing_errors
from desktop_app.models.layout import read_layout

MANIFEST_NAME = "toonroom-files.json"

WORKSHOP = ".workshop"
CONVERTED = "converted"
"""What a model is made into, in its workshop."""

_REPLACED = "replaced"
_INSTALLING = "installing"
_GONE = ".gone-"
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


class Claimed(ModelError):  # noqa: N818 - a fact, not a fault
    """Somebody else is at work on a model."""


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

    What was ended half-way, by a power cut for example, is put right before.

    Raises:
        Claimed: another one is at it, or is moving all models.
        ModelError: their disk is not there, or cannot be written.
    """
    from filelock import Timeout  # brings asyncio, which takes long to load

    check_id(model)
    check_folder()
    with writing_errors(models_folder()), contextlib.ExitStack() as stack:
        try:
            with _lock(_moving_lock()):  # whoever moves all of them holds it
                (models_folder() / WORKSHOP).mkdir(parents=True, exist_ok=True)
                stack.enter_context(_lock(_lock_of(model)))
        except Timeout as error:
            raise Claimed(
                f"Another Toonroom is at work on the model {shown(model)}, or is moving all of"
                " them; wait until it is done."
            ) from error
        _put_right(model)
        yield


@contextmanager
def claimed_all() -> Iterator[None]:
    """Keep every other process and thread from whatever `claimed` lets them do.

    Raises:
        ModelError: another one is at it.
    """
    from filelock import Timeout

    with writing_errors(models_folder()), contextlib.ExitStack() as stack:
        try:
            data_home().mkdir(parents=True, exist_ok=True)
            stack.enter_context(_lock(_moving_lock()))
            for lock in sorted((models_folder() / WORKSHOP).glob("*.lock")):
                stack.enter_context(_lock(lock))
        except Timeout as error:
            raise ModelError(
                "A model is being got, imported or moved; wait until that is done."
            ) from error
        yield


def check_folder() -> None:
    """Check that the disk which the models were moved to is there.

    Raises:
        ModelError: it is not.
    """
    folder = models_folder()
    if moved_models_file().exists() and not folder.is_dir():
        raise ModelError(
            f"The folder of the models, {folder}, is not there; connect its disk, or choose another"
            " folder for them."
        )


def install(
    made: Path,
    model: str,
    origin: Origin,
    on_bytes: OnBytes | None = None,
    token: CancelToken | None = None,
) -> Path:
    """Give a finished model its name, and return its folder. The model must be claimed.

    Args:
        made: a folder in `workshop(model)` with nothing in it but the model; it is moved.
        model: its id. A model of that name is replaced.
        origin: where it is from.
        on_bytes: is told of bytes whose checksums were computed, which takes longest.
        token: ends it, until the model has its name.

    Raises:
        ModelError: it is no model that this app can use, or it cannot be written. The one that was
            there is there.
        JobCancelled: the token was cancelled.
    """
    read_layout(made)
    target, work = place_of(model), workshop(model)
    try:
        write_manifest(made, origin, on_bytes, token)
        _sync_all(made)
        (work / _INSTALLING).write_text(made.name, encoding="utf-8")
        if target.exists():
            target.rename(work / _REPLACED)
        made.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            _put_right(model)
        raise ModelError(f"{target} cannot be written: {error.strerror or error}.") from error
    clear_workshop(model)
    return target


def clear_workshop(model: str) -> None:
    """Throw away what was begun of a model, which must be claimed. Half of it is never found."""
    work = workshop(model)
    gone = work.parent / f"{_GONE}{secrets.token_hex(8)}"
    try:
        work.rename(gone)
    except FileNotFoundError:
        return
    except OSError:  # something in it is open, on Windows
        gone = work
    shutil.rmtree(gone, ignore_errors=True)


def write_manifest(
    folder: Path,
    origin: Origin,
    on_bytes: OnBytes | None = None,
    token: CancelToken | None = None,
) -> None:
    """Write down what each file of the model in `folder` is now, for `read_manifest`.

    Args:
        folder: the model's.
        origin: where it is from.
        on_bytes: is told of bytes that were read.
        token: ends it.

    Raises:
        JobCancelled: the token was cancelled.
        OSError: something cannot be read or written.
    """
    on_bytes, token = on_bytes or _nobody, token or CancelToken()
    records = [
        FileRecord(
            path.relative_to(folder).as_posix(),
            path.stat().st_size,
            digest_of(path, on_bytes, token),
        )
        for path in _files(folder)
        if path.name != MANIFEST_NAME
    ]
    values = {"origin": asdict(origin), "files": [asdict(record) for record in records]}
    text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
    (folder / MANIFEST_NAME).write_text(text, encoding="utf-8", newline="\n")


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
    """Return how much of the disk everything in `folder` takes, as far as it can be seen."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # somebody may just be at work on it
                total += Path(root, name).stat().st_size
    return total


def problems(folder: Path, on_bytes: OnBytes, token: CancelToken) -> list[str]:
    """Return what is wrong with a model, in sentences; nothing where every file is as it came.

    Where nobody wrote down what it was when it came, only what its files say of themselves is
    looked at: see `read_manifest`.

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


def _put_right(model: str) -> None:
    """Bring what was ended between two renames to an end, or undo it."""
    work, target = workshop(model), place_of(model)
    for gone in work.parent.glob(f"{_GONE}*"):
        shutil.rmtree(gone, ignore_errors=True)
    note = work / _INSTALLING
    if not note.exists():
        return
    if target.exists() and not (work / note.read_text(encoding="utf-8")).exists():
        clear_workshop(model)
        return
    if (work / _REPLACED).exists() and not target.exists():
        (work / _REPLACED).rename(target)
    note.unlink()


def is_replaced(model: str) -> bool:
    """Return whether a model only waits for `claimed` to put it back in its place."""
    return (workshop(model) / _REPLACED).is_dir() and not place_of(model).exists()


def _moving_lock() -> Path:
    """Return what is held by whoever moves all models: it stays where it is."""
    return data_home() / "models-move.lock"


def _lock_of(model: str) -> Path:
    return models_folder() / WORKSHOP / f"{model}.lock"


def _lock(path: Path) -> AbstractContextManager[object]:
    from filelock import FileLock

    return FileLock(path, timeout=0, is_singleton=False)


def _nobody(_count: int) -> None:
    return


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sync_all(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    for path in (*(p for p in folder.rglob("*") if p.is_dir()), folder):
        sync_folder(path)
