"""The history: what was kept is there whole, whatever happened to the process."""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import PhotoError
from desktop_app.core.events import Result
from desktop_app.core.request import Request
from desktop_app.imaging.opening import open_photo
from desktop_app.session.history import History
from tests.session.makes import make_photo, make_result

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "history.sqlite3"


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history")


def folders(root: Path) -> set[str]:
    return {path.name for path in (root / "pictures").iterdir()}


def same(first: Result, second: Result) -> bool:
    """Whether two results are equal to the last pixel."""
    pairs = [(first.picture, second.picture), (first.alpha, second.alpha)]
    for mine, other in zip(first.rendering.layers, second.rendering.layers, strict=True):
        pairs += [(mine.rgb, other.rgb), (mine.alpha, other.alpha)]
        assert (mine.name, mine.op, mine.upsampling) == (other.name, other.op, other.upsampling)
    assert (first.request, first.interpretation) == (second.request, second.interpretation)
    assert first.seconds == second.seconds
    return all(
        (mine is None and other is None)
        or (mine is not None and other is not None and np.array_equal(mine, other))
        for mine, other in pairs
    )


@pytest.mark.parametrize("alpha", [False, True])
def test_a_result_comes_back_to_the_last_pixel(history: History, alpha: bool) -> None:
    result = make_result(5, alpha=alpha)
    entry = history.keep(result, make_photo(Path("/photos/Käthe.jpg")))
    assert history.entries() == [entry]
    assert history.entry(entry.entry_id) == entry
    assert entry.job_id == result.request.job_id
    assert (entry.width, entry.height, entry.seconds) == (40, 30, 1.25)
    assert (entry.photo_name, entry.photo_path) == ("Käthe.jpg", Path("/photos/Käthe.jpg"))
    assert same(history.read_result(entry), result)
    assert open_photo(entry.thumbnail_path).extent.long_side == 40


def test_the_kept_picture_is_a_photo_with_its_settings(history: History) -> None:
    entry = history.keep(make_result(5), make_photo())
    photo = open_photo(entry.picture_path)
    assert photo.request_json is not None
    assert Request.from_json(photo.request_json) == entry.request
    assert entry.photo_path is None
    assert entry.photo_name == "Pasted picture"


def test_the_thumbnail_shows_the_blend_and_the_picture_does_not(history: History) -> None:
    photo, result = make_photo(), make_result(5, blend=0.0)
    entry = history.keep(result, photo)
    assert np.array_equal(open_photo(entry.thumbnail_path).pixels, photo.pixels)
    assert np.array_equal(open_photo(entry.picture_path).pixels, result.picture)


def test_the_newest_come_first(history: History) -> None:
    kept = [history.keep(make_result(seed), make_photo()).entry_id for seed in range(4)]
    assert [entry.entry_id for entry in history.entries()] == kept[::-1]
    assert [entry.entry_id for entry in history.entries(limit=2)] == kept[:1:-1]


def test_removed_entries_leave_nothing(history: History, tmp_path: Path) -> None:
    entry = history.keep(make_result(), make_photo())
    history.remove(entry.entry_id)
    history.remove("nobody")
    assert not history.entries()
    assert history.entry(entry.entry_id) is None
    assert not folders(tmp_path / "history")
    with pytest.raises(PhotoError, match="develop it again"):
        history.read_result(entry)


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    history = History(tmp_path, max_entries=3)
    kept = [history.keep(make_result(seed), make_photo()).entry_id for seed in range(5)]
    assert [entry.entry_id for entry in history.entries()] == kept[:1:-1]
    assert folders(tmp_path) == set(kept[2:])


def test_trying_one_photo_often_does_not_cost_the_others(tmp_path: Path) -> None:
    history = History(tmp_path, max_entries=4, max_of_one_photo=2)
    other = history.keep(make_result(0), make_photo(Path("/photos/b.jpg")))
    one = make_photo(Path("/photos/a.jpg"))
    kept = [history.keep(make_result(seed), one).entry_id for seed in range(1, 9)]
    left = [entry.entry_id for entry in history.entries()]
    assert left == [kept[-1], kept[-2], other.entry_id]


def test_the_oldest_go_when_they_are_too_large(tmp_path: Path) -> None:
    size = History(tmp_path / "probe").keep(make_result(), make_photo()).bytes
    history = History(tmp_path / "small", max_bytes=round(size * 2.5))
    kept = [history.keep(make_result(seed), make_photo()).entry_id for seed in range(4)]
    assert [entry.entry_id for entry in history.entries()] == kept[:1:-1]
    tiny = History(tmp_path / "tiny", max_bytes=1)
    last = [tiny.keep(make_result(seed), make_photo()).entry_id for seed in range(2)][-1]
    assert [entry.entry_id for entry in tiny.entries()] == [last]


def test_a_clock_that_was_set_back_does_not_cost_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(tmp_path, max_entries=2)
    for seed in range(2):
        history.keep(make_result(seed), make_photo())
    monkeypatch.setattr("desktop_app.session.history.time.time", lambda: 1.0)
    newest = history.keep(make_result(9), make_photo())
    assert history.entry(newest.entry_id) == newest


