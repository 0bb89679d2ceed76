"""What the two commands of bootstrap.py do."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from libraries import provide_libraries, provide_venv_module
from provision import ROOT, RUN_LOCK, TEST_LOCK, WORK_FOLDER, Environment, SetUpError, say

# What toonroom does without its window, and so without Qt's system libraries.
WITHOUT_WINDOW = ("cartoonize", "doctor", "models", "train", "--version", "-h", "--help")


def launch(command: str, arguments: Sequence[str]) -> int:
    """Set up what `command` ("app" or "test") needs and run it; return its exit status."""
    environment = Environment(ROOT / ".venv", WORK_FOLDER)
    previous = signal.signal(signal.SIGTERM, _end)
    try:
        locks = [RUN_LOCK] if command == "app" else [RUN_LOCK, TEST_LOCK]
        if not environment.is_ready(locks):
            provide_venv_module()
            environment.provide(locks)
        if command == "test" or opens_window(arguments):
            provide_libraries(for_tests=command == "test")
    except SetUpError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("The set-up was interrupted; the next run takes it up again.")
        return 130
    finally:
        signal.signal(signal.SIGTERM, previous)
    if command == "app":
        return run_app(environment.python, arguments)
    from checks import run_checks

    try:
        return run_checks(environment.python, ROOT, arguments)
    except KeyboardInterrupt:
        return 130


def opens_window(arguments: Sequence[str]) -> bool:
    """Return whether `toonroom ARGUMENTS` opens the window."""
    return not arguments or arguments[0] not in WITHOUT_WINDOW


def run_app(python: Path, arguments: Sequence[str]) -> int:
    """Become toonroom, so that signals and the exit status are its own."""
    # -P: what lies in the folder that the artist works in must not be taken for our modules.
    command = [str(python), "-P", "-m", "desktop_app", *arguments]
    # Our modules are compiled once, beside themselves, and not anew at every start.
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if os.name != "nt":
        os.execve(command[0], command, variables)
    import subprocess

    with subprocess.Popen(command, env=variables) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # Windows sends it to both: toonroom decides
                continue


def _end(signal_number: int, _frame: FrameType | None) -> None:
    """Leave through the `finally` clauses, so that no installer is left running."""
    sys.exit(128 + signal_number)
