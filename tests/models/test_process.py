"""The process that converts weights: killed, cancelled, short of memory, left by the app."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError, OutOfMemory
from desktop_app.models import library, store
from desktop_app.models.converting import convert_folder, is_begun
from desktop_app.models.importing import import_model
from desktop_app.models.plans import WHOLE_FILES
from desktop_app.models.process import ProcessDied
from tests.models import conversions
from tests.models.endings import assert_rounded, everything, run_instead

ROOT = Path(__file__).resolve().parents[2]
UNET = "unet/diffusion_pytorch_model.bin"
PARTS = ("unet", "vae", "text_encoder", "safety_checker")
WAIT_S = 30.0

posix = pytest.mark.skipif(sys.platform == "win32", reason="no such signal")


@posix
@pytest.mark.parametrize("removes", [True, False])
def test_it_goes_on_where_its_process_was_killed(
    pickled: Path,
    tmp_path: Path,
    tiny_pipeline: Any,
    removes: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tmp_path / "made"
    with monkeypatch.context() as patch:
        run_instead(patch, conversions.dies_in_the_second_part)
        with pytest.raises(ProcessDied, match=r"ended before it was done.*finished is kept"):
            convert_folder(pickled, made, removes_originals=removes)
    assert is_begun(pickled, made)
    assert [path.parent.name for path in made.rglob("*.safetensors")] == ["unet"]
    assert (pickled / UNET).exists() is not removes
    first = everything(made)[WHOLE_FILES["unet"]]
    convert_folder(pickled, made, removes_originals=removes)
    assert everything(made)[WHOLE_FILES["unet"]] == first
    assert not list(made.rglob("*.part"))
    for name in PARTS:
        assert_rounded(made / WHOLE_FILES[name], getattr(tiny_pipeline, name))


@posix
def test_another_source_does_not_go_on_with_what_there_is(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    with monkeypatch.context() as patch:
        run_instead(patch, conversions.dies_in_the_second_part)
        with pytest.raises(ProcessDied):
            convert_folder(pickled, made)
    torch.save({k: v + 1 for k, v in torch.load(pickled / UNET).items()}, pickled / UNET)
    convert_folder(pickled, made)
    stored = load_file(made / WHOLE_FILES["unet"])
    wanted = torch.load(pickled / UNET)["conv_in.bias"]
    assert torch.equal(stored["conv_in.bias"], wanted.half())


def test_cancelling_ends_the_process(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, conversions.hangs_in_the_second_part)
    token = CancelToken()
    with pytest.raises(JobCancelled):
        convert_folder(
            pickled, tmp_path / "made", on_progress=lambda *_: token.cancel(), token=token
        )
    assert not any("spawn" in " ".join(p.cmdline()) for p in psutil.Process().children())


def test_memory_that_is_too_small_is_told(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, conversions.runs_out_of_memory)
    with pytest.raises(OutOfMemory, match="not enough memory"):
        convert_folder(pickled, tmp_path / "made")


def test_a_full_disk_is_told(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, conversions.fills_the_disk)
    with pytest.raises(ModelError, match=r"disk became full while .*vae.* was written; make room"):
        convert_folder(pickled, tmp_path / "made")
    assert not list(tmp_path.rglob("*.part"))


@posix
@pytest.mark.parametrize("kind", ["pickled", "ckpt"])
def test_an_import_goes_on_where_the_whole_app_was_killed(
    kind: str, tiny_configs: Path, tiny_pipeline: Any, request: pytest.FixtureRequest
) -> None:
    source: Path = request.getfixturevalue(kind)
    before = source.stat().st_mtime_ns
    call = f"imports_and_hangs(Path({str(source)!r}), Path({str(tiny_configs)!r}))"
    program = f"from tests.models.conversions import *\nif __name__ == '__main__':\n    {call}"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as app:
        assert app.stdout is not None
        converter = psutil.Process(int(app.stdout.readline()))
        app.kill()
    converter.wait(WAIT_S)
    assert source.stem not in {info.model for info in library.installed()}
    made = store.workshop(source.stem) / "imported"
    first = everything(made)[WHOLE_FILES["unet"]]
    stamps: list[int] = []
    model = import_model(
        source, configs=tiny_configs, on_progress=lambda done, _: stamps.append(done)
    )
    assert model == source.stem
    place = store.place_of(model)
    assert everything(place)[WHOLE_FILES["unet"]] == first
    for name in PARTS[:3]:
        assert_rounded(place / WHOLE_FILES[name], getattr(tiny_pipeline, name))
    assert not store.workshop(model).exists()
    assert source.stat().st_mtime_ns == before


@posix
def test_an_import_goes_on_where_its_process_was_killed(
    pickled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        run_instead(patch, conversions.dies_in_the_second_part)
        with pytest.raises(ProcessDied):
            import_model(pickled)
    model = import_model(pickled)
    assert model in {info.model for info in library.installed()}


def test_an_import_that_is_cancelled_leaves_nothing(
    pickled: Path, toonroom_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, conversions.hangs_in_the_second_part)
    token = CancelToken()
    with pytest.raises(JobCancelled):
        import_model(pickled, on_progress=lambda *_: token.cancel(), token=token)
    left = [path.name for path in (toonroom_home / "models" / ".workshop").iterdir()]
    assert left == ["cartoonizer.lock"]