def test_a_second_start_finds_everything(tmp_path: Path) -> None:
    kept = [History(tmp_path).keep(make_result(seed), make_photo()) for seed in range(3)]
    assert History(tmp_path).entries() == kept[::-1]


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 400, None])
def test_a_damaged_index_is_made_again(
    tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    history = History(tmp_path)
    kept = [history.keep(make_result(seed), make_photo()) for seed in range(3)]
    database = tmp_path / DATABASE
    if damage is None:  # a page in the middle
        data = bytearray(database.read_bytes())
        data[4096:8192] = random.Random(1).randbytes(4096)
        damage = bytes(data)
    database.write_bytes(damage)
    with caplog.at_level(logging.CRITICAL):
        again = History(tmp_path)
        assert again.entries() == kept[::-1]
    again.keep(make_result(9), make_photo())
    assert len(History(tmp_path).entries()) == 4
    if damage:
        assert (tmp_path / "history.damaged").read_bytes() == damage


def test_damage_while_the_app_runs_is_no_crash(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history = History(tmp_path)
    history.keep(make_result(), make_photo())
    (tmp_path / DATABASE).write_bytes(b"rubbish" * 1000)
    assert history.entries() == []
    with pytest.raises(OSError, match="cannot be written"):
        history.keep(make_result(2), make_photo())
    assert len(folders(tmp_path)) == 1, "what could not be kept leaves nothing"
    assert len(History(tmp_path).entries()) == 1


def test_rubbish_among_the_pictures_is_removed(tmp_path: Path) -> None:
    history = History(tmp_path)
    entry = history.keep(make_result(), make_photo())
    torn = history.keep(make_result(2), make_photo())
    (torn.folder / "entry.json").write_text('{"created": 1, "pho')
    half = tmp_path / "pictures" / "half"
    half.mkdir()
    (half / "picture.png").write_bytes(b"x")
    (tmp_path / "pictures" / "stray.tmp").write_bytes(b"x")
    unlisted = tmp_path / "pictures" / "unlisted"
    shutil.copytree(entry.folder, unlisted)
    (tmp_path / "pictures" / "empty").mkdir()
    lost = history.keep(make_result(3), make_photo())
    (lost.folder / "picture.png").unlink()
    again = History(tmp_path)
    assert {found.entry_id for found in again.entries()} >= {entry.entry_id, "unlisted"}
    assert folders(tmp_path) == {entry.entry_id, "unlisted", torn.entry_id}
    assert History(tmp_path).entry(lost.entry_id) is None


def test_a_place_that_cannot_be_written_is_no_crash(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    history = History(blocked / "history")
    assert history.entries() == []
    assert history.entry("x") is None
    with pytest.raises((OSError, PhotoError)):
        history.keep(make_result(), make_photo())


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    written = 0

    def full(path: Path, data: bytes, *, overwrite: bool = False) -> None:
        nonlocal written
        if written == 2:
            raise PhotoError("The disk is full.")
        written += 1
        path.write_bytes(data)

    monkeypatch.setattr("desktop_app.session.entries.write_bytes_atomically", full)
    with pytest.raises(PhotoError, match="full"):
        history.keep(make_result(), make_photo())
    assert not folders(tmp_path)
    assert not history.entries()
    assert History(tmp_path).entries() == []


@pytest.mark.skipif(sys.platform == "win32", reason="file names are text there")
def test_names_that_are_no_text_are_kept(history: History) -> None:
    path = Path(os.fsdecode(b"/photos/caf\xe9.jpg"))
    history.keep(make_result(), make_photo(path))
    assert history.entries()[0].photo_path == path


def test_threads_do_not_trample_each_other(history: History) -> None:
    def keep_some(first: int) -> None:
        for seed in range(first, first + 5):
            history.keep(make_result(seed), make_photo())
            assert history.entries()

    threads = [threading.Thread(target=keep_some, args=(n * 10,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = history.entries()
    assert len(entries) == 20
    for entry in entries:
        assert same(history.read_result(entry), make_result_like(entry.request.seed))


def make_result_like(seed: int, width: int = 40, height: int = 30) -> Result:
    return make_result(seed, width, height)


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.session.keep_forever", str(folder), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_processes_do_not_trample_each_other(tmp_path: Path) -> None:
    children = [start(tmp_path, "6") for _ in range(3)]
    announced: dict[str, int] = {}
    for child in children:
        output, _ = child.communicate(timeout=120)
        assert child.returncode == 0
        announced |= announcements(output)
    assert len(announced) == 18
    assert {entry.entry_id for entry in History(tmp_path).entries()} == set(announced)
    assert folders(tmp_path) == set(announced)


def announcements(output: str) -> dict[str, int]:
    """Return what a child said it had kept: seeds by entry. A torn last line says nothing."""
    lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {words[0]: int(words[1]) for words in lines if len(words) == 2}


def test_kill_9_loses_nothing_that_was_announced(tmp_path: Path) -> None:
    generator = random.Random(20)
    announced: dict[str, int] = {}
    for _ in range(6):
        child = start(tmp_path)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(generator.uniform(0.0, 0.25))  # any moment will do
        child.kill()
        output, _ = child.communicate(timeout=60)
        announced |= announcements(output)
        history = History(tmp_path)
        kept = {entry.entry_id: entry for entry in history.entries(limit=1_000_000)}
        assert announced.keys() <= kept.keys()
        assert folders(tmp_path) == set(kept), "no rubbish remains"
        for entry in kept.values():
            names = {path.name for path in entry.folder.iterdir()}
            expected = {"entry.json", "picture.png", "thumbnail.png", "layer-0.png", "layer-1.png"}
            assert names == expected
            assert same(history.read_result(entry), make_result(entry.request.seed, 300, 200))
    assert announced
    with sqlite3.connect(tmp_path / DATABASE) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
