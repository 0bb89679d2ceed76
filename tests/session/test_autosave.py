"""The film strip over a restart, a kill, a second window and damage."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop_app.core.request import Request
from desktop_app.session.autosave import Autosave
from desktop_app.session.darkroom import Darkroom
from desktop_app.session.history import History
from desktop_app.session.items import ItemState, PhotoItem
from desktop_app.session.session_folder import SessionFolder
from desktop_app.session.snapshot import Snapshot, from_json, to_json
from tests.session.makes import make_photo, make_result

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_MS = 10_000


class Window:
    """What a window has of a session, without the window."""

    def __init__(self, home: Path) -> None:
        self.folder = SessionFolder(home / "session")
        self.history = History(home / "history")
        self.darkroom = Darkroom()
        self.autosave = Autosave(self.darkroom, self.folder, self.history)
        self.autosave.restore()

    def die(self) -> None:
        """Be gone without a last writing, as after kill -9."""
        self.autosave._timer.stop()
        assert self.autosave._writer.shutdown()
        assert self.autosave._looker.shutdown()
        self.folder.release()

    def item(self, item_id: str) -> PhotoItem:
        found = self.darkroom.item(item_id)
        assert found is not None
        return found


@pytest.fixture
def home(tmp_path: Path, qtbot: QtBot) -> Iterator[Path]:
    (tmp_path / "photos").mkdir()
    yield tmp_path
    left = [path.name for path in tmp_path.rglob("*.tmp")]
    assert not left


def image(colour: str = "#406080") -> QImage:
    made = QImage(20, 10, QImage.Format.Format_RGB32)
    made.fill(QColor(colour))
    return made


def add(window: Window, home: Path, name: str, **changes: Any) -> str:
    """Put a photo whose file exists on the strip."""
    path = home / "photos" / f"{name}.jpg"
    path.write_bytes(b"photo")
    item = PhotoItem(name, name, path, state=ItemState.READY, thumbnail=image())
    window.darkroom.add(replace(item, **changes))
    return name


def test_the_next_start_shows_the_session_as_it_was(home: Path) -> None:
    first = Window(home)
    for name in ("a", "b", "c"):
        add(first, home, name)
    request = Request(seed=5, instruction="Cartoonize it — grün", parameters={"line_weight": 2.0})
    first.darkroom.update("b", request=request, job_id="job", saved_path=home / "b.png")
    first.darkroom.set_current("b")
    assert first.autosave.close()
    second = Window(home)
    assert [item.item_id for item in second.darkroom.items] == ["a", "b", "c"]
    assert second.darkroom.current_id == "b"
    item = second.item("b")
    assert (item.state, item.request, item.job_id) == (ItemState.READY, request, "job")
    assert item.saved_path == home / "b.png"
    assert item.thumbnail.pixelColor(3, 3) == QColor("#406080")
    assert item.photo is None
    assert second.autosave.close()


def test_what_was_kept_comes_back_with_its_item(home: Path) -> None:
    first = Window(home)
    add(first, home, "a")
    path = first.item("a").path
    entry = first.history.keep(make_result(7), make_photo(path))
    first.darkroom.update("a", state=ItemState.DONE, entry_id=entry.entry_id, request=entry.request)
    assert first.autosave.close()
    second = Window(home)
    assert (second.item("a").state, second.item("a").entry_id) == (ItemState.DONE, entry.entry_id)
    second.history.remove(entry.entry_id)
    assert second.autosave.close()
    third = Window(home)
    assert (third.item("a").state, third.item("a").entry_id) == (ItemState.READY, None)
    assert third.autosave.close()


def test_a_result_shown_just_before_a_kill_is_on_the_strip(home: Path) -> None:
    first = Window(home)
    add(first, home, "by path")
    result = make_result(7)
    add(first, home, "by job", state=ItemState.DEVELOPING, job_id=result.request.job_id)
    assert first.autosave.flush()
    later = first.history.keep(make_result(8), make_photo(first.item("by path").path))
    kept = first.history.keep(result, make_photo())
    for item_id, entry in (("by path", later), ("by job", kept)):
        first.darkroom.update(item_id, state=ItemState.DONE, entry_id=entry.entry_id)
    first.die()
    second = Window(home)
    assert second.item("by path").entry_id == later.entry_id
    assert second.item("by job").entry_id == kept.entry_id
    assert {item.state for item in second.darkroom.items} == {ItemState.DONE}
    assert second.item("by path").request == later.request
    assert second.autosave.close()


def test_a_run_that_was_killed_leaves_the_photo_ready(home: Path) -> None:
    first = Window(home)
    add(first, home, "a", state=ItemState.DEVELOPING, message="Drawing lines", job_id="x")
    add(first, home, "b", state=ItemState.QUEUED, job_id="y")
    assert first.autosave.flush()
    first.die()
    second = Window(home)
    assert [item.state for item in second.darkroom.items] == [ItemState.READY] * 2
    assert not second.item("a").message
    assert second.autosave.close()


def test_a_photo_that_is_gone_says_so(home: Path, qtbot: QtBot) -> None:
    first = Window(home)
    add(first, home, "a")
    add(first, home, "b")
    assert first.autosave.close()
    (home / "photos" / "b.jpg").unlink()
    second = Window(home)
    qtbot.waitUntil(lambda: second.item("b").state is ItemState.FAILED, timeout=TIMEOUT_MS)
    assert "b.jpg" in second.item("b").message
    assert second.item("a").state is ItemState.READY
    assert second.autosave.close()


def test_changes_are_written_by_themselves(home: Path, qtbot: QtBot) -> None:
    window = Window(home)
    file = window.folder.session_file
    assert file is not None
    add(window, home, "a")
    qtbot.waitUntil(file.exists, timeout=TIMEOUT_MS)
    assert json.loads(file.read_text())["items"][0]["id"] == "a"
    assert window.autosave.close()


def test_pasted_pictures_outlive_the_session_and_a_move_of_the_home(home: Path) -> None:
    old = home / "old"
    first = Window(old)
    path = first.folder.keep_pasted("a", "Screen:shot/../x?.png", b"pixels")
    first.folder.keep_pasted("removed", "x.png", b"pixels")
    assert path.is_relative_to(old / "session")
    assert path.parent.parent.name == "pasted"
    item = PhotoItem("a", "x", path, pasted=True, state=ItemState.READY, thumbnail=image())
    first.darkroom.add(item)
    assert first.autosave.close()
    old.rename(home / "new")
    second = Window(home / "new")
    moved = second.item("a")
    assert moved.pasted
    assert moved.path is not None
    assert moved.path.read_bytes() == b"pixels"
    assert second.autosave.close()
    pasted = home / "new" / "session" / "1" / "pasted"
    assert [path.name for path in pasted.iterdir()] == ["a"], "what nobody needs is removed"


def test_two_windows_have_two_sessions(home: Path) -> None:
    first, second = Window(home), Window(home)
    assert first.folder.path != second.folder.path
    add(first, home, "a")
    assert not second.darkroom.items
    assert second.autosave.close()
    assert first.autosave.close()
    again = Window(home)
    assert [item.item_id for item in again.darkroom.items] == ["a"]
    assert again.autosave.close()


def test_a_killed_window_leaves_its_folder_to_the_next_one(home: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path;"
        "from desktop_app.session.session_folder import SessionFolder;"
        "folder = SessionFolder(Path(sys.argv[1])); sys.stdout.write(folder.path.name);"
        "sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", code, str(home / "session")]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert child.stdout == "1"
    folder = SessionFolder(home / "session")
    assert folder.path == home / "session" / "1"
    folder.release()


def test_a_place_that_cannot_be_written_is_no_crash(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "session").write_text("in the way")
    with caplog.at_level(logging.CRITICAL):
        window = Window(home)
        add(window, home, "a")
        assert window.folder.path is None
        with pytest.raises(OSError, match="no session folder"):
            window.folder.keep_pasted("a", "b", b"")
        assert window.autosave.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"items": 3}', "[" * 100_000, '"\\ud800"'])
def test_a_damaged_session_is_put_aside(
    home: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = Window(home)
    file = first.folder.session_file
    assert file is not None
    pasted = first.folder.keep_pasted("a", "a.png", b"pixels")
    assert first.autosave.close()
    file.write_text(text)
    with caplog.at_level(logging.CRITICAL):
        second = Window(home)
    assert not second.darkroom.items
    assert file.with_name("session.json.damaged").read_text() == text
    assert pasted.exists(), "somebody may still want what the damaged session had"
    assert second.autosave.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
GOOD = PhotoItem("good", "Good", Path("/photos/good.jpg"), state=ItemState.READY)
KEYS = ["id", "name", "path", "pasted", "failed", "request", "job_id", "entry_id", "message"]


@given(st.sampled_from([*KEYS, "saved_path"]), JSON)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_item_costs_that_item_alone(key: str, value: Any) -> None:
    bad = replace(GOOD, item_id="bad", request=Request())
    folder = Path("/data/session/1")
    values = json.loads(to_json(Snapshot((bad, GOOD), "good", 5.0), folder))
    values["items"][0][key] = value
    snapshot = from_json(json.dumps(values), folder)
    assert "Good" in [item.name for item in snapshot.items]
    assert snapshot.current_id == "good"
    assert len(snapshot.items) in (1, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="file names are text there")
def test_names_that_are_no_text_survive(home: Path) -> None:
    path = home / os.fsdecode(b"caf\xe9.jpg")
    item = replace(GOOD, path=path)
    folder = home / "1"
    assert from_json(to_json(Snapshot((item,)), folder), folder).items[0].path == path
