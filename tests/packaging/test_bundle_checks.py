"""The checks of a built app find what is wrong with it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import bundle_checks
import bundle_diffusion
import psutil
import pytest
from bundle_trial import CheckError, Trial


@pytest.mark.parametrize("name", ["scipy", "scipy-1.17.1.dist-info", "hf_xet.abi3.so"])
def test_check_finds_what_must_not_be_in_the_app(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "scipy" / "toonroom"  # where the app lies does not matter
    (folder / "_internal" / "torch" / "onnx").mkdir(parents=True)  # nor do parts of packages
    (folder / "_internal" / "torch" / "onnx" / "core.so").write_bytes(b"x" * 2_000_000)
    assert bundle_checks.contents(folder) == "2 MB in 1 files"
    (folder / "_internal" / name).mkdir()
    (folder / "_internal" / name / "file").touch()
    with pytest.raises(CheckError, match="is in the app"):
        bundle_checks.contents(folder)


def test_check_finds_libraries_of_the_system(tmp_path: Path) -> None:
    library = tmp_path / "Größe app" / "_internal" / "libffi.so.8"
    library.parent.mkdir(parents=True)
    library.touch()
    trial = Trial(library.parents[1], tmp_path)
    # The starter is begun with what the system has, which is no fault.
    lines = ["1: calling init: /lib/libffi.so.8", "1:", "1: transferring control: /toonroom"]
    lines += [f"1: calling init: {library}", "1: calling init: /lib/libc.so.6"]
    (tmp_path / "loader.1").write_text("\n".join(lines), "utf-8")
    bundle_diffusion.expect_own_libraries(trial)
    lines += ["1: calling init: /lib/libffi.so.8"]
    (tmp_path / "loader.1").write_text("\n".join(lines), "utf-8")
    with pytest.raises(CheckError, match="instead of its own"):
        bundle_diffusion.expect_own_libraries(trial)


def test_check_finds_processes_that_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bundle_trial.LINGERING_S", 0.1)
    Trial(tmp_path, tmp_path).expect_no_process()
    here = Path(psutil.Process().exe()).parent
    with pytest.raises(CheckError, match="left"):
        Trial(here, tmp_path).expect_no_process()


@pytest.mark.skipif(os.name != "posix", reason="links need no rights on POSIX")
def test_check_finds_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "libQt6Gone.so.6").symlink_to("PySide6/libQt6Gone.so.6")
    with pytest.raises(CheckError, match="leads nowhere"):
        bundle_checks.contents(tmp_path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_check_sees_when_a_window_listens() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        assert not bundle_checks.listens(os.getpid(), 0.0)
        signal.signal(signal.SIGTERM, lambda *_: None)
        assert bundle_checks.listens(os.getpid(), 0.0)
    finally:
        signal.signal(signal.SIGTERM, before)
