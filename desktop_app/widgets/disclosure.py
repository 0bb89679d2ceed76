"""Controls that are there for whoever opens them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop_app.widgets.look_chips import IconSource


class Disclosure(QWidget):
    """A title to click on, and what it shows and hides.

    Attributes:
        toggled: whether the artist opened or closed it.
        button: the title.
        body: lays out what is shown and hidden.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, name: str, tip: str, parent: QWidget | None = None) -> None:
        """Args: name: object name of the button; tip: what is in there."""
        super().__init__(parent)
        self._is_open = False
        self._icon: IconSource | None = None
        self.button = QToolButton()
        self.button.setObjectName(name)
        self.button.setText(title)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(16, 16))
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.setAccessibleName(title)
        self.button.setToolTip(tip)
        self.button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._body = QWidget()
        self.body = QVBoxLayout(self._body)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.button)
        layout.addWidget(self._body)
        self.button.clicked.connect(self._on_clicked)
        self.set_open(False)

    @property
    def is_open(self) -> bool:
        """Whether what it holds is shown."""
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Show or hide what it holds."""
        self._is_open = is_open
        self._body.setVisible(is_open)
        self.button.setAccessibleDescription("Open" if is_open else "Closed")
        self._wear_icon()

    def set_icons(self, icon: IconSource) -> None:
        """Wear the theme's icons."""
        self._icon = icon
        self._wear_icon()

    def _wear_icon(self) -> None:
        if self._icon is not None:
            self.button.setIcon(self._icon("chevron-down" if self._is_open else "chevron-right"))

    @Slot()
    def _on_clicked(self) -> None:
        self.set_open(not self._is_open)
        self.toggled.emit(self._is_open)
