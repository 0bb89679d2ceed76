"""Libraries are kept quiet only as long as they decode."""

from __future__ import annotations

import os
import threading
import warnings
from pathlib import Path

import pytest
from PIL import Image

from desktop_app.imaging.quiet import prepare_pillow, silenced_stderr


def test_silence_ends(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before ")
    with silenced_stderr(), silenced_stderr():
        os.write(2, b"never ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_silence_ends_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with silenced_stderr():
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def open_files() -> int:
    """Return how many files this process holds open, where the system tells."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_several_threads_leave_the_terminal_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        for _ in range(200):
            with silenced_stderr():
                os.write(2, b"never")

    before = open_files()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
    assert open_files() == before


def test_pillow_neither_warns_nor_limits() -> None:
    prepare_pillow()
    assert Image.MAX_IMAGE_PIXELS is None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prepare_pillow()
        warnings.warn_explicit("noise", UserWarning, "x.py", 1, module="PIL.Image")
        warnings.warn_explicit("ours", UserWarning, "x.py", 1, module="desktop_app.x")
    assert [str(w.message) for w in caught] == ["ours"]
