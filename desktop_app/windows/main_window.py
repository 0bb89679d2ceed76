"""The window: builds its parts, connects them, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QTabWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.engines.classic.grammar import with_look
from desktop_app.widgets.canvas import Canvas
from desktop_app.widgets.contact_sheet import ContactSheet
from desktop_app.widgets.develop_panel import DevelopPanel
from desktop_app.widgets.drops import can_read, read_mime
from desktop_app.widgets.film_strip import FilmStrip
from desktop_app.widgets.history_view import HistoryView
from desktop_app.widgets.instruction_bar import InstructionBar
from desktop_app.widgets.status_line import StatusLine
from desktop_app.windows.actions import SEPARATOR, TOOL_BAR, Actions
from desktop_app.windows.canvas_controller import CanvasController
from desktop_app.windows.clipboard_controller import ClipboardController
from desktop_app.windows.contact_sheet_controller import ContactSheetController
from desktop_app.windows.development_controller import DevelopmentController
from desktop_app.windows.device_controller import DeviceController
from desktop_app.windows.focus_controller import FocusController
from desktop_app.windows.history_controller import HistoryController
from desktop_app.windows.messages import Messages
from desktop_app.windows.model_controller import ModelController
from desktop_app.windows.parts import Controllers, Parts
from desktop_app.windows.photo_controller import PhotoController
from desktop_app.windows.request_controller import RequestController
from desktop_app.windows.request_model import RequestModel
from desktop_app.windows.saving_controller import SavingController
from desktop_app.windows.services import Services
from desktop_app.windows.session_controller import SessionController
from desktop_app.windows.shelf_controller import ShelfController
from desktop_app.windows.window_controller import WindowController

DEFAULT_SIZE = QSize(1280, 832)
PANEL_WIDTH_PX = 356
LOW_PX = 640


class MainWindow(QMainWindow):
    """Toonroom's window."""

    def __init__(self, services: Services, photos: Sequence[Path] = ()) -> None:
        super().__init__()
        self.services = services
        self._was_shown = False
        self._build()
        self._build_controllers()
        self._connect(photos)
        self.session.restore_window()

    def _build(self) -> None:
        self.setObjectName("mainWindow")
        self.setWindowTitle("Toonroom")
        self.resize(DEFAULT_SIZE)
        self.setMinimumSize(720, 520)
        self.setAcceptDrops(True)
        self.actions_by_name = Actions(self, self.services.darkroom.undo_stack)
        self.canvas = Canvas()
        self.contact_sheet = ContactSheet()
        self.centre_stack = QStackedWidget()
        self.centre_stack.addWidget(self.canvas)
        self.centre_stack.addWidget(self.contact_sheet)
        self.instruction_bar = InstructionBar()
        self.film_strip = FilmStrip()
        self.develop_panel = DevelopPanel()
        self.history_view = HistoryView()
        self.status_line = StatusLine()
        self.compare_toggle = QToolButton()
        self._build_tool_bar()
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.instruction_bar)
        layout.addWidget(self.centre_stack, 1)
        strip = QHBoxLayout()
        strip.setContentsMargins(8, 4, 8, 0)
        strip.addWidget(self.film_strip)
        layout.addLayout(strip)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status_line)
        self._build_docks()

    def _build_tool_bar(self) -> None:
        bar = self.tool_bar = QToolBar("Tools")
        bar.setObjectName("toolBar")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.toggleViewAction().setEnabled(False)
        for name in TOOL_BAR.split():
            if name == SEPARATOR:
                bar.addSeparator()
            else:
                bar.addAction(self.actions_by_name[name])
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(spacer)
        self.compare_toggle.setObjectName("compareToggle")
        self.compare_toggle.setAccessibleName("Compare with the photo")
        self.compare_toggle.setText("Compare")
        self.compare_toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.compare_toggle.setCheckable(True)
        self.compare_toggle.setToolTip(self.actions_by_name["compare"].toolTip())
        bar.addWidget(self.compare_toggle)
        bar.addSeparator()
        for name in ("zoomOut", "zoomFit", "zoomIn"):
            bar.addAction(self.actions_by_name[name])
        for button in bar.findChildren(QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            action = button.defaultAction()
            if action is not None:
                button.setAccessibleName(action.text().replace("&", "").removesuffix("…"))
                button.setObjectName(action.objectName().replace("Action", "Button"))
        self.addToolBar(bar)

    def _build_docks(self) -> None:
        self.setDockNestingEnabled(False)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.docks = (
            self._dock("Develop", "developDock", self.develop_panel),
            self._dock("History", "historyDock", self.history_view),
        )
        self.tabifyDockWidget(*self.docks)
        self.docks[0].raise_()
        self.resizeDocks([self.docks[0]], [PANEL_WIDTH_PX], Qt.Orientation.Horizontal)
        for dock in self.docks:
            self.actions_by_name.panels_menu.addAction(dock.toggleViewAction())

    def _dock(self, title: str, name: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
        )
        dock.setAllowedAreas(
            Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        )
        # The tabs say it already.
        dock.setTitleBarWidget(QWidget())
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        return dock

    def _build_controllers(self) -> None:
        services = self.services
        darkroom, preferences = services.darkroom, services.preferences
        self.messages = Messages(self.canvas, self.status_line, self)
        self.model = RequestModel(services.engines, darkroom.undo_stack, with_look, self)
        self.pictures = CanvasController(
            darkroom,
            self.model,
            self.canvas,
            self.film_strip,
            services.blender,
            self.messages,
            self,
        )
        self.development = DevelopmentController(
            self.model, darkroom, services.pipeline, self.messages, preferences, self
        )
        self.photos = PhotoController(
            darkroom, services.loader, self.model, self.messages, preferences, self
        )
        self.saving = SavingController(darkroom, services.history, self.messages, preferences, self)
        self.clipboard = ClipboardController(
            darkroom, self.canvas, self.messages, preferences, self
        )
        self.past = HistoryController(
            services.history,
            self.history_view,
            darkroom,
            self.model,
            self.photos,
            self.messages,
            self,
        )
        self._build_guided()

    def _build_guided(self) -> None:
        """Build what engines with guidance and models need."""
        services, model, messages = self.services, self.model, self.messages
        self.models = ModelController(
            self.develop_panel,
            model,
            self.photos,
            services.darkroom,
            messages,
            services.preferences,
            self,
        )
        self.shelf = ShelfController(model, messages, services.preferences, self)
        self.shelf.changed.connect(self.models.refresh)
        self.shelf.use_requested.connect(self.models.adopt)
        self.models.more_requested.connect(self.shelf.open)
        self.develop_panel.more_models_requested.connect(self.shelf.open)
        self.photos.checkpoints_found.connect(self.shelf.import_paths)
        self.development.model_missed.connect(self.models.offer)
        self.contact = ContactSheetController(
            self.contact_sheet,
            self.canvas,
            self.centre_stack,
            model,
            services.darkroom,
            services.pipeline,
            self.development,
            messages,
            self,
        )
        self.device = DeviceController(
            model, services.pipeline, self.status_line, messages, services.theme, self
        )

    def _connect(self, photos: Sequence[Path]) -> None:
        parts = Parts(
            actions=self.actions_by_name,
            canvas=self.canvas,
            contact_sheet=self.contact_sheet,
            instruction_bar=self.instruction_bar,
            film_strip=self.film_strip,
            develop_panel=self.develop_panel,
            history_view=self.history_view,
            status_line=self.status_line,
            tool_bar=self.tool_bar,
            compare_toggle=self.compare_toggle,
            docks=self.docks,
        )
        controllers = Controllers(
            messages=self.messages,
            model=self.model,
            pictures=self.pictures,
            development=self.development,
            photos=self.photos,
            saving=self.saving,
            clipboard=self.clipboard,
            past=self.past,
            models=self.models,
            contact=self.contact,
            shelf=self.shelf,
        )
        self.requests = RequestController(parts, controllers, self.services, self)
        self.controls = WindowController(self, parts, controllers, self.services)
        self.focus = FocusController(self, parts, self.model)
        self.session = SessionController(self, parts, controllers, self.services, photos)

    def showEvent(self, event: QShowEvent) -> None:
        """Order the controls once all of them are there."""
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.focus.order()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the canvas what room there is."""
        super().resizeEvent(event)
        self.film_strip.set_compact(event.size().height() < LOW_PX)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome what comes from other programs, wherever in the window it is dropped."""
        if event.source() is None and can_read(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it as if it were dropped on the canvas."""
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.canvas.take(read_mime(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what runs, then go."""
        self.session.end()
        super().closeEvent(event)
