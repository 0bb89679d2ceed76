"""Sentences that the canvas says, laid over the picture: nothing to click away first."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QEnterEvent,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from desktop_app.theme.icons import tinted_pixmap
from desktop_app.widgets.canvas_paint import DANGER, is_dark, mixed

INFO_SHOWN_MS = 6_000
_ICON_PX = 20
_MAX_WIDTH = 640


class MessageKind(Enum):
    """What a message is about; the value is its icon's name."""

    INFO = "info"
    """Goes by itself after a while."""
    DONE = "done"
    """Goes by itself after a while."""
    WARNING = "warning"
    ERROR = "error"


_COLOURS: dict[MessageKind, tuple[QColor, QColor]] = {
    # for the light and for the dark theme
    MessageKind.DONE: (QColor(0x1F, 0x8A, 0x4C), QColor(0x4C, 0xC3, 0x7F)),
    MessageKind.WARNING: (QColor(0xB2, 0x6A, 0x00), QColor(0xF2, 0xB1, 0x4A)),
    MessageKind.ERROR: (DANGER, QColor(0xFF, 0x7B, 0x72)),
}


class MessageBar(QWidget):
    """One message with an icon, a button where there is something to do, and a cross.

    Signals:
        action_triggered: the button was pressed; the message is gone already.
    """

    action_triggered = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas = parent
        self._kind = MessageKind.INFO
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._build()
        self._connect()
        self.hide()

    def _build(self) -> None:
        self.setObjectName("canvasMessage")
        self._icon = QLabel(self)
        self._icon.setFixedSize(_ICON_PX, _ICON_PX)
        self._text = QLabel(self)
        self._text.setObjectName("canvasMessageText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = QPushButton(self)
        self._action.setObjectName("canvasMessageAction")
        self._close = QToolButton(self)
        self._close.setObjectName("canvasMessageClose")
        self._close.setAutoRaise(True)
        self._close.setAccessibleName("Dismiss the message")
        self._close.setToolTip("Dismiss (Esc)")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        layout.setSpacing(10)
        for part in (self._icon, self._text, self._action, self._close):
            layout.addWidget(part)

    def _connect(self) -> None:
        self._timer.timeout.connect(self.dismiss)
        self._close.clicked.connect(self.dismiss)
        self._action.clicked.connect(self._on_action)

    @property
    def text(self) -> str:
        """What is said now; "" when nothing is."""
        return self._text.text() if not self.isHidden() else ""

    @property
    def kind(self) -> MessageKind:
        """What the message is about."""
        return self._kind

    def say(self, text: str, kind: MessageKind, action: str = "") -> None:
        """Show a message instead of the one before; "" takes it away.

        Args:
            text: one sentence.
            kind: picks the icon; INFO and DONE go by themselves unless there is an action.
            action: what the button says; no button where it is empty.
        """
        if not text:
            self.dismiss()
            return
        self._kind = kind
        self._text.setText(text)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self.setAccessibleName(text)
        self._timer.stop()
        if self._goes_by_itself():
            self._timer.start(INFO_SHOWN_MS)
        self._tint()
        self.show()
        self.raise_()
        self.place()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    @Slot()
    def dismiss(self) -> None:
        """Take the message away."""
        self._timer.stop()
        if not self.isHidden():
            had_focus = self.isAncestorOf(self.window().focusWidget() or self.window())
            self.hide()
            if had_focus:
                self._canvas.setFocus()

    def place(self) -> None:
        """Lie at the upper edge of the canvas, in the middle."""
        room = self._canvas.width() - 32
        width = min(_MAX_WIDTH, room)
        natural = self.sizeHint().width()
        text_width = self._text.fontMetrics().horizontalAdvance(self._text.text())
        others = natural - self._text.sizeHint().width()
        width = max(min(width, others + text_width + 12), min(200, room))
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        self.setGeometry((self._canvas.width() - width) // 2, 16, width, height)

    def _goes_by_itself(self) -> bool:
        is_calm = self._kind in (MessageKind.INFO, MessageKind.DONE)
        return is_calm and not self._action.text()

    @Slot()
    def _on_action(self) -> None:
        self.dismiss()
        self.action_triggered.emit()

    def _colour(self) -> QColor:
        colours = _COLOURS.get(self._kind)
        if colours is None:
            return self.palette().accent().color()
        return colours[is_dark(self.palette())]

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        pixmap = tinted_pixmap(self._kind.value, self._colour(), round(_ICON_PX * ratio))
        pixmap.setDevicePixelRatio(ratio)
        self._icon.setPixmap(pixmap)
        ink = self.palette().windowText().color()
        cross = tinted_pixmap("cancel", ink, round(32 * ratio))
        self._close.setIcon(QIcon(cross))
        self._close.setIconSize(QSize(16, 16))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and not self.isHidden():
            self._tint()
        super().changeEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()  # it is being read
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.isHidden() and self._goes_by_itself():
            self._timer.start(INFO_SHOWN_MS)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        palette = self.palette()
        paper, colour = palette.base().color(), self._colour()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(mixed(paper, colour, 0.55), 1))
        painter.setBrush(mixed(paper, colour, 0.10))
        painter.drawRoundedRect(frame, 10, 10)
