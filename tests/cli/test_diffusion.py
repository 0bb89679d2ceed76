"""`toonroom cartoonize --model`: the diffusion engine from the command line, on a tiny model.

Whatever starts a child takes seconds, so that one run serves several tests.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil
import pytest
from PIL import Image

from desktop_app.core.request import Request
from desktop_app.imaging.opening import open_photo
from tests.cli.conftest import MakePhoto, Run

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0
SIZES = {"a.jpg": (97, 61), "bad.png": (40, 30), "c.png": (50, 80)}
OPTIONS = ("--engine", "diffusion", "--working-size", 64)

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engines.diffusion import tiny

    return tiny.save(tiny.make_pipeline(0), tmp_path_factory.mktemp("models") / "tiny")


def started(home: Path, *arguments: object) -> subprocess.Popen[str]:
    """Start `toonroom ARGUMENTS` in a group of its own, as a shell does.

    At its end it tells which modules it has loaded.
    """
    program = f"""
import sys
sys.argv = ["toonroom", *{[str(argument) for argument in arguments]!r}]
from desktop_app.__main__ import main
status = main()
print("loaded:", *sys.modules)
sys.exit(status)
"""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TOONROOM_HOME": str(home)}
    environ["OMP_NUM_THREADS"] = "1"  # so little work is not worth more, least on a busy machine
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=environ,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
    )


def wait_for(stream: IO[str] | None, text: str) -> None:
    """Read lines until one has `text` in it."""
    assert stream is not None
    seen = []
    for line in stream:
        seen.append(line)
        if text in line:
            return
    raise AssertionError(f"{text!r} never came: {seen}")


def child_of(parent: subprocess.Popen[str]) -> psutil.Process:
    """Return the child once it listens and gives signs of life: two threads besides its first."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for process in psutil.Process(parent.pid).children():
            is_child = "spawn_main" in " ".join(process.cmdline())
            if is_child and process.num_threads() >= 3:
                return process
        time.sleep(0.01)
    raise AssertionError("no child came up")


def assert_nobody_left(group: int) -> None:
    """Wait until all processes that a command started have ended; they may take a moment."""
    deadline = time.monotonic() + 5.0
    left: list[str] = []
    while time.monotonic() < deadline:
        left = []
        for process in psutil.process_iter(["pid", "status", "cmdline"]):
            try:
                ours = os.getpgid(process.pid) == group
            except (ProcessLookupError, PermissionError):
                continue
            if ours and process.info["status"] != psutil.STATUS_ZOMBIE:
                left.append(f"{process.pid} {process.info['cmdline']}")
        if not left:
            return
        time.sleep(0.02)
    raise AssertionError(f"still there: {left}")


@dataclass(frozen=True)
class Batch:
    """A batch of three photos, the second one damaged."""

    folder: Path
    code: int
    out: str
    err: str
    group: int

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def photos(self) -> list[Path]:
        return [self.folder / name for name in SIZES]


