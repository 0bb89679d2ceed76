"""The window as a process of its own that tests drive, and the processes below it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import psutil

LIMIT_S = 60.0
"""Nobody waits so long unless something is broken, or the machine is very busy."""
GONE_S = 10.0

_DRIVER = """
import json, os, select, sys
from PySide6.QtCore import QTimer
from desktop_app import app as application
from desktop_app.engines.diffusion import host
from tests.engines.diffusion import fake_children

photo, model, target, idle_s = sys.argv[1:]
if target:
    host.ChildHost.__init__.__kwdefaults__["target"] = getattr(fake_children, target)

if idle_s:
    options = application.EngineOptions(idle_s=float(idle_s))
    application._engine_options = lambda: options

told = None

def tell():
    global told
    item = window.services.darkroom.current
    now = {
        "state": None if item is None else item.state.value,
        "message": window.canvas.message,
        "status": window.status_line.text.text(),
        "engine": window.status_line.engine_label.text(),
        "busy": window.development.is_busy,
    }
    if now != told:
        told = now
        print(json.dumps(now), flush=True)

def obey():
    while select.select([0], [], [], 0)[0]:
        line = os.read(0, 4096).decode()
        if not line:
            window.close()
            return
        for word, _, rest in (each.partition(" ") for each in line.splitlines()):
            if word == "say":
                window.model.set_instruction(rest)
            elif word == "steps":
                window.model.set_field("steps", int(rest))
            elif word == "run":
                window.development.run()
            elif word == "cancel":
                window.development.cancel()
            elif word == "close":
                window.close()

create = application.create_application
def created(argv):
    global window
    app, window = create([argv[0], photo])
    window.model.set_model("diffusion", model)
    window.model.set_field("working_size_px", 64)
    timer = QTimer(window)
    timer.timeout.connect(tell)
    timer.timeout.connect(obey)
    timer.start(20)
    return app, window

if __name__ == "__main__":
    application.create_application = created
    sys.exit(application.main(sys.argv[:1]))
"""


class WindowProcess:
    """A window with one photo, and the diffusion engine and a model chosen."""

    def __init__(self, photo: Path, model: Path, target: str = "", idle_s: str = "") -> None:
        """Start it and wait until the photo is open.

        Args:
            photo: to open.
            model: the folder to use.
            target: what the engine's child is, of fake_children; "" for the real one.
            idle_s: after how many seconds the child goes; "" for what the settings say.
        """
        self.process = subprocess.Popen(
            [sys.executable, "-c", _DRIVER, str(photo), str(model), target, idle_s],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._errors: list[bytes] = []
        self._threads = [
            threading.Thread(target=self._read, args=(self.process.stdout,)),
            threading.Thread(target=self._read_errors, args=(self.process.stderr,)),
        ]
        for thread in self._threads:
            thread.start()
        self.wait(lambda now: now["state"] == "ready")

    def tell(self, *commands: str) -> None:
        """Have the window do something."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{command}\n" for command in commands).encode())
        self.process.stdin.flush()

    def wait(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until what the window shows is so, from what it showed after the last wait on."""
        deadline = time.monotonic() + LIMIT_S
        now: dict[str, Any] | None = None
        while True:
            try:
                now = self._said.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"the last that was seen is {now}") from None
            assert now is not None, f"the window is gone: {self.errors}"
            if condition(now):
                return now

    def child(self) -> psutil.Process:
        """Wait for the engine's child, and return it."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            for each in psutil.Process(self.process.pid).children():
                if any("spawn_main" in word for word in each.cmdline()):
                    return each
            time.sleep(0.02)
        raise AssertionError("no child came")

    def family(self) -> list[psutil.Process]:
        """Return every process below the window's."""
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def segments(self) -> set[Path]:
        """Return the shared memory that the window's process has; Linux only."""
        maps = psutil.Process(self.process.pid).memory_maps()
        return {Path(each.path) for each in maps if each.path.startswith("/dev/shm/psm_")}

    @property
    def errors(self) -> str:
        """What the process wrote on stderr."""
        return b"".join(self._errors).decode()

    def end(self) -> None:
        """Let nothing of it go on."""
        for each in self.family() if self.process.poll() is None else []:
            each.kill()
        self.process.kill()
        self.process.wait(GONE_S)
        for thread in self._threads:
            thread.join(GONE_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._said.put(json.loads(line))
        self._said.put(None)

    def _read_errors(self, stream: IO[bytes]) -> None:
        self._errors.extend(stream)


def gone(processes: list[psutil.Process]) -> bool:
    """Wait until processes have ended; return whether all have."""
    return not psutil.wait_procs(processes, GONE_S)[1]


def removed(paths: set[Path]) -> bool:
    """Wait until files are gone; return whether all are."""
    deadline = time.monotonic() + GONE_S
    while any(path.exists() for path in paths):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
