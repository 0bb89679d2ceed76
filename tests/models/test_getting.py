"""A model is got: fetched, converted, put among the others, whatever ends it meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError
from desktop_app.core.events import Defaults
from desktop_app.core.paths import data_home
from desktop_app.models import catalogue, getting, library, store
from desktop_app.models.catalogue import Entry
from desktop_app.models.getting import CHECKING, CONVERTING, FETCHING, Progress
from tests.models.getting import QUICK
from tests.models.hub import REPOSITORY, FakeHub, Fault, files_in

ROOT = Path(__file__).resolve().parents[2]
ENTRY = Entry(
    "tiny", "Tiny", REPOSITORY, note="Draws.", defaults=Defaults(steps=7, text_guidance=2.0)
)


@pytest.fixture
def tiny_files(pickled_once: Path) -> dict[str, bytes]:
    """The files of a model that can be run, all in pickles, as they were in 2023."""
    return files_in(pickled_once)


def got(told: list[Progress] | None = None, token: CancelToken | None = None) -> Path:
    tell = (told if told is not None else []).append
    return getting.get(ENTRY, tell, token or CancelToken(), QUICK)


def test_a_model_of_pickles_comes_in_halves_and_says_what_it_is(hub: FakeHub) -> None:
    told: list[Progress] = []
    folder = got(told)
    assert folder == store.place_of("tiny")
    assert not store.workshop("tiny").exists()
    assert not list(folder.rglob("*.bin"))
    with safe_open(folder / "unet" / "diffusion_pytorch_model.safetensors", "pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float16}  # noqa: SIM118
    layout = library.find("tiny")
    assert (layout.title, layout.note, layout.defaults.steps) == ("Tiny", "Draws.", 7)
    assert layout.safety_checker is not None
    assert store.problems(folder, lambda _: None, CancelToken()) == []
    manifest = store.read_manifest(folder)
    assert manifest is not None
    assert manifest.origin == store.Origin(REPOSITORY, hub.branches["main"], "mit")
    stages = list(dict.fromkeys(progress.stage for progress in told))
    assert stages == [FETCHING, CONVERTING, CHECKING]
    first = next(progress for progress in told if progress.stage == CONVERTING)
    assert first.remaining_s is None
    for stage in (FETCHING, CONVERTING):
        last = [progress for progress in told if progress.stage == stage][-1]
        assert last.share == 1.0


def test_cancelling_keeps_what_came(hub: FakeHub) -> None:
    token = CancelToken()

    def tell(progress: Progress) -> None:
        if progress.stage == CONVERTING:
            token.cancel()

    with pytest.raises(JobCancelled):
        getting.get(ENTRY, tell, token, QUICK)
    assert "tiny" not in [info.model for info in library.installed()]
    sent = dict(hub.sent_bytes)
    assert got() == store.place_of("tiny")
    assert hub.sent_bytes == sent


def test_a_model_of_another_kind_is_refused_and_leaves_room(hub: FakeHub) -> None:
    (files,) = hub.commits.values()
    config: dict[str, Any] = json.loads(files["unet/config.json"])
    files["unet/config.json"] = json.dumps({**config, "in_channels": 4}).encode()
    with pytest.raises(ModelError, match="text-to-image"):
        got()
    assert not store.place_of("tiny").exists()


@pytest.fixture
def _added(hub: FakeHub) -> None:
    """Have the model in the artist's own catalogue, for other processes."""
    path = data_home() / catalogue.CATALOGUE_NAME
    path.write_text(f'[tiny]\ntitle = "Tiny"\nrepository = "{REPOSITORY}"\n')


def command_line(*arguments: str) -> subprocess.Popen[str]:
    """Start `toonroom models` in another process."""
    return subprocess.Popen(
        [sys.executable, "-m", "desktop_app", "models", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.usefixtures("_added")
def test_kill_9_while_fetching_and_then_all_of_it(hub: FakeHub) -> None:
    # The largest file falls silent in the middle.
    hub.faults.append(Fault("unet/diffusion_pytorch_model.bin", 1, after_bytes=9_000, stalls=True))
    process = command_line("get", "tiny")
    partial = store.workshop("tiny") / "partial"

    def came() -> bool:
        with contextlib.suppress(FileNotFoundError):  # files get their names while we look
            return any(path.stat().st_size >= 9_000 for path in partial.glob("*"))
        return False

    while not came() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    hub.released.set()
    other = command_line("get", "tiny")
    out, err = other.communicate(timeout=120)
    assert (other.returncode, out) == (0, f"{store.place_of('tiny')}\n"), err
    (files,) = hub.commits.values()
    name = "unet/diffusion_pytorch_model.bin"
    assert hub.sent_bytes[name] == len(files[name])


@pytest.mark.usefixtures("_added")
def test_kill_9_at_any_time_leaves_nothing_half_done(hub: FakeHub) -> None:
    store.workshop("tiny").mkdir(parents=True)
    seen: set[str] = set()
    for ending in ("download", "converted"):
        process = command_line("get", "tiny")
        while not (store.workshop("tiny") / ending).exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen.add("here" if store.place_of("tiny").exists() else "absent")
        names = [info.model for info in library.installed()]
        assert ("tiny" in names) == store.place_of("tiny").exists()
    other = command_line("get", "tiny")
    _, err = other.communicate(timeout=120)
    assert other.returncode == 0, err
    folder = store.place_of("tiny")
    assert store.problems(folder, lambda _: None, CancelToken()) == []
    assert "absent" in seen


@pytest.mark.usefixtures("_added")
def test_two_at_once_do_not_trample_each_other(hub: FakeHub) -> None:
    hub.faults.append(Fault("unet/diffusion_pytorch_model.bin", 1, after_bytes=9_000, stalls=True))
    first = command_line("get", "tiny")
    while not (store.workshop("tiny") / "partial").exists() and first.poll() is None:
        time.sleep(0.01)
    second = command_line("get", "tiny")
    _, err = second.communicate(timeout=60)
    assert second.returncode == 4
    assert "Another Toonroom is at work on the model" in err
    hub.released.set()
    out, err = first.communicate(timeout=120)
    assert (first.returncode, out) == (0, f"{store.place_of('tiny')}\n"), err
