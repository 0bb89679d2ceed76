"""Blending after the run."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from desktop_app.core.events import Interpretation, Layer, Rendering, Result
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.workers.blend import Blended, Blender, BlendFailure
from tests.workers.fakes import TIMEOUT_MS, flat, photo


class Ears(QObject):
    def __init__(self, blender: Blender) -> None:
        super().__init__()
        self.ready: list[Blended] = []
        self.failed: list[BlendFailure] = []
        blender.ready.connect(self.on_ready)
        blender.failed.connect(self.on_failed)

    @Slot(object)
    def on_ready(self, blended: Blended) -> None:
        self.ready.append(blended)

    @Slot(object)
    def on_failed(self, failure: BlendFailure) -> None:
        self.failed.append(failure)


def result(value: int) -> Result:
    picture = flat(value)
    return Result(Request(), picture, None, Rendering((Layer("x", picture),)), Interpretation(), 0)


def test_the_latest_amount_wins(qtbot: QtBot) -> None:
    blender = Blender()
    ears = Ears(blender)
    made = result(200)
    for amount in np.linspace(0.0, 0.75, 60):
        blender.blend("item", made, photo(100), float(amount))
    qtbot.waitUntil(lambda: bool(ears.ready) and ears.ready[-1].amount == 0.75, timeout=TIMEOUT_MS)
    last = ears.ready[-1]
    assert (last.item_id, last.job_id) == ("item", made.request.job_id)
    assert last.levels[0].pixelColor(0, 0).red() == 175
    assert len(ears.ready) < 60
    assert blender.shutdown()


def test_ends_are_the_photo_and_the_cartoon(qtbot: QtBot) -> None:
    blender = Blender()
    ears = Ears(blender)
    blender.blend("photo", result(200), photo(100), 0.0)
    blender.blend("cartoon", result(200), photo(100), 1.0)
    qtbot.waitUntil(lambda: len(ears.ready) == 2, timeout=TIMEOUT_MS)
    shown = {b.item_id: b.levels[0].pixelColor(0, 0).red() for b in ears.ready}
    assert shown == {"photo": 100, "cartoon": 200}
    assert blender.shutdown()


def test_a_blend_that_fails_is_told_of(qtbot: QtBot) -> None:
    blender = Blender()
    ears = Ears(blender)
    broken = Photo(np.zeros((0, 0, 3), np.uint8))
    with qtbot.waitSignal(blender.failed, timeout=TIMEOUT_MS):
        blender.blend("item", result(1), broken, 0.5)
    assert ears.failed[0].item_id == "item"
    assert ears.failed[0].sentence
    assert blender.shutdown()


def test_a_dropped_item_is_not_told_of(qtbot: QtBot) -> None:
    blender = Blender()
    ears = Ears(blender)
    blender.blend("gone", result(1), photo(), 0.5)
    blender.drop("gone")
    blender.blend("here", result(1), photo(), 0.5)
    qtbot.waitUntil(lambda: bool(ears.ready), timeout=TIMEOUT_MS)
    assert [b.item_id for b in ears.ready] == ["here"]
    assert blender.shutdown()
