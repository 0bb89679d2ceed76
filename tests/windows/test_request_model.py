"""What is asked for, its changes, and undoing them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from desktop_app.core.request import Request
from desktop_app.engines.classic.grammar import with_look
from desktop_app.windows.request_model import RequestModel
from tests.windows.room import SpyEngine


@pytest.fixture
def stack(qtbot: QtBot) -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def model(stack: QUndoStack) -> RequestModel:
    return RequestModel([SpyEngine(), SpyEngine("other")], stack, with_look)


def test_a_drag_is_one_step(model: RequestModel, stack: QUndoStack) -> None:
    for value in (1.1, 1.2, 1.3):
        model.set_parameter("line_width", value)
    model.set_parameter("detail", 0.2)
    assert stack.count() == 2
    model.end_gesture()
    model.set_parameter("detail", 0.3)
    assert stack.count() == 3
    stack.undo()
    assert model.request.parameters == {"line_width": 1.3, "detail": 0.2}


def test_typing_is_one_step_and_no_adjustment(
    qtbot: QtBot, model: RequestModel, stack: QUndoStack
) -> None:
    with qtbot.assertNotEmitted(model.adjusted):
        for text in ("m", "ma", "manga"):
            model.set_instruction(text)
    assert stack.count() == 1
    with qtbot.waitSignal(model.adjusted):
        stack.undo()


def test_the_blend_is_no_adjustment(qtbot: QtBot, model: RequestModel) -> None:
    with qtbot.waitSignal(model.blend_changed), qtbot.assertNotEmitted(model.adjusted):
        model.set_field("blend", 0.5)


def test_a_look_sets_the_values_free(qtbot: QtBot, model: RequestModel) -> None:
    model.set_instruction("cartoon, bolder lines")
    model.set_parameter("colours", 12.0)
    with qtbot.waitSignal(model.adjusted):
        model.set_look("manga")
    assert model.request.parameters == {}
    assert "bolder lines" in model.request.instruction
    assert model.interpretation.look == "manga"


def test_setting_the_same_changes_nothing(
    qtbot: QtBot, model: RequestModel, stack: QUndoStack
) -> None:
    with qtbot.assertNotEmitted(model.changed):
        model.set_field("seed", 0)
        model.set_look("no such look")
        model.set_engine("no such engine")
        model.reset_all()
    assert stack.count() == 0


def test_showing_another_photo_s_request_is_nothing_to_undo(
    qtbot: QtBot, model: RequestModel, stack: QUndoStack
) -> None:
    with qtbot.waitSignal(model.changed), qtbot.assertNotEmitted(model.adjusted):
        model.show(Request(instruction="poster", seed=5))
    assert stack.count() == 0


def test_an_engine_that_is_not_here_is_replaced(model: RequestModel) -> None:
    model.adopt(replace(Request(), engine="vanished", parameters={"x": 1.0}), "Restore")
    assert model.request.engine == "classic"
    assert model.request.parameters == {}


def test_undo_asks_for_the_place_of_the_change(
    qtbot: QtBot, model: RequestModel, stack: QUndoStack
) -> None:
    model.place = "first"
    model.set_field("seed", 3)
    model.place = "second"
    with qtbot.waitSignal(model.place_wanted) as blocker:
        stack.undo()
    assert blocker.args == ["first"]
