"""What the window is made of, for those who connect several parts of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QDockWidget, QToolBar, QToolButton

from desktop_app.widgets.canvas import Canvas
from desktop_app.widgets.contact_sheet import ContactSheet
from desktop_app.widgets.develop_panel import DevelopPanel
from desktop_app.widgets.film_strip import FilmStrip
from desktop_app.widgets.history_view import HistoryView
from desktop_app.widgets.instruction_bar import InstructionBar
from desktop_app.widgets.status_line import StatusLine
from desktop_app.windows.actions import Actions
from desktop_app.windows.canvas_controller import CanvasController
from desktop_app.windows.clipboard_controller import ClipboardController
from desktop_app.windows.contact_sheet_controller import ContactSheetController
from desktop_app.windows.development_controller import DevelopmentController
from desktop_app.windows.history_controller import HistoryController
from desktop_app.windows.messages import Messages
from desktop_app.windows.model_controller import ModelController
from desktop_app.windows.photo_controller import PhotoController
from desktop_app.windows.request_model import RequestModel
from desktop_app.windows.saving_controller import SavingController
from desktop_app.windows.shelf_controller import ShelfController


@dataclass(frozen=True, eq=False)
class Parts:
    """What can be seen of the window."""

    actions: Actions
    canvas: Canvas
    contact_sheet: ContactSheet
    instruction_bar: InstructionBar
    film_strip: FilmStrip
    develop_panel: DevelopPanel
    history_view: HistoryView
    status_line: StatusLine
    tool_bar: QToolBar
    compare_toggle: QToolButton
    docks: tuple[QDockWidget, ...]


@dataclass(frozen=True, eq=False)
class Controllers:
    """Who does what is asked for, each one a task of its own."""

    messages: Messages
    model: RequestModel
    pictures: CanvasController
    development: DevelopmentController
    photos: PhotoController
    saving: SavingController
    clipboard: ClipboardController
    past: HistoryController
    models: ModelController
    contact: ContactSheetController
    shelf: ShelfController
