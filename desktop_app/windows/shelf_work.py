"""What the models window has done in other threads."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError
from desktop_app.core.paths import models_folder
from desktop_app.engines.diffusion.forecast import known_machine, seconds_of
from desktop_app.models import getting, keeping, library, shelf, store
from desktop_app.models.catalogue import Entry
from desktop_app.models.getting import CHECKING, Progress
from desktop_app.models.shelf import ShelfItem
from desktop_app.windows.shelf_words import Surroundings
from desktop_app.workers.long_tasks import Tell


@dataclass(frozen=True)
class Outcome:
    """How something ended.

    Attributes:
        sentence: what people read.
        is_problem: whether it is about something wrong.
        is_damaged: whether that is the model itself.
        deletes: whether removing the model would be for good.
    """

    sentence: str
    is_problem: bool = False
    is_damaged: bool = False
    deletes: bool = False


def looked() -> tuple[tuple[ShelfItem, ...], Surroundings]:
    """Return the models, and what this computer has."""
    keeping.finish_moving()
    kept, problem = models_folder(), ""
    try:
        store.check_folder()
    except ModelError as error:
        problem = str(error)
    folder = kept
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        free = 0
    import psutil  # most sessions never look

    memory = psutil.virtual_memory().total
    items, machine = shelf.items(), known_machine()
    seconds = {}
    for item in items:
        if item.is_here:
            with contextlib.suppress(ModelError):  # the shelf has just read it
                seconds[item.model] = seconds_of(library.find(item.model), machine)
    cores = os.cpu_count() or 1
    return items, Surroundings(machine, cores, memory, free, seconds, str(kept), problem)


def got(entry: Entry, tell: Tell, token: CancelToken) -> Outcome:
    """Get a model of the catalogue."""
    getting.get(entry, tell, token)
    return Outcome(f"The model “{entry.title}” is here; Use has it develop your pictures.")


def imported(path: Path, tell: Tell, token: CancelToken) -> Outcome:
    """Take a model of the artist's in."""
    model = getting.take(path, None, tell, token)
    return Outcome(f"{path.name} is among the models now; it is called {model}.")


def checked(folder: Path, total: int, tell: Tell, token: CancelToken) -> Outcome:
    """Compare a model's files with what they were; `total` is how many bytes they are."""
    done = [0]

    def count(size: int) -> None:
        done[0] += size
        tell(Progress(CHECKING, done[0], total))

    found = store.problems(folder, count, token)
    if found:
        return Outcome(" ".join(found), is_problem=True, is_damaged=True)
    if store.read_manifest(folder) is None:
        return Outcome("It is whole as far as its files tell; nobody wrote down what they were.")
    return Outcome("All of its files are what they were when they came.")


def removed(model: str, for_good: bool, _tell: Tell, _token: CancelToken) -> Outcome:
    """Throw a model away."""
    try:
        is_in_bin = keeping.remove(model, for_good=for_good)
    except keeping.NoBin as error:
        return Outcome(str(error), is_problem=True, deletes=True)
    return Outcome(f"The model {model} is in the bin." if is_in_bin else f"{model} is gone.")


def discarded(model: str, _tell: Tell, _token: CancelToken) -> Outcome:
    """Throw away what was begun of a model."""
    keeping.discard(model)
    return Outcome("What was begun is gone.")


def moved(target: Path, tell: Tell, token: CancelToken) -> Outcome:
    """Move all models."""
    source = models_folder()
    total, done = store.size_bytes(source) if source.is_dir() else 0, [0]

    def count(size: int) -> None:
        done[0] += size
        tell(Progress("Moving", done[0], total))

    return Outcome(f"Models are kept in {keeping.moved_to(target, count, token)} now.")
