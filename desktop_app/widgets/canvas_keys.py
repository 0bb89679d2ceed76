"""Which keys are the canvas's own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

HOLD_KEYS = (Qt.Key.Key_Backslash, Qt.Key.Key_B)
"""Held down, they show the photo instead of the cartoon."""
ARROWS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
"""Which way each of them moves the picture."""


def is_own_key(event: QEvent) -> bool:
    """Return whether a key is the canvas's while that has the focus, and no menu's."""
    return (
        isinstance(event, QKeyEvent)
        and event.key() in (*HOLD_KEYS, Qt.Key.Key_Space)
        and not is_command(event)
    )


def is_command(event: QKeyEvent) -> bool:
    """Return whether a key is pressed together with one that makes it a menu's."""
    commands = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    return bool(event.modifiers() & (commands | Qt.KeyboardModifier.MetaModifier))
