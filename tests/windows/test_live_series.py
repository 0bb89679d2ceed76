"""Adjusting leaves one picture in the history, not one for every touch of a slider."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.session.darkroom import ItemState, PhotoItem
from desktop_app.widgets.parameter_rows import SliderRow
from tests.windows.room import MakePhoto, MakeRoom, Room


@pytest.fixture
def developed(room: Room, make_photo: MakePhoto) -> Room:
    room.add(make_photo())
    room.develop()
    return room


def adjust(room: Room, width: float) -> str:
    """Move a slider, wait for the picture that it gives, and return its history entry."""
    before = len(room.engine.runs)
    row = room.window.develop_panel.row("line_width")
    assert isinstance(row, SliderRow)
    row.slider.set_number(width)
    room.wait(lambda: len(room.engine.runs) == before + 1)
    room.wait(lambda: not room.window.development.is_busy)
    assert room.current.entry_id is not None
    return room.current.entry_id


def kept(room: Room) -> set[str]:
    return {entry.entry_id for entry in room.window.services.history.entries()}


def test_of_a_series_the_last_picture_is_kept(developed: Room) -> None:
    asked_for = developed.current.entry_id
    entries = [adjust(developed, width) for width in (1.4, 1.8, 2.2)]
    developed.wait(lambda: kept(developed) == {asked_for, entries[-1]})
    developed.wait(lambda: set(developed.window.past.entry_ids) == {asked_for, entries[-1]})
    assert developed.current.result is not None


def test_the_new_picture_is_kept_before_the_old_one_goes(
    developed: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = developed.window.services.history
    first = adjust(developed, 1.4)
    at_removal: list[set[str]] = []
    remove = history.remove

    def watched(entry_id: str) -> None:
        at_removal.append(kept(developed))
        remove(entry_id)

    monkeypatch.setattr(history, "remove", watched)
    second = adjust(developed, 1.8)
    developed.wait(lambda: first not in kept(developed))
    assert {first, second} <= at_removal[0]


def test_what_was_saved_stays(developed: Room, tmp_path: Path) -> None:
    first = adjust(developed, 1.4)
    developed.window.saving.save_to(tmp_path / "kept.png")
    second = adjust(developed, 1.8)
    third = adjust(developed, 2.2)
    developed.wait(lambda: second not in kept(developed))
    assert {first, third} <= kept(developed)


def test_what_run_gave_stays(developed: Room) -> None:
    first = adjust(developed, 1.4)
    developed.develop()
    by_run = developed.current.entry_id
    third = adjust(developed, 1.8)
    developed.qtbot.wait(200)
    assert {first, by_run, third} <= kept(developed)


def test_a_past_picture_that_is_shown_stays(developed: Room) -> None:
    first = adjust(developed, 1.4)
    developed.wait(lambda: first in developed.window.past.entry_ids)
    developed.window.past.open(first)
    developed.wait(lambda: developed.current.result is not None)
    second = adjust(developed, 1.8)
    developed.qtbot.wait(200)
    assert {first, second} <= kept(developed)


def test_looking_at_another_photo_ends_the_series(developed: Room, make_photo: MakePhoto) -> None:
    item_id, first = developed.current.item_id, adjust(developed, 1.4)
    developed.add(make_photo("other.png", blue=10))
    developed.darkroom.set_current(item_id)
    developed.wait(lambda: developed.current.result is not None)
    second = adjust(developed, 1.8)
    developed.qtbot.wait(200)
    assert {first, second} <= kept(developed)


def test_a_removed_photo_comes_back_with_its_picture(developed: Room) -> None:
    first = adjust(developed, 1.4)
    developed.window.pictures.remove([developed.current.item_id])
    developed.darkroom.undo_stack.undo()
    developed.wait(lambda: developed.current.result is not None)
    assert developed.current.entry_id == first
    adjust(developed, 1.8)
    developed.qtbot.wait(200)
    assert first in kept(developed)


def test_a_picture_that_another_photo_lives_on_stays(developed: Room) -> None:
    first = adjust(developed, 1.4)
    entry = developed.window.services.history.entry(first)
    assert entry is not None
    # As the history does where the photo is gone, but without looking at it.
    developed.darkroom.add(PhotoItem(path=entry.picture_path, state=ItemState.READY))
    adjust(developed, 1.8)
    developed.qtbot.wait(200)
    assert first in kept(developed)


def test_removing_a_picture_from_the_history_leaves_it_on_the_canvas(
    developed: Room, make_photo: MakePhoto
) -> None:
    entry_id = developed.current.entry_id
    assert entry_id is not None
    item_id = developed.current.item_id
    developed.window.past.remove(entry_id)
    developed.wait(lambda: kept(developed) == set())
    for number in range(4):  # more than keep their pixels
        developed.add(make_photo(f"{number}.png", blue=number))
        developed.darkroom.set_current(developed.darkroom.items[-1].item_id)
    developed.darkroom.set_current(item_id)
    assert developed.current.entry_id is None
    assert developed.current.result is not None
    assert developed.current.message == ""


def test_removing_what_is_not_in_memory_says_nothing(
    make_room: MakeRoom, make_photo: MakePhoto
) -> None:
    room = make_room()
    room.add(make_photo("a.png"))
    room.develop()
    first = room.current
    entry_id = first.entry_id
    assert entry_id is not None
    for number in range(4):
        room.add(make_photo(f"{number}.png", blue=number))
        room.darkroom.set_current(room.darkroom.items[-1].item_id)
    room.window.past.remove(entry_id)
    room.wait(lambda: not room.darkroom.items[0].has_result)
    room.darkroom.set_current(first.item_id)
    room.wait(lambda: room.current.photo is not None)
    assert room.current.message == ""
