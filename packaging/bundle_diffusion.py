"""Whether a built app develops pictures with a diffusion model, in its own child process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from bundle_trial import SIZE_PX, CheckError, Trial, photo
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
# Random numbers in the shape of a model, made by the environment that the app was built from.
MAKE_MODEL = """
import sys
from pathlib import Path
from tests.engines.diffusion import tiny
tiny.save(tiny.make_pipeline(with_safety_checker=True), Path(sys.argv[1]))
"""
# The tiny model makes pictures half as small as the photo, not an eighth: so it needs a small one.
WORKING_SIZE = "64"
STEPS = 4
MODES = ("exact", "balanced")


def develop(trial: Trial) -> str:
    """Develop a picture with a tiny model, and compare it with what the environment makes of it.

    Returns:
        How long the app took, start to end, and how long the environment.

    Raises:
        CheckError: it was no picture, another one, or a process was left.
    """
    model = trial.place / "Modell"
    make_model(model)
    source = trial.place / "Vorlage.png"
    photo().save(source)
    frozen_s = []
    if sys.platform.startswith("linux"):
        trial.environ |= {"LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": str(trial.place / "loader")}
    for mode in MODES:
        start = time.monotonic()
        pixels = _developed(trial, [], f"{mode}.png", mode)
        frozen_s.append(time.monotonic() - start)
        trial.expect_no_process()
        if pixels == photo().tobytes():
            raise CheckError(f"the {mode} picture is the photo as it was")
        if mode == "exact":
            exact = pixels
    for variable in ("LD_DEBUG", "LD_DEBUG_OUTPUT"):
        trial.environ.pop(variable, None)
    expect_own_libraries(trial)
    interpreter = [sys.executable, "-P", "-m", "desktop_app"]
    start = time.monotonic()
    if _developed(trial, interpreter, "environment.png", "exact") != exact:
        raise CheckError("the app and the environment make different pictures in exact mode")
    seconds = time.monotonic() - start
    log = trial.place / "home" / "logs" / "diffusion.log"
    if log.exists() and log.read_text("utf-8").strip():
        raise CheckError(f"the diffusion process printed {log.read_text('utf-8')}")
    return (
        f"first in {frozen_s[0]:.1f} s, then in {min(frozen_s[1:]):.1f} s; the environment's pixels"
        f" exactly, which took it {seconds:.1f} s"
    )


def expect_own_libraries(trial: Trial) -> None:
    """Look through what the loader wrote into files "loader.PID".

    Raises:
        CheckError: a process took a library of the system that the app brings itself.
    """
    inside = trial.bundle / "_internal"
    own = {path.name for path in inside.rglob("*.so*")}
    for report in trial.place.glob("loader.*"):
        # The starter itself is begun by the system, and with what that has.
        _starter, _, text = report.read_text("utf-8", "replace").partition("transferring control:")
        for loaded in map(Path, re.findall(r"calling init: (.+)", text)):
            if loaded.name in own and not loaded.is_relative_to(inside):
                raise CheckError(f"a process of the app has loaded {loaded} instead of its own")


def make_model(folder: Path) -> None:
    """Write a tiny model into `folder`.

    Raises:
        CheckError: that did not work.
    """
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", MAKE_MODEL, str(folder)]
    run = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise CheckError(f"no model could be made to check the app with: {run.stderr}")


def _developed(trial: Trial, program: list[str], name: str, mode: str) -> bytes:
    """Return the pixels of the photo developed by the app, or else by `program`."""
    arguments = ["cartoonize", "Vorlage.png", "-o", name, "--engine", "diffusion", "--json"]
    arguments += ["--model", "./Modell", "--mode", mode, "--steps", str(STEPS), "--quiet"]
    arguments += ["--working-size", WORKING_SIZE, "--safety-check"]
    printed = trial.run_by(program, *arguments) if program else trial.run(*arguments)
    outcome = json.loads(printed)
    told = (outcome["engine"], outcome["mode"], outcome["steps"], outcome["error"])
    if told != ("diffusion", mode, STEPS, None):
        raise CheckError(f"the result is {printed}")
    with Image.open(trial.place / name) as picture:
        if picture.size != SIZE_PX or [outcome["width"], outcome["height"]] != list(SIZE_PX):
            raise CheckError(f"{name} has the size {picture.size}, and is said to be {printed}")
        return picture.convert("RGB").tobytes()
