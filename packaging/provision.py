"""The virtual environment of a checkout: made once, kept right, known to be right at a glance."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN_LOCK = ROOT / "packaging" / "requirements.lock"
TEST_LOCK = ROOT / "packaging" / "requirements-test.lock"
WORK_FOLDER = ROOT / "build"

# These would send what belongs into the environment somewhere else.
UNWANTED_PIP_VARIABLES = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN")


class SetUpError(Exception):
    """Why the set-up cannot go on, in a sentence or two for the person who started it."""


def say(sentence: str) -> None:
    """Tell the person on stderr, as stdout belongs to the program that runs afterwards."""
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()


class Environment:
    """The virtual environment in `folder`.

    Attributes:
        folder: where it is or will be.
        python: its interpreter.
        site_packages: where its packages are.
        stamp: the file that says what was installed; there only after a set-up that ended well.
    """

    def __init__(self, folder: Path, work_folder: Path) -> None:
        self.folder = folder
        windows = os.name == "nt"
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self.python = folder / ("Scripts/python.exe" if windows else "bin/python")
        packages = "Lib/site-packages" if windows else f"lib/{version}/site-packages"
        self.site_packages = folder / packages
        self.stamp = folder / "toonroom-set-up.json"
        self._unfinished = folder / "toonroom-unfinished"
        self._lock_file = work_folder / "bootstrap.lock"
        self._log_file = work_folder / "bootstrap.log"

    def is_ready(self, locks: Sequence[Path]) -> bool:
        """Return whether everything that `locks` name is installed, without running anything."""
        try:
            stamp = json.loads(self.stamp.read_text("utf-8"))
            installed = set(os.listdir(self.site_packages))  # noqa: PTH208 - quicker
            return (
                all(stamp["locks"].get(lock.name) == fingerprint(lock) for lock in locks)
                and installed.issuperset(stamp["packages"])
                and self.python.exists()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def provide(self, locks: Sequence[Path]) -> None:
        """Make the environment right for `locks`; does nothing where it is.

        Raises:
            SetUpError: it cannot be made.
        """
        if self.is_ready(locks):
            return
        with self._locked():
            if self.is_ready(locks):  # another set-up made it while this one waited
                return
            start = time.monotonic()
            try:
                self._provide(locks)
            except OSError as error:
                raise SetUpError(f"{self.folder} cannot be set up: {error}.") from error
            say(f"Set up in {time.monotonic() - start:.0f} s.")

    def _provide(self, locks: Sequence[Path]) -> None:
        self.stamp.unlink(missing_ok=True)
        reused = not self._unfinished.exists() and self._is_usable()
        if not reused:
            self._create()
        try:
            self._install(locks)
        except SetUpError:
            if not reused:
                raise
            say("The packages of the old .venv cannot be brought up to date; starting afresh.")
            self._create()
            self._install(locks)
        # Relative, so that the line is plain ASCII and right after the checkout was moved.
        checkout = os.path.relpath(self.folder.parent, self.site_packages)
        (self.site_packages / "toonroom.pth").write_text(checkout + "\n", "ascii")
        packages = sorted(path.name for path in self.site_packages.glob("*.dist-info"))
        stamp = {"locks": {lock.name: fingerprint(lock) for lock in locks}, "packages": packages}
        new = self.stamp.with_suffix(".new")
        new.write_text(json.dumps(stamp), "utf-8")
        new.replace(self.stamp)

    def _is_usable(self) -> bool:
        """Return whether there is an environment of this Python version, with a pip that runs."""
        try:
            made_by = (self.folder / "pyvenv.cfg").read_text("utf-8", errors="replace")
        except OSError:
            return False
        if not self.site_packages.is_dir() or not is_made_by(made_by, sys.version_info[:2]):
            return False
        return self._run([str(self.python), "-I", "-m", "pip", "--version"]) == 0

    def _create(self) -> None:
        say(f"Making {self.folder} ...")
        base = getattr(sys, "_base_executable", None) or sys.executable
        if self._run([base, "-I", "-m", "venv", "--clear", str(self.folder)]) != 0:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise SetUpError(
                f"{base} cannot make a virtual environment: {self._last_words()}\n"
                f"On Debian and Ubuntu the package python{version}-venv makes it able to."
                f" The whole log is {self._log_file}."
            )

    def _install(self, locks: Sequence[Path]) -> None:
        count = sum(len(pins(lock)) for lock in locks)
        say(f"Installing {count} packages (some minutes the first time) ...")
        command = [str(self.python), "-I", "-m", "pip", "install", "--no-input", "--no-user"]
        command += ["--disable-pip-version-check", "--no-warn-script-location"]
        for lock in locks:
            command += ["-r", str(lock)]
        # Killed in the middle of a package, pip takes it for installed the next time.
        self._unfinished.touch()
        status = self._run(command, show=True)
        self._unfinished.unlink()
        if status != 0:
            raise SetUpError(
                f"The packages could not be installed: {self._last_words()}\n"
                f"The whole log is {self._log_file}; the next run tries again."
            )

    def _run(self, command: Sequence[str], show: bool = False) -> int:
        """Run `command` with its output in the log; `show` keeps its last line on a terminal."""
        import subprocess

        environ = {k: v for k, v in os.environ.items() if k not in UNWANTED_PIP_VARIABLES}
        on_terminal = show and sys.stderr is not None and sys.stderr.isatty()
        with self._log_file.open("a", encoding="utf-8") as log:
            log.write("$ " + " ".join(command) + "\n")
            try:
                process = subprocess.Popen(
                    command,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    errors="replace",
                )
            except OSError as error:
                log.write(f"{error}\n")
                return 127
            with process:
                try:
                    for line in process.stdout or ():
                        log.write(line)
                        if on_terminal:
                            sys.stderr.write(f"\r\x1b[K{line.strip()[:78]}\r")
                            sys.stderr.flush()
                    return process.wait()
                except BaseException:  # interrupted: nothing goes on behind our back
                    process.terminate()
                    raise
                finally:
                    if on_terminal:
                        sys.stderr.write("\r\x1b[K")

    def _last_words(self) -> str:
        """Return what the log says went wrong."""
        text = self._log_file.read_text("utf-8", errors="replace")
        lines = [line for line in text.rpartition("\n$ ")[2].splitlines()[1:] if line.strip()]
        errors = [line for line in lines if line.startswith(("ERROR", "Error"))]
        return "\n".join((errors or lines)[-6:]) or "it said nothing."

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold this checkout's set-up alone; the system lets go of it when the process ends."""
        try:
            self._lock_file.parent.mkdir(parents=True, exist_ok=True)
            file = self._lock_file.open("a")
        except OSError as error:
            raise SetUpError(f"{self._lock_file} cannot be written: {error}.") from error
        with file:
            if not try_lock(file.fileno()):
                say("Another set-up is at work in this checkout; waiting for it to end.")
                while not try_lock(file.fileno()):
                    time.sleep(0.2)
            # A new log for each set-up.
            self._log_file.write_text("", "utf-8")
            yield


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process alone; return whether it worked."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def fingerprint(lock: Path) -> str:
    """Return what changes when `lock` asks for something else or another Python runs."""
    made_for = f"{sys.implementation.cache_tag} {sys.platform} {os.name}\n"
    return hashlib.sha256(made_for.encode() + lock.read_bytes()).hexdigest()


def pins(lock: Path) -> list[str]:
    """Return the lines of `lock` that name a package."""
    lines = (line.partition("#")[0].strip() for line in lock.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def is_made_by(pyvenv_cfg: str, version: tuple[int, int]) -> bool:
    """Return whether the text of a pyvenv.cfg says that Python `version` made it."""
    for line in pyvenv_cfg.splitlines():
        name, _, value = line.partition("=")
        if name.strip() in ("version", "version_info"):
            return tuple(value.strip().split(".")[:2]) == tuple(str(part) for part in version)
    return False
