"""The app works with what is in the bundle alone, as far as that shows without building it."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import bundle_contents as contents

import desktop_app
from tests.engines.diffusion import tiny

ROOT = Path(__file__).resolve().parents[2]
EXCLUDED = (*contents.EXCLUDED, *contents.unused_families())
MODULES = [
    module.name
    for module in pkgutil.walk_packages(desktop_app.__path__, "desktop_app.")
    if contents.is_in_app(module.name)
]


def test_app_works_where_the_excluded_modules_are_missing(tmp_path: Path) -> None:
    model = tiny.save(tiny.make_pipeline(with_safety_checker=True), tmp_path / "model")
    program = f"""
import sys
sys.modules.update(dict.fromkeys({EXCLUDED!r}))  # None: importing it fails
import importlib
for name in {MODULES!r}:
    importlib.import_module(name)
from desktop_app.imaging.decoding import _PLUGINS
for name in [*_PLUGINS.values(), "pi_heif.heif", "psutil", *{contents.lazy_modules()!r}]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        assert name.startswith("diffusers.schedulers."), error  # some need flax or torchsde
"""
    run_program(program + DEVELOP, str(model))


# In this very process, which lacks modules; the engine's own would have them.
DEVELOP = """
import warnings
warnings.simplefilter("ignore")  # schedulers use NumPy in ways of old
import numpy as np
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo
from desktop_app.core.request import MODES, Request
from desktop_app.engines.diffusion.device import choose_device
from desktop_app.engines.diffusion.photo_in import model_photo
from desktop_app.engines.diffusion.plan import plan_of, side_multiple
from desktop_app.engines.diffusion.schedulers import SCHEDULERS
from desktop_app.engines.diffusion.studio import Studio
from desktop_app.models import library

class Listener:
    def loading(self, *_): pass
    def stepped(self, *_): pass
    def check(self): pass

layout = library.find(sys.argv[1])
grey = Photo(np.full((32, 32, 3), 99, np.uint8))
photo = model_photo(grey, Extent(32, 32), side_multiple(layout))
studio = Studio(choose_device("cpu", "fp32"))
requests = [Request(model=sys.argv[1], mode=mode, steps=3, safety_check=True) for mode in MODES]
for spec in SCHEDULERS:
    requests.append(Request(model=sys.argv[1], scheduler=spec.choice.value, steps=4))
for request in requests:
    picture = studio.run(layout, plan_of(request, layout), photo, Listener())
    assert picture.pixels.shape == (32, 32, 3)
"""


def run_program(program: str, *arguments: str) -> None:
    # One thread: several would wait for each other longer than these small pictures take.
    environ = {**os.environ, "PYTHONWARNINGS": "default", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-c", program, *arguments]
    run = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_families_that_are_in_the_app_exist() -> None:
    for package, kept in contents.FAMILIES.items():
        assert {path.name for path in contents._folder(package).iterdir()} >= kept
    assert "transformers.models.bert" in contents.unused_families()
    assert "transformers.models.clip" not in contents.unused_families()
