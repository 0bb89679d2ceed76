"""Which theme the window wears."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QStyleFactory

from desktop_app.theme.icons import IconSet
from desktop_app.theme.palette import make_palette
from desktop_app.theme.stylesheet import make_stylesheet
from desktop_app.theme.tokens import Tokens, load_tokens

log = logging.getLogger(__name__)

CHOICES = ("system", "light", "dark")
TEXT_PX = 13

_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class ThemeManager(QObject):
    """Dresses the application, and dresses it anew when the system turns light or dark.

    Attributes:
        changed: the window wears another theme now; icons are to be asked for again.
    """

    changed = Signal()

    def __init__(self, app: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._choice = "system"
        self._tokens: Tokens | None = None
        self._icons: IconSet | None = None
        fusion = QStyleFactory.create("Fusion")
        if fusion is not None:
            app.setStyle(fusion)
        font = QFont(app.font())
        # In points, because fonts that are derived from it are scaled in points.
        screen = app.primaryScreen()
        font.setPointSizeF(TEXT_PX * 72 / (screen.logicalDotsPerInchY() if screen else 96))
        app.setFont(font)
        app.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)

    @property
    def choice(self) -> str:
        """What was chosen: "system", "light" or "dark"."""
        return self._choice

    @property
    def tokens(self) -> Tokens:
        """The colours worn now."""
        if self._tokens is None:
            self._dress()
        assert self._tokens is not None
        return self._tokens

    @property
    def icons(self) -> IconSet:
        """The icons worn now."""
        if self._icons is None:
            self._icons = IconSet(self.tokens.colours())
        return self._icons

    @Slot(str)
    def choose(self, choice: str) -> None:
        """Wear a theme; an unknown choice means that of the system."""
        self._choice = choice if choice in CHOICES else "system"
        # What the system draws itself (title bars, native dialogs) follows where it can.
        self._app.styleHints().setColorScheme(_SCHEMES[self._choice])
        self._dress()

    def _theme_id(self) -> str:
        if self._choice != "system":
            return self._choice
        scheme = self._app.styleHints().colorScheme()
        # Where the system has no opinion, pictures are judged best against dark grey.
        return "light" if scheme == Qt.ColorScheme.Light else "dark"

    def _dress(self) -> None:
        theme_id = self._theme_id()
        if self._tokens is not None and self._tokens.theme_id == theme_id:
            return
        self._tokens = load_tokens(theme_id)
        self._icons = None
        self._app.setPalette(make_palette(self._tokens))
        self._app.setStyleSheet(make_stylesheet(self._tokens))
        self.changed.emit()

    @Slot()
    def _on_scheme_changed(self) -> None:
        if self._choice == "system":
            self._dress()
