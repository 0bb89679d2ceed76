"""Fetches a model from the hub into its workshop, whole and checked, however often it is ended.

workshop/version.json    which version it is; asked for once
workshop/partial/        what came of files so far, by their checksums
workshop/download/       files that are whole: nothing else gets a name here
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError, UsageError
from desktop_app.models import store
from desktop_app.models.catalogue import Entry
from desktop_app.models.disk import check_room, writing_errors
from desktop_app.models.hub import Hub, HubFile, RangeRefused
from desktop_app.models.partial import Partial, is_sound, partial_path
from desktop_app.models.progress import Meter, OnProgress
from desktop_app.models.refusals import KEPT, BrokenAnswer, NotThere, Patience, Retries
from desktop_app.models.versions import Version, remember, remembered, wanted_files
from desktop_app.models.waiting import from_thread, result_of

_VERSION = "version.json"
_PARTIAL = "partial"
_DOWNLOAD = "download"
_TIMES = 2  # that a file may come damaged
_GOT_ON_BYTES = 64 << 10

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Downloaded:
    """A model that was fetched, and is not yet among the models.

    Attributes:
        folder: in the layout of diffusers, with nothing in it but the model.
        origin: where it is from.
    """

    folder: Path
    origin: store.Origin


def download(
    entry: Entry, on_progress: OnProgress, token: CancelToken, patience: Patience | None = None
) -> Downloaded:
    """Fetch a model into its workshop. The model must be claimed (`store.claimed`).

    Whatever ends it, what came is kept, and the next call goes on from there with the same version
    of the model. So cancelling is also how to pause: call again to go on, remove the workshop to
    give up.

    Args:
        entry: what to fetch.
        on_progress: is told how far it is, some times a second, in the calling thread.
        token: ends it, within a moment even where a server is silent.
        patience: with a network that fails.

    Raises:
        UsageError: the model comes with Toonroom.
        ModelError: it cannot be fetched; the sentence says why, and what to do.
        JobCancelled: the token was cancelled.
    """
    if entry.is_built_in:
        raise UsageError(f"The model {entry.id} comes with Toonroom; there is nothing to fetch.")
    try:
        return _Download(entry, on_progress, token, patience or Patience()).run()
    except JobCancelled as error:
        raise JobCancelled(
            f"The download of {entry.title} was cancelled; what was fetched is kept for next time."
        ) from error


def download_folder(entry: Entry) -> Path:
    """Return where a model is fetched to."""
    return store.workshop(entry.id) / _DOWNLOAD


def fetched_before(entry: Entry) -> Downloaded | None:
    """Return what an earlier call fetched, without looking at it; None where nobody remembers."""
    version = remembered(store.workshop(entry.id) / _VERSION, entry)
    return None if version is None else _downloaded(entry, version)


def _downloaded(entry: Entry, version: Version) -> Downloaded:
    licence = version.licence if version.licence not in ("", "other") else entry.licence
    origin = store.Origin(version.repository, version.commit, licence)
    return Downloaded(download_folder(entry), origin)


class _Download:
    """One attempt to get all of a model."""

    def __init__(
        self, entry: Entry, on_progress: OnProgress, token: CancelToken, patience: Patience
    ) -> None:
        self._entry = entry
        self._token = token
        self._patience = patience
        self._hub = Hub(entry.repository, patience)
        self._meter = Meter(entry.id, on_progress)
        self._workshop = store.workshop(entry.id)
        self._partial = self._workshop / _PARTIAL
        self._folder = download_folder(entry)

    def run(self) -> Downloaded:
        """Fetch it."""
        version = remembered(self._workshop / _VERSION, self._entry)
        if version is not None:
            try:
                return self._fetch_all(version)
            except NotThere as error:  # branches get rewritten now and then
                log.warning("asking for another version of %s: %s", self._entry.id, error)
        return self._fetch_all(self._asked_version())

    def _asked_version(self) -> Version:
        """Ask the hub for the version that there is now, and write it down."""
        self._meter.tell()
        entry = self._entry
        listing = self._patiently(lambda: self._hub.list_files(entry.revision))
        wanted = wanted_files(entry, listing)
        files = [self._measured(file, listing.commit) for file in wanted]
        files.sort(key=lambda file: (file.size_bytes, file.path))
        version = Version(
            entry.repository,
            entry.revision,
            entry.files,
            listing.commit,
            listing.licence,
            tuple(files),
        )
        with writing_errors(self._workshop, KEPT):
            self._workshop.mkdir(parents=True, exist_ok=True)
            for file in files:
                if not file.sha256 and not file.blob:  # what was begun may be of another version
                    partial_path(file, self._partial).unlink(missing_ok=True)
        remember(self._workshop / _VERSION, version)
        return version

    def _measured(self, file: HubFile, commit: str) -> HubFile:
        """Return the file with its size, which is asked for where the list does not tell it."""
        if file.size_bytes >= 0:
            return file
        return self._patiently(lambda: self._hub.measured(file, commit))

    def _fetch_all(self, version: Version) -> Downloaded:
        self._tidy(version)
        self._meter.start(version.size_bytes)
        missing = [file for file in version.files if not self._is_here(file)]
        self._check_room(version, missing)
        # First what was begun, then small files: what is refused is refused at once.
        for file in sorted(
            missing, key=lambda file: not partial_path(file, self._partial).exists()
        ):
            self._fetch(file, version.commit)
        self._meter.tell()
        return _downloaded(self._entry, version)

    def _tidy(self, version: Version) -> None:
        """Remove what belongs to another version."""
        wanted = {self._folder / file.path for file in version.files}
        wanted |= {partial_path(file, self._partial) for file in version.files}
        with writing_errors(self._workshop, KEPT):
            for root in (self._folder, self._partial):
                for path in root.rglob("*"):
                    if path not in wanted and not path.is_dir():
                        path.unlink()

    def _is_here(self, file: HubFile) -> bool:
        """Return whether a file is here, whole and sound."""
        target = self._folder / file.path
        if not target.exists():
            return False
        self._meter.begin_file(file.path, file.size_bytes)
        counted = 0

        def count(size: int) -> None:
            nonlocal counted
            counted += size
            self._meter.found(size)

        if is_sound(target, file, self._token, count):
            return True
        self._meter.found(-counted)
        return False

    def _check_room(self, version: Version, missing: list[HubFile]) -> None:
        """Check that the disk has room for what is missing, and for converting it.

        That is done part by part, and each original goes once what was made of it is safe.
        """
        needed = self._converted_bytes(max(file.size_bytes for file in version.files))
        for file in missing:
            begun = partial_path(file, self._partial)
            needed += file.size_bytes - (begun.stat().st_size if begun.exists() else 0)
        check_room(self._workshop, needed, f"Fetching and converting {self._entry.title}")

    def _converted_bytes(self, size_bytes: int) -> int:
        """Return about how much weights of that size take once they are converted."""
        known = self._entry.installed_bytes and self._entry.download_bytes
        share = self._entry.installed_bytes / self._entry.download_bytes if known else 1.0
        return round(size_bytes * min(share, 1.0))

    def _fetch(self, file: HubFile, commit: str) -> None:
        self._meter.begin_file(file.path, file.size_bytes)
        for _ in range(_TIMES):
            with Partial(file, self._partial) as partial:
                partial.take_up(self._token, self._meter.found)
                self._receive(file, commit, partial)
                if partial.is_sound:
                    partial.become(self._folder / file.path)
                    return
                self._meter.found(-partial.start_over())
            log.warning("%s of %s came damaged", file.path, self._entry.repository)
        raise ModelError(
            f"{file.path} of {self._entry.repository} comes damaged from {self._hub.place.host};"
            " try again later: all other files that were fetched are kept."
        )

    def _receive(self, file: HubFile, commit: str, partial: Partial) -> None:
        """Fetch what is missing of a file."""
        retries = self._retries()
        while not partial.is_whole:
            before = partial.position
            try:
                self._receive_once(file, commit, partial)
            except Exception as error:  # whatever came out of the network's thread
                if partial.position - before >= _GOT_ON_BYTES:
                    retries.got_on()
                retries.wait_after(error)

    def _receive_once(self, file: HubFile, commit: str, partial: Partial) -> None:
        """Fetch until the connection ends."""
        start = partial.position
        pieces = from_thread(
            lambda: self._hub.read(file, commit, start), self._token, self._meter.waited
        )
        with closing(pieces):
            try:
                for place, piece in pieces:
                    if place != partial.position:  # the server knows no ranges
                        self._meter.found(-partial.start_over())
                    self._meter.received(partial.add(piece))
                    if partial.is_whole:
                        return
            except RangeRefused as error:
                self._meter.found(-partial.start_over())
                raise BrokenAnswer(f"no bytes from {start} of {file.path}") from error
        raise BrokenAnswer(f"{partial.position} of {file.size_bytes} bytes of {file.path}")

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns, asked again where the network fails."""
        retries = self._retries()
        while True:
            try:
                return result_of(ask, self._token)
            except Exception as error:  # whatever came out of the network's thread
                retries.wait_after(error)

    def _retries(self) -> Retries:
        return Retries(self._hub.place, self._patience, self._token, self._on_wait)

    def _on_wait(self, remark: str) -> None:
        log.info("%s", remark)
        self._meter.tell(remark)
