"""Where the photo lies in the canvas. Everything in device pixels: 1.0 is one to one."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize

MAX_ZOOM = 32.0
CRISP_ABOVE = 2.0
"""Beyond this zoom pixels are shown as squares; up to it, enlarging is smooth."""
MAX_FIT_ZOOM = 2.0
"""A small photo is not blown up beyond this to fill the canvas."""

_STOPS = (
    *(1 / 64, 1 / 48, 1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0),
)


class View:
    """Zoom and position of a photo within a viewport.

    Attributes:
        zoom: device pixels per photo pixel; 1.0 shows the photo one to one on every screen.
        is_fitted: whether the photo follows the viewport's size.
    """

    def __init__(self) -> None:
        self.zoom = 1.0
        self.is_fitted = True
        self._photo = QSize(0, 0)
        self._viewport = QSize(1, 1)
        self._margin_px = 0
        self._centre = QPointF(0, 0)

    @property
    def photo_size(self) -> QSize:
        """Size of the photo in its own pixels; empty when there is none."""
        return self._photo

    @property
    def fit_zoom(self) -> float:
        """The zoom at which the whole photo is seen."""
        if self._photo.isEmpty():
            return 1.0
        room_w = max(1, self._viewport.width() - 2 * self._margin_px)
        room_h = max(1, self._viewport.height() - 2 * self._margin_px)
        fit = min(room_w / self._photo.width(), room_h / self._photo.height())
        return min(MAX_FIT_ZOOM, fit)

    @property
    def can_pan(self) -> bool:
        """Whether some of the photo is out of sight."""
        rect = self.rect()
        return rect.width() > self._viewport.width() or rect.height() > self._viewport.height()

    def set_photo(self, size: QSize) -> None:
        """Begin with a photo of `size`, the whole of it in sight."""
        self._photo = QSize(size)
        self.fit()

    def set_viewport(self, size: QSize, margin_px: int) -> None:
        """Follow the canvas's size, in device pixels; what was in the middle stays there."""
        self._viewport = QSize(max(1, size.width()), max(1, size.height()))
        self._margin_px = margin_px
        if self.is_fitted:
            self.fit()
        else:
            self._keep_in_sight()

    def fit(self) -> None:
        """Show the whole photo, also after the viewport changed."""
        self.is_fitted = True
        self.zoom = self.fit_zoom
        self._centre = QPointF(self._photo.width() / 2, self._photo.height() / 2)

    def zoom_at(self, zoom: float, at: QPointF) -> None:
        """Change the zoom; the photo's point under `at` (device pixels) stays under it."""
        held = self.to_photo(at)
        smallest = min(self.fit_zoom / 2, 1.0)
        self.zoom = min(MAX_ZOOM, max(smallest, zoom))
        self.is_fitted = False
        middle = QPointF(self._viewport.width() / 2, self._viewport.height() / 2)
        self._centre = held - (at - middle) / self.zoom
        self._keep_in_sight()

    def pan(self, dx_px: float, dy_px: float) -> None:
        """Move the photo by device pixels, as far as there is something to see."""
        if not self.can_pan:
            return
        self.is_fitted = False
        self._centre -= QPointF(dx_px, dy_px) / self.zoom
        self._keep_in_sight()

    def next_stop(self, direction: int) -> float:
        """Return the next rounder zoom in `direction`, +1 or -1."""
        if direction > 0:
            return next((stop for stop in _STOPS if stop > self.zoom * 1.0001), MAX_ZOOM)
        return next((stop for stop in reversed(_STOPS) if stop < self.zoom * 0.9999), _STOPS[0])

    def rect(self) -> QRectF:
        """Return the photo's rectangle in device pixels; it begins on a whole pixel."""
        x = self._viewport.width() / 2 - self._centre.x() * self.zoom
        y = self._viewport.height() / 2 - self._centre.y() * self.zoom
        width, height = self._photo.width() * self.zoom, self._photo.height() * self.zoom
        # Whole pixels: without them, one to one would be blurred by half a pixel.
        return QRectF(round(x), round(y), max(1, round(width)), max(1, round(height)))

    def visible(self) -> QRect:
        """Return the part of the photo's rectangle that lies in the viewport."""
        return self.rect().toRect() & QRect(0, 0, self._viewport.width(), self._viewport.height())

    def to_photo(self, at: QPointF) -> QPointF:
        """Return the photo's point at `at`, which is in device pixels."""
        rect = self.rect()
        return (at - rect.topLeft()) / self.zoom

    def _keep_in_sight(self) -> None:
        x = _held(self._centre.x(), self._photo.width(), self._viewport.width() / self.zoom)
        y = _held(self._centre.y(), self._photo.height(), self._viewport.height() / self.zoom)
        self._centre = QPointF(x, y)


def _held(centre: float, length: float, seen: float) -> float:
    """Return `centre` so that no gap opens beside the photo; the middle where all is seen."""
    if length <= seen:
        return length / 2
    return min(length - seen / 2, max(seen / 2, centre))


def device_rect(rect: QRect, ratio: float) -> QRect:
    """Return a rectangle of logical pixels in device pixels, rounded outwards."""
    x, y, width, height = rect.x(), rect.y(), rect.width(), rect.height()
    return QRectF(x * ratio, y * ratio, width * ratio, height * ratio).toAlignedRect()


def logical_rect(rect: QRect, ratio: float) -> QRectF:
    """Return a rectangle of device pixels in logical pixels."""
    x, y, width, height = rect.x(), rect.y(), rect.width(), rect.height()
    return QRectF(x / ratio, y / ratio, width / ratio, height / ratio)
