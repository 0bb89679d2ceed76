"""The models page: it shows values and says what is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.widgets.model_card import CardAction, CardState, CardValues
from desktop_app.widgets.models_page import ModelsPage

TOON = CardValues("toon", "Toon", note="Draws.", size="5 GB to fetch", licence="MIT")


@pytest.fixture
def page(qtbot: QtBot) -> ModelsPage:
    page = ModelsPage()
    qtbot.addWidget(page)
    page.resize(600, 500)
    page.show()
    return page


def button(page: ModelsPage, action: CardAction, model: str = "toon") -> QPushButton:
    card = page.card(model)
    assert card is not None
    found = card.button(action)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("values", "actions"),
    [
        (TOON, [CardAction.GET]),
        (
            replace(TOON, state=CardState.BEGUN, can_get=True),
            [CardAction.GO_ON, CardAction.DISCARD],
        ),
        (replace(TOON, state=CardState.BEGUN), [CardAction.DISCARD]),
        (replace(TOON, state=CardState.BUSY, stop=None), []),
        (
            replace(TOON, state=CardState.HERE),
            [CardAction.USE, CardAction.CHECK, CardAction.REMOVE],
        ),
        (
            replace(TOON, state=CardState.HERE, deletes=True),
            [CardAction.USE, CardAction.CHECK, CardAction.DELETE],
        ),
        (replace(TOON, state=CardState.BUILT_IN), [CardAction.USE, CardAction.CHECK]),
        (replace(TOON, state=CardState.DAMAGED), [CardAction.CHECK, CardAction.REMOVE]),
        (
            replace(TOON, state=CardState.DAMAGED, can_get=True),
            [CardAction.GET, CardAction.CHECK, CardAction.REMOVE],
        ),
        (replace(TOON, state=CardState.BUSY, stop=CardAction.PAUSE), [CardAction.PAUSE]),
    ],
)
def test_what_can_be_done_is_what_the_buttons_say(
    qtbot: QtBot, page: ModelsPage, values: CardValues, actions: list[CardAction]
) -> None:
    page.show_models([values])
    card = page.card("toon")
    assert card is not None
    said: list[tuple[str, object]] = []
    page.wanted.connect(lambda model, action: said.append((model, action)))
    for each in card.controls():
        assert each.accessibleName().endswith(": Toon")
        qtbot.mouseClick(each, Qt.MouseButton.LeftButton)
    assert said == [("toon", action) for action in actions]


def test_cards_come_go_and_keep_their_order(qtbot: QtBot, page: ModelsPage) -> None:
    names = ["a", "b", "c"]
    page.show_models([replace(TOON, model=name) for name in names])
    first = page.card("a")
    page.show_models([replace(TOON, model=name) for name in ("c", "a")])
    assert page.cards() == (page.card("c"), first)
    assert page.card("b") is None
    qtbot.waitUntil(lambda: all(card.isVisible() for card in page.cards()))


def test_how_far_it_is_is_seen(page: ModelsPage) -> None:
    page.show_models([replace(TOON, state=CardState.BUSY, progress=0.25, doing="Fetching …")])
    card = page.card("toon")
    assert card is not None
    assert (card.progress_bar.value(), card.progress_bar.maximum()) == (250, 1000)
    assert card.doing_label.text() == "Fetching …"
    page.show_model(replace(TOON, state=CardState.BUSY, progress=None))
    assert card.progress_bar.maximum() == 0
    page.show_model(TOON)
    assert not card.progress_bar.isVisible()
    page.show_model(replace(TOON, model="another"))  # which is not shown


def test_the_focus_stays_on_the_card_when_its_buttons_change(
    qtbot: QtBot, page: ModelsPage
) -> None:
    page.show_models([TOON])
    page.activateWindow()
    get = button(page, CardAction.GET)
    get.setFocus()
    qtbot.waitUntil(get.hasFocus)
    page.show_model(replace(TOON, state=CardState.BUSY, stop=CardAction.PAUSE))
    qtbot.waitUntil(button(page, CardAction.PAUSE).hasFocus)


def test_the_model_in_use_cannot_be_chosen_again(page: ModelsPage) -> None:
    page.show_models([replace(TOON, state=CardState.HERE, is_used=True)])
    use = button(page, CardAction.USE)
    assert (use.text(), use.isEnabled()) == ("In use", False)
    page.show_model(replace(TOON, state=CardState.HERE))
    assert (use.text(), use.isEnabled()) == ("Use", True)


def test_a_licence_is_text_whatever_it_says(page: ModelsPage) -> None:
    page.show_models([replace(TOON, licence="<b>MIT", licence_link="https://a.b/'\"><script>")])
    card = page.card("toon")
    assert card is not None
    text = card.licence_label.text()
    assert "&lt;b&gt;MIT" in text
    assert "<script>" not in text


def test_what_is_asked_of_all_models_is_said(qtbot: QtBot, page: ModelsPage) -> None:
    signals = {
        page.import_file_button: page.import_file_requested,
        page.import_folder_button: page.import_folder_requested,
        page.move_button: page.move_requested,
        page.show_folder_button: page.show_folder_requested,
        page.stop_button: page.stop_requested,
    }
    page.say("Moving the models …", can_stop=True)
    for each, signal in signals.items():
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(each, Qt.MouseButton.LeftButton)
    page.say("It failed.", is_problem=True)
    assert page.message_label.text() == "It failed."
    assert not page.stop_button.isVisible()
    page.say("")
    assert not page.message_label.isVisible()
