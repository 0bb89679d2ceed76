"""Moving about in the picture: wheel, touchpad, touch, mouse and keys."""

from __future__ import annotations

import sys
from enum import Enum, auto

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QGestureEvent, QPinchGesture, QWidget

from desktop_app.widgets.canvas_keys import ARROWS, HOLD_KEYS, is_command, is_own_key
from desktop_app.widgets.canvas_pictures import PictureView

DIVIDER_HIT = 12
"""Width in logical pixels of the area where the divider can be taken."""

_KEY_PAN = 64
_KEY_SPLIT = 0.02
_WHEEL_DOUBLES = 360.0  # eighths of a degree: three notches of a wheel double the zoom
_PIXELS_DOUBLE = 180.0


class Drag(Enum):
    """What the pressed mouse does."""

    NONE = auto()
    PAN = auto()
    DIVIDER = auto()
    MAYBE_OUT = auto()


class NavigableView(PictureView):
    """Adds what hands do.

    - The wheel zooms at the pointer. Two fingers on a touchpad move a zoomed picture about, and
      zoom with Ctrl; pinching zooms; a double tap with two fingers toggles as a double click does.
    - Space or the middle button drag the picture; so does the left one where some of it is out
      of sight. Where all of it is seen, dragging with the left button takes the cartoon out of
      the window.
    - Arrow keys move the picture; with Shift they move the divider.
    - A double click toggles between the whole photo and 100 %.
    - A HOLD_KEYS key shows the photo while it is held.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drag = Drag.NONE
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._is_space_held = False
        self._is_divider_hovered = False
        self._grip_offset = 0.0
        self._last_pinch = (1.0, QPointF(), QPointF())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        if sys.platform != "darwin":
            # macOS tells the same pinch as native gestures; both would zoom twice.
            self.grabGesture(Qt.GestureType.PinchGesture)

    # --- wheel, touchpad, touch

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.has_photo:
            event.ignore()
            return
        event.accept()
        pixels, angle = event.pixelDelta(), event.angleDelta()
        is_touchpad = event.phase() != Qt.ScrollPhase.NoScrollPhase
        if is_touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            moved = pixels if not pixels.isNull() else angle / 2
            self.pan(moved.x(), moved.y())
            return
        doublings = (
            pixels.y() / _PIXELS_DOUBLE if pixels.y() else (angle.y() or angle.x()) / _WHEEL_DOUBLES
        )
        if doublings:
            self.zoom_to(self.zoom * 2.0**doublings, event.position())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            return self._native_gesture(event)
        if isinstance(event, QGestureEvent):
            return self._gesture(event)
        if event.type() == QEvent.Type.ShortcutOverride and is_own_key(event):
            event.accept()  # while the canvas has the focus, they are no menu's
            return True
        return super().event(event)

    def _native_gesture(self, event: QNativeGestureEvent) -> bool:
        kind = event.gestureType()
        if not self.has_photo:
            return False
        if kind == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_to(self.zoom * (1.0 + event.value()), event.position())
        elif kind == Qt.NativeGestureType.SmartZoomNativeGesture:
            self._toggle_fit(event.position())
        else:
            return False
        event.accept()
        return True

    def _gesture(self, event: QGestureEvent) -> bool:
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture) or not self.has_photo:
            return False
        event.accept(pinch)
        self._end_drag()  # the first finger looked like a mouse
        # WORKAROUND for Qt 6.11 and 6.12: its recogniser reads each movement of the fingers twice.
        # Told by their fractions, no two movements are alike.
        step = (pinch.scaleFactor(), pinch.centerPoint(), pinch.lastCenterPoint())
        if step == self._last_pinch:
            return True
        self._last_pinch = step
        at = QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint()))
        before = QPointF(self.mapFromGlobal(pinch.lastCenterPoint().toPoint()))
        if pinch.state() == Qt.GestureState.GestureUpdated:
            moved = at - before
            self.pan(moved.x(), moved.y())
        if pinch.scaleFactor() > 0:
            self.zoom_to(self.zoom * pinch.scaleFactor(), at)
        return True

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.has_photo:
            super().mousePressEvent(event)
            return
        self._pressed_at = self._last_at = event.position()
        button = event.button()
        if button == Qt.MouseButton.MiddleButton:
            self._drag = Drag.PAN
        elif button == Qt.MouseButton.LeftButton:
            self._drag = self._left_drag(event.position())
        self._show_cursor(event.position())

    def _left_drag(self, at: QPointF) -> Drag:
        if self._is_space_held:
            return Drag.PAN
        if self._is_over_divider(at):
            self._grip_offset = self.divider_x() - at.x()
            return Drag.DIVIDER
        if self._view.can_pan:
            return Drag.PAN
        if self._can_drag_out() and self.picture_rect().contains(at):
            return Drag.MAYBE_OUT
        return Drag.NONE

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._drag is Drag.PAN:
            moved = at - self._last_at
            self.pan(moved.x(), moved.y())
        elif self._drag is Drag.DIVIDER:
            area = self.picture_rect()
            if area.width() > 0:
                self.set_split((at.x() + self._grip_offset - area.left()) / area.width())
        elif self._drag is Drag.MAYBE_OUT:
            distance = (at - self._pressed_at).manhattanLength()
            if distance >= QApplication.startDragDistance():
                self._end_drag()
                self._start_drag_out()
        self._last_at = at
        self._show_cursor(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._end_drag()
        self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self.has_photo:
            event.accept()  # one click was enough
        elif event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
        elif self._is_over_divider(event.position()):
            self.set_split(0.5)
        else:
            self._toggle_fit(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._hover_divider(False)
        super().leaveEvent(event)

    def _toggle_fit(self, at: QPointF) -> None:
        if self.is_fitted and self.zoom != 1.0:
            self.zoom_to(1.0, at)
        elif self.is_fitted:
            self.zoom_to(2.0, at)  # it fits at 100 % already
        else:
            self.zoom_fit()

    def _end_drag(self) -> None:
        self._drag = Drag.NONE

    def _is_over_divider(self, at: QPointF) -> bool:
        area = self.picture_rect()
        is_near = abs(at.x() - self.divider_x()) <= DIVIDER_HIT / 2
        return self.is_split and is_near and area.top() <= at.y() <= area.bottom()

    def _hover_divider(self, is_hovered: bool) -> None:
        if is_hovered != self._is_divider_hovered:
            self._is_divider_hovered = is_hovered
            self.update()

    def _show_cursor(self, at: QPointF) -> None:
        is_over = self._drag is Drag.DIVIDER or (
            self._drag is Drag.NONE and not self._is_space_held and self._is_over_divider(at)
        )
        self._hover_divider(is_over)
        if is_over:
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self._drag is Drag.PAN:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.has_photo and self._view.can_pan:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    def _can_drag_out(self) -> bool:
        return False

    def _start_drag_out(self) -> None:
        """Hand the cartoon to another program; subclasses know how."""

    # --- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.has_photo or not self._key_pressed(event):
            super().keyPressEvent(event)

    def _key_pressed(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if is_command(event):
            return False
        if key in HOLD_KEYS:
            if not event.isAutoRepeat():
                self.begin_hold()
            return True
        if key == Qt.Key.Key_Space:
            self._is_space_held = True
            self._show_cursor(self._last_at)
            return True
        if key not in ARROWS:
            return False
        dx, dy = ARROWS[key]
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            if not self.is_split or dx == 0:
                return False
            self.set_split(self.split - dx * _KEY_SPLIT)
            return True
        if not self._view.can_pan:
            return False
        self.pan(dx * _KEY_PAN, dy * _KEY_PAN)
        return True

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() in HOLD_KEYS:
            self.end_hold()
        elif event.key() == Qt.Key.Key_Space:
            self._is_space_held = False
            self._show_cursor(self._last_at)
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # The key's release goes to whoever has the focus then.
        self.end_hold()
        self._is_space_held = False
        self._end_drag()
        self.update()
        super().focusOutEvent(event)
