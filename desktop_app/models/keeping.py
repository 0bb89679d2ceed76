"""What becomes of the artist's models later: thrown away, or moved to another disk."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError, UsageError
from desktop_app.core.paths import models_folder, moved_models_file
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.models.configs import shown
from desktop_app.models.disk import check_room, copy, sync_folder, writing_errors
from desktop_app.models.library import STARTER
from desktop_app.models.store import (
    WORKSHOP,
    OnBytes,
    check_id,
    claimed,
    claimed_all,
    clear_workshop,
    place_of,
    size_bytes,
    workshop,
)

_MARK = ".toonroom-moving"
"""In a folder that models are being copied to; says where from."""

log = logging.getLogger(__name__)


class NoBin(ModelError):  # noqa: N818 - a fact, not a fault
    """The system's bin does not take a model."""


def remove(model: str, *, for_good: bool = False) -> bool:
    """Throw an artist's model away, with what was begun of it.

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
    _check_known(model)
    with claimed(model):
        folder = place_of(model)
        clear_workshop(model)
        if not folder.is_dir():
            return False
        return _to_bin(folder) or _deleted(folder, for_good=for_good)


def discard(model: str) -> None:
    """Throw away what was begun of a model; one that is here stays.

    Raises:
        ModelError: another Toonroom is at work on it.
    """
    _check_known(model)
    with claimed(model):
        clear_workshop(model)


def moved_to(target: Path, on_bytes: OnBytes, token: CancelToken) -> Path:
    """Move everything in the folder of the models into another one, and keep them there.

    All of it is copied first, and stays where it was until the copy is whole.

    Args:
        target: a folder that is empty or not there yet, or one that such a copy was ended in.
        on_bytes: is told of bytes that were copied.
        token: ends it; everything is as before then.

    Returns:
        The folder, absolute.

    Raises:
        UsageError: the target cannot be the folder.
        ModelError: a Toonroom is at work on a model, or something cannot be written.
        JobCancelled: the token was cancelled.
    """
    target = Path(os.path.abspath(os.path.expanduser(target)))  # noqa: PTH100, PTH111
    with claimed_all():
        source = models_folder()
        _check_target(source, target)
        was_there = target.exists()
        try:
            with writing_errors(target):
                target.mkdir(parents=True, exist_ok=True)
                _clear(target, was_there=True)  # what a copy that was killed left there
                check_room(target, size_bytes(source), "Moving the models")
                (target / _MARK).write_text(str(source), encoding="utf-8", errors="surrogatepass")
                copied = _copy_all(source, target, on_bytes, token)
            write_bytes_atomically(moved_models_file(), f"{target}\n".encode(), overwrite=True)
        except BaseException:
            _clear(target, was_there=was_there)
            raise
        _delete(source, copied)
        (target / _MARK).unlink(missing_ok=True)
    return target


def finish_moving() -> None:
    """Delete the copies in the old place where a move was killed after the models had a new one."""
    mark = models_folder() / _MARK
    if not mark.is_file():
        return
    with contextlib.suppress(ModelError, OSError, ValueError), claimed_all():
        target, source = (
            models_folder(),
            Path(mark.read_text(encoding="utf-8", errors="surrogatepass")),
        )
        same = [
            path.relative_to(target)
            for path in target.rglob("*")
            if _is_copy(path, source / path.relative_to(target))
        ]
        _delete(source, same)
        mark.unlink()


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


def _check_known(model: str) -> None:
    """Check that there is something of a model that can be thrown away."""
    check_id(model)
    if place_of(model).is_dir() or workshop(model).is_dir():
        return
    if model == STARTER:
        raise UsageError("The starter model comes with the app and stays.")
    raise ModelError(f"There is no model called {shown(model)} in {models_folder()}.")


def _check_target(source: Path, target: Path) -> None:
    if not str(target).isprintable():  # it could not be read back from what is written down
        raise UsageError(f"{shown(str(target))} has letters that cannot be kept; choose another.")
    real, old = Path(os.path.realpath(target)), Path(os.path.realpath(source))
    if real == old:
        raise UsageError(f"The models are in {target} already.")
    if old in real.parents or real in old.parents:
        raise UsageError(f"{target} is around or in the folder that the models are in.")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is no folder; choose a new or an empty one.")
    if target.is_dir() and any(target.iterdir()) and not (target / _MARK).exists():
        raise UsageError(f"{target} is not empty; choose a new or an empty folder.")


def _copy_all(source: Path, target: Path, on_bytes: OnBytes, token: CancelToken) -> list[Path]:
    """Copy everything but locks, and return what was copied, below `source`."""
    copied = []
    for root, folders, names in os.walk(source):
        here = Path(root).relative_to(source)
        for name in list(folders):
            if (source / here / name).is_symlink():  # else it would lead nowhere from there
                real = Path(os.path.realpath(source / here / name))
                (target / here / name).symlink_to(real, target_is_directory=True)
                copied.append(here / name)
            else:
                (target / here / name).mkdir(exist_ok=True)
        for name in names:
            if here == Path(WORKSHOP) and name.endswith(".lock"):
                continue
            copy(source / here / name, target / here / name, on_bytes, token)
            shutil.copystat(source / here / name, target / here / name)
            copied.append(here / name)
        sync_folder(target / here)
    return copied


def _is_copy(path: Path, other: Path) -> bool:
    if path.is_symlink() or not path.is_file() or other.is_symlink() or not other.is_file():
        return False
    return path.stat().st_size == other.stat().st_size


def _delete(source: Path, copied: Sequence[Path]) -> None:
    """Delete what was copied, and the folders that are empty then; nothing else."""
    for path in copied:
        with contextlib.suppress(OSError):
            (source / path).unlink()
    for root, _, names in os.walk(source, topdown=False):
        for name in names:
            if Path(root) == source / WORKSHOP and name.endswith(".lock"):
                with contextlib.suppress(OSError):
                    Path(root, name).unlink()
        with contextlib.suppress(OSError):
            Path(root).rmdir()


def _clear(target: Path, *, was_there: bool) -> None:
    """Take away what was copied; the folder was empty, or not there."""
    for path in list(target.iterdir()) if target.is_dir() else []:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if not was_there:
        with contextlib.suppress(OSError):
            target.rmdir()
