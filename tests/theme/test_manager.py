"""The application wears the theme that was chosen, or the system's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.theme.manager import ThemeManager


@pytest.fixture
def manager(qtbot: QtBot, qapp: QApplication) -> Iterator[ThemeManager]:
    yield ThemeManager(qapp)
    qapp.setStyleSheet("")


def test_choosing_dresses_the_application(
    qtbot: QtBot, qapp: QApplication, manager: ThemeManager
) -> None:
    manager.choose("light")
    assert qapp.palette().window().color() == QColor(manager.tokens.window)
    icons = manager.icons
    with qtbot.waitSignal(manager.changed):
        manager.choose("dark")
    assert qapp.palette().window().color() == QColor(manager.tokens.window)
    assert manager.tokens.theme_id == "dark"
    assert manager.icons is not icons


def test_an_unknown_choice_means_the_system_s(manager: ThemeManager) -> None:
    manager.choose("mauve")
    assert manager.choice == "system"
    assert manager.tokens.theme_id in ("light", "dark")


def test_choosing_the_same_twice_changes_nothing(qtbot: QtBot, manager: ThemeManager) -> None:
    manager.choose("light")
    with qtbot.assertNotEmitted(manager.changed):
        manager.choose("light")
