"""What a built app must do before anybody gets it."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bundle_contents import EXCLUDED, METADATA, distribution, unused_families
from bundle_diffusion import develop
from bundle_trial import (
    COMMAND,
    HEIC_SIZE_PX,
    LIMIT_S,
    SIZE_PX,
    WINDOW,
    WINDOWS,
    CheckError,
    Trial,
    heic_photo,
    photo,
)
from PIL import Image

SHOWING_S = 1.0  # how long the window stays before it is asked to close
FORMATS = ("png", "jpg", "webp", "tiff", "bmp", "gif", "avif", "ppm")  # one of each plug-in
STARTS = 3
# Not in the app, as they must fit the system's drivers; where there are none, Qt takes X11.
WAYLAND = "libwayland-"


def check(bundle: Path) -> Iterator[str]:
    """Try the app in `bundle` and yield a line for each thing that works.

    Raises:
        CheckError: something does not.
    """
    with tempfile.TemporaryDirectory(prefix="toonroom-") as folder:
        place = Path(folder).resolve() / "Fotos – Größe 写真"
        place.mkdir()
        trial = AppTrial(bundle, place)
        yield f"ok     contents ({contents(bundle)})"
        yield f"ok     modules ({modules(bundle)}, each with its licence)"
        if sys.platform.startswith("linux"):
            yield f"ok     libraries ({libraries(bundle)} files find theirs)"
        yield f"ok     --version ({trial.version()})"
        yield f"ok     cartoonize ({trial.cartoonize()})"
        yield f"ok     doctor ({trial.doctor()})"
        yield f"ok     window ({trial.window()})"
        yield f"ok     diffusion ({develop(trial)})"


class AppTrial(Trial):
    """Tries what the app does without a model."""

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
        findings = json.loads(self.run("doctor", "--gpu", "--json"))
        packages = f"{findings['packages']}, {findings['torch'].partition(';')[0]}"
        if not findings["ok"] or "not found" in packages or "diffusion" not in findings["engines"]:
            raise CheckError(f"doctor found {findings}")
        if "Qt starts" not in findings["window"] or "cannot tell" in findings["gpu"]:
            raise CheckError(f"doctor could not start Qt or torch: {findings}")
        return packages

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
        # _internal/NAME/..., _internal/NAME.so or _internal/NAME-VERSION.dist-info/...
        name = path.relative_to(bundle).parts[1:2]
        if name and name[0].partition("-")[0].partition(".")[0] in EXCLUDED:
            raise CheckError(f"{path} is in the app; nothing uses it")
        if not path.exists():
            raise CheckError(f"{path} leads nowhere")
    files = [path for path in paths if not path.is_symlink()]
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    return f"{size_mb:.0f} MB in {len(files)} files"


def modules(bundle: Path) -> int:
    """Return how many Python modules are packed into the program.

    Raises:
        CheckError: one is there that must not be, or whose package has no metadata, and so no
            licence.
    """
    readers = importlib.import_module("PyInstaller.archive.readers")
    program = readers.CArchiveReader(str(bundle / COMMAND))
    names: set[str] = set(program.open_embedded_archive("PYZ.pyz").toc)
    unused = {*EXCLUDED, *unused_families()}
    for name in names:
        parts = name.split(".")
        if any(".".join(parts[:count]) in unused for count in range(1, len(parts) + 1)):
            raise CheckError(f"the module {name} is in the app; nothing uses it")
    distributions = importlib.metadata.packages_distributions()
    for top in {name.partition(".")[0] for name in names}:
        of_top = {distribution(name) for name in distributions.get(top, ())} - {"toonroom"}
        if of_top and not of_top.intersection(METADATA):
            raise CheckError(f"the package {top} is in the app, but without its licence")
    return len(names)


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
        missing = set(re.findall(r"(\S+) => not found", run.stdout))
        missing = {name for name in missing if not name.startswith(WAYLAND)}
        if missing:
            raise CheckError(f"{path} needs {', '.join(sorted(missing))}")
    return len(files)
