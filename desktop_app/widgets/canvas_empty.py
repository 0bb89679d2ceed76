"""What the canvas shows before there is a photo: a place to drop one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette, QPen

from desktop_app.widgets.canvas_paint import draw_icon, mixed

TITLE = "Drop photos here"
HINT = "or click to open, or paste with Ctrl+V"
FORMATS = "JPEG · PNG · HEIC · WebP · AVIF · TIFF · GIF · BMP, and whole folders"
WAITING = "Opening the photo …"
FAILED_HINT = "Delete takes it off the film strip; click here to open another photo."

_ICON_PX = 76.0
_ROW_GAP = 8.0
_FAILED_WIDTH_PX = 520.0


@dataclass(frozen=True)
class FailedPhoto:
    """A photo that could not be opened, and the sentence that says why."""

    name: str
    sentence: str


def draw_empty(painter: QPainter, rect: QRect, palette: QPalette, is_lit: bool) -> None:
    """Draw the drop area.

    Args:
        painter: works in logical pixels.
        rect: the whole canvas.
        palette: the theme's colours.
        is_lit: whether the pointer or the focus is on it.
    """
    accent = palette.accent().color()
    ink = palette.windowText().color()
    # Half way to the ink: PlaceholderText is translucent in some styles.
    muted = mixed(palette.color(QPalette.ColorRole.Dark), ink, 0.66)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_frame(painter, rect, palette, is_lit)
    rows = _rows(painter.font(), rect, ink, muted)
    icon_px = _ICON_PX if rect.height() > 260 else 0.0
    height = sum(QFontMetricsF(font).height() + _ROW_GAP for _, font, _ in rows)
    y = rect.center().y() - (height + (icon_px + 20 if icon_px else 0)) / 2
    if icon_px:
        _draw_badge(painter, QPointF(rect.center().x(), y + icon_px / 2), icon_px, accent)
        y += icon_px + 20
    for text, font, colour in rows:
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(colour)
        row = QRectF(rect.left(), y, rect.width(), metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, text)
        y += metrics.height() + _ROW_GAP
    painter.restore()


def draw_failed(
    painter: QPainter, rect: QRect, palette: QPalette, failed: FailedPhoto, is_lit: bool
) -> None:
    """Draw what is seen instead of a photo that could not be opened.

    Args:
        painter: works in logical pixels.
        rect: the whole canvas.
        palette: the theme's colours.
        failed: the photo.
        is_lit: whether the pointer or the focus is on the canvas.
    """
    ink = palette.windowText().color()
    muted = mixed(palette.color(QPalette.ColorRole.Dark), ink, 0.66)
    name, plain = QFont(painter.font()), QFont(painter.font())
    name.setPointSizeF(plain.pointSizeF() * 1.4)
    name.setWeight(QFont.Weight.DemiBold)
    flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
    room = QRectF(0, 0, max(40.0, min(rect.width() - 80.0, _FAILED_WIDTH_PX)), rect.height())
    title = QFontMetricsF(name).elidedText(failed.name, Qt.TextElideMode.ElideMiddle, room.width())
    rows = [(title, name, ink), (failed.sentence, plain, ink), (FAILED_HINT, plain, muted)]
    heights = [QFontMetricsF(f).boundingRect(room, flags, text).height() for text, f, _ in rows]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_frame(painter, rect, palette, is_lit)
    y = rect.center().y() - (sum(heights) + 2 * _ROW_GAP) / 2
    for (text, font, colour), height in zip(rows, heights, strict=True):
        painter.setFont(font)
        painter.setPen(colour)
        row = QRectF(rect.center().x() - room.width() / 2, y, room.width(), height + 1)
        painter.drawText(row, flags, text)
        y += height + _ROW_GAP
    painter.restore()


def draw_waiting(painter: QPainter, rect: QRect, palette: QPalette) -> None:
    """Draw what is seen while the first photo is being opened."""
    painter.save()
    ink = palette.windowText().color()
    painter.setPen(mixed(palette.color(QPalette.ColorRole.Dark), ink, 0.66))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, WAITING)
    painter.restore()


def _rows(base: QFont, rect: QRect, ink: QColor, muted: QColor) -> list[tuple[str, QFont, QColor]]:
    title, small = QFont(base), QFont(base)
    title.setPointSizeF(base.pointSizeF() * 1.9)
    title.setWeight(QFont.Weight.DemiBold)
    small.setPointSizeF(base.pointSizeF() * 0.92)
    rows = [(TITLE, title, ink), (HINT, QFont(base), muted), (FORMATS, small, muted)]
    room = rect.width() - 48
    return [row for row in rows if QFontMetricsF(row[1]).horizontalAdvance(row[0]) <= room]


def _draw_frame(painter: QPainter, rect: QRect, palette: QPalette, is_lit: bool) -> None:
    frame = QRectF(rect).adjusted(22.5, 22.5, -22.5, -22.5)
    if frame.width() < 60 or frame.height() < 40:
        return
    accent = palette.accent().color()
    back, ink = palette.color(QPalette.ColorRole.Dark), palette.windowText().color()
    line = accent if is_lit else mixed(back, ink, 0.34)
    fill = QColor(accent if is_lit else ink)
    fill.setAlphaF(0.05 if is_lit else 0.025)
    pen = QPen(line, 2.0, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.RoundCap)
    pen.setDashPattern([4.0, 4.5])
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawRoundedRect(frame, 18, 18)


def _draw_badge(painter: QPainter, middle: QPointF, side_px: float, accent: QColor) -> None:
    halo = QColor(accent)
    halo.setAlphaF(0.14)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(halo)
    painter.drawEllipse(middle, side_px / 2 + 6, side_px / 2 + 6)
    icon_px = side_px * 0.56
    corner = middle - QPointF(icon_px / 2, icon_px / 2)
    draw_icon(painter, "drop", accent, QRectF(corner.x(), corner.y(), icon_px, icon_px))
