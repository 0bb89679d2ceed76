"""Icons take the colour of the text around them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from pytestqt.qtbot import QtBot

from desktop_app.engines.classic.looks import load_looks
from desktop_app.theme.icons import IconSet, icons_folder, tinted_pixmap
from desktop_app.theme.tokens import load_tokens
from desktop_app.windows.actions import ACTIONS

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    '<rect x="4" y="4" width="16" height="16" fill="#000"/></svg>'
)


def middle(image: QImage) -> QColor:
    return image.pixelColor(image.width() // 2, image.height() // 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "square.svg").write_text(SVG, encoding="utf-8")
    return tmp_path


def test_a_tinted_icon_has_the_colour_and_keeps_its_shape(qtbot: QtBot, folder: Path) -> None:
    image = tinted_pixmap("square", QColor("#ff8000"), 48, folder).toImage()
    assert middle(image).name() == "#ff8000"
    assert image.pixelColor(1, 1).alpha() == 0


def test_a_missing_icon_is_empty_and_no_error(qtbot: QtBot, folder: Path) -> None:
    image = tinted_pixmap("nothing", QColor("red"), 16, folder).toImage()
    assert middle(image).alpha() == 0


@pytest.mark.parametrize("theme_id", ["light", "dark"])
def test_modes_have_the_theme_s_colours(qtbot: QtBot, folder: Path, theme_id: str) -> None:
    tokens = load_tokens(theme_id)
    icon = IconSet(tokens.colours(), folder).icon("square")
    size = QSize(32, 32)
    normal = icon.pixmap(size, QIcon.Mode.Normal, QIcon.State.Off).toImage()
    on = icon.pixmap(size, QIcon.Mode.Normal, QIcon.State.On).toImage()
    disabled = icon.pixmap(size, QIcon.Mode.Disabled, QIcon.State.Off).toImage()
    assert middle(normal).name() == tokens.text
    assert middle(on).name() == tokens.accent
    assert middle(disabled).name() == tokens.text_disabled


def test_every_icon_that_the_window_names_is_there() -> None:
    named = {spec.icon for spec in ACTIONS if spec.icon} | {look.icon for look in load_looks()}
    named |= {"undo", "redo", "compare", "dice", "run", "cancel"}
    assert [name for name in sorted(named) if not (icons_folder() / f"{name}.svg").is_file()] == []
