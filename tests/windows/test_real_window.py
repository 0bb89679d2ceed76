"""The app on a real screen: typed into with real keys, seen by a window manager."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from desktop_app.core.request import Request
from desktop_app.imaging.opening import open_photo
from desktop_app.windows.dialogs import PLAIN_DIALOGS_VARIABLE

PROGRAMS = ("Xvfb", "openbox", "xdotool")
START_S = 40.0
STEP_S = 30.0
CARTOON_CHIP = (60, 175)
"""Where the first look stands in the window, in pixels; it is 32 high."""


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A screen of its own with a window manager; returns its DISPLAY."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        sentence = f"a real window needs {', '.join(missing)}: apt-get install xvfb openbox xdotool"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=(writer,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as pipe:
        display = f":{pipe.readline().strip()}"
    manager = subprocess.Popen(
        ["openbox"], env={**os.environ, "DISPLAY": display}, stderr=subprocess.DEVNULL
    )
    yield display
    for process in (manager, server):
        process.terminate()
        process.wait(10)


class Desk:
    """Hands on the keyboard of a screen."""

    def __init__(self, display: str, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._environment = {**os.environ, "DISPLAY": display}
        self.window = ""

    def xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return done.stdout.strip()

    def wait(self, what: str, condition: Callable[[], bool], limit_s: float = STEP_S) -> None:
        deadline = time.monotonic() + limit_s
        while not condition():
            assert self.process.poll() is None, f"the app ended before {what}"
            assert time.monotonic() < deadline, f"no {what}; the title is {self.title!r}"
            time.sleep(0.1)

    @property
    def title(self) -> str:
        return self.xdotool("getwindowname", self.window) if self.window else ""

    def find(self, pattern: str) -> str:
        found = self.xdotool("search", "--onlyvisible", "--name", pattern).splitlines()
        return found[0] if found else ""

    def type(self, text: str) -> None:
        self.xdotool("type", "--delay", "15", text)

    def click(self, x: int, y: int) -> None:
        self.xdotool("mousemove", "--window", self.window, str(x), str(y))
        self.xdotool("click", "1")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.xdotool("key", key)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    skimage = pytest.importorskip("skimage.data")
    path = tmp_path / "astronaut.png"
    assert cv2.imwrite(str(path), np.ascontiguousarray(skimage.astronaut()[:, :, ::-1]))
    return path


@pytest.fixture
def desk(screen: str, photo: Path, tmp_path: Path) -> Iterator[Desk]:
    """The app with a photo, its window active."""
    environment = {
        **os.environ,
        "DISPLAY": screen,
        "QT_QPA_PLATFORM": "xcb",
        PLAIN_DIALOGS_VARIABLE: "1",
    }
    with (tmp_path / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "desktop_app", str(photo)], env=environment, stderr=errors
        )
        desk = Desk(screen, process)
        try:
            desk.wait("window", lambda: bool(desk.find("Toonroom$")), START_S)
            desk.window = desk.find("Toonroom$")
            desk.xdotool("windowactivate", "--sync", desk.window)
            yield desk
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)
    assert "Traceback" not in (tmp_path / "errors.txt").read_text(encoding="utf-8")


def test_typing_clicking_saving_and_quitting(desk: Desk, tmp_path: Path) -> None:
    desk.wait("photo", lambda: desk.title.startswith("astronaut.png — "))
    desk.press("ctrl+l")
    desk.type("pencil sketch, bolder lines")
    desk.press("Return")
    desk.wait("picture", lambda: "(developed)" in desk.title)

    desk.click(*CARTOON_CHIP)
    desk.wait("run", lambda: "(developed)" not in desk.title)
    desk.wait("picture", lambda: "(developed)" in desk.title)

    desk.press("ctrl+s")
    desk.wait("dialog", lambda: bool(desk.find("^Save picture$")))
    desk.xdotool("windowactivate", "--sync", desk.find("^Save picture$"))
    path = tmp_path / "typed by hand.png"
    desk.press("ctrl+a")
    desk.type(str(path))
    desk.press("Return")
    desk.wait("saved picture", lambda: "(saved)" in desk.title)

    with Image.open(path) as saved:
        assert saved.size == (512, 512)
        saved.load()
    request = Request.from_json(open_photo(path).request_json or "")
    assert request.instruction == "Cartoonize the following image, bolder lines"

    desk.xdotool("windowactivate", "--sync", desk.window)
    desk.press("ctrl+q")
    assert desk.process.wait(20) == 0


def test_closing_while_it_develops(desk: Desk) -> None:
    desk.wait("photo", lambda: desk.title.startswith("astronaut.png — "))
    desk.press("ctrl+Return")
    desk.wait("run", lambda: "develop" in desk.title)
    desk.press("alt+F4")
    assert desk.process.wait(20) == 0


def test_a_signal_ends_it_while_it_develops(desk: Desk) -> None:
    desk.wait("photo", lambda: desk.title.startswith("astronaut.png — "))
    desk.press("ctrl+Return")
    desk.process.send_signal(signal.SIGTERM)
    assert desk.process.wait(20) == 0
