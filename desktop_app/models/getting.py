"""Getting a model of the catalogue, from the hub to a place among the models."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.models import store
from desktop_app.models.catalogue import Entry
from desktop_app.models.converting import convert_folder, is_begun
from desktop_app.models.download import download, download_folder, fetched_before
from desktop_app.models.extras import EXTRAS_NAME
from desktop_app.models.importing import import_model
from desktop_app.models.progress import DownloadProgress, Speed, size_words, time_words
from desktop_app.models.refusals import Patience

_TELLING_SHARE = 0.02

FETCHING, CONVERTING, IMPORTING, CHECKING = "Fetching", "Converting", "Importing", "Checking"


@dataclass(frozen=True)
class Progress:
    """How far the getting or making of a model is.

    Attributes:
        stage: what is done now: "Fetching", "Converting".
        done_bytes: how much of it is done.
        total_bytes: how much there is; 0 where nobody knows yet.
        bytes_per_s: how quickly it goes; 0 where nobody knows.
        remaining_s: seconds until this stage ends; None where nobody knows.
        remark: a sentence about what holds it up; "" while all goes well.
        file: what it is busy with now, and how far that is: "unet/model.bin, 34 %"; "" for nothing.
    """

    stage: str
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float = 0.0
    remaining_s: float | None = None
    remark: str = ""
    file: str = ""

    @property
    def share(self) -> float | None:
        """How much of the stage is done, 0 to 1; None where nobody knows."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else None

    def words(self) -> str:
        """Return "Fetching: 1.2 GB of 5.1 GB, 5.2 MB/s, about 12 min left (unet.bin, 34 %)"."""
        if self.remark:
            return self.remark
        if not self.total_bytes:
            return f"{self.stage} …"
        parts = [f"{self.stage}: {size_words(self.done_bytes)} of {size_words(self.total_bytes)}"]
        if self.bytes_per_s > 0:
            parts.append(f"{size_words(round(self.bytes_per_s))}/s")
        if self.remaining_s is not None:
            parts.append(f"about {time_words(self.remaining_s)} left")
        return ", ".join(parts) + (f" ({self.file})" if self.file else "")


OnProgress = Callable[[Progress], None]


def get(
    entry: Entry, on_progress: OnProgress, token: CancelToken, patience: Patience | None = None
) -> Path:
    """Fetch a model, convert it where that makes it smaller, and put it among the models.

    Whatever ends it, the next call goes on from there. What was fetched goes part by part, once
    what was made of it is safe, so that the disk need not hold both.

    Args:
        entry: what to get.
        on_progress: is told how far it is, in the calling thread.
        token: ends it.
        patience: with a network that fails.

    Returns:
        The model's folder.

    Raises:
        UsageError: the model comes with Toonroom.
        ModelError: it cannot be got, or another Toonroom is at it; the sentence says what to do.
        OutOfMemory: it cannot be converted here.
        JobCancelled: the token was cancelled; what came is kept.
    """
    with store.claimed(entry.id):
        made = store.workshop(entry.id) / store.CONVERTED
        fetched = None
        if is_begun(download_folder(entry), made):  # some of what was fetched may be gone by now
            fetched = fetched_before(entry)
        if fetched is None:
            fetched = download(entry, lambda p: on_progress(_of_download(p)), token, patience)
        counted = _counted(CONVERTING, on_progress)
        convert_folder(
            fetched.folder, made, removes_originals=True, on_progress=counted, token=token
        )
        _describe(made, entry)
        total, done = store.size_bytes(made), [0]

        def count(size: int) -> None:
            done[0] += size
            on_progress(Progress(CHECKING, done[0], total))

        return store.install(made, entry.id, fetched.origin, count, token)


def take(path: Path, model: str | None, on_progress: OnProgress, token: CancelToken) -> str:
    """Take a model that people have in among ours, and return its id; see `import_model`."""
    counted = _counted(IMPORTING, on_progress)
    return import_model(path, model, on_progress=counted, token=token)


def _counted(stage: str, on_progress: OnProgress) -> Callable[[int, int], None]:
    """Return what is told bytes that are done and of all, and tells how far and how quick it is."""
    speed = Speed()
    speed.restart(time.monotonic())
    before = [0]

    def count(done_bytes: int, total_bytes: int) -> None:
        speed.add(done_bytes - before[0], time.monotonic())
        before[0] = done_bytes
        # The first bytes had to wait for a process to start, and tell nothing about the others.
        quick = speed.bytes_per_s if done_bytes > _TELLING_SHARE * total_bytes else 0.0
        left = (total_bytes - done_bytes) / quick if quick > 0 else None
        on_progress(Progress(stage, done_bytes, total_bytes, quick, left))

    return count


def _of_download(progress: DownloadProgress) -> Progress:
    file = progress.file
    if file and progress.file_total_bytes:
        file += f", {progress.file_done_bytes / progress.file_total_bytes:.0%}".replace("%", " %")
    return Progress(
        FETCHING,
        progress.done_bytes,
        progress.total_bytes,
        progress.bytes_per_s,
        progress.remaining_s,
        progress.remark,
        file,
    )


def _describe(folder: Path, entry: Entry) -> None:
    """Have the model say its title, what it is good at, and its defaults, unless it does."""
    path = folder / EXTRAS_NAME
    if path.exists():
        return
    defaults = {name: value for name, value in asdict(entry.defaults).items() if value is not None}
    about = {"title": entry.title, "note": entry.note, "defaults": defaults}
    text = json.dumps({k: v for k, v in about.items() if v}, ensure_ascii=False, indent=1) + "\n"
    write_bytes_atomically(path, text.encode(), overwrite=True)
