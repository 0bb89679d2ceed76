"""The log file."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app import logs


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers, raises = root.level, list(root.handlers), logging.raiseExceptions
    yield
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.raiseExceptions = raises
    logging.captureWarnings(False)


def test_what_is_logged_and_warned_of_is_in_the_file(
    toonroom_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = logs.set_up()
    assert path == toonroom_home / "logs" / "toonroom.log"
    logging.getLogger("some.module").info("größe \udcff")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("beware", stacklevel=1)
    text = path.read_text("utf-8")
    assert "INFO some.module: größe \\udcff" in text
    assert "beware" in text
    assert capsys.readouterr().err == ""


def test_setting_up_again_moves_the_log_and_adds_no_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.set_up()
    monkeypatch.setenv("TOONROOM_HOME", str(tmp_path))
    path = logs.set_up()
    assert path == logs.set_up() == tmp_path / "logs" / "toonroom.log"
    logging.getLogger().info("once")
    assert path.read_text("utf-8").count("once") == 1


def test_the_file_does_not_grow_for_ever(
    toonroom_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST_BYTES", 2_000)
    logs.set_up()
    for _ in range(1_000):
        logging.getLogger().info("x" * 100)
    sizes = [path.stat().st_size for path in (toonroom_home / "logs").iterdir()]
    assert len(sizes) == 1 + logs.KEPT_FILES
    assert max(sizes) <= 2_000


def test_without_a_place_for_the_log_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOONROOM_HOME", str(tmp_path / "file"))
    assert logs.set_up() is None
    logging.getLogger("some.module").error("nobody hears this")
    assert capsys.readouterr().err == ""
