"""Which engines there are."""

from __future__ import annotations

from desktop_app.core.engine import Engine
from desktop_app.core.errors import ModelError, UsageError
from desktop_app.engines.classic.engine import ClassicEngine

DEFAULT_ENGINE = "classic"
ENGINE_IDS = ("classic", "diffusion")


def create_engine(engine_id: str) -> Engine:
    """Return a new engine, nothing loaded yet.

    Raises:
        ModelError: the engine needs a model and this version has none.
        UsageError: there is no such engine.
    """
    if engine_id == "classic":
        return ClassicEngine()
    if engine_id == "diffusion":
        raise ModelError(
            "The diffusion engine is not part of this version yet; use the classic engine"
            " (--engine classic)."
        )
    raise UsageError(f"There is no engine {engine_id!r}; known are {', '.join(ENGINE_IDS)}.")


def available_engines() -> tuple[Engine, ...]:
    """Return one of each engine that works here, the default first."""
    return (create_engine(DEFAULT_ENGINE),)
