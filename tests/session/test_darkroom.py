"""The film strip's model: order, current item, undo, and whose pixels stay in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop_app.core.events import Interpretation, Layer, Rendering, Result
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.session.commands import ChangeRequest
from desktop_app.session.darkroom import FULL_SIZE_ITEMS, Darkroom
from desktop_app.session.items import ItemState, PhotoItem

PIXELS = np.zeros((2, 3, 3), np.uint8)
PHOTO = Photo(PIXELS)
RESULT = Result(Request(), PIXELS, None, Rendering((Layer("x", PIXELS),)), Interpretation(), 0.1)


def image() -> QImage:
    made = QImage(3, 2, QImage.Format.Format_RGB32)
    made.fill(0)
    return made


def item(item_id: str, **changes: object) -> PhotoItem:
    values: dict[str, object] = {
        "name": item_id,
        "path": Path(f"/photos/{item_id}.jpg"),
        "state": ItemState.READY,
        "thumbnail": image(),
    }
    return PhotoItem(item_id, **(values | changes))  # type: ignore[arg-type]


class Ears(QObject):
    def __init__(self, darkroom: Darkroom) -> None:
        super().__init__()
        self.moves = 0
        self.changed: list[str] = []
        self.current: list[str] = []
        self.photos: list[str] = []
        self.results: list[str] = []
        darkroom.items_changed.connect(self.on_items)
        darkroom.item_changed.connect(self.on_item)
        darkroom.current_changed.connect(self.on_current)
        darkroom.photo_wanted.connect(self.on_photo)
        darkroom.result_wanted.connect(self.on_result)

    @Slot()
    def on_items(self) -> None:
        self.moves += 1

    @Slot(str)
    def on_item(self, item_id: str) -> None:
        self.changed.append(item_id)

    @Slot(str)
    def on_current(self, item_id: str) -> None:
        self.current.append(item_id)

    @Slot(str)
    def on_photo(self, item_id: str) -> None:
        self.photos.append(item_id)

    @Slot(str)
    def on_result(self, item_id: str) -> None:
        self.results.append(item_id)


@pytest.fixture
def darkroom(qtbot: QtBot) -> Darkroom:
    return Darkroom()


def ids(darkroom: Darkroom) -> str:
    return "".join(entry.item_id for entry in darkroom.items)


def get(darkroom: Darkroom, item_id: str) -> PhotoItem:
    found = darkroom.item(item_id)
    assert found is not None
    return found


def fill(darkroom: Darkroom, names: str) -> None:
    darkroom.add_many([item(name) for name in names])


def test_the_first_photo_becomes_current(darkroom: Darkroom) -> None:
    ears = Ears(darkroom)
    fill(darkroom, "abc")
    assert ids(darkroom) == "abc"
    assert darkroom.current_id == "a"
    assert (ears.moves, ears.current) == (1, ["a"])
    darkroom.add(item("d"))
    assert darkroom.current_id == "a"
    assert darkroom.current is darkroom.items[0]


def test_one_item_is_never_there_twice(darkroom: Darkroom) -> None:
    fill(darkroom, "a")
    with pytest.raises(ValueError, match="already"):
        darkroom.add(item("a"))


def test_updates_of_removed_items_are_ignored(darkroom: Darkroom) -> None:
    fill(darkroom, "ab")
    darkroom.remove(["b"])
    ears = Ears(darkroom)
    darkroom.update("b", state=ItemState.DONE)
    assert not ears.changed
    darkroom.update("a", state=ItemState.FAILED, message="Broken.")
    assert ears.changed == ["a"]
    assert get(darkroom, "a").message == "Broken."


@pytest.mark.parametrize(
    ("current", "removed", "left", "after"),
    [
        ("b", "b", "acd", "c"),
        ("d", "d", "abc", "c"),
        ("b", "bc", "ad", "d"),
        ("c", "cd", "ab", "b"),
        ("a", "a", "bcd", "b"),
        ("a", "d", "abc", "a"),
        ("b", "abcd", "", ""),
        ("d", "bcd", "a", "a"),
    ],
)
def test_remove_and_undo(
    darkroom: Darkroom, current: str, removed: str, left: str, after: str
) -> None:
    fill(darkroom, "abcd")
    darkroom.set_current(current)
    darkroom.remove([*removed, "nobody"])
    assert (ids(darkroom), darkroom.current_id) == (left, after)
    darkroom.undo_stack.undo()
    assert (ids(darkroom), darkroom.current_id) == ("abcd", current)
    darkroom.undo_stack.redo()
    assert (ids(darkroom), darkroom.current_id) == (left, after)
    darkroom.undo_stack.undo()
    assert ids(darkroom) == "abcd"


def test_removing_nothing_leaves_nothing_to_undo(darkroom: Darkroom) -> None:
    fill(darkroom, "a")
    darkroom.remove(["nobody"])
    assert not darkroom.undo_stack.canUndo()


def test_a_photo_removed_while_it_was_busy_comes_back_at_rest(darkroom: Darkroom) -> None:
    darkroom.add_many(
        [
            item("a", state=ItemState.DEVELOPING),
            item("b", state=ItemState.QUEUED, entry_id="kept"),
            item("c", state=ItemState.LOADING, thumbnail=QImage()),
            item("d", state=ItemState.LOADING, thumbnail=QImage(), path=None),
        ]
    )
    ears = Ears(darkroom)
    darkroom.remove("abcd")
    darkroom.undo_stack.undo()
    states = [entry.state for entry in darkroom.items]
    assert states == [ItemState.READY, ItemState.DONE, ItemState.LOADING, ItemState.FAILED]
    assert "c" in ears.photos, "its first reading was dropped: it is to be read again"
    assert get(darkroom, "d").message


def test_moving_along_the_strip_stops_at_its_ends(darkroom: Darkroom) -> None:
    darkroom.move_current(1)
    fill(darkroom, "abc")
    for steps, expected in ((1, "b"), (5, "c"), (1, "c"), (-2, "a"), (-1, "a")):
        darkroom.move_current(steps)
        assert darkroom.current_id == expected


def test_only_the_last_looked_at_keep_their_pixels(darkroom: Darkroom) -> None:
    names = "abcdefgh"
    fill(darkroom, names)
    for name in names:
        darkroom.set_current(name)
        darkroom.update(name, photo=PHOTO, photo_levels=(image(),))
        darkroom.update(name, result=RESULT, result_levels=(image(),), entry_id=f"kept {name}")
    full = "".join(entry.item_id for entry in darkroom.items if entry.photo is not None)
    assert full == names[-FULL_SIZE_ITEMS:]
    released = get(darkroom, "a")
    assert released.result is None
    assert released.photo_levels == released.result_levels == ()
    assert not released.thumbnail.isNull()
    assert released.has_result


def test_photos_that_were_never_looked_at_do_not_stay(darkroom: Darkroom) -> None:
    fill(darkroom, "abcdef")
    for name in "abcdef":
        darkroom.update(name, photo=PHOTO, photo_levels=(image(),))
    assert [entry.item_id for entry in darkroom.items if entry.photo is not None] == ["a"]


def test_pixels_that_nobody_could_bring_back_stay(darkroom: Darkroom) -> None:
    darkroom.add_many([item("a", path=None), *(item(name) for name in "bcdef")])
    darkroom.update("a", photo=PHOTO, result=RESULT)
    for name in "bcdef":
        darkroom.set_current(name)
    assert get(darkroom, "a").photo is PHOTO
    assert get(darkroom, "a").result is RESULT


def test_pixels_are_asked_for_once(darkroom: Darkroom) -> None:
    ears = Ears(darkroom)
    darkroom.add_many([item("a", photo=PHOTO), item("b", entry_id="kept", state=ItemState.DONE)])
    assert not ears.photos
    darkroom.set_current("b")
    darkroom.update("b", message="Wait.")
    darkroom.set_current("a")
    darkroom.set_current("b")
    assert ears.photos == ["b"]
    assert ears.results == ["b"]
    darkroom.update("b", photo=PHOTO, result=RESULT)
    darkroom.set_current("a")
    darkroom.set_current("b")
    assert ears.photos == ["b"]


def test_evicted_pixels_are_asked_for_again(darkroom: Darkroom) -> None:
    fill(darkroom, "abcde")
    darkroom.update("a", photo=PHOTO)
    for name in "bcde":
        darkroom.set_current(name)
    ears = Ears(darkroom)
    darkroom.set_current("a")
    assert ears.photos == ["a"]


def test_photos_that_are_being_read_are_not_asked_for(darkroom: Darkroom) -> None:
    ears = Ears(darkroom)
    darkroom.add(item("a", state=ItemState.LOADING))
    darkroom.update("a", message="Reading")
    assert not ears.photos


def test_what_failed_is_tried_once_each_time_it_is_looked_at(darkroom: Darkroom) -> None:
    ears = Ears(darkroom)
    fill(darkroom, "ab")
    darkroom.update("a", state=ItemState.FAILED, message="Gone.")
    darkroom.update("a", state=ItemState.FAILED, message="Gone.")
    assert ears.photos == ["a"]
    darkroom.set_current("b")
    darkroom.set_current("a")
    assert ears.photos == ["a", "b", "a"]


def test_a_drag_is_one_step_back(darkroom: Darkroom) -> None:
    start = Request(seed=1)
    darkroom.add(item("a", request=start))
    for seed in range(2, 9):
        request = Request(seed=seed)
        darkroom.undo_stack.push(ChangeRequest(darkroom, "a", request, "Seed", merge_key="seed"))
    other = Request(seed=1, blend=0.5)
    darkroom.undo_stack.push(ChangeRequest(darkroom, "a", other, "Blend", merge_key="blend"))
    assert darkroom.undo_stack.count() == 2
    assert get(darkroom, "a").request is other
    darkroom.undo_stack.undo()
    assert get(darkroom, "a").request == Request(seed=8)
    darkroom.undo_stack.undo()
    assert get(darkroom, "a").request is start
    darkroom.undo_stack.redo()
    assert get(darkroom, "a").request == Request(seed=8)


def test_changes_without_a_key_stay_apart(darkroom: Darkroom) -> None:
    darkroom.add(item("a"))
    for seed in (1, 2):
        darkroom.undo_stack.push(ChangeRequest(darkroom, "a", Request(seed=seed)))
    assert darkroom.undo_stack.count() == 2
    darkroom.undo_stack.undo()
    darkroom.undo_stack.undo()
    assert get(darkroom, "a").request is None
