"""What can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtGui import QUndoCommand

from desktop_app.core.request import Request
from desktop_app.session.items import ItemState, PhotoItem

CHANGE_REQUEST_ID = 1


class Photos(Protocol):
    """What commands do and undo with the photos; `Darkroom` tells what each of it means."""

    @property
    def current_id(self) -> str: ...
    def item(self, item_id: str) -> PhotoItem | None: ...
    def update(self, item_id: str, **changes: Any) -> None: ...
    def insert(self, placed: Sequence[tuple[int, PhotoItem]]) -> None: ...
    def take(self, item_ids: Sequence[str]) -> list[tuple[int, PhotoItem]]: ...
    def set_current(self, item_id: str) -> None: ...
    def want_photo(self, item_id: str) -> None: ...


class RemovePhotos(QUndoCommand):
    """Takes photos off the film strip; undone, they are where they were."""

    def __init__(self, photos: Photos, item_ids: Sequence[str]) -> None:
        count = len(item_ids)
        super().__init__("Remove photo" if count == 1 else f"Remove {count} photos")
        self._photos = photos
        self._item_ids = list(item_ids)
        self._current_id = ""
        self._removed: list[tuple[int, PhotoItem]] = []

    def redo(self) -> None:
        """Take them off."""
        self._current_id = self._photos.current_id
        taken = self._photos.take(self._item_ids)
        # The undo stack lives long: it must not hold pixels that can be read again.
        self._removed = [(place, item.without_pixels().at_rest()) for place, item in taken]

    def undo(self) -> None:
        """Put them back, and look at the one that was looked at."""
        self._photos.insert(self._removed)
        self._photos.set_current(self._current_id)
        for _, item in self._removed:
            if item.state is ItemState.LOADING:
                self._photos.want_photo(item.item_id)
        self._removed = []


class ChangeRequest(QUndoCommand):
    """Sets another request for a photo, as a slider, a look or a reused picture does.

    Commands that follow each other with the same `merge_key` become one, so that dragging a
    slider is undone at once.
    """

    def __init__(
        self,
        photos: Photos,
        item_id: str,
        request: Request,
        text: str = "Change settings",
        merge_key: str = "",
    ) -> None:
        super().__init__(text)
        self._photos = photos
        self._item_id = item_id
        self._merge_key = merge_key
        item = photos.item(item_id)
        self._before = None if item is None else item.request
        self._after = request

    def redo(self) -> None:
        """Set the new request."""
        self._photos.update(self._item_id, request=self._after)

    def undo(self) -> None:
        """Set the one from before."""
        self._photos.update(self._item_id, request=self._before)

    def id(self) -> int:
        """Return what commands that could merge have in common, for Qt."""
        return CHANGE_REQUEST_ID if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over where `other` ended; return whether it is the same drag."""
        if not isinstance(other, ChangeRequest):
            return False
        if (other._item_id, other._merge_key) != (self._item_id, self._merge_key):
            return False
        self._after = other._after
        return True
