"""A hub on this machine that has one tiny model."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.folders import UNET, make_folder
from tests.models.hub import FakeHub, files_in, hub_of, serving

LARGE_BYTES = 300_000


@pytest.fixture
def tiny_files(tmp_path: Path) -> dict[str, bytes]:
    """The files of a model, of which one is large enough to be ended in the middle."""
    files = files_in(make_folder(tmp_path / "tiny"))
    files[UNET] = random.Random(0).randbytes(LARGE_BYTES)
    return files


@pytest.fixture
def hub(tiny_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with that model, to which HF_ENDPOINT leads."""
    import huggingface_hub
    from huggingface_hub import constants

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    huggingface_hub.close_session()  # it may have been made for other proxies
    hub = hub_of(tiny_files)
    with serving(hub) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield hub
        huggingface_hub.close_session()
