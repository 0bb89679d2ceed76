"""A session ends well and comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QToolButton

from desktop_app.core.request import DEFAULT_INSTRUCTION
from desktop_app.session.darkroom import ItemState
from desktop_app.widgets.canvas import CompareMode
from tests.windows.room import MakePhoto, MakeRoom, Room, SpyEngine


def test_closing_while_a_run_is_on_ends_it(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    room = make_room()
    room.add(make_photo("a.png"), make_photo("b.png"))
    room.engine.gate.clear()
    room.window.development.run_all()
    room.wait(lambda: bool(room.engine.runs))
    assert room.window.close()
    assert not room.window.services.pipeline.is_running
    assert len(room.engine.runs) == 1


def test_the_next_start_shows_the_session_as_it_was(
    make_room: MakeRoom, make_photo: MakePhoto
) -> None:
    first = make_room()
    first.add(make_photo("a.png"), make_photo("b.png", blue=10))
    first.window.model.set_instruction("poster, brighter")
    first.develop()
    result = first.current.result
    assert result is not None
    first.window.close()
    second = make_room()
    assert [item.name for item in second.darkroom.items] == ["a.png", "b.png"]
    assert second.current.name == "a.png"
    second.wait(lambda: second.current.photo is not None and second.current.result is not None)
    again = second.current.result
    assert again is not None
    np.testing.assert_array_equal(again.picture, result.picture)
    assert second.named(QLineEdit, "instructionField").text() == "poster, brighter"
    assert [item.state for item in second.darkroom.items] == [ItemState.DONE, ItemState.READY]
    second.wait(lambda: second.window.canvas.has_result)
    assert second.engine.runs == []


def test_settings_are_remembered(make_room: MakeRoom) -> None:
    first = make_room()
    first.window.resize(760, 640)  # the offscreen screen has 800 x 800
    first.named(QToolButton, "compareToggle").click()
    first.window.actions_by_name["themeLight"].trigger()
    first.window.develop_panel.live_box.click()
    first.window.close()
    second = make_room()
    assert (second.window.width(), second.window.height()) == (760, 640)
    assert second.window.canvas.compare is CompareMode.SPLIT
    assert second.named(QToolButton, "compareToggle").isChecked()
    assert second.window.services.preferences.values.theme == "light"
    assert not second.window.develop_panel.live_box.isChecked()


@pytest.mark.parametrize(
    "damage",
    [
        "not json at all",
        json.dumps({"window_geometry": "%%%", "instruction": "manga", "theme": 7}),
        json.dumps({"window_geometry": "AAAA", "window_state": "AAAA", "instruction": "manga"}),
        json.dumps({"engine": "vanished", "instruction": "manga", "compare": ["x"]}),
    ],
)
def test_damaged_settings_do_not_stop_the_start(
    make_room: MakeRoom, toonroom_home: Path, damage: str
) -> None:
    (toonroom_home / "settings.json").write_text(damage, encoding="utf-8")
    room = make_room()
    assert room.window.isVisible()
    if "manga" in damage:
        assert room.named(QLineEdit, "instructionField").text() == "manga"


def test_the_history_brings_a_picture_back(make_room: MakeRoom, make_photo: MakePhoto) -> None:
    room = make_room()
    room.add(make_photo("a.png"))
    room.window.model.set_look("manga")
    room.develop()
    room.window.model.set_look("poster")
    room.develop()
    view = room.window.history_view
    room.wait(lambda: view.model().rowCount() == 2)
    oldest = room.window.past.entry_ids[1]
    view.open_requested.emit(oldest)
    room.wait(lambda: room.current.entry_id == oldest and room.current.result is not None)
    assert room.window.model.interpretation.look == "manga"
    newest = room.window.past.entry_ids[0]
    view.reuse_requested.emit(newest)
    assert room.window.model.interpretation.look == "poster"
    room.wait(lambda: not room.window.development.is_busy)
    view.remove_requested.emit(oldest)
    room.wait(lambda: oldest not in room.window.past.entry_ids)


def test_the_history_opens_a_photo_that_left_the_strip(room: Room, make_photo: MakePhoto) -> None:
    room.add(make_photo("a.png"))
    room.develop()
    entry_id = room.current.entry_id
    assert entry_id is not None
    room.wait(lambda: entry_id in room.window.past.entry_ids)
    room.darkroom.remove([room.current.item_id])
    room.window.history_view.open_requested.emit(entry_id)
    room.wait(lambda: bool(room.darkroom.items) and room.current.result is not None)
    room.wait(lambda: room.window.canvas.has_result)
    assert room.current.name == "a.png"


def test_the_history_names_the_look_where_nothing_special_was_said(
    room: Room, make_photo: MakePhoto
) -> None:
    room.add(make_photo("a very long name of a photo.png"))
    room.develop()
    room.wait(lambda: room.window.history_view.model().rowCount() == 1)
    text = room.window.history_view.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert text.startswith("Cartoon\n")
    assert "a very l…photo.png · 60 × 40" in text


def test_the_history_names_the_look_of_an_engine_that_is_not_in_use(
    make_room: MakeRoom, make_photo: MakePhoto
) -> None:
    other = SpyEngine("other")
    room = make_room(SpyEngine(), other)
    room.add(make_photo())
    room.develop()
    room.window.model.set_engine("other")
    room.develop()
    view = room.window.history_view
    room.wait(lambda: view.model().rowCount() == 2)
    assert [view.model().index(row, 0).data() for row in (0, 1)] == [
        DEFAULT_INSTRUCTION,
        "Cartoon",
    ]


def test_the_history_tells_runs_of_a_guided_engine_apart(
    make_room: MakeRoom, make_photo: MakePhoto
) -> None:
    room = make_room(SpyEngine("guided", needs_model=True))
    room.add(make_photo())
    room.develop()
    request = replace(
        room.window.model.request,
        model="/models/Tintin",
        mode="fast",
        text_guidance=9.0,
        image_guidance=1.25,
        seed=4_294_967_295,
        scheduler="ddim",
        negative="blur",
    )
    room.window.model.show(request)
    room.develop()
    room.window.model.set_instruction("a comic")
    room.develop()
    view = room.window.history_view
    room.wait(lambda: view.model().rowCount() == 3)
    assert [view.model().index(row, 0).data() for row in range(3)] == [
        "a comic",
        "Tintin, fast, text 9.0, image 1.25, seed 4294967295, ddim, no blur",
        "starter",
    ]
