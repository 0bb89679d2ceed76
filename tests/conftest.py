"""What every test stands on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before anything imports Qt: a test that wants a real screen says so to its own subprocess.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Before anything imports torch, here or in a child: tiny models gain nothing from threads that
# wait for each other, and lose much where other programs are busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def without_starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the app come without a model, and return the folder that one can be put into."""
    from desktop_app.models import library  # not before the lines above have had their say

    monkeypatch.setattr(library, "resources", lambda: tmp_path / "resources")
    return tmp_path / "resources" / "models"


@pytest.fixture(autouse=True)
def toonroom_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Keep the app's own data of each test in a folder of its own, and return the folder."""
    home = tmp_path_factory.mktemp("toonroom-home")
    monkeypatch.setenv("TOONROOM_HOME", str(home))
    return home
