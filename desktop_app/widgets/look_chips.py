"""One-click looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from desktop_app.core.looks import Look

IconSource = Callable[[str], QIcon]
"""Gives an icon by its name."""


_SPACING_PX = 8


class LookChips(QWidget):
    """A row of looks, the one in use highlighted. Where it is narrow, the others are icons only.

    Attributes:
        look_requested: the id of the look that was clicked, also when it was in use already.
    """

    look_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Looks")
        # The names must not make the window wider: they go where there is no room for them.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_SPACING_PX)
        self._layout.addStretch(1)
        self._chips: dict[str, QToolButton] = {}
        self._icon_names: dict[str, str] = {}

    def set_looks(self, looks: Sequence[Look]) -> None:
        """Show these looks."""
        for chip in self._chips.values():
            self._layout.removeWidget(chip)
            chip.deleteLater()
        self._chips = {}
        self._icon_names = {look.look_id: look.icon for look in looks}
        for number, look in enumerate(looks, start=1):
            self._chips[look.look_id] = self._make_chip(look, number)
        self.setVisible(bool(looks))
        self._fit()

    def _make_chip(self, look: Look, number: int) -> QToolButton:
        chip = QToolButton(self)
        chip.setObjectName(f"lookChip_{look.look_id}")
        chip.setProperty("chip", "true")
        chip.setProperty("look_id", look.look_id)
        chip.setText(look.name)
        chip.setCheckable(True)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setIconSize(QSize(20, 20))
        chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        chip.setAccessibleName(f"{look.name} look")
        chip.setToolTip(f"{look.instruction} (Ctrl+Alt+{number})")
        chip.clicked.connect(self._on_clicked)
        self._layout.insertWidget(number - 1, chip)
        return chip

    def set_icons(self, icon: IconSource) -> None:
        """Draw the chips' icons in the theme's colour."""
        for look_id, chip in self._chips.items():
            chip.setIcon(icon(self._icon_names[look_id]))

    def set_current(self, look_id: str | None) -> None:
        """Highlight the look in use."""
        for each_id, chip in self._chips.items():
            chip.setChecked(each_id == look_id)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many names as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for chip in self.chips:
            chip.setToolButtonStyle(beside)
        widths = [chip.sizeHint().width() + _SPACING_PX for chip in self.chips]
        if sum(widths) <= self.width() + _SPACING_PX:
            return
        for chip in self.chips:
            chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        current = next((chip for chip in self.chips if chip.isChecked()), None)
        if current is not None:
            others = [c.sizeHint().width() + _SPACING_PX for c in self.chips if c is not current]
            current.setToolButtonStyle(beside)
            if sum(others) + current.sizeHint().width() > self.width():
                current.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)

    @property
    def chips(self) -> tuple[QToolButton, ...]:
        """The buttons, in order."""
        return tuple(self._chips.values())

    @Slot()
    def _on_clicked(self) -> None:
        chip = self.sender()
        if isinstance(chip, QToolButton):
            chip.setChecked(True)  # a click on the look in use does not take it off
            self.look_requested.emit(chip.property("look_id"))
