"""What the window works with, built once and shut down once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from desktop_app.core.engine import Engine
from desktop_app.session.autosave import Autosave
from desktop_app.session.darkroom import Darkroom
from desktop_app.session.history import History
from desktop_app.session.session_folder import SessionFolder
from desktop_app.session.supply import Supply
from desktop_app.theme.manager import ThemeManager
from desktop_app.windows.preferences import Preferences
from desktop_app.workers.blend import Blender
from desktop_app.workers.photo_loader import PhotoLoader
from desktop_app.workers.pipeline import PipelineThread

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Services:
    """Everything behind the window."""

    engines: tuple[Engine, ...]
    preferences: Preferences
    theme: ThemeManager
    darkroom: Darkroom
    history: History
    pipeline: PipelineThread
    loader: PhotoLoader
    blender: Blender
    supply: Supply
    autosave: Autosave

    def shut_down(self) -> bool:
        """Stop all threads and write the session down; return whether all stopped in time.

        To be called once, when nobody works with them any more.
        """
        stopped = self.pipeline.shutdown()
        for each in (self.loader, self.blender, self.supply):
            stopped = each.shutdown() and stopped
        stopped = self.autosave.close() and stopped
        self.preferences.save_now()
        if not stopped:
            log.error("not everything stopped in time")
        return stopped


def build_services(
    engines: Sequence[Engine], theme: ThemeManager, home: Path, parent: QObject
) -> Services:
    """Build everything behind the window.

    Args:
        engines: the default first.
        theme: dresses the application.
        home: folder of the artist's settings, history and session.
        parent: owns what is built.
    """
    preferences = Preferences(home / "settings.json", parent)
    darkroom = Darkroom(parent)
    history = History(home / "history")
    folder = SessionFolder(home / "sessions")
    loader = PhotoLoader(parent, keep_pasted=folder.keep_pasted)
    supply = Supply(darkroom, loader, history, parent)
    return Services(
        engines=tuple(engines),
        preferences=preferences,
        theme=theme,
        darkroom=darkroom,
        history=history,
        pipeline=PipelineThread(engines, parent, keeper=history.keep),
        loader=loader,
        blender=Blender(parent),
        supply=supply,
        autosave=Autosave(darkroom, folder, history, parent),
    )
