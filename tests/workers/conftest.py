"""A pipeline whose thread is known to have stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.core.engine import Engine
from desktop_app.workers.jobs import Keeper
from desktop_app.workers.pipeline import PipelineThread

MakePipeline = Callable[..., PipelineThread]


@pytest.fixture
def make_pipeline(qtbot: QtBot) -> Iterator[MakePipeline]:
    """Make pipelines; each one's thread must have stopped when the test is over."""
    made: list[PipelineThread] = []

    def make(*engines: Engine, keeper: Keeper | None = None) -> PipelineThread:
        made.append(PipelineThread(engines, keeper=keeper))
        return made[-1]

    yield make
    for pipeline in made:
        assert pipeline.shutdown(), "the pipeline thread did not stop"
        assert not pipeline.is_running
