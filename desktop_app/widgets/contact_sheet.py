"""Pairs of guidance side by side, as small pictures to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.widgets.contact_tile import ContactTile, TileState
from desktop_app.widgets.controls import name_control
from desktop_app.widgets.look_chips import IconSource
from desktop_app.widgets.parameter_rows import help_line

__all__ = ["ContactSheet", "ContactTile", "TileState"]

ROWS, MOST_COLUMNS = 3, 5
ACROSS = "→  Text guidance, how closely the instruction is followed: further right, more changes."
DOWN = "↓  Image guidance, how closely it stays to the photo: further down, more changes."
HINT = "Click a picture to develop it large; these are small proofs, and will differ in detail."


class ContactSheet(QWidget):
    """Shows a grid of pictures, each made with another pair of guidance.

    Attributes:
        chosen: text and image guidance of the picture that was clicked.
        close_requested: Close or Escape.
        wide_toggled: whether five columns are wanted, and not three.
    """

    chosen = Signal(float, float)
    close_requested = Signal()
    wide_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = 0
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setObjectName("contactSheet")
        self.setAccessibleName("Contact sheet")
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Dark)
        self._build_head()
        self._tiles = {
            (row, column): ContactTile(row, column)
            for row in range(ROWS)
            for column in range(MOST_COLUMNS)
        }
        content = QWidget()
        content.setAutoFillBackground(True)
        content.setBackgroundRole(QPalette.ColorRole.Dark)
        lines = QVBoxLayout(content)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        for sentence in (ACROSS, DOWN, HINT):
            lines.addWidget(help_line(sentence))
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        lines.addSpacing(4)
        lines.addLayout(self._grid, 1)
        self._column_heads = [self._head() for _ in range(MOST_COLUMNS)]
        self._row_heads = [self._head() for _ in range(ROWS)]
        for column, head in enumerate(self._column_heads):
            self._grid.addWidget(head, 0, column + 1)
        for row, head in enumerate(self._row_heads):
            self._grid.addWidget(head, row + 1, 0)
            self._grid.setRowStretch(row + 1, 1)
        for (row, column), tile in self._tiles.items():
            self._grid.addWidget(tile, row + 1, column + 1)
        self._area = QScrollArea()
        self._area.setObjectName("contactArea")
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setStyleSheet("QScrollArea { background: transparent; }")
        self._area.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.setSpacing(6)
        layout.addLayout(self._top)
        layout.addWidget(self._area, 1)

    def _build_head(self) -> None:
        title = QLabel("Contact sheet")
        title.setForegroundRole(QPalette.ColorRole.WindowText)
        font = QFont(title.font())
        font.setPointSizeF(font.pointSizeF() * 1.2)
        font.setWeight(QFont.Weight.DemiBold)
        title.setFont(font)
        self.wide_toggle = QToolButton()
        self.wide_toggle.setObjectName("contactSizeToggle")
        self.wide_toggle.setProperty("chip", "true")
        self.wide_toggle.setText("5 × 3")
        self.wide_toggle.setCheckable(True)
        self.wide_toggle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.wide_toggle.setToolTip("Five columns of text guidance instead of three")
        name_control(self.wide_toggle, "Five columns instead of three")
        self.close_button = QPushButton("Close")
        self.close_button.setObjectName("contactCloseButton")
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.setToolTip("Back to the picture; what is not done yet is given up (Esc)")
        name_control(self.close_button, "Close the contact sheet")
        self._top = QHBoxLayout()
        self._top.setSpacing(12)
        self._top.addWidget(title, 1)
        self._top.addWidget(self.wide_toggle)
        self._top.addWidget(self.close_button)

    def _head(self) -> QLabel:
        head = QLabel()
        head.setObjectName("groupHeading")
        head.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return head

    def _connect(self) -> None:
        self.wide_toggle.toggled.connect(self.wide_toggled)
        self.close_button.clicked.connect(self._on_close_clicked)
        for tile in self._tiles.values():
            tile.clicked.connect(self._on_tile_clicked)
            tile.move_requested.connect(self._on_move_requested)

    @property
    def is_wide(self) -> bool:
        """Whether there are five columns."""
        return self.wide_toggle.isChecked()

    def set_grid(
        self, texts: Sequence[float], images: Sequence[float], current: tuple[int, int]
    ) -> None:
        """Wait for the pictures of these values.

        Args:
            texts: text guidance of each column.
            images: image guidance of each row.
            current: row and column of the pair that is asked for now.
        """
        self._columns = len(texts)
        for column, head in enumerate(self._column_heads):
            is_there = column < len(texts)
            head.setVisible(is_there)
            self._grid.setColumnStretch(column + 1, int(is_there))
            head.setText(f"Text {texts[column]:g}" if is_there else "")
        for head, image in zip(self._row_heads, images, strict=True):
            head.setText(f"Image\n{image:g}")
        for (row, column), tile in self._tiles.items():
            tile.setVisible(column < len(texts))
            if column < len(texts):
                tile.begin(texts[column], images[row], is_current=(row, column) == current)

    def set_icons(self, icon: IconSource) -> None:
        """Wear the theme's icons."""
        self.close_button.setIcon(icon("cancel"))

    def tile(self, row: int, column: int) -> ContactTile:
        """Return the tile at a place."""
        return self._tiles[row, column]

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        return (*self._tiles.values(), self.wide_toggle, self.close_button)

    def focus(self, row: int, column: int) -> None:
        """Let keys go to a tile."""
        tile = self._tiles[row, column]
        tile.setFocus()
        self._area.ensureWidgetVisible(tile)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes the sheet."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_requested.emit()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_close_clicked(self) -> None:
        self.close_requested.emit()

    @Slot()
    def _on_tile_clicked(self) -> None:
        tile = self.sender()
        if isinstance(tile, ContactTile):
            self.chosen.emit(tile.text_guidance, tile.image_guidance)

    @Slot(int, int)
    def _on_move_requested(self, down: int, across: int) -> None:
        tile = self.sender()
        if isinstance(tile, ContactTile):
            row, column = tile.row + down, tile.column + across
            if 0 <= row < ROWS and 0 <= column < self._columns:
                self.focus(row, column)
