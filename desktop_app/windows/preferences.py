"""The settings that the window holds, written to disk soon after each change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.settings import store

SAVE_DELAY_MS = 1_000


class Preferences(QObject):
    """Holds the settings.

    Attributes:
        changed: some setting has another value.
    """

    changed = Signal()

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._values = store.load(path)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_DELAY_MS)
        self._timer.timeout.connect(self.save_now)

    @property
    def values(self) -> store.Settings:
        """The settings as they are now."""
        return self._values

    def change(self, **values: Any) -> None:
        """Change settings; they are saved a moment later."""
        changed = replace(self._values, **values)
        if changed != self._values:
            self._values = changed
            self._timer.start()
            self.changed.emit()

    def remember_instruction(self, instruction: str) -> None:
        """Put an instruction to the front of the recent ones."""
        self.change(recent_instructions=self._values.with_recent(instruction))

    @Slot()
    def save_now(self) -> None:
        """Save without waiting."""
        self._timer.stop()
        store.save(self._path, self._values)
