from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.small import log_of

_RUN = """
import sys
from pathlib import Path
from desktop_app.core.cancel import CancelToken
from desktop_app.training import unet
from desktop_app.training.reporting import Silence
from tests.training.small import unet_settings

print(unet.run(unet_settings(*map(Path, sys.argv[1:])), Silence(), CancelToken()) or "nothing")
"""


def test_two_processes_learn_what_one_does(
    data: Path, vae_folder: Path, trained: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    script = tmp_path / "run.py"
    script.write_text(_RUN)
    out = tmp_path / "two"
    told = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
            *map(str, (script, data, out, vae_folder)),
        ],
        env={
            **os.environ,
            "ACCELERATE_USE_CPU": "true",
            "PYTHONPATH": str(request.config.rootpath),
        },
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    ).stdout
    assert sorted(line.partition(":")[0] for line in told.splitlines()) == sorted(
        ["nothing", str(out / "model")]
    )
    mine, alone = log_of(out), log_of(trained)
    assert [line["step"] for line in mine] == [line["step"] for line in alone]
    for line, wanted in zip(mine, alone, strict=True):
        assert line["loss"] == pytest.approx(wanted["loss"], rel=1e-4)
        assert line["norm"] == pytest.approx(wanted["norm"], rel=1e-3)