@pytest.fixture(scope="module")
def batch(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    folder = tmp_path_factory.mktemp("batch")
    for seed, (name, (width, height)) in enumerate(SIZES.items()):
        noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(noise).save(folder / name)
    bad = folder / "bad.png"
    bad.write_bytes(bad.read_bytes()[:200])
    photos = [folder / name for name in SIZES]
    command = ["cartoonize", *photos, "-o", folder / "out", "--model", model, *OPTIONS]
    command += ["--steps", 4, "--seed", 7, "--json", "--previews", folder / "steps"]
    with started(folder / "home", *command) as process:
        out, err = process.communicate(timeout=WAIT_S)
    return Batch(folder, process.returncode, out, err, process.pid)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_damaged_photo_does_not_stop_the_others(batch: Batch) -> None:
    assert batch.code == 3
    assert [record["code"] for record in batch.records] == [0, 3, 0]
    assert names_in(batch.folder / "out") == ["a.jpg", "c.png"]
    assert "bad.png" in batch.records[1]["error"]
    assert "Traceback" not in batch.err
    assert "2 of 3 done" in batch.err.splitlines()[-1]
    assert_nobody_left(batch.group)


def test_json_says_what_was_taken(batch: Batch, model: Path) -> None:
    for record in batch.records:
        assert record["engine"] == "diffusion"
        assert record["model"] == str(model)
        assert (record["mode"], record["steps"], record["seed"]) == ("balanced", 4, 7)
    for record, name in zip(batch.records[::2], ("a.jpg", "c.png"), strict=True):
        assert record["result"] == str(batch.folder / "out" / name)
        assert (record["width"], record["height"]) == SIZES[name]
        assert record["seconds"] > 0
        photo = open_photo(batch.folder / "out" / name)
        assert (photo.extent.width, photo.extent.height) == SIZES[name]
        assert Request.from_json(photo.request_json or "") == Request(
            engine="diffusion", model=str(model), steps=4, seed=7, working_size_px=64
        )


def test_stdout_has_results_and_nothing_else(batch: Batch) -> None:
    lines = batch.out.splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("loaded: ")
    assert (batch.folder / "home" / "logs" / "diffusion.log").exists()  # libraries talk there


def test_every_step_leaves_a_preview(batch: Batch) -> None:
    wanted = [f"{stem}-0{n}-developing.png" for stem in "ac" for n in range(1, 5)]
    assert names_in(batch.folder / "steps") == wanted
    for stem, size in (("a", (64, 40)), ("c", (40, 64))):
        pictures = []
        for n in range(1, 5):
            with Image.open(batch.folder / "steps" / f"{stem}-0{n}-developing.png") as picture:
                assert picture.size == size
                pictures.append(picture.tobytes())
        assert len(set(pictures)) == 4


def test_the_process_of_the_command_line_loads_no_torch(batch: Batch) -> None:
    loaded = set(batch.out.rpartition("loaded:")[2].split())
    assert {"numpy", "cv2", "desktop_app.engines.diffusion.host"} <= loaded
    assert not loaded & {"torch", "diffusers", "transformers", "safetensors", "PySide6"}


def test_what_is_there_already_needs_no_child(batch: Batch, model: Path, run: Run) -> None:
    good = [batch.folder / name for name in ("a.jpg", "c.png")]
    command = ["cartoonize", *good, "-o", batch.folder / "out", "--model", model, *OPTIONS]
    start = time.monotonic()
    ran = run(*command, "--steps", 4, "--seed", 7, "--json", "--resume")
    assert time.monotonic() - start < 2.0
    assert (ran.code, [record["code"] for record in ran.records]) == (0, [0, 0])
    assert "2 of them were there already" in ran.err
    ran = run(*command, "--steps", 4, "--seed", 8, "--json", "--resume")  # other wishes
    assert [record["code"] for record in ran.records] == [3, 3]


@pytest.mark.parametrize("model_name", ["nowhere", "./nowhere"])
def test_a_model_that_is_not_there_is_one_line_and_a_row_for_each_photo(
    run: Run, make_photo: MakePhoto, tmp_path: Path, model_name: str
) -> None:
    photos = [make_photo("a.png"), tmp_path / "gone.png", make_photo("b.png")]
    command = ["cartoonize", *photos, "-o", tmp_path / "out", "--model", model_name, *OPTIONS]
    ran = run(*command, "--json")
    assert ran.code == 4
    assert len(ran.err.splitlines()) == 1
    assert "nowhere" in ran.err
    assert [record["photo"] for record in ran.records] == [str(photo) for photo in photos]
    assert {record["code"] for record in ran.records} == {4}
    assert {record["model"] for record in ran.records} == {model_name}
    assert all(record["error"] in ran.err for record in ran.records)
    assert not (tmp_path / "out").exists()


def test_without_any_model_the_diffusion_engine_says_so(
    run: Run, make_photo: MakePhoto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.models.library.resources", lambda: tmp_path)
    ran = run("cartoonize", make_photo("a.png"), "-o", tmp_path / "o.png", "--engine", "diffusion")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.splitlines() == [
        "toonroom: There is no model here yet; get one with 'toonroom models get', or choose a"
        " folder in diffusers layout. Name it with --model FOLDER."
    ]


@pytest.mark.parametrize(
    "name",
    [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
    ],
)
def test_a_broken_model_is_named_down_to_the_file(
    run: Run, make_photo: MakePhoto, tmp_path: Path, model: Path, name: str
) -> None:
    broken = tmp_path / "broken"
    for path in model.rglob("*"):
        if path.is_file():
            place = broken / path.relative_to(model)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(path)
    whole = (broken / name).read_bytes()
    (broken / name).unlink()
    (broken / name).write_bytes(whole[: len(whole) // 2])
    photos = [make_photo("a.png"), make_photo("b.png")]
    ran = run("cartoonize", *photos, "-o", tmp_path / "out", "--model", broken, "--json", *OPTIONS)
    assert ran.code == 4
    assert [record["code"] for record in ran.records] == [4, 4]
    assert len(ran.err.splitlines()) == 1
    assert str(broken / name) in ran.err


def test_an_unknown_scheduler_is_wrong_usage(
    run: Run, make_photo: MakePhoto, tmp_path: Path, model: Path
) -> None:
    command = ["cartoonize", make_photo("a.png"), "-o", tmp_path / "o.png", "--model", model]
    ran = run(*command, "--scheduler", "magic")
    assert (ran.code, ran.out) == (2, "")
    assert "“magic”" in ran.err
    assert "dpm++2m" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_device_that_is_not_there_is_wrong_usage_and_said_once(
    run: Run, make_photo: MakePhoto, tmp_path: Path, model: Path
) -> None:
    nvidia = sys.platform == "darwin" or not Path("/proc/driver/nvidia").exists()
    device = "cuda" if nvidia else "mps"
    photos = [make_photo("a.png"), make_photo("b.png")]
    command = ["cartoonize", *photos, "-o", tmp_path / "out", "--model", model, *OPTIONS]
    ran = run(*command, "--device", device, "--json", "--quiet")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "can be used here" in ran.err
    assert ran.err.endswith("use auto.\n")
    assert [record["code"] for record in ran.records] == [2, 2]
    assert names_in(tmp_path / "out") == []


@posix
def test_ctrl_c_ends_the_batch_and_the_child_with_nothing_half_written(
    make_photo: MakePhoto, tmp_path: Path, model: Path
) -> None:
    photos = [make_photo(f"{name}.png", 64, 48) for name in "abc"]
    command = ["cartoonize", *photos, "-o", tmp_path / "out", "--model", model, *OPTIONS]
    with started(tmp_path / "home", *command, "--steps", 60) as process:
        wait_for(process.stderr, "[2/3] b.png: 3 of 60, developing")
        os.killpg(process.pid, signal.SIGINT)
        start = time.monotonic()
        out, err = process.communicate(timeout=WAIT_S)
        seconds = time.monotonic() - start
    assert process.returncode == 130
    assert seconds < 3.0
    assert out.splitlines()[0] == str(tmp_path / "out" / "a.png")
    assert err.splitlines()[-1] == "toonroom: stopped: 1 of 3 done"
    assert "Traceback" not in err
    assert_nobody_left(process.pid)
    assert names_in(tmp_path / "out") == ["a.png"]
    assert open_photo(tmp_path / "out" / "a.png").extent.width == 64


@posix
@pytest.mark.parametrize("settled", [False, True])
def test_ctrl_c_while_the_child_comes_up_is_no_traceback(
    make_photo: MakePhoto, tmp_path: Path, model: Path, settled: bool
) -> None:
    command = ["cartoonize", make_photo("a.png"), "-o", tmp_path / "o.png", "--model", model]
    with started(tmp_path / "home", *command, *OPTIONS) as process:
        if settled:
            child_of(process)
        else:
            while not psutil.Process(process.pid).children():
                time.sleep(0.001)
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130
    assert err.splitlines() == ["toonroom: stopped: 0 of 1 done"]
    assert_nobody_left(process.pid)


@posix
def test_the_child_ends_with_a_command_line_that_was_killed(
    make_photo: MakePhoto, tmp_path: Path, model: Path
) -> None:
    command = ["cartoonize", make_photo("a.png"), "-o", tmp_path / "o.png", "--model", model]
    with started(tmp_path / "home", *command, *OPTIONS) as process:
        child = child_of(process)
        assert child.ppid() == process.pid
        process.kill()  # the child is in the middle of importing torch
    assert_nobody_left(process.pid)
    assert not (tmp_path / "o.png").exists()
