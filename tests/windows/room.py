"""A whole window with an engine that tests control."""

# ruff: noqa: ARG002 - fakes take what the real ones take

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import (
    Capabilities,
    Choice,
    Device,
    Estimate,
    ModelInfo,
    OnStep,
)
from desktop_app.core.events import Defaults, Interpretation, Layer, Rendering, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.engines.classic.grammar import interpret
from desktop_app.engines.classic.looks import load_looks
from desktop_app.engines.classic.parameters import SPECS
from desktop_app.session.darkroom import ItemState, PhotoItem
from desktop_app.windows.main_window import MainWindow

Kind = TypeVar("Kind", bound=QObject)
TIMEOUT_MS = 15_000

MODES = (Choice("balanced", "Balanced", "For every day."), Choice("fast", "Fast", "For looking."))
SCHEDULERS = (Choice("dpm", "DPM++ 2M", "Few steps."), Choice("ddim", "DDIM", "Old and steady."))
MODELS = (
    ModelInfo("starter", "Starter", note="Knows cartoons and little else."),
    ModelInfo("checked", "Checked", has_safety_checker=True),
)


class SpyEngine:
    """Inverts photos, and does it when the test says so.

    Only the one called "classic" has looks and parameters.

    Attributes:
        runs: the requests that were run, in order.
        gate: a run waits for it after its first step; set at first.
        load_gate: loading waits for it, once it has told how far it is; set at first.
        error: raised by the next run, once.
        uses_guidance: what its capabilities say.
        needs_model: whether it offers models, modes and schedulers, as the real guided one does.
        models_here: what `models` gives.
        device_now: what `device` is.
        seconds: what it says that a run takes.
        shares: what loading tells, as shares of the run; none where it is empty.
    """

    def __init__(
        self,
        engine_id: str = "classic",
        *,
        uses_guidance: bool = False,
        needs_model: bool = False,
    ) -> None:
        self.engine_id = engine_id
        self.runs: list[Request] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.uses_guidance = uses_guidance
        self.needs_model = needs_model
        self.load_gate = threading.Event()
        self.load_gate.set()
        self.models_here: tuple[ModelInfo, ...] = MODELS if needs_model else ()
        self.device_now: Device | None = None
        self.seconds = 0.1
        self.shares: tuple[float, ...] = ()

    @property
    def capabilities(self) -> Capabilities:
        if self.needs_model:
            return Capabilities(
                self.engine_id,
                self.engine_id.title(),
                uses_seed=True,
                uses_guidance=True,
                needs_model=True,
                phrases=("Cartoonize the following image",),
                modes=MODES,
                schedulers=SCHEDULERS,
            )
        if self.engine_id != "classic":
            return Capabilities(self.engine_id, self.engine_id.title(), uses_guidance=True)
        return Capabilities(
            "classic",
            "Classic",
            load_looks(),
            SPECS,
            uses_seed=True,
            uses_guidance=self.uses_guidance,
        )

    @property
    def device(self) -> Device | None:
        return self.device_now

    def models(self) -> tuple[ModelInfo, ...]:
        return self.models_here

    def interpret(self, request: Request) -> Interpretation:
        if self.needs_model:
            steps = 8 if request.mode == "fast" else 20
            model = self.models_here[0].model if self.models_here else None
            return Interpretation(defaults=Defaults(model, steps, 7.0, 1.5, "dpm", 512))
        if self.engine_id != "classic":
            return Interpretation(understood=("everything",))
        return interpret(request.instruction, load_looks(), request.parameters)

    def estimate(self, request: Request, extent: Extent) -> Estimate:
        return Estimate(self.seconds, 1_000)

    def load(self, request: Request, on_step: OnStep, token: CancelToken) -> None:
        token.raise_if_cancelled()
        for share in self.shares:
            stage = "Loading the model"
            on_step(StepPreview(request.job_id, 0, 2, stage, None, 12.0, share))
        while not self.load_gate.wait(0.005):
            token.raise_if_cancelled()

    def run(self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> Rendering:
        self.runs.append(request)
        error, self.error = self.error, None
        if error is not None:
            raise error
        inverted = 255 - photo.pixels
        on_step(StepPreview(request.job_id, 1, 2, "Drawing lines", inverted.copy(), 3.0))
        while not self.gate.wait(0.005):
            token.raise_if_cancelled()
        token.raise_if_cancelled()
        on_step(StepPreview(request.job_id, 2, 2, "Finishing", inverted.copy(), 0.0))
        return Rendering((Layer("flats", inverted),))

    def unload(self) -> None:
        return


class Room:
    """A window, and shorthands for what tests do with it."""

    def __init__(self, qtbot: QtBot, window: MainWindow, engine: SpyEngine) -> None:
        self.qtbot = qtbot
        self.window = window
        self.engine = engine
        self.darkroom = window.services.darkroom

    def named(self, kind: type[Kind], name: str) -> Kind:
        """Return what the window calls `name`."""
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self.qtbot.waitUntil(condition, timeout=TIMEOUT_MS)

    def add(self, *paths: Path) -> None:
        """Open photos and wait until all are read."""
        count = len(self.darkroom.items) + len(paths)
        self.window.photos.add_paths(list(paths))
        self.wait(lambda: len(self.darkroom.items) == count)
        self.wait(lambda: all(i.state is not ItemState.LOADING for i in self.darkroom.items))

    @property
    def current(self) -> PhotoItem:
        item = self.darkroom.current
        assert item is not None
        return item

    def wait_for_result(self) -> None:
        """Wait until the photo that is looked at is developed."""
        self.wait(lambda: self.current.result is not None and not self.window.development.is_busy)

    def develop(self) -> None:
        """Develop the photo that is looked at, to the end."""
        self.window.development.run()
        self.wait(lambda: not self.window.development.is_busy)


MakeRoom = Callable[..., Room]
MakePhoto = Callable[..., Path]
