"""The film strip: the photos of this session, in one row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QMenu,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_app.widgets.card import draw_nothing
from desktop_app.widgets.drop_hover import DropHover
from desktop_app.widgets.film_strip_delegate import SMALL_THUMBNAIL, THUMBNAIL, FilmStripDelegate
from desktop_app.widgets.film_strip_model import FilmStripModel, StripItem, StripState

__all__ = ["FilmStrip", "StripItem", "StripState"]

EMPTY_SENTENCE = "The photos of this session stand here."
HOVER_SENTENCE = "Drop to add"
_TURN_MS = 60
_TURN_STEP = 0.06


class FilmStrip(QListView):
    """Shows photos and their state. It changes nothing by itself: it asks.

    Signals:
        current_requested: id of the photo that the artist went to.
        remove_requested: list[str] of ids, for Delete and the menu.
        reveal_requested: id of the photo whose folder is wanted.
        files_dropped: list[Path] of local files and folders.
        other_dropped: a drops.Dropped that is not files; Canvas.take knows what to do with it.
    """

    current_requested = Signal(str)
    remove_requested = Signal(list)
    reveal_requested = Signal(str)
    files_dropped = Signal(list)
    other_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = FilmStripModel(self)
        self._delegate = FilmStripDelegate(self)
        self._turn_timer = QTimer(self)
        self._is_told = False  # the window changes something: that is no wish of the artist's
        self._hover = DropHover(HOVER_SENTENCE, self.viewport().update)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setObjectName("filmStrip")
        self.setAccessibleName("Film strip")
        self.setAccessibleDescription("The photos of this session; Delete removes one.")
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSpacing(2)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.viewport().setAcceptDrops(True)  # static icons have turned it off
        self.setDropIndicatorShown(False)
        self._turn_timer.setInterval(_TURN_MS)
        self._fix_height()

    def _connect(self) -> None:
        self._turn_timer.timeout.connect(self._on_turn)
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    def set_compact(self, is_compact: bool) -> None:
        """Make the photos small, where the window is too low to spare more."""
        wanted = SMALL_THUMBNAIL if is_compact else THUMBNAIL
        if self._delegate.thumbnail != wanted:
            self._delegate.thumbnail = wanted
            self._fix_height()
            self.scheduleDelayedItemsLayout()

    # --- snapshot in

    def set_items(self, items: Sequence[StripItem]) -> None:
        """Show these photos in this order; those that stay keep selection and current."""
        self._is_told = True
        self._model.set_items(items)
        self._is_told = False
        self._turn_if_needed()
        self.viewport().update()

    def update_item(self, item: StripItem) -> None:
        """Show a change of one photo."""
        self._model.update_item(item)
        self._turn_if_needed()

    def set_current(self, item_id: str) -> None:
        """Make a photo the current one, in sight and alone selected; "" for none."""
        row = self._model.row_of(item_id)
        index = self._model.index(row) if row >= 0 else QModelIndex()
        if index == self.currentIndex():
            return
        self._is_told = True
        select = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(index, select)
        self._is_told = False
        if index.isValid():
            self.scrollTo(index)

    @property
    def current_id(self) -> str:
        """Id of the current photo; "" when there is none."""
        index = self.currentIndex()
        return self._model.id_at(index) if index.isValid() else ""

    @property
    def selected_ids(self) -> list[str]:
        """Ids of the selected photos, in the strip's order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self._model.ids[row] for row in rows]

    # --- intent out

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._is_told:
            self.current_requested.emit(self._model.id_at(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_delete = event.matches(QKeySequence.StandardKey.Delete)
        if is_delete or event.key() == Qt.Key.Key_Backspace:
            self._request_removal()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_id:
            self.current_requested.emit(self.current_id)
        else:
            super().keyPressEvent(event)

    @Slot()
    def _request_removal(self) -> None:
        if self.selected_ids:
            self.remove_requested.emit(self.selected_ids)

    @Slot()
    def _request_show(self) -> None:
        if self.current_id:
            self.current_requested.emit(self.current_id)

    @Slot()
    def _request_reveal(self) -> None:
        if self.current_id:
            self.reveal_requested.emit(self.current_id)

    def make_menu(self) -> QMenu:
        """Return the menu for the selected photos; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show", self._request_show)
        menu.addAction("Show in folder", self._request_reveal)
        menu.addSeparator()
        count = len(self.selected_ids)
        removal = menu.addAction(
            "Remove" if count < 2 else f"Remove {count} photos", self._request_removal
        )
        removal.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.selected_ids:
            self.make_menu().popup(event.globalPos())

    # --- something is dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is not None:
            event.ignore()  # the cartoon on its way out of this very window
            return
        self._hover.enter(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._hover.answer(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._hover.end()

    def dropEvent(self, event: QDropEvent) -> None:
        dropped = self._hover.drop(event)
        if dropped.paths:
            self.files_dropped.emit(list(dropped.paths))
        else:
            self.other_dropped.emit(dropped)

    # --- looks

    def _turn_if_needed(self) -> None:
        if self._model.moving_rows and not self._turn_timer.isActive():
            self._turn_timer.start()

    @Slot()
    def _on_turn(self) -> None:
        rows = self._model.moving_rows
        if not rows:
            self._turn_timer.stop()
        self._delegate.turn = (self._delegate.turn + _TURN_STEP) % 1.0
        if self.isVisible():
            for row in rows:
                self.update(self._model.index(row))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll along the strip with an ordinary wheel too."""
        angle, pixels = event.angleDelta(), event.pixelDelta()
        if angle.x() or pixels.x():
            super().wheelEvent(event)
            return
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (pixels.y() or round(angle.y() * 0.6)))
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fix_height()
        super().changeEvent(event)

    def _fix_height(self) -> None:
        # Room for one row and the scroll bar, whether it is there or not: nothing jumps.
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self._item_height() + 2 * self.spacing() + bar + 4)

    def _item_height(self) -> int:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        return self._delegate.sizeHint(option, QModelIndex()).height()

    def sizeHint(self) -> QSize:
        return QSize(480, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        area = self.viewport().rect()
        palette = self.palette()
        if self._hover.sentence:
            self._hover.draw(painter, area, palette)
        elif not self._model.rowCount():
            draw_nothing(painter, area, palette, EMPTY_SENTENCE)
