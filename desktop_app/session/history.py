"""Every result that was shown as done, on disk."""

from __future__ import annotations

import logging
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from desktop_app.core.events import Result
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.imaging.colour import to_srgb
from desktop_app.imaging.finishing import blended
from desktop_app.imaging.thumbnails import thumbnail as make_thumbnail
from desktop_app.session.entries import (
    RECORD,
    HistoryEntry,
    encode_result,
    entry_of,
    is_whole,
    read_entry,
    read_result,
    remove_folder,
    write_entry,
)

__all__ = ["History", "HistoryEntry"]

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
MAX_ENTRIES = 300
MAX_OF_ONE_PHOTO = 60
MAX_BYTES = 4 << 30
THUMBNAIL_PX = 256
WRITE_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 5.0
TIDY_TIMEOUT_S = 0.2

_SCHEMA = (
    "CREATE TABLE entries (entry_id TEXT PRIMARY KEY, created REAL NOT NULL,"
    " job_id TEXT NOT NULL, photo TEXT NOT NULL, bytes INTEGER NOT NULL, record TEXT NOT NULL)",
    "CREATE INDEX entries_by_time ON entries (created)",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


class History:
    """The finished pictures, the newest first. May be used from any thread and by any process.

    Each entry is a folder of files whose record, written last, makes it whole; SQLite in WAL mode
    only lists them. Files are written and removed while SQLite's write lock is held, so whoever
    holds that lock and finds a folder that is not listed knows that a process died there: a whole
    one is listed, anything else is removed. A damaged index is put aside and made again from the
    folders.

    `add` and `remove` wait for the disk: do not call them in the GUI thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_entries: int = MAX_ENTRIES,
        max_of_one_photo: int = MAX_OF_ONE_PHOTO,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Open the history in `folder`, and tidy up what a killed process left there.

        Never raises: a history that cannot be used is empty, and `add` says why.

        Args:
            folder: made where it does not exist.
            max_entries: how many are kept at most; the oldest go first.
            max_of_one_photo: how many of them may be of one photo.
            max_bytes: what all files may take together; the newest entry stays in any case.
        """
        self._folder = folder
        self._pictures = folder / "pictures"
        self._database = folder / "history.sqlite3"
        self._max_entries = max_entries
        self._max_of_one_photo = max_of_one_photo
        self._max_bytes = max_bytes
        try:
            self._open()
        except (OSError, sqlite3.Error) as error:
            log.warning("the history in %s cannot be used: %s", folder, error)

    def entries(self, limit: int = MAX_ENTRIES) -> list[HistoryEntry]:
        """Return the newest entries, the newest first; damaged ones are left out."""
        return self._read("ORDER BY created DESC, rowid DESC LIMIT ?", limit)

    def entry(self, entry_id: str) -> HistoryEntry | None:
        """Return one entry, or None where it is gone."""
        found = self._read("WHERE entry_id = ?", entry_id)
        return found[0] if found else None

    def keep(self, result: Result, photo: Photo) -> HistoryEntry:
        """Keep `result` with a thumbnail of what people see of it: a pipeline's keeper.

        Raises:
            OSError, PhotoError: there is no room, or no permission.
        """
        amount = result.request.blend
        picture = blended(result.picture, photo, amount) if amount < 1.0 else result.picture
        small = make_thumbnail(picture, result.alpha, THUMBNAIL_PX)
        return self.add(result, photo, to_srgb(small, photo.icc_profile))

    def add(self, result: Result, photo: Photo, thumbnail: RgbImage) -> HistoryEntry:
        """Keep `result`; when this returns it survives whatever happens to the process.

        Args:
            result: kept whole, with its layers.
            photo: what it was made from; only its path and its profile are kept.
            thumbnail: (height, width, 3) uint8 sRGB.

        Raises:
            OSError, PhotoError: there is no room, or no permission.
        """
        created = time.time()
        files = encode_result(result, photo, thumbnail, created)
        folder = self._pictures / uuid.uuid4().hex
        record = files[RECORD].decode("ascii")
        entry = entry_of(folder, record)
        self._pictures.mkdir(parents=True, exist_ok=True)
        try:
            with self._writing() as connection:
                try:
                    write_entry(folder, files)
                    _list(connection, entry, record)
                    self._remove_oldest(connection, entry.entry_id)
                except BaseException:
                    remove_folder(folder)
                    raise
        except sqlite3.Error as error:
            raise OSError(f"the history in {self._folder} cannot be written: {error}") from error
        return entry

    def read_result(self, entry: HistoryEntry) -> Result:
        """Return the result as it was when it was kept, with its layers.

        Raises:
            PhotoError: a file of it is gone or damaged.
        """
        return read_result(entry)

    def remove(self, entry_id: str) -> None:
        """Remove an entry and its files; unknown ones are ignored.

        Raises:
            OSError: there is no permission.
        """
        try:
            with self._writing() as connection:
                self._remove(connection, entry_id)
        except sqlite3.Error as error:
            raise OSError(f"the history in {self._folder} cannot be written: {error}") from error

    def _open(self) -> None:
        self._pictures.mkdir(parents=True, exist_ok=True)
        try:
            self._prepare()
        except sqlite3.OperationalError as error:
            # Another process is at work. It has prepared everything, and will tidy up too.
            log.info("the history was not tidied up: %s", error)
        except sqlite3.DatabaseError as error:
            self._put_aside(error)
            self._prepare()

    def _prepare(self) -> None:
        with closing(self._connect(TIDY_TIMEOUT_S)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if answer != "ok":
                raise sqlite3.DatabaseError(str(answer))
        with self._writing(TIDY_TIMEOUT_S) as connection:
            self._tidy(connection)

    def _tidy(self, connection: sqlite3.Connection) -> None:
        """Make the list and the folders agree. The write lock is held."""
        listed = {row[0] for row in connection.execute("SELECT entry_id FROM entries")}
        for folder in self._pictures.iterdir():
            if folder.name in listed and is_whole(folder):
                listed.remove(folder.name)
                continue
            found = read_entry(folder) if folder.is_dir() else None
            if found is not None:
                _list(connection, *found)
            elif folder.is_dir():
                remove_folder(folder)
            else:
                folder.unlink(missing_ok=True)
        connection.executemany("DELETE FROM entries WHERE entry_id = ?", [(x,) for x in listed])

    def _put_aside(self, reason: Exception) -> None:
        log.warning("the index %s is damaged (%s) and put aside", self._database, reason)
        for suffix in ("", "-wal", "-shm"):
            file = self._database.with_name(self._database.name + suffix)
            if file.exists():
                file.replace(self._database.with_name(f"history.damaged{suffix}"))

    def _remove_oldest(self, connection: sqlite3.Connection, newest_id: str) -> None:
        """Remove what is over the limits; trying one photo often must not cost all others."""
        rows = connection.execute(
            "SELECT entry_id, photo, bytes FROM entries ORDER BY created DESC, rowid DESC"
        ).fetchall()
        left, total = 0, 0
        of_photo: Counter[str] = Counter()
        for entry_id, photo, size in rows:
            of_photo[photo] += 1
            too_often = of_photo[photo] > self._max_of_one_photo
            too_much = left >= self._max_entries or total + size > self._max_bytes
            # Compared by identity: a clock that was set back must not make it the oldest.
            if entry_id != newest_id and (too_often or too_much):
                self._remove(connection, entry_id)
            else:
                left, total = left + 1, total + size

    def _remove(self, connection: sqlite3.Connection, entry_id: str) -> None:
        row = connection.execute("SELECT 1 FROM entries WHERE entry_id = ?", (entry_id,)).fetchone()
        if row is not None:
            remove_folder(self._pictures / entry_id)
            connection.execute("DELETE FROM entries WHERE entry_id = ?", (entry_id,))

    def _read(self, clause: str, value: object) -> list[HistoryEntry]:
        query = f"SELECT entry_id, record FROM entries {clause}"
        try:
            with closing(self._connect(READ_TIMEOUT_S)) as connection:
                rows = connection.execute(query, (value,)).fetchall()
        except sqlite3.Error as error:
            log.warning("the history in %s cannot be read: %s", self._folder, error)
            return []
        entries = []
        for entry_id, record in rows:
            try:
                entries.append(entry_of(self._pictures / entry_id, record))
            except ValueError as error:
                log.warning("the history entry %s is damaged: %s", entry_id, error)
        return entries

    def _connect(self, timeout_s: float) -> sqlite3.Connection:
        connection = sqlite3.connect(self._database, timeout=timeout_s, isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @contextmanager
    def _writing(self, timeout_s: float = WRITE_TIMEOUT_S) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, or roll back what failed."""
        with closing(self._connect(timeout_s)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _ensure_schema(connection)
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _ensure_schema(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in _SCHEMA:
            connection.execute(statement)
    elif version != SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"unknown schema version {version}")


def _photo_key(entry: HistoryEntry) -> str:
    """Return the photo as text that SQLite takes: a path may be no text in any encoding."""
    return ascii(entry.photo_name if entry.photo_path is None else str(entry.photo_path))


def _list(connection: sqlite3.Connection, entry: HistoryEntry, record: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO entries (entry_id, created, job_id, photo, bytes, record)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (entry.entry_id, entry.created, entry.job_id, _photo_key(entry), entry.bytes, record),
    )
