"""One picture of a contact sheet, from waiting to done."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop_app.widgets.canvas_paint import (
    checkerboard,
    chip_rect,
    draw_chip,
    draw_icon,
    is_dark,
    mixed,
)

_SMALLEST = QSize(84, 84)
_INSET_PX = 6.0
_CORNER_PX = 7.0
_BAR_PX = 3.0
_ICON_ROOM_PX = 90.0
_DANGER = (QColor(0xB3, 0x26, 0x1E), QColor(0xFF, 0x7B, 0x72))
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class TileState(Enum):
    """How far a tile's picture is; the value is what is said about it."""

    WAITING = "Waiting"
    DEVELOPING = "Developing"
    DONE = "Done"
    FAILED = "Failed"


class ContactTile(QAbstractButton):
    """A picture and the two values that it was made with; clicked, it is chosen.

    Attributes:
        move_requested: rows and columns that an arrow key wants to go on by.
        state: how far its picture is.
        sentence: what went wrong, where it failed.
    """

    move_requested = Signal(int, int)

    def __init__(self, row: int, column: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row, self.column = row, column
        self.text_guidance = self.image_guidance = 0.0
        self.state = TileState.WAITING
        self.sentence = ""
        self._image = QImage()
        self._share = 0.0
        self._is_current = False
        self.setObjectName(f"contactTile_{row}_{column}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_SMALLEST)

    def sizeHint(self) -> QSize:
        """Return a size at which pictures can still be told from each other."""
        # The smallest: what room there is beyond that is shared by all.
        return _SMALLEST

    @property
    def image(self) -> QImage:
        """What is shown; null for nothing yet."""
        return self._image

    def begin(self, text_guidance: float, image_guidance: float, *, is_current: bool) -> None:
        """Wait for the picture of two values.

        Args:
            is_current: whether they are what is asked for now.
        """
        self.text_guidance, self.image_guidance = text_guidance, image_guidance
        self._is_current = is_current
        self._image, self._share = QImage(), 0.0
        self.setAccessibleName(
            f"Text guidance {text_guidance:g}, image guidance {image_guidance:g}"
        )
        self._set_state(TileState.WAITING)

    def show_developing(self, image: QImage, share: float) -> None:
        """Show a step of the run; a null image leaves what is there."""
        if not image.isNull():
            self._image = image
        self._share = share
        self._set_state(TileState.DEVELOPING)

    def show_done(self, image: QImage) -> None:
        """Show the picture."""
        self._image = image
        self._set_state(TileState.DONE)

    def show_failed(self, sentence: str) -> None:
        """Say what went wrong in place of the picture."""
        self._image = QImage()
        self._set_state(TileState.FAILED, sentence)

    def _set_state(self, state: TileState, sentence: str = "") -> None:
        self.state, self.sentence = state, sentence
        said = sentence or state.value
        if self._is_current:
            said = f"{said}. These are the values in use."
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
        values = f"{self.accessibleName()}. Click to use these values and develop the photo large."
        self.setToolTip(f"{sentence}\n{values}" if sentence else values)
        self.update()

    # --- keys and pointer

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses; arrows go to other tiles."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.click()
        elif event.key() in _STEPS:
            self.move_requested.emit(*_STEPS[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()  # it is the sheet that goes
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Stop that."""
        super().leaveEvent(event)
        self.update()

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw card and picture, and the values where they are not clear from the headings."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        card = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        self._paint_card(painter, card)
        room = card.adjusted(_INSET_PX, _INSET_PX, -_INSET_PX, -_INSET_PX)
        if self._image.isNull():
            self._paint_words(painter, room)
        else:
            self._paint_image(painter, room)
            self._paint_caption(painter, room)
        if self.state is TileState.DEVELOPING:
            self._paint_share(painter, room)

    def _paint_card(self, painter: QPainter, card: QRectF) -> None:
        palette = self.palette()
        back, ink = palette.color(QPalette.ColorRole.Dark), palette.windowText().color()
        accent = palette.accent().color()
        is_lit = self.underMouse() or self.isDown()
        painter.setBrush(mixed(back, ink, 0.16 if is_lit else 0.07))
        outline = QPen(Qt.PenStyle.NoPen)
        if self.hasFocus():
            outline = QPen(accent, 2)
        elif is_lit:
            outline = QPen(mixed(back, accent, 0.7), 1)
        painter.setPen(outline)
        painter.drawRoundedRect(card, _CORNER_PX, _CORNER_PX)

    def _paint_image(self, painter: QPainter, room: QRectF) -> None:
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(room.center())
        if self._image.hasAlphaChannel():
            painter.fillRect(target, checkerboard(self.palette(), 6))
        painter.drawImage(target, self._image)

    def _paint_words(self, painter: QPainter, room: QRectF) -> None:
        palette = self.palette()
        back, ink = palette.color(QPalette.ColorRole.Dark), palette.windowText().color()
        words = f"Text {self.text_guidance:g}\nImage {self.image_guidance:g}"
        colour = mixed(back, ink, 0.55)
        if self.state is TileState.FAILED:
            words, colour = self.sentence, _DANGER[is_dark(palette)]
            if room.height() > _ICON_ROOM_PX:
                at = QRectF(room.center().x() - 10, room.top() + 8, 20, 20)
                draw_icon(painter, "warning", colour, at)
                room = room.adjusted(0, 24, 0, 0)
        painter.setPen(colour)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        if painter.boundingRect(room, int(flags), words).height() > room.height():
            # The tooltip has the end of it; the beginning is worth more here.
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        painter.save()
        painter.setClipRect(room)
        painter.drawText(room, int(flags), words)
        painter.restore()

    def _paint_share(self, painter: QPainter, room: QRectF) -> None:
        palette = self.palette()
        groove = QRectF(room.left(), room.bottom() - _BAR_PX, room.width(), _BAR_PX)
        ground = QColor(palette.windowText().color())
        ground.setAlpha(60)
        painter.fillRect(groove, ground)
        groove.setWidth(groove.width() * min(1.0, max(0.0, self._share)))
        painter.fillRect(groove, palette.accent().color())

    def _paint_caption(self, painter: QPainter, room: QRectF) -> None:
        is_asked = self.underMouse() or self.hasFocus()
        if not is_asked and not self._is_current:
            return
        text = "In use" if self._is_current else ""
        if is_asked:
            text = f"Text {self.text_guidance:g} · Image {self.image_guidance:g}"
        corner, left = room.topLeft() + QPointF(2, 2), Qt.AlignmentFlag.AlignLeft
        width = chip_rect(self.font(), text, corner, left).width()
        if is_asked and width > room.width():
            text = f"{self.text_guidance:g} · {self.image_guidance:g}"
            width = chip_rect(self.font(), text, corner, left).width()
        corner.setX(max(room.left(), room.center().x() - width / 2))
        draw_chip(painter, text, corner, left)
