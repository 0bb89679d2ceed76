from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, PhotoError, UsageError
from desktop_app.training import runs, unet, vae
from desktop_app.training.checkpoints import checkpoints, load_checkpoint, save_checkpoint
from desktop_app.training.parts import load_vae
from desktop_app.training.reporting import Silence
from desktop_app.training.runs import Run, learning_rate, stage_at
from desktop_app.training.settings import Stage, UNetSettings
from tests.training.small import log_of, unet_settings, vae_settings

WEIGHTS = "diffusion_pytorch_model.safetensors"

KILLED = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from desktop_app.core.cancel import CancelToken
from desktop_app.training import unet
from desktop_app.training.reporting import Silence
from tests.training.small import unet_settings
unet.run(unet_settings(*map(Path, sys.argv[1:])), Silence(), CancelToken())
"""


def test_losses_after_kill_9_are_those_of_a_run_that_was_left_alone(
    data: Path, vae_folder: Path, trained: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", KILLED, *map(str, (data, tmp_path, vae_folder))]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
    while not checkpoints(tmp_path) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was over before it was killed"
    unet.run(unet_settings(data, tmp_path, vae_folder), Silence(), CancelToken())
    assert log_of(tmp_path) == log_of(trained)


class _Impatient:
    """Ends a run when it tells of its first checkpoint."""

    def __init__(self, token: CancelToken) -> None:
        self._token = token

    def note(self, sentence: str) -> None:
        """Do nothing."""

    def progress(self, text: str) -> None:
        """End the run."""
        del text
        self._token.cancel()


def test_an_autoencoders_run_goes_on_as_if_it_had_never_been_ended(
    data: Path, tmp_path: Path
) -> None:
    told = vae.run(vae_settings(data, tmp_path / "alone"), Silence(), CancelToken())
    assert "dB on pictures it has not seen" in told
    settings, token = vae_settings(data, tmp_path / "ended"), CancelToken()
    with pytest.raises(JobCancelled):
        vae.run(settings, _Impatient(token), token)
    assert [line["step"] for line in log_of(settings.out)] == [1, 2]
    vae.run(settings, Silence(), CancelToken())
    assert log_of(settings.out) == log_of(tmp_path / "alone")
    weights = [load_file(run / "vae" / WEIGHTS) for run in (settings.out, tmp_path / "alone")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


def test_a_decoder_learns_on_while_latents_stay_what_they_were(
    data: Path, vae_folder: Path, tmp_path: Path
) -> None:
    settings = replace(vae_settings(data, tmp_path), base=vae_folder, stages=(Stage(16, 2, 2),))
    vae.run(settings, Silence(), CancelToken())
    before, after = (load_file(place / WEIGHTS) for place in (vae_folder, tmp_path / "vae"))
    for name, weights in before.items():
        if name.startswith("encoder."):
            assert torch.equal(weights, after[name]), name
    assert any(not torch.equal(weights, after[name]) for name, weights in before.items())
    factors = [load_vae(place).config["scaling_factor"] for place in (vae_folder, tmp_path / "vae")]
    assert factors[0] == factors[1]


def test_a_signal_ends_a_run_with_a_checkpoint_and_its_own_status(
    data: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "desktop_app", "train", "vae", "--data", str(data)]
    command += ["-o", str(tmp_path), "--stages", "32x1x100000", "--encoder-channels", "4"]
    command += ["--decoder-channels", "4", "--checkpoint-every", "3", "--threads", "1"]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)
    while not checkpoints(tmp_path) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in said
    state = load_checkpoint(tmp_path)
    assert state is not None
    assert [line["step"] for line in log_of(tmp_path)][-1] == state["step"]


def _run(settings: Any, token: CancelToken | None = None) -> Run:
    return Run(settings, Silence(), token or CancelToken())


def _go(run: Run, done: list[int], state: dict[str, Any] | None = None) -> None:
    def step(number: int) -> dict[str, float]:
        done.append(number)
        return {"loss": float(number)}

    run.go(step, lambda: state or {}, lambda _: {}, 1000)


def test_a_cancelled_run_leaves_a_checkpoint_and_goes_on_from_it(
    tmp_path: Path, data: Path
) -> None:
    settings = vae_settings(data, tmp_path)
    token = CancelToken()
    run, done = _run(settings, token), list[int]()
    run.resumed()

    def step(number: int) -> dict[str, float]:
        done.append(number)
        if number == 2:
            token.cancel()
        return {"loss": 1.0}

    with pytest.raises(JobCancelled):
        run.go(step, dict, lambda _: {}, 1000)
    again = _run(settings)
    assert again.resumed() is not None
    _go(again, done)
    assert done == [0, 1, 2, 3, 4, 5]
    assert [line["step"] for line in log_of(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_a_run_of_other_settings_is_not_gone_on_with(tmp_path: Path, data: Path) -> None:
    settings = vae_settings(data, tmp_path)
    run = _run(settings)
    run.resumed()
    _go(run, [])
    with pytest.raises(UsageError, match="another seed"):
        _run(replace(settings, seed=1)).resumed()
    with pytest.raises(UsageError, match="other stages"):
        _run(replace(settings, stages=(Stage(16, 4, 6),))).resumed()
    more = replace(settings, stages=(Stage(16, 2, 3), Stage(32, 1, 5), Stage(64, 1, 1)))
    assert _run(replace(more, threads=1)).resumed() is not None


def test_the_last_two_checkpoints_are_kept_and_a_damaged_one_is_named(
    tmp_path: Path, data: Path
) -> None:
    run = _run(vae_settings(data, tmp_path))
    run.resumed()
    _go(run, [])
    kept = checkpoints(tmp_path)
    assert [path.name for path in kept] == ["checkpoint-00000004.pt", "checkpoint-00000006.pt"]
    kept[-1].write_bytes(b"half a che")
    with pytest.raises(PhotoError, match="checkpoint-00000006"):
        load_checkpoint(tmp_path)


def test_a_full_disk_ends_a_run_with_a_sentence_and_the_checkpoint_before_stays(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_more: object) -> None:
        raise PhotoError("“x” cannot be written: the disk is full.")

    run = _run(vae_settings(data, tmp_path))
    run.resumed()
    counted: list[int] = []

    def second_is_full(folder: Path, step: int, state: dict[str, Any]) -> Path:
        counted.append(step)
        if len(counted) > 1:
            full()
        return save_checkpoint(folder, step, state)

    monkeypatch.setattr(runs, "save_checkpoint", second_is_full)
    with pytest.raises(PhotoError, match="disk is full"):
        _go(run, [])
    state = load_checkpoint(tmp_path)
    assert state is not None
    assert state["step"] == 2


def test_rates_go_up_stay_and_go_down() -> None:
    rates = [learning_rate(1.0, step, 100, warm_up=10, decay=0.5) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:50] == [1.0] * 40
    assert rates[50:] == sorted(rates[50:], reverse=True)
    assert rates[-1] == pytest.approx(0.02)
    stages = (Stage(64, 2, 3), Stage(128, 1, 2))
    assert [stage_at(stages, step).crop_px for step in range(5)] == [64, 64, 64, 128, 128]


def test_a_batch_that_cannot_be_cut_is_refused(
    data: Path, vae_folder: Path, tmp_path: Path
) -> None:
    settings: UNetSettings = replace(unet_settings(data, tmp_path, vae_folder), accumulate=3)
    with pytest.raises(UsageError, match="batch of 2 cannot be cut into 3"):
        unet.run(settings, Silence(), CancelToken())
