"""Which files in a folder are photos."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.names import printable
from desktop_app.imaging.opening import PHOTO_SUFFIXES, is_photo_name, list_photos


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder of photos and other things."""
    for name in (
        "b.JPG",
        "a.png",
        "notes.txt",
        ".hidden.png",
        "C.heic",
        "sub/d.webp",
        ".git/e.png",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "broken.png").symlink_to(tmp_path / "gone.png")
    os.mkfifo(tmp_path / "pipe.png")
    return tmp_path


def test_names() -> None:
    assert is_photo_name(Path("a.JPEG"))
    assert is_photo_name(Path("a.b.HeIc"))
    assert not is_photo_name(Path("jpg"))
    assert not is_photo_name(Path("a.txt"))
    assert {".jpg", ".png", ".webp", ".tif", ".gif", ".bmp", ".avif", ".heif"} <= PHOTO_SUFFIXES


def test_one_folder(tree: Path) -> None:
    names = [path.name for path in list_photos(tree, recursive=False)]
    assert names == ["a.png", "b.JPG", "C.heic", "link.png"]


def test_folders_below_without_following_links(tree: Path) -> None:
    names = [str(path.relative_to(tree)) for path in list_photos(tree, recursive=True)]
    assert names == ["a.png", "b.JPG", "C.heic", "link.png", "sub/d.webp"]


def test_what_is_no_folder(tree: Path) -> None:
    with pytest.raises(PhotoError, match="no folder"):
        list_photos(tree / "gone", recursive=True)
    with pytest.raises(PhotoError, match="no folder"):
        list_photos(tree / "a.png", recursive=False)


def test_printable_names_tell_different_names_apart() -> None:
    assert printable("plain name.jpg") == "plain name.jpg"
    assert printable("Ünïcode 写真 🙂.jpg") == "Ünïcode 写真 🙂.jpg"
    assert printable("a\nb") == "a\\nb"
    assert printable(os.fsdecode(b"\xff.jpg")) == "\\xff.jpg"
    assert len(printable("x" * 5000 + ".jpg")) <= 121
    assert printable("x" * 5000 + ".jpg").endswith(".jpg")
