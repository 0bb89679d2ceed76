"""The film strip as JSON, and back."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from desktop_app.core.request import Request
from desktop_app.session.entries import HistoryEntry
from desktop_app.session.items import ItemState, PhotoItem

log = logging.getLogger(__name__)

VERSION = 1
MAX_FILE_BYTES = 32 << 20


@dataclass(frozen=True)
class Snapshot:
    """What was on the film strip.

    Attributes:
        items: without pixels and thumbnails, in order.
        current_id: "" for none.
        saved_at: seconds since 1970.
    """

    items: tuple[PhotoItem, ...] = ()
    current_id: str = ""
    saved_at: float = 0.0


def to_json(snapshot: Snapshot, folder: Path) -> str:
    """Return `snapshot` as JSON; paths below `folder` are written relative to it."""
    values = {
        "version": VERSION,
        "saved_at": snapshot.saved_at,
        "current": snapshot.current_id,
        "items": [_item_values(item, folder) for item in snapshot.items],
    }
    # ASCII, because a path may hold bytes that are no text in any encoding.
    return json.dumps(values, ensure_ascii=True, indent=1)


def from_json(text: str, folder: Path) -> Snapshot:
    """Return the snapshot that `to_json` wrote; damaged items are left out and logged.

    Raises:
        ValueError: it is no snapshot.
    """
    try:
        values: Any = json.loads(text)
        rows = values["items"]
        saved_at = float(values.get("saved_at", 0.0))
        current_id = str(values.get("current", ""))
        if not isinstance(rows, list):
            raise TypeError("items is no list")
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no session: {error!r}") from error
    items: dict[str, PhotoItem] = {}
    for row in rows:
        try:
            item = _item_of(row, folder)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            log.warning("an item of the session is damaged: %r", error)
        else:
            items.setdefault(item.item_id, item)
    return Snapshot(tuple(items.values()), current_id, saved_at)


def with_history(snapshot: Snapshot, entries: list[HistoryEntry]) -> Snapshot:
    """Return `snapshot` with each item's newest result, also one that came after it was written.

    Results are on disk before they are shown as done; the film strip is written down a moment
    later. A process that is killed between both must not lose a result from the strip.

    Args:
        snapshot: what was written.
        entries: the history, the newest first.
    """
    by_id = {entry.entry_id: entry for entry in entries}
    by_job = {entry.job_id: entry for entry in entries}
    later: dict[Path, HistoryEntry] = {}
    for entry in entries:
        if entry.photo_path is not None and entry.created > snapshot.saved_at:
            later.setdefault(entry.photo_path, entry)
    items = tuple(_linked(item, by_id, by_job, later) for item in snapshot.items)
    return replace(snapshot, items=items)


def _linked(
    item: PhotoItem,
    by_id: Mapping[str, HistoryEntry],
    by_job: Mapping[str, HistoryEntry],
    later: Mapping[Path, HistoryEntry],
) -> PhotoItem:
    entry = by_job.get(item.job_id)
    if item.path is not None and item.path in later:
        newest = later[item.path]
        if entry is None or newest.created > entry.created:
            entry = newest
    if entry is None and item.entry_id is not None:
        entry = by_id.get(item.entry_id)
    if entry is None:
        state = ItemState.READY if item.state is not ItemState.FAILED else ItemState.FAILED
        return replace(item, entry_id=None, state=state)
    if entry.entry_id == item.entry_id:
        return replace(item, state=ItemState.DONE)
    return replace(
        item,
        entry_id=entry.entry_id,
        state=ItemState.DONE,
        request=entry.request,
        job_id=entry.job_id,
        message="",
    )


def _item_values(item: PhotoItem, folder: Path) -> dict[str, object]:
    path = item.path
    if path is not None and path.is_relative_to(folder):
        path = path.relative_to(folder)  # the app's data may be moved as a whole
    state = item.at_rest().state
    return {
        "id": item.item_id,
        "name": item.name,
        "path": None if path is None else str(path),
        "pasted": item.pasted,
        "failed": state is ItemState.FAILED,
        "request": None if item.request is None else json.loads(item.request.to_json()),
        "job_id": item.job_id,
        "entry_id": item.entry_id,
        "message": item.message if state is ItemState.FAILED else "",
        "saved_path": None if item.saved_path is None else str(item.saved_path),
    }


def _item_of(row: dict[str, Any], folder: Path) -> PhotoItem:
    item_id, name, message = row["id"], row["name"], row.get("message", "")
    job_id, entry_id = row.get("job_id", ""), row.get("entry_id")
    for text in (item_id, name, message, job_id, entry_id or ""):
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is no text")
        text.encode("utf-8")  # half a surrogate pair is no text: a ValueError
    if not item_id:
        raise ValueError("an item without an identity")
    path, saved_path = row.get("path"), row.get("saved_path")
    request = row.get("request")
    return PhotoItem(
        item_id=item_id,
        name=name,
        path=None if path is None else folder / path,
        pasted=row.get("pasted") is True,
        state=ItemState.FAILED if row.get("failed") is True else ItemState.READY,
        request=None if request is None else _request_of(request),
        job_id=job_id,
        entry_id=entry_id,
        message=message,
        saved_path=None if saved_path is None else Path(saved_path),
    )


def _request_of(values: object) -> Request | None:
    try:
        return Request.from_json(json.dumps(values))
    except ValueError as error:
        log.warning("a request of the session is damaged: %s", error)
        return None
