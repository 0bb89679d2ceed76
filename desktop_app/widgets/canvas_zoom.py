"""How near the picture is, and which part of it is seen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop_app.widgets.canvas_geometry import View, logical_rect

_MARGIN = 20


class ZoomableView(QWidget):
    """Knows where on it a picture is.

    Zoom is in device pixels per photo pixel: 100 % shows one photo pixel on one pixel of the
    screen, on high-DPI screens as well.

    Signals:
        zoom_changed: the new zoom; 1.0 is 100 %.
    """

    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View()
        self._reported_zoom = 1.0

    @property
    def zoom(self) -> float:
        """Device pixels per photo pixel; 1.0 is 100 %."""
        return self._view.zoom

    @property
    def is_fitted(self) -> bool:
        """Whether the photo follows the canvas's size."""
        return self._view.is_fitted

    @Slot()
    def zoom_in(self) -> None:
        """Go to the next rounder zoom, around the middle."""
        self.zoom_to(self._view.next_stop(1))

    @Slot()
    def zoom_out(self) -> None:
        """Go to the next rounder zoom below, around the middle."""
        self.zoom_to(self._view.next_stop(-1))

    @Slot()
    def zoom_fit(self) -> None:
        """Show the whole photo, also after the canvas changed its size."""
        self._view.fit()
        self._changed()

    @Slot()
    def zoom_actual(self) -> None:
        """Show one photo pixel on each device pixel."""
        self.zoom_to(1.0)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom so that the photo's point under `at` stays there.

        Args:
            zoom: device pixels per photo pixel; brought into what is sensible.
            at: a point of the widget; None for its middle.
        """
        if self._view.photo_size.isEmpty():
            return
        middle = QPointF(self.width() / 2, self.height() / 2)
        self._view.zoom_at(zoom, (middle if at is None else at) * self.devicePixelRatioF())
        self._changed()

    def pan(self, dx: float, dy: float) -> None:
        """Move the photo by logical pixels, as far as there is something to see."""
        ratio = self.devicePixelRatioF()
        self._view.pan(dx * ratio, dy * ratio)
        self._changed()

    def photo_point(self, at: QPointF) -> QPointF:
        """Return the photo's point under a point of the widget."""
        return self._view.to_photo(at * self.devicePixelRatioF())

    def picture_rect(self) -> QRectF:
        """Return the visible part of the picture in logical pixels."""
        return logical_rect(self._view.visible(), self.devicePixelRatioF())

    def _changed(self) -> None:
        """React to a change of what is seen; subclasses add to it."""
        self.update()
        if self._reported_zoom != self._view.zoom:
            self._reported_zoom = self._view.zoom
            self.zoom_changed.emit(self._view.zoom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._follow_size()
        super().resizeEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._follow_size()
        return super().event(event)

    def _follow_size(self) -> None:
        ratio = self.devicePixelRatioF()
        size = QSize(round(self.width() * ratio), round(self.height() * ratio))
        self._view.set_viewport(size, round(_MARGIN * ratio))
        self._changed()
