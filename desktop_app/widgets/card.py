"""What film strip and history draw alike: items on cards, and a sentence where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from desktop_app.widgets.canvas_paint import mixed

_CORNER = 7


@dataclass(frozen=True)
class ItemLook:
    """What an item's delegate is told about how to draw it."""

    rect: QRect
    palette: QPalette
    state: QStyle.StateFlag


@contextmanager
def item_painting(painter: QPainter, option: QStyleOptionViewItem) -> Iterator[ItemLook]:
    """Paint smoothly, and leave the painter as it was."""
    look = ItemLook(option.rect, option.palette, option.state)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    yield look
    painter.restore()


def draw_card(painter: QPainter, card: QRectF, look: ItemLook, *, outlines_selected: bool) -> None:
    """Draw what is behind an item: tinted where it is selected or hovered, a ring for the focus.

    Args:
        painter: of an item_painting.
        card: where.
        look: the item's state and colours.
        outlines_selected: whether a selected item has a thin line around it as well.
    """
    accent = look.palette.accent().color()
    is_selected = bool(look.state & QStyle.StateFlag.State_Selected)
    is_hovered = bool(look.state & QStyle.StateFlag.State_MouseOver)
    fill = QColor(accent if is_selected else look.palette.windowText().color())
    fill.setAlpha(60 if is_selected else 18 if is_hovered else 0)
    outline = QPen(Qt.PenStyle.NoPen)
    if look.state & QStyle.StateFlag.State_HasFocus:
        outline = QPen(accent, 2.0)
    elif is_selected and outlines_selected:
        outline = QPen(accent, 1.0)
    painter.setPen(outline)
    painter.setBrush(fill)
    painter.drawRoundedRect(card, _CORNER, _CORNER)


def paper_of(palette: QPalette) -> QColor:
    """Return what is seen where a thumbnail is missing."""
    paper = QColor(palette.windowText().color())
    paper.setAlpha(22)
    return paper


def draw_nothing(painter: QPainter, area: QRect, palette: QPalette, sentence: str) -> None:
    """Say what will be here once there is something."""
    painter.setPen(mixed(palette.window().color(), palette.windowText().color(), 0.6))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(area, int(flags), sentence)
