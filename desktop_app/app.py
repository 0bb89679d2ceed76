"""The window's composition root: builds, connects, nothing else."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from desktop_app import __version__
from desktop_app.core.paths import data_home, resources
from desktop_app.engines.registry import EngineOptions, available_engines
from desktop_app.settings import store
from desktop_app.theme.manager import ThemeManager
from desktop_app.windows.main_window import MainWindow
from desktop_app.windows.services import build_services

log = logging.getLogger(__name__)

_SIGNAL_CHECK_MS = 250


def create_application(argv: list[str]) -> tuple[QApplication, MainWindow]:
    """Return the application and its window, not yet shown.

    Turns the garbage collector on again, which whoever starts the process may have turned off.

    Args:
        argv: the program's name, then photos to put on the film strip.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(argv)
    app.setOrganizationName("Toonroom")
    app.setApplicationName("Toonroom")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("toonroom")
    app.setWindowIcon(QIcon(str(resources() / "icons" / "toonroom.png")))
    theme = ThemeManager(app, app)
    services = build_services(available_engines(_engine_options), theme, data_home(), app)
    theme.choose(services.preferences.values.theme)
    photos = [Path(text) for text in argv[1:] if not text.startswith("-")]
    window = MainWindow(services, photos)
    # What was loaded so far stays: collections need not look at it again and pause the window less.
    gc.freeze()
    gc.enable()
    return app, window


def _engine_options() -> EngineOptions:
    """Return what the settings on disk say; asked for by the thread that starts an engine."""
    settings = store.load(data_home() / "settings.json")
    idle_s = settings.idle_unload_min * 60.0 or None
    return EngineOptions(settings.device, idle_s)


def main(argv: list[str]) -> int:
    """Show the window until it is closed; return the exit status."""
    app, window = create_application(argv)
    close_on_signals(app, window)
    window.show()
    status = app.exec()
    window.session.end()
    if not window.session.has_stopped:
        end_process(status)
    return status


def end_process(status: int) -> NoReturn:
    """End the process although a thread of it still runs.

    An ordinary exit would wait for that thread for ever, or have Qt abort because it lives. What
    was done is on disk: results and the session are written before this is called.
    """
    log.error("the process ends although something still runs in it")
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a program without a console has none
            stream.flush()
    os._exit(status)


def close_on_signals(app: QApplication, window: MainWindow) -> None:
    """Close the window properly when the process is asked to end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not at once: the handler may run in the middle of painting the window.
        signal.signal(number, lambda *_: QTimer.singleShot(0, window.close))
    # Python looks at signals only between its own instructions.
    timer = QTimer(app)
    timer.timeout.connect(_look_at_signals)
    timer.start(_SIGNAL_CHECK_MS)


def _look_at_signals() -> None:
    return


if __name__ == "__main__":
    sys.exit(main(sys.argv))
