"""The diffusion engine's part of event_loop.py: what its process does to the window's event loop.

    python tests/benchmarks/event_loop.py [PHOTO] --engine diffusion [--model FOLDER]
        [--working-size 512] [--steps 20] [--rounds 3] [--keep]

The phases of one round: the child is started, imports torch and loads the model, and runs once; it
runs again; a run is cancelled in the middle; the child is ended; another one comes up and runs.
Without --model a tiny one is made, in a process of its own: this one draws a window.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.core.request import Request
from desktop_app.engines.diffusion.engine import DiffusionEngine

ROOT = Path(__file__).resolve().parents[2]

_MAKE = """
import sys
from pathlib import Path
from tests.engines.diffusion.tiny import make_pipeline, save
save(make_pipeline(vae_levels=4), Path(sys.argv[1]))
"""


def tiny_model(folder: Path) -> Path:
    """Return a folder with a tiny model, made now; it shrinks pictures by 8 as real ones do."""
    subprocess.run(
        [sys.executable, "-c", _MAKE, str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    return folder


def request(model: Path, working_size_px: int, steps: int) -> Request:
    """Return what each phase asks for."""
    return Request(
        engine="diffusion", model=str(model), working_size_px=working_size_px, steps=steps
    )


class Unloading(QObject):
    """Ends the child as the engine does, beside the window's event loop.

    Attributes:
        ended: it is gone.
    """

    ended = Signal()

    def __init__(self, engine: DiffusionEngine) -> None:
        super().__init__()
        self._engine = engine
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_look)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; nothing else may be asked of the engine until it has ended."""
        self._thread = threading.Thread(target=self._engine.unload)
        self._thread.start()
        self._timer.start(10)

    @Slot()
    def _on_look(self) -> None:
        if self._thread is not None and not self._thread.is_alive():
            self._timer.stop()
            self._thread = None
            self.ended.emit()
