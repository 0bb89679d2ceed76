"""Blending after the run."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from desktop_app.core.events import Interpretation, Layer, Rendering, Result
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.workers.blend import SMALL_PX, Blended, Blender, BlendFailure, SmallBlend
from tests.workers.fakes import TIMEOUT_MS, flat, photo


class Ears(QObject):
    def __init__(self, blender: Blender) -> None:
        super().__init__()
        self.small: list[SmallBlend] = []
        self.ready: list[Blended] = []
        self.failed: list[BlendFailure] = []
        blender.small_ready.connect(self.on_small_ready)
        blender.ready.connect(self.on_ready)
        blender.failed.connect(self.on_failed)

    @Slot(object)
    def on_small_ready(self, blend: SmallBlend) -> None:
        self.small.append(blend)

    @Slot(object)
    def on_ready(self, blended: Blended) -> None:
        self.ready.append(blended)

    @Slot(object)
    def on_failed(self, failure: BlendFailure) -> None:
        self.failed.append(failure)


def result(value: int, picture: RgbImage | None = None) -> Result:
    picture = flat(value) if picture is None else picture
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
    assert len(ears.ready) == 1
    assert ears.small[-1].amount == 0.75
    assert len(ears.small) < 60
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


def test_while_the_slider_moves_only_small_blends_are_made(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.workers.blend.SETTLE_MS", 1_500)  # also on a busy machine
    blender = Blender()
    ears = Ears(blender)
    large = result(0, np.full((300, 2 * SMALL_PX, 3), 200, np.uint8))
    below = Photo(np.full((300, 2 * SMALL_PX, 3), 100, np.uint8))
    for percent in range(0, 60, 10):
        blender.blend("item", large, below, percent / 100)
        qtbot.waitUntil(lambda p=percent: _last_amount(ears) == p / 100, timeout=TIMEOUT_MS)  # type: ignore[misc]
    assert ears.ready == []
    image = ears.small[-1].image
    assert (image.width(), image.height()) == (SMALL_PX, 150)
    assert image.pixelColor(3, 3).red() == 150
    qtbot.waitUntil(lambda: bool(ears.ready), timeout=TIMEOUT_MS)
    assert ears.ready[0].levels[0].width() == 2 * SMALL_PX
    assert ears.ready[0].thumbnail.pixelColor(3, 3).red() == 150
    assert blender.shutdown()


def test_small_blends_follow_another_result(qtbot: QtBot) -> None:
    blender = Blender()
    ears = Ears(blender)
    blender.blend("item", result(200), photo(100), 0.5)
    qtbot.waitUntil(lambda: len(ears.small) == 1, timeout=TIMEOUT_MS)
    blender.blend("item", result(0), photo(100), 0.5)
    qtbot.waitUntil(lambda: len(ears.small) == 2, timeout=TIMEOUT_MS)
    assert [b.image.pixelColor(0, 0).red() for b in ears.small] == [150, 50]
    assert blender.shutdown()


def _last_amount(ears: Ears) -> float:
    return ears.small[-1].amount if ears.small else -1.0
