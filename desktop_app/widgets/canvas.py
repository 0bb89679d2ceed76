"""The canvas in the middle of the window: where photos are dropped and cartoons are seen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QEnterEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from desktop_app.widgets.canvas_empty import (
    FAILED_HINT,
    HINT,
    TITLE,
    WAITING,
    FailedPhoto,
    draw_empty,
    draw_failed,
    draw_waiting,
)
from desktop_app.widgets.canvas_handle import DragHandle
from desktop_app.widgets.canvas_keys import HOLD_KEYS
from desktop_app.widgets.canvas_message import MessageBar, MessageKind
from desktop_app.widgets.canvas_navigation import NavigableView
from desktop_app.widgets.canvas_paint import draw_focus_ring
from desktop_app.widgets.canvas_pictures import CompareMode
from desktop_app.widgets.drop_hover import DropHover
from desktop_app.widgets.drops import Dropped

__all__ = ["HOLD_KEYS", "Canvas", "CompareMode", "FailedPhoto", "MessageKind"]

HOVER_SENTENCE = "Drop to open"
_HANDLE_ROOM = 112
_PRESS_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class Canvas(NavigableView):
    """Shows one photo and what becomes of it; takes what is dropped.

    How it is moved about in is told at NavigableView; what is seen, at PictureView.

    Signals:
        files_dropped: list[Path] of local files and folders.
        image_dropped: a QImage without a file.
        bytes_dropped: the bytes of a picture file, and what to call it.
        remote_dropped: the http address of a picture; nobody has fetched it.
        drag_out_requested: the cartoon is being dragged out; start a QDrag.
        open_requested: the empty canvas was clicked, or Enter or Space pressed on it.
        message_action_triggered: the button in the message was pressed.
    """

    files_dropped = Signal(list)
    image_dropped = Signal(QImage)
    bytes_dropped = Signal(bytes, str)
    remote_dropped = Signal(str)
    drag_out_requested = Signal()
    open_requested = Signal()
    message_action_triggered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_busy = False
        self._failed: FailedPhoto | None = None
        self._hover = DropHover(HOVER_SENTENCE, self.update)
        self._is_pressed = False
        self._build()
        self._connect()
        self._changed()

    def _build(self) -> None:
        self.setObjectName("canvas")
        self.setAccessibleName("Picture")
        self.setAcceptDrops(True)
        self._message = MessageBar(self)
        self._handle = DragHandle(self)

    def _connect(self) -> None:
        self._message.action_triggered.connect(self.message_action_triggered)
        self._handle.drag_started.connect(self._start_drag_out)
        self.split_changed.connect(self._tell)

    # --- messages

    @Slot(str)
    def set_message(
        self, text: str, kind: MessageKind = MessageKind.INFO, action: str = ""
    ) -> None:
        """Say a sentence over the picture; "" takes it away.

        Args:
            text: one sentence.
            kind: INFO and DONE go by themselves after a while, unless there is an action.
            action: what a button beside the sentence says ("Fetch", "Undo"); none where empty.
        """
        self._message.say(text, kind, action)

    @property
    def message(self) -> str:
        """The sentence that is there now; "" when none is."""
        return self._message.text

    @property
    def message_kind(self) -> MessageKind:
        """What the last sentence is about."""
        return self._message.kind

    @Slot(bool)
    def set_busy(self, is_busy: bool) -> None:
        """Say whether a photo is being opened (when there is none yet) or developed."""
        self._is_busy = is_busy
        self._changed()

    def show_failed(self, failed: FailedPhoto) -> None:
        """Say in place of a photo that it could not be opened; `clear` takes that away."""
        self.clear()
        self._failed = failed
        self._changed()

    @property
    def failed(self) -> FailedPhoto | None:
        """What is said in place of a photo; None where nothing is."""
        return None if self.has_photo else self._failed

    @Slot()
    def clear(self) -> None:
        self._failed = None
        super().clear()

    # --- what is seen

    def _changed(self) -> None:
        super()._changed()
        self._place_handle()
        self._tell()

    @Slot()
    def _tell(self) -> None:
        """Say what is to be seen to those who do not see it."""
        description = self._describe()
        if description != self.accessibleDescription():
            self.setAccessibleDescription(description)

    def _describe(self) -> str:
        if not self.has_photo and self._is_busy:
            return WAITING
        if self.failed is not None:
            return f"{self.failed.name}: {self.failed.sentence} {FAILED_HINT}"
        if not self.has_photo:
            return f"{TITLE}, {HINT}."
        size = self._view.photo_size
        at = f"{size.width()} by {size.height()} pixels, at {self.zoom:.0%}."
        if self.is_split:
            return f"Before left, after right, divided at {self.split:.0%}; {at}"
        is_before = self._compare is CompareMode.HOLD_BEFORE
        if self._preview is not None and not is_before:
            return f"The cartoon while it develops; {at}"
        if self.has_result and not is_before:
            return f"The cartoon; {at}"
        return f"The photo; {at}"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_pictures(painter, event)
        rect, palette = self.rect(), self.palette()
        if self.has_photo:
            self._paint_compare(painter, self._is_divider_hovered or self._is_focus_shown())
        if self._hover.sentence:
            self._hover.draw(painter, rect, palette)
        elif self.has_photo and self._is_focus_shown():
            draw_focus_ring(painter, rect, palette)
        elif not self.has_photo and self._is_busy:
            draw_waiting(painter, rect, palette)
        elif self.failed is not None:
            draw_failed(painter, rect, palette, self.failed, self._is_button_lit())
        elif not self.has_photo:
            draw_empty(painter, rect, palette, self._is_button_lit())

    def _is_button_lit(self) -> bool:
        return self._is_focus_shown() or self.underMouse()

    def _is_focus_shown(self) -> bool:
        # Qt knows whether the artist goes by keyboard: a ring after each click would disturb.
        goes_by_key = self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        return self.hasFocus() and goes_by_key

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._message.place()
        self._place_handle()

    def enterEvent(self, event: QEnterEvent) -> None:
        if not self.has_photo:
            self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.has_photo:
            self.update()
        super().leaveEvent(event)

    # --- the cartoon goes out

    def _can_drag_out(self) -> bool:
        is_before = self._compare is CompareMode.HOLD_BEFORE
        return self.has_result and self._preview is None and not self._is_busy and not is_before

    @Slot()
    def _start_drag_out(self) -> None:
        self.drag_out_requested.emit()

    def _place_handle(self) -> None:
        area = self.picture_rect()
        # On a small picture it would lie on what stands there; that can be dragged by itself.
        has_room = min(area.width(), area.height()) >= _HANDLE_ROOM
        self._handle.setVisible(self._can_drag_out() and has_room)
        inset = QPointF(self._handle.width() + 12, self._handle.height() + 12)
        self._handle.move((area.bottomRight() - inset).toPoint())

    # --- the empty canvas is one big button

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() == Qt.MouseButton.LeftButton
        self._is_pressed = is_left and not self.has_photo
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_pressed, self._is_pressed = self._is_pressed, False
        super().mouseReleaseEvent(event)
        if was_pressed and self.rect().contains(event.position().toPoint()):
            self._request_open()

    def _request_open(self) -> None:
        if not self.has_photo and not self._is_busy:
            self.open_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape and self._message.text:
            self._message.dismiss()
        elif not self.has_photo and key in _PRESS_KEYS and not event.isAutoRepeat():
            self._request_open()
        else:
            super().keyPressEvent(event)

    def _show_cursor(self, at: QPointF) -> None:
        if self.has_photo or self._is_busy:
            super()._show_cursor(at)
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    # --- something is dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() in (self, self._handle):
            event.ignore()  # the cartoon on its way out
            return
        self._hover.enter(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._hover.answer(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._hover.end()

    def dropEvent(self, event: QDropEvent) -> None:
        self.take(self._hover.drop(event))

    @property
    def hover_sentence(self) -> str:
        """What is said to the drag that hovers; "" when none does."""
        return self._hover.sentence

    def take(self, dropped: Dropped) -> None:
        """Emit what was dropped or pasted; say so where it is of no use."""
        if dropped.paths:
            self.files_dropped.emit(list(dropped.paths))
        elif dropped.data is not None:
            self.bytes_dropped.emit(dropped.data, dropped.name)
        elif dropped.image is not None:
            self.image_dropped.emit(dropped.image)
        elif dropped.url:
            self.remote_dropped.emit(dropped.url)
        else:
            self.set_message(dropped.refusal, MessageKind.ERROR)
