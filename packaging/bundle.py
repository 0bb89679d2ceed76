"""Build the double-click app into dist/ and check that it works.

    .venv/bin/python packaging/bundle.py             build, then check
    .venv/bin/python packaging/bundle.py --check     check what was built before

Both take another folder than dist/ as their last argument. The environment is the one that
`python3 packaging/bootstrap.py test` makes. The app is for the system and processor that it is
built on; dist/toonroom is the whole of it, and can be moved.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from bundle_checks import check
from bundle_trial import CheckError

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "packaging" / "toonroom.spec"
DIST = ROOT / "dist"
NAME = "toonroom"
WORK = ROOT / "build" / "bundle"
LOG = ROOT / "build" / "bundle.log"
HELP = """usage: .venv/bin/python packaging/bundle.py [--check] [FOLDER]

Builds the double-click app into FOLDER (default: dist/) and checks it; --check only checks what is
there."""

# What a Linux desktop wants to know of the app, at the places where it looks below share/.
SHARED_FILES = {
    "packaging/linux/toonroom.desktop": "applications/toonroom.desktop",
    "packaging/linux/toonroom.metainfo.xml": "metainfo/toonroom.metainfo.xml",
    "resources/icons/toonroom.png": "icons/hicolor/256x256/apps/toonroom.png",
    "resources/icons/toonroom.svg": "icons/hicolor/scalable/apps/toonroom.svg",
}


def build(dist: Path) -> int:
    """Run PyInstaller, its output in LOG; return its exit status."""
    WORK.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-P", "-m", "PyInstaller", "--noconfirm", "--clean"]
    command += ["--distpath", str(dist), "--workpath", str(WORK), str(SPEC)]
    with LOG.open("w", encoding="utf-8") as log:
        status = subprocess.call(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    if status == 0 and sys.platform.startswith("linux"):
        add_shared_files(dist / NAME)
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
    if arguments in (["-h"], ["--help"]):
        print(HELP)
        return 0
    only_check = arguments[:1] == ["--check"]
    folders = arguments[only_check:]
    if len(folders) > 1 or any(folder.startswith("-") for folder in folders):
        print(HELP, file=sys.stderr)
        return 2
    dist = Path(*folders).resolve() if folders else DIST
    if not only_check and not build_and_tell(dist):
        return 1
    try:
        for line in check(dist / NAME):
            print(line, flush=True)
    except CheckError as error:
        print(f"FAILED {error}", file=sys.stderr)
        return 1
    return 0


def build_and_tell(dist: Path) -> bool:
    """Build into `dist`, say how that went, and return whether it went well."""
    if importlib.util.find_spec("PyInstaller") is None:
        print(
            "PyInstaller is not installed for this Python. Run 'python3 packaging/bootstrap.py"
            " test' once, then '.venv/bin/python packaging/bundle.py'.",
            file=sys.stderr,
        )
        return False
    cuda = cuda_packages(distribution.name for distribution in importlib.metadata.distributions())
    if cuda:
        print(f"{len(cuda)} packages of CUDA are installed and make the app some gigabytes larger")
    start = time.monotonic()
    print("building ...", flush=True)
    if build(dist) != 0:
        print(f"FAILED build; {LOG} says why", file=sys.stderr)
        return False
    print(f"ok     build ({time.monotonic() - start:.0f} s)")
    return True


def cuda_packages(installed: Iterable[str]) -> list[str]:
    """Return which of the packages torch brings for NVIDIA's cards alone."""
    return [name for name in installed if name.startswith(("nvidia-", "cuda-", "triton"))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
