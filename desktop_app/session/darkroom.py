"""The film strip's model: the photos of this session and which one is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from desktop_app.session.commands import RemovePhotos
from desktop_app.session.items import ItemState, PhotoItem, new_item_id

__all__ = ["Darkroom", "ItemState", "PhotoItem", "new_item_id"]

FULL_SIZE_ITEMS = 3
UNDO_LIMIT = 200


class Darkroom(QObject):
    """The photos of this session. Lives in the GUI thread; nothing here reads or develops.

    Twenty photos of 12 megapixels, with results and display levels, would take 5 GB. So only the
    items that were current last (FULL_SIZE_ITEMS of them) keep full-size pixels. When another one
    becomes current, `photo_wanted` and `result_wanted` ask for its pixels; whoever answers calls
    `update` with them (`session.supply.Supply` does it). Pixels that nobody could bring back, of
    a photo without a file or a result that is not in the history, are never let go.

    Signals:
        items_changed(): items came, went or moved.
        item_changed(str item_id): the item has a new value.
        current_changed(str item_id): "" when there is none any more.
        photo_wanted(str item_id): `photo`, `photo_levels` are to be read from `path`.
        result_wanted(str item_id): `result`, `result_levels` are to be read from the history.

    Attributes:
        undo_stack: what can be undone.
    """

    items_changed = Signal()
    item_changed = Signal(str)
    current_changed = Signal(str)
    photo_wanted = Signal(str)
    result_wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_LIMIT)
        self._items: dict[str, PhotoItem] = {}
        self._order: list[str] = []
        self._current_id = ""
        self._recent: list[str] = []
        self._asked: set[tuple[str, str]] = set()

    @property
    def items(self) -> tuple[PhotoItem, ...]:
        """All items, in the film strip's order."""
        return tuple(self._items[item_id] for item_id in self._order)

    @property
    def current_id(self) -> str:
        """Identity of the item that is looked at; "" for none."""
        return self._current_id

    @property
    def current(self) -> PhotoItem | None:
        """The item that is looked at."""
        return self._items.get(self._current_id)

    def item(self, item_id: str) -> PhotoItem | None:
        """Return the item, or None where it is not on the strip (any more)."""
        return self._items.get(item_id)

    def add(self, item: PhotoItem) -> None:
        """Put `item` at the end of the strip; the first one becomes current."""
        self.add_many([item])

    def add_many(self, items: Sequence[PhotoItem]) -> None:
        """Put `items` at the end of the strip; the first of an empty strip becomes current."""
        self.insert([(len(self._order) + place, item) for place, item in enumerate(items)])
        if items and not self._current_id:
            self.set_current(items[0].item_id)

    def remove(self, item_ids: Iterable[str]) -> None:
        """Take items off the strip; can be undone."""
        wanted = set(item_ids)
        known = [item_id for item_id in self._order if item_id in wanted]
        if known:
            self.undo_stack.push(RemovePhotos(self, known))

    def set_current(self, item_id: str) -> None:
        """Look at another item; unknown ones are ignored. What failed is tried once more."""
        if item_id == self._current_id or item_id not in self._items:
            return
        self._current_id = item_id
        self._touch(item_id)
        self.current_changed.emit(item_id)
        self._ask_for_pixels(item_id)

    def move_current(self, steps: int) -> None:
        """Look at the item `steps` further along the strip, stopping at its ends."""
        if self._current_id:
            place = self._order.index(self._current_id) + steps
            self.set_current(self._order[min(max(place, 0), len(self._order) - 1)])

    def update(self, item_id: str, **changes: Any) -> None:
        """Change fields of an item; one that was removed meanwhile is left alone."""
        old = self._items.get(item_id)
        if old is None:
            return
        item = replace(old, **changes)
        if item.photo is not None or item.state is ItemState.FAILED:
            self._asked.discard((item_id, "photo"))
        if item.result is not None or item.entry_id is None:
            self._asked.discard((item_id, "result"))
        keeps_pixels = item_id in self._recent
        self._items[item_id] = item if keeps_pixels else item.without_pixels()
        self.item_changed.emit(item_id)
        # What failed is not asked for again by itself: that would never end.
        if item_id == self._current_id and item.state is not ItemState.FAILED:
            self._ask_for_pixels(item_id)

    def insert(self, placed: Sequence[tuple[int, PhotoItem]]) -> None:
        """Put items at their places (lowest first) without a trace in the undo stack."""
        for place, item in placed:
            if item.item_id in self._items:
                raise ValueError(f"the item {item.item_id} is on the strip already")
            self._order.insert(place, item.item_id)
            self._items[item.item_id] = item
        if placed:
            self.items_changed.emit()

    def take(self, item_ids: Sequence[str]) -> list[tuple[int, PhotoItem]]:
        """Take items off and return them with their places, without a trace in the undo stack.

        Where the current one goes, the one after it becomes current, else the one before.
        """
        taken = [(self._order.index(item_id), self._items[item_id]) for item_id in item_ids]
        taken.sort(key=lambda pair: pair[0])
        gone = set(item_ids)
        successor = self._successor(gone)
        self._order = [item_id for item_id in self._order if item_id not in gone]
        for item_id in gone:
            del self._items[item_id]
        self._recent = [item_id for item_id in self._recent if item_id not in gone]
        self._asked = {pair for pair in self._asked if pair[0] not in gone}
        self.items_changed.emit()
        if self._current_id in gone:
            self._current_id = ""
            if successor:
                self.set_current(successor)
            else:
                self.current_changed.emit("")
        return taken

    def want_photo(self, item_id: str) -> None:
        """Ask for an item's photo, as when it became current."""
        item = self._items.get(item_id)
        readable = item is not None and item.photo is None and item.path is not None
        if readable and (item_id, "photo") not in self._asked:
            self._asked.add((item_id, "photo"))
            self.photo_wanted.emit(item_id)

    def _ask_for_pixels(self, item_id: str) -> None:
        item = self._items[item_id]
        if item.state is not ItemState.LOADING:
            self.want_photo(item_id)
        if item.entry_id is None or item.result is not None:
            return
        if (item_id, "result") not in self._asked:
            self._asked.add((item_id, "result"))
            self.result_wanted.emit(item_id)

    def _touch(self, item_id: str) -> None:
        others = [other for other in self._recent if other != item_id]
        self._recent = [item_id, *others][:FULL_SIZE_ITEMS]
        for other in others[FULL_SIZE_ITEMS - 1 :]:
            self._items[other] = self._items[other].without_pixels()

    def _successor(self, gone: set[str]) -> str:
        if self._current_id not in gone:
            return ""
        place = self._order.index(self._current_id)
        candidates = self._order[place + 1 :] + self._order[place - 1 :: -1] * (place > 0)
        return next((item_id for item_id in candidates if item_id not in gone), "")
