"""Whether a window can open is known before Qt ends the process over it."""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.cli.display import display_problem

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux names its screens in the environment"
)


@pytest.fixture
def runtime_folder() -> Iterator[Path]:
    """Return a folder with a short name, as sockets want it, in which "wayland-7" listens."""
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{name}/wayland-7")
        listening.listen()
        yield Path(name)


def test_without_a_screen_there_is_a_sentence() -> None:
    problem = display_problem({})
    assert problem
    assert "no screen here" in problem
    assert "cartoonize" in problem


def test_other_systems_and_chosen_platforms_are_left_to_qt() -> None:
    assert display_problem({}, "darwin") is None
    assert display_problem({}, "win32") is None
    assert display_problem({"QT_QPA_PLATFORM": "offscreen"}) is None


def test_a_wayland_screen_must_answer(runtime_folder: Path) -> None:
    runtime = str(runtime_folder)
    assert display_problem({"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": runtime}) is None
    assert display_problem({"WAYLAND_DISPLAY": f"{runtime}/wayland-7"}) is None
    assert display_problem({"WAYLAND_DISPLAY": "wayland-8", "XDG_RUNTIME_DIR": runtime})


def test_an_x11_screen_must_answer() -> None:
    number = 54321
    for name in (f":{number}", f":{number}.0", f"unix:{number}"):
        problem = display_problem({"DISPLAY": name})
        assert problem
        assert name in problem
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"\0/tmp/.X11-unix/X{number}")
        listening.listen()
        for name in (f":{number}", f":{number}.0", f"unix:{number}"):
            assert display_problem({"DISPLAY": name}) is None


def test_a_screen_over_the_network_must_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.getsockname()[1] - 6000
        assert display_problem({"DISPLAY": f"127.0.0.1:{number}.0"}) is None
    assert display_problem({"DISPLAY": f"127.0.0.1:{number}.0"})


def test_what_we_cannot_read_is_left_to_qt() -> None:
    assert display_problem({"DISPLAY": "fe80::1:x"}) is None
