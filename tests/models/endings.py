"""Conversions that end in the middle, and models that are compared."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from desktop_app.models import converting, importing
from desktop_app.models.process import Target, run_in_process


def run_instead(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    """Have conversions done by another process than the real one."""
    run = partial(run_in_process, target=target)
    for module in (converting, importing):
        monkeypatch.setattr(module, "run_in_process", run)


def assert_rounded(path: Path, module: torch.nn.Module, dtype: torch.dtype = torch.float16) -> None:
    """Assert that a file holds a module's weights, in another precision."""
    stored = {name.removeprefix("text_model."): v for name, v in load_file(path).items()}
    expected = module.state_dict()
    assert set(stored) == {name.removeprefix("text_model.") for name in expected}
    for name, value in expected.items():
        found = stored[name.removeprefix("text_model.")]
        assert found.dtype == (dtype if value.is_floating_point() else value.dtype)
        assert torch.equal(found, value.to(found.dtype)), name


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of all files in a folder, to see whether one was touched."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }
