"""The way in."""

from __future__ import annotations

import sys
import types

import pytest

from desktop_app import __main__, cli


@pytest.mark.parametrize(
    ("arguments", "is_command"),
    [
        ([], False),
        (["photo.jpg", "cartoonize"], False),
        (["cartoonize"], True),
        (["doctor", "--json"], True),
        (["models"], True),
        (["train"], True),
        (["--version"], True),
        (["-h"], True),
        (["photo.jpg", "--frob"], True),  # refused there in a sentence
    ],
)
def test_commands_and_options_are_for_the_command_line(
    arguments: list[str], is_command: bool
) -> None:
    assert cli.handles(arguments) == is_command


def window_that(behaves: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a window in place of the real one, whose main returns or raises `behaves`."""

    def main(argv: list[str]) -> int:
        if isinstance(behaves, Exception):
            raise behaves
        assert argv == ["toonroom", "a.jpg", "b.jpg"]
        assert isinstance(behaves, int)
        return behaves

    module = types.ModuleType("desktop_app.app")
    module.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "desktop_app.app", module)
    monkeypatch.setattr("desktop_app.app", module, raising=False)
    monkeypatch.setattr("desktop_app.logs.set_up", lambda: None)
    monkeypatch.setattr("sys.argv", ["toonroom", "a.jpg", "b.jpg"])


def test_photos_are_for_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    window_that(7, monkeypatch)
    assert __main__.main() == 7


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportError("libEGL.so.1: cannot open shared object file"), "bootstrap.py app"),
        (RuntimeError("boom"), "RuntimeError: boom"),
    ],
)
def test_a_window_that_cannot_open_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    said: str,
) -> None:
    window_that(error, monkeypatch)
    assert __main__.main() == 1
    err = capsys.readouterr().err
    assert str(error) in err
    assert said in err
    assert "Traceback" not in err
