"""Where Tab goes, and that what has the focus can be seen."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QMainWindow, QTabBar, QToolButton, QWidget

from desktop_app.windows.parts import Parts
from desktop_app.windows.request_model import RequestModel


class FocusController(QObject):
    """Orders the controls for Tab as the eye meets them, and raises the panel that Tab enters."""

    def __init__(self, window: QMainWindow, parts: Parts, model: RequestModel) -> None:
        super().__init__(window)
        self._window = window
        self._parts = parts
        model.engine_changed.connect(self.order)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus_changed)

    @Slot()
    def order(self) -> None:
        """Order the controls. To be called again when some were replaced."""
        parts = self._parts
        tabs = self._panel_tabs()
        order: list[QWidget] = [
            *parts.instruction_bar.controls(),
            parts.canvas,
            *parts.contact_sheet.controls(),
            parts.film_strip,
            *tabs,
            *parts.develop_panel.controls(),
            parts.history_view,
            parts.status_line.zoom_button,
            *parts.tool_bar.findChildren(QToolButton),
        ]
        for one, other in pairwise(order):
            QWidget.setTabOrder(one, other)

    def _panel_tabs(self) -> list[QTabBar]:
        """Return the tab bars of the panels, named: Qt makes them when they are first shown."""
        bars = [bar for bar in self._window.findChildren(QTabBar) if bar.count()]
        for bar in bars:
            bar.setObjectName("panelTabs")
            bar.setAccessibleName("Panels")
        return bars

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is None:
            return
        for dock in self._parts.docks:
            # Qt keeps a panel behind its tab "visible": the focus would be where nobody sees it.
            if dock.isAncestorOf(new):
                dock.raise_()
        panel = self._parts.develop_panel
        if panel.isAncestorOf(new):
            panel.ensureWidgetVisible(new, 0, 24)
