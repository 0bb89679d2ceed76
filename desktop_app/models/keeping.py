"""What becomes of the artist's models later: thrown away, or moved to another disk."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError, ToonroomError, UsageError
from desktop_app.core.paths import models_folder, moved_models_file
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.models.configs import shown
from desktop_app.models.library import STARTER
from desktop_app.models.store import WORKSHOP, OnBytes, claimed, place_of, size_bytes, workshop

_BLOCK_BYTES = 4 * 2**20
_SPARE_BYTES = 64 * 2**20

log = logging.getLogger(__name__)


class NoBin(ModelError):  # noqa: N818 - a fact, not a fault
    """The system's bin does not take a model."""


def remove(model: str, *, for_good: bool = False) -> bool:
    """Throw an artist's model away, with what was downloaded of it so far.

    Args:
        model: its id.
        for_good: delete it where the system's bin does not take it.

    Returns:
        Whether it lies in the bin now, rather than nowhere.

    Raises:
        UsageError: it is the one that comes with the app.
        NoBin: only deleting it for good would do.
        ModelError: it is not here, another Toonroom is at work on it, or neither bin nor disk do
            as they are told.
    """
    with claimed(model):
        folder = place_of(model)
        is_here, is_begun = folder.is_dir(), workshop(model).is_dir()
        if model == STARTER and not is_here:
            raise UsageError("The starter model comes with the app and stays.")
        if not is_here and not is_begun:
            raise ModelError(f"There is no model called {shown(model)} in {models_folder()}.")
        shutil.rmtree(workshop(model), ignore_errors=True)
        return _to_bin(folder) or (_deleted(folder, for_good=for_good) if is_here else False)


def moved_to(target: Path, on_bytes: OnBytes, token: CancelToken) -> Path:
    """Move all models, begun ones too, into another folder, and keep them there from now on.

    They are copied first, and stay where they were until all of them are whole in the new place.

    Args:
        target: a folder that is empty or not there yet.
        on_bytes: is told of bytes that were copied.
        token: ends it; everything is as before then.

    Returns:
        The folder, absolute.

    Raises:
        UsageError: the target cannot be the folder.
        ModelError: another Toonroom is at work on a model, or something cannot be written.
        JobCancelled: the token was cancelled.
    """
    source = models_folder()
    target = Path(os.path.abspath(os.path.expanduser(target)))  # noqa: PTH100, PTH111
    _check_target(source, target)
    with contextlib.ExitStack() as claims:
        for name in sorted(_names(source)):
            claims.enter_context(claimed(name))
        was_there = target.exists()
        try:
            _check_room(source, target)
            _copy_all(source, target, on_bytes, token)
            text = f"{target}\n".encode("utf-8", "strict")
            write_bytes_atomically(moved_models_file(), text, overwrite=True)
        except (OSError, UnicodeError, ToonroomError) as error:
            _clear(target, was_there=was_there)
            if isinstance(error, ToonroomError):
                raise
            reason = getattr(error, "strerror", None) or error
            raise ModelError(f"The models cannot be moved to {target}: {reason}.") from error
    shutil.rmtree(source, ignore_errors=True)
    return target


def _to_bin(folder: Path) -> bool:
    """Return whether the system's bin took the folder."""
    import send2trash  # slow to import where it asks the system what there is

    if not folder.is_dir():
        return False
    try:
        send2trash.send2trash(str(folder))
    except (OSError, send2trash.TrashPermissionError) as error:
        log.info("the bin does not take %s: %s", folder, error)
        return False
    return not folder.exists()


def _deleted(folder: Path, *, for_good: bool) -> bool:
    if not for_good:
        raise NoBin(
            f"The system's bin does not take {folder}; say that it may be deleted for good."
        )
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise ModelError(f"{folder} cannot be deleted: {error.strerror or error}.") from error
    return False


def _check_target(source: Path, target: Path) -> None:
    real, old = Path(os.path.realpath(target)), Path(os.path.realpath(source))
    if real == old:
        raise UsageError(f"The models are in {target} already.")
    if old in real.parents or real in old.parents:
        raise UsageError(f"{target} is around or in the folder that the models are in.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} is not empty; choose a new or an empty folder.")


def _check_room(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    needed = (size_bytes(source) if source.is_dir() else 0) + _SPARE_BYTES
    free = shutil.disk_usage(target).free
    if free < needed:
        raise ModelError(
            f"The models take {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free at {target};"
            " choose another disk, or make room."
        )


def _names(source: Path) -> Iterator[str]:
    """Return the ids of models that are here or begun."""
    found = set()
    for folder in (source, source / WORKSHOP):
        if folder.is_dir():
            found |= {path.name for path in folder.iterdir() if path.is_dir()}
    yield from found - {WORKSHOP}


def _copy_all(source: Path, target: Path, on_bytes: OnBytes, token: CancelToken) -> None:
    for root, folders, names in os.walk(source):
        place = target / Path(root).relative_to(source)
        for folder in folders:
            link = Path(root, folder)
            if link.is_symlink():
                (place / folder).symlink_to(link.readlink(), target_is_directory=True)
            else:
                (place / folder).mkdir(exist_ok=True)
        for name in names:
            if not name.endswith(".lock"):
                _copy(Path(root, name), place / name, on_bytes, token)


def _copy(source: Path, target: Path, on_bytes: OnBytes, token: CancelToken) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        while block := reading.read(_BLOCK_BYTES):
            token.raise_if_cancelled()
            writing.write(block)
            on_bytes(len(block))
        writing.flush()
        os.fsync(writing.fileno())
    shutil.copystat(source, target)


def _clear(target: Path, *, was_there: bool) -> None:
    """Take away what was copied; the folder was empty or not there."""
    for path in list(target.iterdir()) if target.is_dir() else []:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if not was_there:
        with contextlib.suppress(OSError):
            target.rmdir()
