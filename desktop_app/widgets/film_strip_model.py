"""What stands on the film strip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class StripState(StrEnum):
    """Where a photo is on its way."""

    LOADING = "loading"
    READY = "ready"
    QUEUED = "queued"
    DEVELOPING = "developing"
    DONE = "done"
    FAILED = "failed"


_STATE_TEXTS = {
    StripState.LOADING: "being opened",
    StripState.READY: "",
    StripState.QUEUED: "waiting its turn",
    StripState.DEVELOPING: "developing",
    StripState.DONE: "done",
    StripState.FAILED: "failed",
}


@dataclass(frozen=True, eq=False)
class StripItem:
    """One photo on the strip.

    Attributes:
        item_id: who it is; signals speak of it by this.
        name: what stands beneath it.
        thumbnail: null while there is none.
        state: one of StripState, in any case of letters.
        tooltip: more about it, such as why it failed.
        progress: 0 to 1 while it develops; None where that is not known.
    """

    item_id: str
    name: str
    thumbnail: QImage
    state: str
    tooltip: str = ""
    progress: float | None = None

    @property
    def strip_state(self) -> StripState:
        """The state; READY where the word is not known."""
        try:
            return StripState(self.state.lower())
        except ValueError:
            return StripState.READY

    @property
    def is_moving(self) -> bool:
        """Whether its badge turns."""
        return self.strip_state in (StripState.LOADING, StripState.DEVELOPING)


class FilmStripModel(QAbstractListModel):
    """The photos in their order. Changes touch only the rows that they concern."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[StripItem] = []

    @property
    def ids(self) -> list[str]:
        """The photos' ids in order."""
        return [item.item_id for item in self._items]

    @property
    def moving_rows(self) -> list[int]:
        """Rows whose badges turn."""
        return [row for row, item in enumerate(self._items) if item.is_moving]

    def row_of(self, item_id: str) -> int:
        """Return the row of a photo, -1 where it is not there."""
        return next((r for r, item in enumerate(self._items) if item.item_id == item_id), -1)

    def id_at(self, index: Index) -> str:
        """Return the id of a row."""
        return self._items[index.row()].item_id

    def set_items(self, items: Sequence[StripItem]) -> None:
        """Become these photos; those that stay keep selection and focus in the views."""
        wanted = {item.item_id for item in items}
        for row in range(len(self._items) - 1, -1, -1):
            if self._items[row].item_id not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._items[row]
                self.endRemoveRows()
        for row, item in enumerate(items):
            self._put(row, item)

    def _put(self, row: int, item: StripItem) -> None:
        at = self.row_of(item.item_id)
        if at == -1:
            self.beginInsertRows(QModelIndex(), row, row)
            self._items.insert(row, item)
            self.endInsertRows()
            return
        if at != row:
            self.beginMoveRows(QModelIndex(), at, at, QModelIndex(), row)
            self._items.insert(row, self._items.pop(at))
            self.endMoveRows()
        self.update_item(item)

    def update_item(self, item: StripItem) -> None:
        """Change one photo; unknown ones are left out."""
        row = self.row_of(item.item_id)
        if row >= 0:
            self._items[row] = item
            index = self.index(row)
            self.dataChanged.emit(index, index)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._items):
            return None
        item = self._items[index.row()]
        if role == ITEM_ROLE:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return item.tooltip or item.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = _STATE_TEXTS[item.strip_state]
            return f"{item.name}, {state}" if state else item.name
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return item.tooltip
        return None
