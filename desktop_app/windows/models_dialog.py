"""The window in which models are got, checked and thrown away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop_app.widgets.models_page import ModelsPage
from desktop_app.windows.dialogs import PlainDialog

_SIZE = (760, 660)


class ModelsDialog(PlainDialog):
    """Shows the models page; it may be closed while something goes on.

    Attributes:
        page: the models.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Models", parent)
        self.setObjectName("modelsDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.page = ModelsPage()
        self.box.addWidget(self.page, 1)
        self.add_close_button()
        self.setMinimumSize(520, 400)
        self.resize(*_SIZE)
