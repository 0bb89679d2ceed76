"""How the canvas looks, apart from the pictures: pure painting, no state."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
)

from desktop_app.theme.icons import tinted_pixmap

CHIP_INK = QColor(255, 255, 255)
CHIP_PAPER = QColor(0, 0, 0, 160)
CHIP_EDGE = QColor(255, 255, 255, 90)
DANGER = QColor(0xD6, 0x45, 0x45)
_CHECKER_PX = 8


def is_dark(palette: QPalette) -> bool:
    """Return whether the theme is a dark one."""
    return palette.window().color().lightness() < 128


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Return `one` with `share` of `other` in it."""
    return QColor.fromRgbF(
        *(
            a + (b - a) * share
            for a, b in (
                (one.redF(), other.redF()),
                (one.greenF(), other.greenF()),
                (one.blueF(), other.blueF()),
            )
        )
    )


def checkerboard(palette: QPalette, square_px: int) -> QBrush:
    """Return what is seen through transparent pictures."""
    # Light in both themes: transparent drawings mostly have dark lines.
    light, dark = (190, 168) if is_dark(palette) else (255, 223)
    tile = QPixmap(2 * square_px, 2 * square_px)
    tile.fill(QColor(light, light, light))
    painter = QPainter(tile)
    for x, y in ((0, 0), (square_px, square_px)):
        painter.fillRect(x, y, square_px, square_px, QColor(dark, dark, dark))
    painter.end()
    return QBrush(tile)


def checker_square_px(ratio: float) -> int:
    """Return the side of a checkerboard's square in device pixels."""
    return max(1, round(_CHECKER_PX * ratio))


def to_device_pixels(painter: QPainter, ratio: float) -> None:
    """Let the painter count device pixels, beginning on a whole one.

    With a fractional scale of the screen, a widget may begin between two pixels.
    """
    device = painter.deviceTransform()
    painter.scale(1 / ratio, 1 / ratio)
    painter.translate(round(device.dx()) - device.dx(), round(device.dy()) - device.dy())


def draw_icon(painter: QPainter, name: str, colour: QColor, rect: QRectF) -> None:
    """Draw an icon of one colour, crisp on every screen."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    pixmap = tinted_pixmap(name, colour, max(1, round(rect.width() * ratio)))
    painter.drawPixmap(rect, pixmap, QRectF(pixmap.rect()))


def draw_chip(painter: QPainter, text: str, at: QPointF, align: Qt.AlignmentFlag) -> QRectF:
    """Draw a short label that is read on any picture; return its rectangle.

    Args:
        painter: works in logical pixels.
        text: a word or two.
        at: the chip's upper corner.
        align: AlignLeft when `at` is its left corner, AlignRight when it is the right one.
    """
    rect = chip_rect(painter.font(), text, at, align)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(CHIP_EDGE, 1))
    painter.setBrush(CHIP_PAPER)
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.setPen(CHIP_INK)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
    return rect


def chip_rect(font: QFont, text: str, at: QPointF, align: Qt.AlignmentFlag) -> QRectF:
    """Return where `draw_chip` draws."""
    metrics = QFontMetricsF(font)
    height = metrics.height() + 8
    width = metrics.horizontalAdvance(text) + height
    left = at.x() - width if align == Qt.AlignmentFlag.AlignRight else at.x()
    return QRectF(left, at.y(), width, height)


def draw_divider(painter: QPainter, x: float, area: QRectF, accent: QColor | None) -> None:
    """Draw the split's divider with its grip.

    Args:
        painter: works in logical pixels.
        x: where the divider is.
        area: the visible part of the picture.
        accent: colour of the grip's ring while it is hovered, dragged or focused.
    """
    painter.save()
    painter.fillRect(QRectF(x - 2, area.top(), 4, area.height()), QColor(0, 0, 0, 70))
    painter.fillRect(QRectF(x - 1, area.top(), 2, area.height()), QColor(255, 255, 255))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(x, area.center().y())
    radius = min(17.0, area.height() / 3)
    painter.setPen(QPen(QColor(0, 0, 0, 60), 1))
    painter.setBrush(QColor(255, 255, 255))
    painter.drawEllipse(middle, radius, radius)
    if accent is not None:
        painter.setPen(QPen(accent, 2.5))
        painter.drawEllipse(middle, radius - 1, radius - 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(50, 50, 50))
    for side in (-1, 1):
        tip = middle + QPointF(side * radius * 0.58, 0)
        back = QPointF(-side * radius * 0.34, radius * 0.34)
        painter.drawPolygon(
            QPolygonF([tip, tip + back, tip + QPointF(back.x(), -back.y())]),
        )
    painter.restore()


def draw_focus_ring(painter: QPainter, rect: QRect, palette: QPalette) -> None:
    """Draw what says that keys go to the canvas."""
    painter.save()
    painter.setPen(QPen(palette.accent().color(), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(rect).adjusted(1, 1, -1, -1))
    painter.restore()


def draw_hover(painter: QPainter, rect: QRect, palette: QPalette, text: str, is_ok: bool) -> None:
    """Draw the answer to a drag that hovers: a tint, a dashed frame and a sentence."""
    colour = palette.accent().color() if is_ok else DANGER
    tint = QColor(colour)
    tint.setAlpha(46)
    frame = QRectF(rect).adjusted(10, 10, -10, -10)
    painter.save()
    painter.fillRect(rect, tint)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, 2.5, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(frame, 12, 12)
    font = QFont(painter.font())
    font.setPointSizeF(font.pointSizeF() * 1.15)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    bounds = QFontMetricsF(font).boundingRect(
        frame.adjusted(40, 0, -40, 0),
        int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
        text,
    )
    pill = bounds.adjusted(-22, -11, 22, 11)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(pill, min(20.0, pill.height() / 2), min(20.0, pill.height() / 2))
    painter.setPen(palette.highlightedText().color() if is_ok else QColor(255, 255, 255))
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    painter.drawText(bounds.adjusted(-2, -2, 2, 2), flags, text)
    painter.restore()
