"""The handle that a finished picture is dragged out of the window by."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.widgets.canvas_paint import CHIP_EDGE, CHIP_INK, CHIP_PAPER, draw_icon

_SIDE = 36
_ICON = 20


class DragHandle(QWidget):
    """A round chip over the picture. It takes no focus: keys copy and save instead.

    Signals:
        drag_started: it was pressed and moved far enough.
    """

    drag_started = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pressed_at: QPoint | None = None
        self.setObjectName("dragHandle")
        self.setAccessibleName("Drag the picture into another program")
        self.setToolTip("Drag the picture from here into another program")
        self.setFixedSize(QSize(_SIDE, _SIDE))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        distance = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if distance >= QApplication.startDragDistance():
            self._pressed_at = None
            self.drag_started.emit()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._pressed_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # not the canvas's double click

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(CHIP_EDGE, 1))
        paper = self.palette().accent().color() if self.underMouse() else QColor(CHIP_PAPER)
        painter.setBrush(paper)
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        ink = self.palette().highlightedText().color() if self.underMouse() else CHIP_INK
        corner = (_SIDE - _ICON) / 2
        draw_icon(painter, "drag-out", ink, QRectF(corner, corner, _ICON, _ICON))
