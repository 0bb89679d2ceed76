"""What is said, and how it looks."""

from __future__ import annotations

import io
import os

import pytest

from desktop_app.cli import console
from desktop_app.cli.console import Console, encode_name, fitted, printable


def test_text_becomes_one_harmless_line() -> None:
    assert printable("a\nb\x1b[2Jc\x00") == "a\\nb\\x1b[2Jc\\x00"
    assert printable("größe 絵 “x”") == "größe 絵 “x”"
    assert printable("\udcff") == "\\udcff"


def test_wide_characters_count_twice() -> None:
    assert fitted("abcdef", 4) == "abcd"
    assert fitted("絵絵絵", 4) == "絵絵"
    assert fitted("絵絵絵", 5) == "絵絵"
    assert fitted("ab", 4) == "ab"


def test_names_are_encoded_as_their_own_bytes() -> None:
    error = UnicodeEncodeError("ascii", "aé\udce9b", 1, 3, "no")
    assert encode_name(error) == (b"\\xe9\xe9", 3)


def test_a_quiet_console_says_only_errors(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Console(quiet=True)
    quiet.progress("1 of 2")
    quiet.note("by the way")
    quiet.error("wrong")
    quiet.result("out.png")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("out.png\n", "toonroom: wrong\n")


def test_progress_is_one_line_on_a_terminal_and_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    plain = Console()
    plain.progress("one")
    plain.progress("two")
    plain.error("wrong")
    assert stream.getvalue() == "one\ntwo\ntoonroom: wrong\n"

    stream.truncate(0)
    stream.seek(0)
    monkeypatch.setattr(console, "_terminal_columns", lambda _: 20)
    terminal = Console()
    terminal.progress("one")
    terminal.progress("two" * 20)
    terminal.error("wrong")
    line = "\r\x1b[K"
    assert stream.getvalue() == f"{line}one{line}{('two' * 20)[:19]}{line}toonroom: wrong\n"


def test_a_terminal_is_told_by_its_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    assert console._terminal_columns(None) is None
    assert console._terminal_columns(io.StringIO()) is None
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stream:
        monkeypatch.setenv("TERM", "xterm")
        assert (console._terminal_columns(stream) or 0) >= 1
        monkeypatch.setenv("TERM", "dumb")
        assert console._terminal_columns(stream) is None
    os.close(ours)


def test_a_stream_that_is_not_there_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    silent = Console()
    silent.result("out.png")
    silent.progress("1 of 2")
    silent.error("wrong")
    assert not silent.lost_output
