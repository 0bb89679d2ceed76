"""Past cartoons, to open again or to take their settings from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_app.widgets.canvas_paint import mixed
from desktop_app.widgets.card import draw_card, draw_nothing, item_painting, paper_of
from desktop_app.widgets.history_view_model import ROW_ROLE, HistoryModel, HistoryRow, Index

__all__ = ["HistoryRow", "HistoryView"]

EMPTY_SENTENCE = "Finished cartoons are kept here."
_THUMBNAIL = QSize(72, 54)
_PADDING = 8


class HistoryView(QListView):
    """Lists past cartoons, the newest first. It changes nothing by itself: it asks.

    Signals:
        open_requested: id of the entry to show.
        reuse_requested: id of the entry whose settings are wanted again.
        remove_requested: id of the entry to forget.
        reveal_requested: id of the entry whose file is wanted in its folder.
    """

    open_requested = Signal(str)
    reuse_requested = Signal(str)
    remove_requested = Signal(str)
    reveal_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = HistoryModel(self)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setObjectName("historyView")
        self.setAccessibleName("History")
        self.setAccessibleDescription("Cartoons that were made; Enter opens one.")
        self.setModel(self._model)
        self.setItemDelegate(_RowDelegate(self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    def _connect(self) -> None:
        self.doubleClicked.connect(self._on_double_clicked)

    def set_entries(self, rows: Sequence[HistoryRow]) -> None:
        """Show these cartoons; the current one stays current if it is among them."""
        current, place = self.current_id, self.verticalScrollBar().value()
        self._model.set_rows(rows)
        row = self._model.row_of(current)
        if row >= 0:
            self.setCurrentIndex(self._model.index(row))
        self.doItemsLayout()
        self.verticalScrollBar().setValue(place)

    @property
    def current_id(self) -> str:
        """Id of the current entry; "" when there is none."""
        return self._model.id_at(self.currentIndex())

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        self.open_requested.emit(self._model.id_at(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.current_id:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._request_open()
        elif event.matches(QKeySequence.StandardKey.Delete) and self.selectedIndexes():
            self._request_removal()  # only what was picked, not what Tab happened to come to
        else:
            super().keyPressEvent(event)

    def make_menu(self) -> QMenu:
        """Return the menu for the current entry; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", self._request_open)
        menu.addAction("Use these settings again", self._request_reuse)
        menu.addAction("Show in folder", self._request_reveal)
        menu.addSeparator()
        removal = menu.addAction("Remove from the history", self._request_removal)
        removal.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.current_id:
            self.make_menu().popup(event.globalPos())

    @Slot()
    def _request_open(self) -> None:
        self.open_requested.emit(self.current_id)

    @Slot()
    def _request_reuse(self) -> None:
        self.reuse_requested.emit(self.current_id)

    @Slot()
    def _request_reveal(self) -> None:
        self.reveal_requested.emit(self.current_id)

    @Slot()
    def _request_removal(self) -> None:
        self.remove_requested.emit(self.current_id)

    def sizeHint(self) -> QSize:
        return QSize(260, 320)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._model.rowCount():
            return
        area = self.viewport().rect().adjusted(16, 16, -16, -16)
        draw_nothing(QPainter(self.viewport()), area, self.palette(), EMPTY_SENTENCE)


class _RowDelegate(QStyledItemDelegate):
    """Draws a thumbnail with two lines of text beside it."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        text = 2 * QFontMetrics(option.font).height() + 4
        return QSize(160, max(_THUMBNAIL.height(), text) + 2 * _PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, HistoryRow):
            return
        with item_painting(painter, option) as look:
            rect = look.rect
            card = QRectF(rect).adjusted(2, 1.5, -2, -1.5)
            draw_card(painter, card, look, outlines_selected=False)
            frame = QRectF(rect.topLeft(), _THUMBNAIL).translated(
                _PADDING, (rect.height() - _THUMBNAIL.height()) / 2
            )
            _paint_thumbnail(painter, frame, row, look.palette)
            _paint_texts(painter, rect, frame, row, look.palette)


def _paint_thumbnail(painter: QPainter, frame: QRectF, row: HistoryRow, palette: QPalette) -> None:
    path = QPainterPath()
    path.addRoundedRect(frame, 4, 4)
    painter.fillPath(path, paper_of(palette))
    image = row.thumbnail
    if image.isNull():
        return
    # The frame is filled: what does not fit is cut off on both sides alike.
    share = max(frame.width() / image.width(), frame.height() / image.height())
    seen = QRectF(0, 0, frame.width() / share, frame.height() / share)
    seen.moveCenter(QRectF(image.rect()).center())
    painter.save()
    painter.setClipPath(path)
    painter.drawImage(frame, image, seen)
    painter.restore()


def _paint_texts(
    painter: QPainter, rect: QRect, frame: QRectF, row: HistoryRow, palette: QPalette
) -> None:
    left = round(frame.right()) + 10
    width = rect.right() - _PADDING - left
    bold, plain = QFont(painter.font()), QFont(painter.font())
    bold.setWeight(QFont.Weight.DemiBold)
    plain.setPointSizeF(plain.pointSizeF() * 0.9)
    ink = palette.windowText().color()
    lines = (
        (row.title, bold, ink, Qt.TextElideMode.ElideMiddle),
        (
            row.subtitle,
            plain,
            mixed(palette.base().color(), ink, 0.66),
            Qt.TextElideMode.ElideRight,
        ),
    )
    height = sum(QFontMetrics(font).height() for _, font, _, _ in lines) + 2
    y = rect.center().y() - height // 2
    for text, font, colour, elide in lines:
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(colour)
        line = QRect(left, y, width, metrics.height())
        painter.drawText(
            line, Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(text, elide, width)
        )
        y += metrics.height() + 2
