"""What the engine computes on, said in the status bar and, where it is slow, on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot

from desktop_app.core.engine import Device
from desktop_app.theme.manager import ThemeManager
from desktop_app.widgets.status_line import StatusLine
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.request_model import RequestModel
from desktop_app.workers.pipeline import PipelineThread

LOOK_INTERVAL_MS = 2_000


class DeviceController(QObject):
    """Reads the engine's device again whenever a run may have made it known.

    It is forgotten when the engine lets go of what computes, which nobody tells: while a device is
    shown, it is looked after.
    """

    def __init__(
        self,
        model: RequestModel,
        pipeline: PipelineThread,
        status: StatusLine,
        messages: Messages,
        theme: ThemeManager,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._status = status
        self._messages = messages
        self._theme = theme
        self._shown: tuple[str, Device | None] | None = None
        self._has_warned = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_INTERVAL_MS)
        self._timer.timeout.connect(self.refresh)
        model.engine_changed.connect(self.refresh)
        theme.changed.connect(self._on_theme_changed)
        for signal in (
            pipeline.started,
            pipeline.preview_ready,
            pipeline.succeeded,
            pipeline.failed,
        ):
            signal.connect(self.refresh)
        self._on_theme_changed()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what the engine in use computes on now."""
        title, device = self._model.capabilities.title, self._model.engine().device
        if (title, device) == self._shown:
            return
        self._shown = (title, device)
        if device is None:
            self._timer.stop()
        else:
            self._timer.start()
        parts = [title] if device is None else [title, device.name, device.precision]
        warning = "" if device is None else device.warning
        self._status.show_engine(" · ".join(part for part in parts if part), warning)
        if warning and not self._has_warned:
            self._has_warned = True
            self._messages.say(warning, MessageKind.WARNING)

    @Slot()
    def _on_theme_changed(self) -> None:
        self._status.set_warning_colour(self._theme.tokens.warning)
