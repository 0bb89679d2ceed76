"""Files are there whole or not at all, and never take another's place unasked."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.atomic import AlreadyThere, atomic_write, write_bytes_atomically

NAME = "picture.png"


@pytest.fixture(params=["links", "no links"])
def any_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test on a file system with hard links and on one without, such as a memory card's."""
    if request.param == "no links":

        def refuse(*_args: object, **_options: object) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(Path, "hardlink_to", refuse)


def names(folder: Path) -> list[str]:
    """Return what is in `folder`."""
    return sorted(path.name for path in folder.iterdir())


def write_half(path: Path, error: BaseException) -> None:
    """Begin to write a file, then fail."""
    with atomic_write(path) as file:
        file.write(b"half")
        raise error


@pytest.mark.usefixtures("any_disk")
def test_a_new_file(tmp_path: Path) -> None:
    write_bytes_atomically(tmp_path / NAME, b"data")
    assert (tmp_path / NAME).read_bytes() == b"data"
    assert names(tmp_path) == [NAME]


@pytest.mark.usefixtures("any_disk")
def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    with atomic_write(tmp_path / NAME) as file:
        file.write(b"half")
        file.flush()
        assert not (tmp_path / NAME).exists()
        assert all(name.startswith(".") for name in names(tmp_path))


@pytest.mark.usefixtures("any_disk")
def test_never_over_a_file_unasked(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"mine")
    with pytest.raises(AlreadyThere, match=NAME):
        write_bytes_atomically(tmp_path / NAME, b"data")
    assert (tmp_path / NAME).read_bytes() == b"mine"
    write_bytes_atomically(tmp_path / NAME, b"data", overwrite=True)
    assert (tmp_path / NAME).read_bytes() == b"data"
    assert names(tmp_path) == [NAME]


@pytest.mark.usefixtures("any_disk")
def test_not_over_a_file_that_came_in_the_meantime(tmp_path: Path) -> None:

    def write() -> None:
        with atomic_write(tmp_path / NAME) as file:
            file.write(b"data")
            (tmp_path / NAME).write_bytes(b"faster")

    with pytest.raises(AlreadyThere):
        write()
    assert (tmp_path / NAME).read_bytes() == b"faster"
    assert names(tmp_path) == [NAME]


@pytest.mark.usefixtures("any_disk")
def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    won: list[int] = []
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        try:
            write_bytes_atomically(tmp_path / NAME, b"%d" % number * 1000)
        except AlreadyThere:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert (tmp_path / NAME).read_bytes() == b"%d" % won[0] * 1000
    assert names(tmp_path) == [NAME]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), MemoryError()])
def test_whatever_fails_leaves_nothing_behind(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        write_half(tmp_path / NAME, error)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("call", "code", "word"),
    [
        ("fsync", errno.ENOSPC, "full"),
        ("fsync", errno.EDQUOT, "full"),
        ("fsync", errno.EIO, "cannot be written"),
        ("open", errno.EACCES, "may not write"),
        ("open", errno.EROFS, "read-only"),
        ("open", errno.ENAMETOOLONG, "too long"),
    ],
)
def test_what_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, word: str
) -> None:
    def refuse(*_args: object, **_options: object) -> Any:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(PhotoError, match=word) as caught:
        write_bytes_atomically(tmp_path / NAME, b"data")
    assert NAME in str(caught.value)
    monkeypatch.undo()
    assert names(tmp_path) == []


def test_a_disk_that_fills_while_writing(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="full"):
        write_half(tmp_path / NAME, OSError(errno.ENOSPC, "No space left on device"))
    assert names(tmp_path) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no folder"):
        write_bytes_atomically(tmp_path / "gone" / NAME, b"")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(PhotoError, match="no folder"):
        write_bytes_atomically(tmp_path / "file" / NAME, b"")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(PhotoError, match="folder"):
        write_bytes_atomically(tmp_path / "folder.png", b"", overwrite=True)
    with pytest.raises(PhotoError):
        write_bytes_atomically(tmp_path / "folder.png", b"")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PhotoError, match="pipe"):
        write_bytes_atomically(tmp_path / "pipe.png", b"", overwrite=True)
    with pytest.raises(PhotoError):
        write_bytes_atomically(tmp_path / ("x" * 300 + ".png"), b"")
    with pytest.raises(PhotoError):
        write_bytes_atomically(tmp_path / "a\0b.png", b"")


def test_the_permissions_are_usual_and_a_replaced_files_stay(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_bytes_atomically(tmp_path / NAME, b"1")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o640
    (tmp_path / NAME).chmod(0o604)
    write_bytes_atomically(tmp_path / NAME, b"2", overwrite=True)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o604


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / NAME).write_bytes(b"old")
    (tmp_path / NAME).symlink_to(tmp_path / "real" / NAME)
    write_bytes_atomically(tmp_path / NAME, b"new", overwrite=True)
    assert (tmp_path / NAME).is_symlink()
    assert (tmp_path / "real" / NAME).read_bytes() == b"new"
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(AlreadyThere):
        write_bytes_atomically(tmp_path / "dangling.png", b"data")


def test_the_longest_possible_name(tmp_path: Path) -> None:
    name = "x" * 251 + ".png"
    write_bytes_atomically(tmp_path / name, b"data")
    assert names(tmp_path) == [name]


def test_a_folder_that_is_there_and_takes_no_files_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> int:
        raise OSError(errno.ENOENT, "as /proc says")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PhotoError, match="cannot be written"):
        write_bytes_atomically(tmp_path / NAME, b"data")
