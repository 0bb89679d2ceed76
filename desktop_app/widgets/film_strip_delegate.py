"""How a photo looks on the film strip."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from desktop_app.widgets.canvas_paint import DANGER, is_dark, mixed
from desktop_app.widgets.card import draw_card, item_painting, paper_of
from desktop_app.widgets.film_strip_model import ITEM_ROLE, Index, StripItem, StripState

THUMBNAIL = QSize(116, 76)
SMALL_THUMBNAIL = QSize(76, 44)
_PADDING = 6
_BADGE = 20
_DONE = QColor(0x2E, 0xA0, 0x5B)


class FilmStripDelegate(QStyledItemDelegate):
    """Draws thumbnail, name and the badge of the state.

    Attributes:
        turn: how far the badges of moving photos have turned, 0 to 1; the view counts it on.
        thumbnail: room for a photo.
    """

    turn = 0.0
    thumbnail = THUMBNAIL

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        text = QFontMetrics(option.font).height()
        width = self.thumbnail.width() + 2 * _PADDING
        return QSize(width, self.thumbnail.height() + 3 * _PADDING + text)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item = index.data(ITEM_ROLE)
        if not isinstance(item, StripItem):
            return
        with item_painting(painter, option) as look:
            rect, palette = look.rect, look.palette
            card = QRectF(rect).adjusted(1.5, 1.5, -1.5, -1.5)
            draw_card(painter, card, look, outlines_selected=True)
            frame = QRectF(
                rect.left() + (rect.width() - self.thumbnail.width()) / 2,
                rect.top() + _PADDING,
                self.thumbnail.width(),
                self.thumbnail.height(),
            )
            picture = self._paint_thumbnail(painter, frame, palette, item)
            self._paint_badge(painter, picture, palette, item)
            self._paint_name(painter, rect, palette, item)

    def _paint_thumbnail(
        self, painter: QPainter, frame: QRectF, palette: QPalette, item: StripItem
    ) -> QRectF:
        image = item.thumbnail
        if image.isNull():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(paper_of(palette))
            painter.drawRoundedRect(frame, 4, 4)
            return frame
        share = min(frame.width() / image.width(), frame.height() / image.height())
        width, height = max(1.0, image.width() * share), max(1.0, image.height() * share)
        middle = frame.center()
        picture = QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
        path = QPainterPath()
        path.addRoundedRect(picture, 4, 4)
        painter.save()
        painter.setClipPath(path)
        if item.strip_state is StripState.FAILED:
            painter.setOpacity(0.45)
        painter.drawImage(picture, image)
        painter.restore()
        return picture

    def _paint_name(
        self, painter: QPainter, rect: QRect, palette: QPalette, item: StripItem
    ) -> None:
        metrics = painter.fontMetrics()
        room = QRect(
            rect.left() + _PADDING,
            rect.bottom() - _PADDING - metrics.height() + 1,
            rect.width() - 2 * _PADDING,
            metrics.height(),
        )
        text = metrics.elidedText(item.name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.setPen(palette.windowText().color())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_badge(
        self, painter: QPainter, picture: QRectF, palette: QPalette, item: StripItem
    ) -> None:
        state = item.strip_state
        if state is StripState.READY:
            return
        if item.is_moving:
            self._paint_turning(painter, picture, palette, item)
            return
        x = max(picture.right() - _BADGE - 5, picture.left())
        disc = QRectF(x, picture.bottom() - _BADGE - 5, _BADGE, _BADGE)
        paper = {StripState.DONE: _DONE, StripState.FAILED: DANGER}.get(
            state, QColor(60, 60, 60, 220)
        )
        painter.setPen(QPen(QColor(255, 255, 255, 235), 1.5))
        painter.setBrush(paper)
        painter.drawEllipse(disc)
        pen = QPen(QColor(255, 255, 255), 2.0)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for line in _MARKS[state]:
            painter.drawPolyline(QPolygonF([disc.topLeft() + QPointF(*p) * _BADGE for p in line]))

    def _paint_turning(
        self, painter: QPainter, picture: QRectF, palette: QPalette, item: StripItem
    ) -> None:
        """Paint a ring: its share where that is known, else a turning arc."""
        veil = QColor(0, 0, 0, 90 if item.strip_state is StripState.DEVELOPING else 0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawRoundedRect(picture, 4, 4)
        side = min(34.0, picture.height() * 0.7, picture.width() * 0.7)
        ring = QRectF(0, 0, side, side)
        ring.moveCenter(picture.center())
        is_over_picture = not item.thumbnail.isNull()
        ink = QColor(255, 255, 255) if is_over_picture else palette.windowText().color()
        track = QColor(ink)
        track.setAlpha(80)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(track, 3.5))
        painter.drawEllipse(ring)
        accent = palette.accent().color()
        arc = mixed(accent, QColor(255, 255, 255), 0.25 if is_dark(palette) else 0.1)
        pen = QPen(arc if not is_over_picture else QColor(255, 255, 255), 3.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if item.progress is None:
            painter.drawArc(ring, round((90 - 360 * self.turn) * 16), -90 * 16)
            return
        share = min(1.0, max(0.0, item.progress))
        painter.drawArc(ring, 90 * 16, round(-360 * 16 * share))
        if side >= 30:
            font = painter.font()
            font.setPointSizeF(font.pointSizeF() * 0.72)
            painter.save()
            painter.setFont(font)
            painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, f"{share:.0%}"[:-1])
            painter.restore()


_MARKS: dict[StripState, tuple[tuple[tuple[float, float], ...], ...]] = {
    StripState.DONE: (((0.28, 0.53), (0.44, 0.69), (0.73, 0.35)),),
    StripState.FAILED: (((0.33, 0.33), (0.67, 0.67)), ((0.67, 0.33), (0.33, 0.67))),
    StripState.QUEUED: (((0.5, 0.26), (0.5, 0.52), (0.68, 0.62)),),
}
