"""The contact sheet shows what it is given, and says which picture is wanted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop_app.widgets.contact_sheet import ContactSheet, ContactTile, TileState

TEXTS, IMAGES = (4.5, 7.5, 10.5), (1.8, 1.5, 1.2)


def picture(colour: str) -> QImage:
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


@pytest.fixture
def sheet(qtbot: QtBot) -> ContactSheet:
    sheet = ContactSheet()
    qtbot.addWidget(sheet)
    sheet.set_grid(TEXTS, IMAGES, (1, 1))
    sheet.resize(760, 620)
    sheet.show()
    qtbot.waitExposed(sheet)
    return sheet


def middle(tile: ContactTile) -> QColor:
    return tile.grab().toImage().pixelColor(tile.rect().center())


def test_each_tile_says_what_it_is(sheet: ContactSheet) -> None:
    tile = sheet.tile(0, 2)
    assert tile.objectName() == "contactTile_0_2"
    assert tile.accessibleName() == "Text guidance 10.5, image guidance 1.8"
    assert tile.accessibleDescription() == "Waiting"
    assert "values in use" in sheet.tile(1, 1).accessibleDescription()
    assert "develop" in tile.toolTip()


def test_a_click_says_which(qtbot: QtBot, sheet: ContactSheet) -> None:
    with qtbot.waitSignal(sheet.chosen) as blocker:
        qtbot.mouseClick(sheet.tile(2, 0), Qt.MouseButton.LeftButton)
    assert blocker.args == [4.5, 1.2]
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        with qtbot.waitSignal(sheet.chosen) as blocker:
            qtbot.keyClick(sheet.tile(0, 1), key)
        assert blocker.args == [7.5, 1.8]


def test_pictures_come_in(sheet: ContactSheet) -> None:
    tile = sheet.tile(0, 0)
    tile.show_developing(QImage(), 0.1)
    assert sheet.tile(0, 0).state is TileState.DEVELOPING
    tile.show_developing(picture("#2040c0"), 0.5)
    assert middle(tile).name() == "#2040c0"
    tile.show_developing(QImage(), 0.6)
    assert middle(tile).name() == "#2040c0"  # nothing new to see is no reason to see nothing
    tile.show_done(picture("#c04020"))
    assert middle(tile).name() == "#c04020"
    assert tile.accessibleDescription() == "Done"
    tile.show_failed("There is not enough memory.")
    assert tile.image.isNull()
    assert tile.accessibleDescription() == "There is not enough memory."
    tile.grab()
    sheet.set_grid(TEXTS, IMAGES, (1, 1))
    assert sheet.tile(0, 0).state is TileState.WAITING


def test_escape_and_close(qtbot: QtBot, sheet: ContactSheet) -> None:
    with qtbot.waitSignal(sheet.close_requested):
        qtbot.keyClick(sheet.tile(1, 1), Qt.Key.Key_Escape)
    with qtbot.waitSignal(sheet.close_requested):
        qtbot.mouseClick(sheet.close_button, Qt.MouseButton.LeftButton)


def test_five_columns(qtbot: QtBot, sheet: ContactSheet) -> None:
    assert not sheet.tile(0, 3).isVisible()
    with qtbot.waitSignal(sheet.wide_toggled) as blocker:
        qtbot.mouseClick(sheet.wide_toggle, Qt.MouseButton.LeftButton)
    assert blocker.args == [True]
    assert sheet.is_wide
    sheet.set_grid((1.0, 2.0, 3.0, 4.0, 5.0), IMAGES, (1, 2))
    assert sheet.tile(2, 4).isVisible()
    assert sheet.tile(2, 4).accessibleName() == "Text guidance 5, image guidance 1.2"


def test_arrows_stay_on_the_sheet(qtbot: QtBot, sheet: ContactSheet) -> None:
    sheet.activateWindow()
    sheet.focus(0, 0)
    qtbot.keyClick(sheet.tile(0, 0), Qt.Key.Key_Up)
    qtbot.keyClick(sheet.tile(0, 0), Qt.Key.Key_Left)
    assert sheet.tile(0, 0).hasFocus()
    for column in range(3):
        qtbot.keyClick(sheet.tile(0, column), Qt.Key.Key_Right)
    assert sheet.tile(0, 2).hasFocus()  # the columns beyond are not there
    qtbot.keyClick(sheet.tile(0, 2), Qt.Key.Key_Down)
    assert sheet.tile(1, 2).hasFocus()


def test_it_fits_into_little_room(sheet: ContactSheet) -> None:
    assert sheet.minimumSizeHint().width() <= 340
    assert sheet.minimumSizeHint().height() <= 200
