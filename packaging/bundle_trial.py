"""A built app, tried with nothing else around, and photos to try it with."""

from __future__ import annotations

import base64
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
from PIL import Image, ImageDraw

# Windows' program for the window has no stdout; the one beside it has.
WINDOWS = sys.platform == "win32"
COMMAND = "toonroom-cli.exe" if WINDOWS else "toonroom"
WINDOW = "toonroom.exe" if WINDOWS else "toonroom"
LIMIT_S = 120.0
SIZE_PX = (160, 120)
# Pillow cannot write HEIC, so the tests bring some.
HEIC_SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "imaging" / "conftest.py"
HEIC_SIZE_PX = (64, 48)
# How long the processes that multiprocessing starts to tidy up may outlive the app.
LINGERING_S = 3.0


class CheckError(Exception):
    """What the app did wrong."""


class Trial:
    """The app in `bundle`, tried in `place`, an empty folder, and with nothing else around."""

    def __init__(self, bundle: Path, place: Path) -> None:
        self.bundle = bundle
        self.place = place
        unwanted = ("PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "QT_", "PYSIDE")
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        self.environ |= {"TOONROOM_HOME": str(place / "home"), "QT_QPA_PLATFORM": "offscreen"}

    def run(self, *arguments: str) -> str:
        """Run a command and return what it printed."""
        return self.run_by([str(self.bundle / COMMAND)], *arguments)

    def run_by(self, program: list[str], *arguments: str) -> str:
        """Run a command by another `program` than the app, and return what it printed."""
        run = subprocess.run(
            [*program, *arguments],
            cwd=self.place,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
        if run.returncode != 0:
            raise CheckError(f"toonroom {' '.join(arguments)}: {run.returncode}, {run.stderr}")
        return run.stdout

    def processes(self) -> Iterator[psutil.Process]:
        """Yield the processes of the app that are there now."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if Path(process.exe()).is_relative_to(self.bundle):
                    yield process

    def expect_no_process(self) -> None:
        """Wait a moment for the app's processes to end.

        Raises:
            CheckError: one is left.
        """
        end = time.monotonic() + LINGERING_S
        while left := list(self.processes()):
            if time.monotonic() > end:
                raise CheckError(f"the app has ended, but left {left}")
            time.sleep(0.02)


def photo() -> Image.Image:
    """Return a picture with soft and hard edges."""
    gradient = Image.linear_gradient("L").resize(SIZE_PX)
    picture = Image.merge("RGB", (gradient, gradient.rotate(180), gradient))
    ImageDraw.Draw(picture).ellipse((40, 20, 120, 100), fill=(230, 180, 150), outline=(60, 30, 20))
    return picture


def heic_photo() -> bytes:
    """Return a HEIC file of HEIC_SIZE_PX."""
    sample: str = runpy.run_path(str(HEIC_SAMPLES))["HEIC"]["deep"]
    return base64.b85decode(sample)
