"""What a built app must do before anybody gets it."""

from __future__ import annotations

import base64
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bundle_contents import UNUSED
from PIL import Image, ImageDraw

# Windows' program for the window has no stdout; the one beside it has.
WINDOWS = sys.platform == "win32"
COMMAND = "toonroom-cli.exe" if WINDOWS else "toonroom"
WINDOW = "toonroom.exe" if WINDOWS else "toonroom"
LIMIT_S = 120.0
SHOWING_S = 1.0  # how long the window stays before it is asked to close
FORMATS = ("png", "jpg", "webp", "tiff", "bmp", "gif", "avif", "ppm")  # one of each plug-in
SIZE_PX = (160, 120)
# Pillow cannot write HEIC, so the tests bring some.
HEIC_SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "imaging" / "conftest.py"
HEIC_SIZE_PX = (64, 48)
STARTS = 3


class CheckError(Exception):
    """What the app did wrong."""


def check(bundle: Path) -> Iterator[str]:
    """Try the app in `bundle` and yield a line for each thing that works.

    Raises:
        CheckError: something does not.
    """
    with tempfile.TemporaryDirectory(prefix="toonroom-") as folder:
        place = Path(folder).resolve() / "Fotos – Größe 写真"
        place.mkdir()
        trial = Trial(bundle, place)
        yield f"ok     contents ({contents(bundle)})"
        if sys.platform.startswith("linux"):
            yield f"ok     libraries ({libraries(bundle)} files find theirs)"
        yield f"ok     --version ({trial.version()})"
        yield f"ok     cartoonize ({trial.cartoonize()})"
        yield f"ok     doctor ({trial.doctor()})"
        yield f"ok     window ({trial.window()})"


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
        command = [str(self.bundle / COMMAND), *arguments]
        run = subprocess.run(
            command,
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

    def version(self) -> str:
        """Return how long the app takes to start and end."""
        seconds = []
        for _ in range(STARTS):
            start = time.monotonic()
            printed = self.run("--version")
            seconds.append(time.monotonic() - start)
            if not re.fullmatch(r"toonroom \d+\.\d+\S*\n", printed):
                raise CheckError(f"--version printed {printed!r}")
        return f"{printed.strip()}; first {seconds[0]:.2f} s, then {min(seconds[1:]):.2f} s"

    def cartoonize(self) -> str:
        """Cartoonize a photo of each format and look at what came out."""
        sizes_px = {f"Porträt-{suffix}.{suffix}": SIZE_PX for suffix in FORMATS}
        for name in sizes_px:
            photo().save(self.place / name)
        sizes_px["Porträt-heic.heic"] = HEIC_SIZE_PX
        (self.place / "Porträt-heic.heic").write_bytes(heic_photo())
        start = time.monotonic()
        printed = self.run("cartoonize", *sizes_px, "-o", "fertig", "--json", "--quiet")
        seconds = time.monotonic() - start
        outcomes = [json.loads(line) for line in printed.splitlines()]
        if [Path(outcome["photo"]).name for outcome in outcomes] != list(sizes_px):
            raise CheckError(f"the results are {printed}")
        for outcome, size_px in zip(outcomes, sizes_px.values(), strict=True):
            with Image.open(self.place / outcome["result"]) as picture:
                if picture.size != size_px:
                    raise CheckError(f"{outcome['result']} has the size {picture.size}")
                if picture.convert("RGB").tobytes() == photo().tobytes():
                    raise CheckError(f"{outcome['result']} is the photo as it was")
        return f"{len(outcomes)} photos, {', '.join(FORMATS)}, heic, in {seconds:.1f} s"

    def doctor(self) -> str:
        """Return which libraries the app itself says it has."""
        findings = json.loads(self.run("doctor", "--json"))
        if not findings["ok"] or "not found" in findings["packages"]:
            raise CheckError(f"doctor found {findings}")
        return str(findings["packages"])

    def window(self) -> str:
        """Open the window with a photo, ask it to close, and return how long it took to open."""
        command = [str(self.bundle / WINDOW), f"Porträt-{FORMATS[0]}.{FORMATS[0]}"]
        seconds = [self._open_and_close(command) for _ in range(STARTS)]
        log = self.place / "home" / "logs" / "toonroom.log"
        if " ERROR " in log.read_text("utf-8"):
            raise CheckError(f"the window logged {log.read_text('utf-8')}")
        return f"opens first in {seconds[0]:.2f} s, then in {min(seconds[1:]):.2f} s"

    def _open_and_close(self, command: Sequence[str]) -> float:
        start = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self.place,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            while not listens(process.pid, time.monotonic() - start):
                if process.poll() is not None or time.monotonic() - start > LIMIT_S:
                    raise CheckError(f"the window did not open ({process.poll()})")
                time.sleep(0.005)
            seconds = time.monotonic() - start
            time.sleep(SHOWING_S)
            process.terminate()
            _nothing, complaints = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
        # Windows has no signal that asks: terminating is all there is.
        if process.returncode != (1 if WINDOWS else 0) or complaints:
            raise CheckError(f"the window ended with {process.returncode}: {complaints!r}")
        return seconds


def listens(pid: int, seconds: float) -> bool:
    """Return whether a window is there: it listens for SIGTERM just before it shows itself.

    Where the system does not tell what a process listens for, a window gets ten seconds.
    """
    status = Path(f"/proc/{pid}/status")
    if not sys.platform.startswith("linux"):
        return seconds > 10.0
    try:
        caught = re.search(r"^SigCgt:\s*(\w+)", status.read_text(), re.MULTILINE)
    except OSError:
        return False
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def contents(bundle: Path) -> str:
    """Return how large the app is.

    Raises:
        CheckError: something is in it that must not be, or a link leads nowhere.
    """
    paths = [path for path in bundle.rglob("*") if path.is_symlink() or path.is_file()]
    for path in paths:
        names = path.relative_to(bundle).parts
        parts = {name.partition("-")[0].partition(".")[0] for name in names}
        if parts.intersection(UNUSED):
            raise CheckError(f"{path} is in the app; nothing uses it")
        if not path.exists():
            raise CheckError(f"{path} leads nowhere")
    files = [path for path in paths if not path.is_symlink()]
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    return f"{size_mb:.0f} MB in {len(files)} files"


def libraries(bundle: Path) -> int:
    """Return how many files load libraries.

    Raises:
        CheckError: one would not find a library that it needs.
    """
    inside = bundle / "_internal"
    files = [path for path in inside.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    environ = {**os.environ, "LD_LIBRARY_PATH": str(inside)}  # as the app's starter sets it
    for path in files:
        run = subprocess.run(
            ["ldd", path], env=environ, capture_output=True, text=True, check=False
        )
        missing = re.findall(r"(\S+) => not found", run.stdout)
        if missing:
            raise CheckError(f"{path} needs {', '.join(missing)}")
    return len(files)


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
