"""A hub on this machine that has one tiny model, and tiny models that were made once."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from desktop_app.core.cancel import CancelToken
from desktop_app.models import child, converting, importing
from desktop_app.models.jobs import Job, Message
from tests.engines.diffusion import tiny
from tests.models import ldm
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


@pytest.fixture(scope="session")
def tiny_pipeline() -> Any:
    """Return a model with a safety checker, in single precision."""
    return tiny.make_pipeline(with_safety_checker=True)


@pytest.fixture(scope="session")
def pickled_once(tiny_pipeline: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as they were in 2023: all in pickles, in single precision."""
    return tiny.save(tiny_pipeline, tmp_path_factory.mktemp("pickled") / "cartoonizer", safe=False)


@pytest.fixture
def pickled(pickled_once: Path, tmp_path: Path) -> Path:
    """Return a copy of it that may be changed."""
    return Path(shutil.copytree(pickled_once, tmp_path / "cartoonizer"))


@pytest.fixture(scope="session")
def tiny_configs(pickled_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what stands for Stable Diffusion 1 where single files are tiny."""
    pipeline = tiny.make_pipeline()
    folder = tiny.save(pipeline, tmp_path_factory.mktemp("configs") / "tiny")
    for path in folder.rglob("*.safetensors"):
        path.unlink()
    return folder


@pytest.fixture(scope="session")
def tiny_tensors(tiny_pipeline: Any) -> ldm.Tensors:
    """Return what a single file of the tiny model holds."""
    pipeline = tiny_pipeline
    return ldm.checkpoint(pipeline.unet, pipeline.vae, pipeline.text_encoder)


@pytest.fixture
def single_file(tiny_tensors: ldm.Tensors, tmp_path: Path) -> Path:
    """Return a single file of safetensors."""
    path = tmp_path / "instruct model.safetensors"
    save_file(tiny_tensors, path)
    return path


@pytest.fixture
def ckpt(tiny_tensors: ldm.Tensors, tmp_path: Path) -> Path:
    """Return a single file as training tools wrote it."""
    path = tmp_path / "trained.ckpt"
    torch.save({"state_dict": tiny_tensors, "global_step": 22_000, "epoch": 3}, path)
    return path


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have conversions done here: a process of their own needs seconds to import torch."""

    def run(job: Job, on_message: Callable[[Message], None], token: CancelToken) -> None:
        def tell(message: Message) -> None:
            token.raise_if_cancelled()
            on_message(message)

        child.do(job, tell)

    for module in (converting, importing):
        monkeypatch.setattr(module, "run_in_process", run)
