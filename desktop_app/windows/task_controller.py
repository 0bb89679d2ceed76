"""What the controllers that work off the GUI thread have in common."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from desktop_app.session.darkroom import Darkroom
from desktop_app.windows.messages import Messages
from desktop_app.windows.preferences import Preferences
from desktop_app.workers.tasks import THREADS, TaskRunner


class TaskController(QObject):
    """Has tasks done for the darkroom's photos and says how they ended."""

    def __init__(
        self,
        darkroom: Darkroom,
        messages: Messages,
        preferences: Preferences,
        window: QWidget,
        *,
        threads: int = THREADS,
    ) -> None:
        super().__init__(window)
        self._darkroom = darkroom
        self._messages = messages
        self._preferences = preferences
        self._window = window
        self._tasks = TaskRunner(self, threads=threads)
        self._tasks.done.connect(self._on_done)
        self._tasks.failed.connect(self._on_failed)

    @Slot(str, object)
    def _on_done(self, task_id: str, answer: object) -> None:
        raise NotImplementedError

    @Slot(str, str)
    def _on_failed(self, _task_id: str, sentence: str) -> None:
        self._messages.error(sentence)
