"""Build the double-click app into dist/ and check that it works.

    .venv/bin/python packaging/bundle.py             build, then check
    .venv/bin/python packaging/bundle.py --check     check what was built before

The environment is the one that `python3 packaging/bootstrap.py test` makes. The app is for the
system and processor that it is built on; dist/toonroom is the whole of it, and can be moved.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bundle_checks import CheckError, check

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "packaging" / "toonroom.spec"
DIST = ROOT / "dist"
BUNDLE = DIST / "toonroom"
WORK = ROOT / "build" / "bundle"
LOG = ROOT / "build" / "bundle.log"
HELP = """usage: .venv/bin/python packaging/bundle.py [--check]

Builds the double-click app into dist/ and checks it; --check only checks what is there."""

# What a Linux desktop wants to know of the app, at the places where it looks below share/.
SHARED_FILES = {
    "packaging/linux/toonroom.desktop": "applications/toonroom.desktop",
    "packaging/linux/toonroom.metainfo.xml": "metainfo/toonroom.metainfo.xml",
    "resources/icons/toonroom.png": "icons/hicolor/256x256/apps/toonroom.png",
    "resources/icons/toonroom.svg": "icons/hicolor/scalable/apps/toonroom.svg",
}


def build() -> int:
    """Run PyInstaller, its output in LOG; return its exit status."""
    WORK.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-P", "-m", "PyInstaller", "--noconfirm", "--clean"]
    command += ["--distpath", str(DIST), "--workpath", str(WORK), str(SPEC)]
    with LOG.open("w", encoding="utf-8") as log:
        status = subprocess.call(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    if status == 0 and sys.platform.startswith("linux"):
        add_shared_files(BUNDLE)
    return status


def add_shared_files(bundle: Path) -> None:
    """Put beside the program what installs it for a desktop."""
    for source, destination in SHARED_FILES.items():
        target = bundle / "share" / destination
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, target)
    shutil.copyfile(ROOT / "packaging" / "linux" / "INSTALL.md", bundle / "INSTALL.md")


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for and return the exit status."""
    if arguments not in ([], ["--check"]):
        print(HELP, file=sys.stdout if arguments in (["-h"], ["--help"]) else sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    if not arguments:
        if importlib.util.find_spec("PyInstaller") is None:
            print(
                "PyInstaller is not installed for this Python. Run 'python3 packaging/bootstrap.py"
                " test' once, then '.venv/bin/python packaging/bundle.py'.",
                file=sys.stderr,
            )
            return 1
        start = time.monotonic()
        print("building ...", flush=True)
        if build() != 0:
            print(f"FAILED build; {LOG} says why", file=sys.stderr)
            return 1
        print(f"ok     build ({time.monotonic() - start:.0f} s)")
    try:
        for line in check(BUNDLE):
            print(line, flush=True)
    except CheckError as error:
        print(f"FAILED {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
