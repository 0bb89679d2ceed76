"""Icons: SVG drawings of one colour, tinted to the text around them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from desktop_app.core.paths import resources

log = logging.getLogger(__name__)

_SIZES_PX = (16, 20, 32, 48)


@cache
def icons_folder() -> Path:
    """Return where icons are kept."""
    return resources() / "icons"


def draw_icons(name: str, sides_px: Sequence[int], folder: Path | None = None) -> list[QPixmap]:
    """Return an icon as its file draws it, at several sizes; empty where there is no such icon.

    Args:
        name: file name without its ending.
        sides_px: width and height of each in device pixels.
    """
    # Imported here: what needs no icon need not load the SVG library.
    from PySide6.QtSvg import QSvgRenderer

    path = (folder or icons_folder()) / f"{name}.svg"
    try:
        renderer = QSvgRenderer(QByteArray(path.read_bytes()))
    except OSError as error:
        log.info("no icon %s: %s", name, error)
        renderer = None
    pixmaps = []
    for side_px in sides_px:
        pixmap = QPixmap(side_px, side_px)
        pixmap.fill(Qt.GlobalColor.transparent)
        if renderer is not None:
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, side_px, side_px))
            painter.end()
        pixmaps.append(pixmap)
    return pixmaps


def tinted(pixmap: QPixmap, colour: QColor) -> QPixmap:
    """Return `pixmap` in one colour; its opacity stays."""
    tint = QPixmap(pixmap)
    painter = QPainter(tint)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(tint.rect(), colour)
    painter.end()
    return tint


def tinted_pixmap(name: str, colour: QColor, side_px: int, folder: Path | None = None) -> QPixmap:
    """Return an icon in one colour; an empty picture where there is no such icon."""
    return tinted(draw_icons(name, [side_px], folder)[0], colour)


class IconSet:
    """Makes icons in the colours of one theme, each once.

    Attributes:
        text: colour of an icon at rest.
        disabled: colour of an icon that is off.
        on: colour of an icon that is switched on.
        accent_text: colour of an icon on the accent.
    """

    def __init__(self, colours: Mapping[str, str], folder: Path | None = None) -> None:
        self.text = QColor(colours["text"])
        self.disabled = QColor(colours["text_disabled"])
        self.on = QColor(colours["accent"])
        self.accent_text = QColor(colours["on_accent"])
        self._folder = folder
        self._made: dict[tuple[str, int], QIcon] = {}

    def icon(self, name: str, colour: QColor | None = None) -> QIcon:
        """Return an icon, crisp at every size that the window uses.

        Args:
            name: file name without its ending.
            colour: the colour at rest where it is not that of text.
        """
        colour = colour or self.text
        key = (name, colour.rgba())
        if key not in self._made:
            self._made[key] = self._make(name, colour)
        return self._made[key]

    def on_accent(self, name: str) -> QIcon:
        """Return an icon for a button in the accent's colour."""
        return self.icon(name, self.accent_text)

    def _make(self, name: str, colour: QColor) -> QIcon:
        icon = QIcon()
        on = self.on if colour == self.text else colour
        for drawing in draw_icons(name, _SIZES_PX, self._folder):
            icon.addPixmap(tinted(drawing, colour), QIcon.Mode.Normal, QIcon.State.Off)
            if on != colour:
                icon.addPixmap(tinted(drawing, on), QIcon.Mode.Normal, QIcon.State.On)
            icon.addPixmap(tinted(drawing, self.disabled), QIcon.Mode.Disabled, QIcon.State.Off)
        return icon
