"""The engine with a real child, on a tiny model."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError, ToonroomError
from desktop_app.core.events import StepPreview
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.engines.develop import develop
from desktop_app.engines.diffusion.engine import DiffusionEngine
from tests.engines.diffusion import tiny

PHOTO = Photo(np.random.default_rng(1).integers(0, 256, (61, 97, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(tiny.make_pipeline(0), tmp_path_factory.mktemp("engine") / "tiny")


@pytest.fixture(scope="module")
def engine() -> Iterator[DiffusionEngine]:
    engine = DiffusionEngine()
    yield engine
    engine.unload()


def asked(folder: Path, steps: int = 3, seed: int = 0) -> Request:
    return Request(
        engine="diffusion", model=str(folder), steps=steps, seed=seed, working_size_px=64
    )


def test_a_photo_of_odd_size_keeps_it(engine: DiffusionEngine, folder: Path) -> None:
    previews: list[StepPreview] = []
    request = asked(folder)
    result = develop(engine, request, PHOTO, previews.append, CancelToken())
    assert result.picture.shape == PHOTO.pixels.shape
    assert result.rendering.extent.long_side == 64
    steps = [p for p in previews if p.step]
    assert [(p.step, p.total) for p in steps] == [(1, 3), (2, 3), (3, 3)]
    assert all(p.image is not None for p in steps)
    assert all(p.image is None for p in previews if not p.step)
    shares = [p.progress for p in previews]
    assert shares == sorted(shares)
    again = develop(engine, request, PHOTO, previews.append, CancelToken())
    assert np.array_equal(again.picture, result.picture)
    other = develop(engine, asked(folder, seed=1), PHOTO, previews.append, CancelToken())
    assert not np.array_equal(other.picture, result.picture)
    assert engine.device is not None


def test_cancelling_ends_a_run_and_keeps_the_child(engine: DiffusionEngine, folder: Path) -> None:
    token = CancelToken()

    def cancel(preview: StepPreview) -> None:
        if preview.step:
            token.cancel()

    with pytest.raises(JobCancelled):
        develop(engine, asked(folder, 900), PHOTO, cancel, token)
    pid = engine._host.pid
    develop(engine, asked(folder), PHOTO, lambda _: None, CancelToken())
    assert engine._host.pid == pid


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of Unix")
def test_a_killed_child_costs_one_job(engine: DiffusionEngine, folder: Path) -> None:
    killed = threading.Event()

    def kill(preview: StepPreview) -> None:
        pid = engine._host.pid
        if preview.step and pid is not None and not killed.is_set():
            killed.set()
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(ToonroomError, match=r"ended|memory"):
        develop(engine, asked(folder, 900), PHOTO, kill, CancelToken())
    result = develop(engine, asked(folder), PHOTO, lambda _: None, CancelToken())
    assert result.picture.shape == PHOTO.pixels.shape


def test_a_missing_model_is_said(engine: DiffusionEngine, tmp_path: Path) -> None:
    request = asked(tmp_path / "none")
    with pytest.raises(ModelError, match="none"):
        develop(engine, request, PHOTO, lambda _: None, CancelToken())
    assert "none" in engine.interpret(request).note
