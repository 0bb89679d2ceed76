"""The window as a process: how it starts, what it loads, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import create_application

NAMES = (
    "canvas",
    "instructionField",
    "runButton",
    "cancelButton",
    "progressBar",
    "statusText",
    "enginePicker",
    "lookPicker",
    "seedField",
    "textGuidanceSlider",
    "imageGuidanceSlider",
    "stepsField",
    "blendSlider",
    "filmStrip",
    "historyView",
    "compareToggle",
)
ACTION_NAMES = ("openAction", "saveAction", "copyAction", "pasteAction")
PACKAGES = {"PIL", "PySide6", "cv2", "numpy", "platformdirs", "shiboken6", "shibokensupport"}
"""All that a start needs of others; benchmarks/start_up.py measures how long that takes."""
SLOW = {"asyncio", "email", "http", "ssl", "tkinter", "unittest", "xml"}
"""Rooms of the standard library that take long to load, and that nothing needs before a run."""
LAZY = (
    "desktop_app.cli",
    "desktop_app.engines.diffusion.loading",
    "desktop_app.engines.diffusion.studio",
    "desktop_app.training",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PySide6.QtNetwork",
)
"""Rooms that wait until somebody goes there."""

START = """
import json, sys, time
from desktop_app.app import create_application
app, window = create_application(["toonroom", *sys.argv[1:]])
window.show()
while not window.windowHandle() or not window.windowHandle().isExposed():
    app.processEvents()
app.processEvents()
modules = list(sys.modules)
packages = {
    name.partition(".")[0]
    for name, module in list(sys.modules.items())
    if "site-packages" in (getattr(module, "__file__", None) or "")
}
deadline = time.monotonic() + 20
while sys.argv[1:] and time.monotonic() < deadline:
    app.processEvents()
    item = window.services.darkroom.current
    if item is not None and item.photo is not None:
        break
window.close()
answer = {"modules": modules, "packages": list(packages), "title": window.windowTitle()}
print(json.dumps(answer))
"""


STUCK = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from desktop_app import app as application
from desktop_app.engines.classic.engine import ClassicEngine
from desktop_app.workers.pipeline import PipelineThread

class Stuck(ClassicEngine):
    def run(self, request, photo, on_step, token):
        Path(sys.argv[2]).touch()
        time.sleep(60)

PipelineThread.shutdown.__defaults__ = (300,)
application.available_engines = lambda _options: (Stuck(),)

def look():
    item = window.services.darkroom.current
    if Path(sys.argv[2]).exists():
        window.close()
    elif item is not None and item.photo is not None and not window.development.is_busy:
        window.development.run()

create = application.create_application
def created(argv):
    global window
    app, window = create(argv[:2])
    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(50)
    return app, window
application.create_application = created
print("begins")
sys.exit(application.main(sys.argv))
"""


def start(*photos: Path) -> dict[str, object]:
    """Start the window in a process of its own and return what it says."""
    command = [sys.executable, "-c", START, *map(str, photos)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "ein Föto.png"
    data = cv2.imencode(".png", np.full((30, 40, 3), 120, np.uint8))[1]
    path.write_bytes(data.tobytes())
    return path


def test_every_name_of_the_contract_is_there(qtbot: QtBot, qapp: QApplication) -> None:
    app, window = create_application(["toonroom"])
    try:
        assert app is qapp
        assert not window.isVisible()
        assert [name for name in NAMES if window.findChild(QObject, name) is None] == []
        assert [n for n in ACTION_NAMES if window.findChild(QAction, n) is None] == []
    finally:
        window.close()
        qapp.setStyleSheet("")


def test_a_start_loads_no_torch_and_nothing_that_is_not_needed_yet() -> None:
    answer = start()
    modules, packages = answer["modules"], answer["packages"]
    assert isinstance(modules, list)
    assert isinstance(packages, list)
    assert {"torch", "diffusers", "transformers", "accelerate", "scipy"} & set(modules) == set()
    assert set(packages) - PACKAGES - {"_distutils_hack"} == set()  # setuptools' own, in any Python
    assert SLOW & set(modules) == set()
    assert [name for name in LAZY if name in modules] == []


def test_photos_of_the_command_line_are_opened(photo: Path) -> None:
    assert "ein Föto.png" in str(start(photo)["title"])


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_the_window_properly(toonroom_home: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "desktop_app"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    session = toonroom_home / "sessions" / "1" / "lock"
    deadline = time.monotonic() + 30
    while not session.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, b"")
    assert b"Traceback" not in err
    settings = json.loads((toonroom_home / "settings.json").read_text(encoding="utf-8"))
    assert settings["window_geometry"]


def test_a_run_that_never_ends_does_not_keep_the_process(
    photo: Path, tmp_path: Path, toonroom_home: Path
) -> None:
    command = [sys.executable, "-c", STUCK, str(photo), str(tmp_path / "began")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout) == (0, "begins\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert "QThread" not in done.stderr
    session = json.loads((toonroom_home / "sessions" / "1" / "session.json").read_text("ascii"))
    assert [item["name"] for item in session["items"]] == ["ein Föto.png"]
