"""What a model that is not here would take: as the engine would say were it here."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.events import Defaults
from desktop_app.engines.diffusion.forecast import _work, seconds_of, seconds_per_picture
from desktop_app.engines.diffusion.machine import Machine
from desktop_app.models.layout import read_layout
from tests.models.folders import make_folder


def test_the_work_is_that_of_stable_diffusion() -> None:
    work = _work(1)
    # FLOPs at 512 px, computed elsewhere from diffusers' modules.
    assert work.row == pytest.approx(0.803e12, rel=0.01)
    assert work.encode == pytest.approx(1.12e12, rel=0.05)
    assert work.decode == pytest.approx(2.52e12, rel=0.05)


def test_a_model_that_is_here_takes_what_its_own_parts_do(tmp_path: Path) -> None:
    layout = read_layout(make_folder(tmp_path / "model"))  # of Stable Diffusion's size
    machine = Machine(flops=1e12)
    assert seconds_of(layout, machine) == pytest.approx(
        seconds_per_picture(Defaults(), machine), rel=0.05
    )


def test_a_picture_takes_what_its_steps_and_rows_do() -> None:
    machine = Machine(flops=1e12)
    usual = seconds_per_picture(Defaults(), machine)
    assert usual == pytest.approx(30.5 + 3.6, rel=0.05)
    one_row = seconds_per_picture(Defaults(text_guidance=1.0, image_guidance=1.0), machine)
    assert one_row == pytest.approx(20 * 0.803 + 3.6, rel=0.03)
    assert seconds_per_picture(Defaults(steps=10), machine) < usual
    assert seconds_per_picture(Defaults(), Machine(flops=2e12)) == pytest.approx(usual / 2)
