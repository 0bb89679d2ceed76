"""Which engines there are."""

from __future__ import annotations

from collections.abc import Callable

from desktop_app.core.engine import Engine
from desktop_app.core.errors import UsageError
from desktop_app.engines.classic.engine import ClassicEngine
from desktop_app.engines.diffusion.engine import DiffusionEngine, EngineOptions

__all__ = ["DEFAULT_ENGINE", "ENGINE_IDS", "EngineOptions", "available_engines", "create_engine"]

DEFAULT_ENGINE = "classic"
ENGINE_IDS = ("classic", "diffusion")

Options = Callable[[], EngineOptions]


def create_engine(engine_id: str, options: Options = EngineOptions) -> Engine:
    """Return a new engine, nothing loaded yet.

    Args:
        engine_id: one of ENGINE_IDS.
        options: what people settle once and for all; asked whenever something is started.

    Raises:
        UsageError: there is no such engine.
    """
    if engine_id == "classic":
        return ClassicEngine()
    if engine_id == "diffusion":
        return DiffusionEngine(options)
    raise UsageError(f"There is no engine {engine_id!r}; known are {', '.join(ENGINE_IDS)}.")


def available_engines(options: Options = EngineOptions) -> tuple[Engine, ...]:
    """Return one of each engine, the default first."""
    return tuple(create_engine(engine_id, options) for engine_id in ENGINE_IDS)
