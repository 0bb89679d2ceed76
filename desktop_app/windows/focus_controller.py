"""Where Tab goes, and that what has the focus can be seen."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QTabBar, QToolButton, QWidget

if TYPE_CHECKING:
    from desktop_app.windows.main_window import MainWindow


class FocusController(QObject):
    """Orders the controls for Tab as the eye meets them, and raises the panel that Tab enters."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.model.engine_changed.connect(self.order)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus_changed)

    @Slot()
    def order(self) -> None:
        """Order the controls. To be called again when some were replaced."""
        window = self._window
        tabs = self._panel_tabs()
        order: list[QWidget] = [
            *window.instruction_bar.controls(),
            window.canvas,
            window.film_strip,
            *tabs,
            *window.develop_panel.controls(),
            window.history_view,
            window.status_line.zoom_button,
            *window.tool_bar.findChildren(QToolButton),
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
        for dock in self._window.docks:
            # Qt keeps a panel behind its tab "visible": the focus would be where nobody sees it.
            if dock.isAncestorOf(new):
                dock.raise_()
        panel = self._window.develop_panel
        if panel.isAncestorOf(new):
            panel.ensureWidgetVisible(new, 0, 24)
