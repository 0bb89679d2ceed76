"""Past cartoons, as the history view knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, eq=False)
class HistoryRow:
    """One cartoon that was made.

    Attributes:
        entry_id: who it is; signals speak of it by this.
        title: the photo's name.
        subtitle: when, how big, and what was asked for.
        thumbnail: null where there is none.
    """

    entry_id: str
    title: str
    subtitle: str
    thumbnail: QImage


class HistoryModel(QAbstractListModel):
    """The rows, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[HistoryRow] = []

    def set_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Become these rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row_of(self, entry_id: str) -> int:
        """Return where an entry is, -1 where it is not."""
        return next((n for n, row in enumerate(self._rows) if row.entry_id == entry_id), -1)

    def id_at(self, index: Index) -> str:
        """Return the entry's id at `index`, "" where there is none."""
        return self._rows[index.row()].entry_id if index.isValid() else ""

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.title}\n{row.subtitle}" if row.subtitle else row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}, {row.subtitle}" if row.subtitle else row.title
        return None
