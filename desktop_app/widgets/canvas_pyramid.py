"""A picture at several sizes, drawn from the one that suits the zoom."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter


class Pyramid:
    """A picture in levels: the full one first, each half the size of the one before.

    Only what is in sight is touched, from a level at most twice as large as needed, so that a
    paint costs what the screen's pixels cost and not what the photo's do. Format_RGB32 and
    Format_ARGB32_Premultiplied are drawn about three times as fast as other formats.
    """

    def __init__(self, levels: Sequence[QImage]) -> None:
        if not levels or levels[0].isNull():
            raise ValueError("a picture needs at least one level with pixels")
        self._levels = tuple(levels)

    @property
    def size(self) -> QSize:
        """Size of the full level."""
        return self._levels[0].size()

    @property
    def has_alpha(self) -> bool:
        """Whether something may shine through."""
        return self._levels[0].hasAlphaChannel()

    @property
    def cache_key(self) -> int:
        """The same for the same pixels."""
        return int(self._levels[0].cacheKey())

    def level_for(self, width_px: float) -> QImage:
        """Return the smallest level that is at least `width_px` wide, else the full one."""
        for level in reversed(self._levels):
            if level.width() >= width_px - 0.5:
                return level
        return self._levels[0]

    def draw(self, painter: QPainter, target: QRectF, clip: QRect, is_crisp: bool) -> None:
        """Draw the part of the picture that lies in `clip`.

        Args:
            painter: works in device pixels.
            target: where the whole picture lies.
            clip: what is to be seen of it, within `target`.
            is_crisp: whether enlarged pixels are shown as squares.
        """
        if clip.isEmpty():
            return
        level = self.level_for(target.width())
        scale_x = target.width() / level.width()
        scale_y = target.height() / level.height()
        # A pixel more on each side, and then clipped: smoothing looks at neighbours, and what
        # is drawn must not depend on where the clip begins.
        left = max(0, math.floor((clip.left() - target.left()) / scale_x) - 1)
        top = max(0, math.floor((clip.top() - target.top()) / scale_y) - 1)
        right = min(level.width(), math.ceil((clip.right() + 1 - target.left()) / scale_x) + 1)
        bottom = min(level.height(), math.ceil((clip.bottom() + 1 - target.top()) / scale_y) + 1)
        source = QRect(left, top, right - left, bottom - top)
        corner = QPointF(target.left() + left * scale_x, target.top() + top * scale_y)
        painter.save()
        painter.setClipRect(clip, Qt.ClipOperation.IntersectClip)
        if scale_x == 1.0 and scale_y == 1.0:
            painter.drawImage(corner.toPoint(), level, source)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not is_crisp)
            size = QPointF(source.width() * scale_x, source.height() * scale_y)
            painter.drawImage(QRectF(corner, corner + size), level, QRectF(source))
        painter.restore()
