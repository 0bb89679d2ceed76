"""The pictures on the canvas: what is shown, at which zoom, before or after."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from desktop_app.widgets.canvas_geometry import CRISP_ABOVE, device_rect
from desktop_app.widgets.canvas_paint import (
    checker_square_px,
    checkerboard,
    chip_rect,
    draw_chip,
    draw_divider,
    to_device_pixels,
)
from desktop_app.widgets.canvas_pyramid import Pyramid
from desktop_app.widgets.canvas_zoom import ZoomableView

BEFORE, AFTER = "Before", "After"
_CHIP_INSET = 12
_GRIP_REACH = 24


class CompareMode(Enum):
    """How the photo and its cartoon are set against each other."""

    OFF = "off"
    """The cartoon where there is one, else the photo."""
    HOLD_BEFORE = "hold_before"
    """The photo, as long as something is held."""
    SPLIT = "split"
    """The photo left of a divider, the cartoon right of it."""


class PictureView(ZoomableView):
    """Draws a photo, its cartoon and previews of it. All of them fill the photo's rectangle.

    Signals:
        compare_changed: the new CompareMode.
        split_changed: the divider's new place, 0 to 1.
    """

    compare_changed = Signal(CompareMode)
    split_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photo: Pyramid | None = None
        self._result: Pyramid | None = None
        self._preview: Pyramid | None = None
        self._compare = CompareMode.OFF
        self._compare_before_hold: CompareMode | None = None
        self._split = 0.5
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)

    # --- what is shown

    def set_photo(self, levels: Sequence[QImage]) -> None:
        """Show a photo, the whole of it; what was made of another one goes.

        The photo that is shown already keeps its zoom and its cartoon.

        Args:
            levels: full size first, each half the previous; Format_RGB32 or
                Format_ARGB32_Premultiplied are drawn fastest.
        """
        photo = Pyramid(levels)
        if self._photo is not None and self._photo.cache_key == photo.cache_key:
            return
        self._photo, self._result, self._preview = photo, None, None
        self._view.set_photo(photo.size)
        self._changed()

    def set_result(self, levels: Sequence[QImage] | None) -> None:
        """Show the cartoon of the photo, at any size; None takes it away. A preview ends."""
        self._result = Pyramid(levels) if levels else None
        self._preview = None
        self._changed()

    @Slot(QImage)
    def set_preview(self, image: QImage | None) -> None:
        """Show a step of a run, stretched over the photo; None goes back to the last cartoon."""
        self._preview = Pyramid([image]) if image is not None and not image.isNull() else None
        self._changed()

    @Slot()
    def clear(self) -> None:
        """Take everything away."""
        self._photo = self._result = self._preview = None
        self._view.set_photo(QSize(0, 0))
        self.end_hold()
        self._changed()

    @property
    def has_photo(self) -> bool:
        """Whether there is a photo."""
        return self._photo is not None

    @property
    def has_result(self) -> bool:
        """Whether there is a finished cartoon."""
        return self._result is not None

    # --- before and after

    @property
    def compare(self) -> CompareMode:
        """How photo and cartoon are set against each other."""
        return self._compare

    @Slot(CompareMode)
    def set_compare(self, mode: CompareMode) -> None:
        """Choose how photo and cartoon are set against each other."""
        self._compare_before_hold = None
        self._apply_compare(mode)

    @Slot()
    def begin_hold(self) -> None:
        """Show the photo until `end_hold`."""
        if self._compare is not CompareMode.HOLD_BEFORE:
            self._compare_before_hold = self._compare
            self._apply_compare(CompareMode.HOLD_BEFORE)

    @Slot()
    def end_hold(self) -> None:
        """Go back to what was there before `begin_hold`."""
        if self._compare_before_hold is not None:
            mode, self._compare_before_hold = self._compare_before_hold, None
            self._apply_compare(mode)

    def _apply_compare(self, mode: CompareMode) -> None:
        if mode is not self._compare:
            self._compare = mode
            self._changed()
            self.compare_changed.emit(mode)

    @property
    def split(self) -> float:
        """Where the divider is: share of the visible picture left of it."""
        return self._split

    @Slot(float)
    def set_split(self, share: float) -> None:
        """Move the divider to a share, 0 to 1, of the visible picture's width."""
        share = min(1.0, max(0.0, share))
        if share != self._split:
            before, self._split = self.divider_x(), share
            self._moved_divider(before, self.divider_x())
            self.split_changed.emit(share)

    def _moved_divider(self, before: float, now: float) -> None:
        """Paint what changed and no more: on big screens that is what keeps dragging smooth."""
        area = self.picture_rect()
        left, width = min(before, now) - _GRIP_REACH, abs(now - before) + 2 * _GRIP_REACH
        strip = QRectF(left, area.top(), width, area.height())
        labels = QRectF(area.left(), area.top(), area.width(), 2 * _CHIP_INSET + 40)
        for part in (strip, labels):
            self.update(part.toAlignedRect())

    @property
    def is_split(self) -> bool:
        """Whether there are two halves to be seen."""
        return self._compare is CompareMode.SPLIT and self._after() is not self._photo

    def _after(self) -> Pyramid | None:
        return self._preview or self._result or self._photo

    # --- painting

    def _paint_pictures(self, painter: QPainter, event: QPaintEvent) -> None:
        """Paint background and pictures of the part that has to be painted again."""
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Dark))
        if self._photo is None:
            return
        ratio = self.devicePixelRatioF()
        painter.save()
        to_device_pixels(painter, ratio)
        dirty = device_rect(event.rect(), ratio)
        rect, seen = self._view.rect(), self._view.visible()
        self._paint_edge(painter, rect)
        for picture, part in self._halves(seen):
            if picture.has_alpha:
                painter.setBrushOrigin(rect.topLeft())
                square_px = checker_square_px(ratio)
                painter.fillRect(part & dirty, checkerboard(self.palette(), square_px))
            picture.draw(painter, rect, part & dirty, self._view.zoom > CRISP_ABOVE)
        painter.restore()

    def _halves(self, seen: QRect) -> list[tuple[Pyramid, QRect]]:
        after = self._after()
        assert self._photo is not None
        assert after is not None
        if self._compare is CompareMode.HOLD_BEFORE:
            return [(self._photo, seen)]
        if not self.is_split:
            return [(after, seen)]
        left = QRect(seen)
        left.setWidth(round(seen.width() * self._split))
        right = QRect(seen)
        right.setLeft(left.left() + left.width())
        return [(self._photo, left), (after, right)]

    def _paint_edge(self, painter: QPainter, rect: QRectF) -> None:
        for reach, alpha in ((4, 10), (3, 14), (2, 18), (1, 40)):
            frame = rect.adjusted(-reach, -reach + 1, reach, reach + 1)
            painter.fillRect(frame, QColor(0, 0, 0, alpha))

    def _paint_compare(self, painter: QPainter, is_lit: bool) -> None:
        """Paint divider and labels over the pictures, in logical pixels."""
        area = self.picture_rect()
        corner = area.topLeft() + QPointF(_CHIP_INSET, _CHIP_INSET)
        left = Qt.AlignmentFlag.AlignLeft
        if self._compare is CompareMode.HOLD_BEFORE and self._after() is not self._photo:
            draw_chip(painter, BEFORE, corner, left)
        if not self.is_split:
            return
        x = self.divider_x()
        draw_divider(painter, x, area, self.palette().accent().color() if is_lit else None)
        if chip_rect(self.font(), BEFORE, corner, left).right() + 4 < x:
            draw_chip(painter, BEFORE, corner, left)
        corner = area.topRight() + QPointF(-_CHIP_INSET, _CHIP_INSET)
        right = Qt.AlignmentFlag.AlignRight
        if chip_rect(self.font(), AFTER, corner, right).left() - 4 > x:
            draw_chip(painter, AFTER, corner, right)

    def divider_x(self) -> float:
        """Return where the divider is, in logical pixels."""
        area = self.picture_rect()
        return area.left() + area.width() * self._split
