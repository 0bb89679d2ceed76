"""The window's process and its engine's: whichever ends, nothing is left and nothing is lost."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.models.folders import make_folder
from tests.windows.room import MakePhoto
from tests.windows.window_process import GONE_S, WindowProcess, gone, removed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")

MakeWindow = Callable[..., WindowProcess]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that only a child without torch takes."""
    return make_folder(tmp_path_factory.mktemp("models") / "m")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that computes."""
    from tests.engines.diffusion.tiny import make_pipeline, save

    return save(make_pipeline(vae_levels=4), tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def make_window(make_photo: MakePhoto) -> Iterator[MakeWindow]:
    """Start windows; nothing of them goes on afterwards."""
    windows: list[WindowProcess] = []

    def make(model: Path, target: str = "", idle_s: str = "") -> WindowProcess:
        windows.append(WindowProcess(make_photo(), model, target, idle_s))
        return windows[-1]

    yield make
    for each in windows:
        each.end()


def is_developing(now: dict[str, object]) -> bool:
    return str(now["status"]).startswith("Developing, ")


def shared(window: WindowProcess) -> set[Path]:
    if not sys.platform.startswith("linux"):
        return set()
    found = window.segments()
    assert found
    return found


@pytest.mark.parametrize("deed", ["ever", "native"])
def test_a_window_that_is_killed_takes_its_child_along(
    make_window: MakeWindow, folder: Path, deed: str
) -> None:
    window = make_window(folder, "without_torch")
    window.tell(f"say {deed}", "run")
    window.wait(is_developing)
    processes, memory = window.family(), shared(window)
    assert window.child() in processes
    window.process.kill()
    assert gone(processes)
    assert removed(memory)


def test_a_window_that_is_killed_ends_what_computes(make_window: MakeWindow, tiny: Path) -> None:
    window = make_window(tiny)
    window.tell("steps 200", "run")
    window.wait(is_developing)
    processes, memory = window.family(), shared(window)
    window.process.kill()
    assert gone(processes)
    assert removed(memory)


def test_a_window_that_is_killed_while_its_child_comes_up(
    make_window: MakeWindow, tiny: Path
) -> None:
    window = make_window(tiny)
    window.tell("run")
    window.child()
    processes = window.family()
    window.process.kill()
    assert gone(processes)


def test_a_child_that_is_killed_costs_one_run(make_window: MakeWindow, folder: Path) -> None:
    window = make_window(folder, "without_torch")
    window.tell("say ever", "run")
    window.wait(is_developing)
    first, memory = window.child(), shared(window)
    first.kill()
    now = window.wait(lambda now: now["state"] == "failed" and not now["busy"])
    assert "was ended from outside, perhaps because memory ran out" in now["message"]
    assert "next run starts a new one" in now["message"]
    assert now["status"] == now["message"]
    assert removed(memory)
    window.tell("say cartoon", "run")
    now = window.wait(lambda now: now["state"] == "done" and not now["busy"])
    assert now["status"].startswith("Developed in ")
    assert window.child().pid != first.pid


def test_a_child_that_nobody_needs_goes(make_window: MakeWindow, folder: Path) -> None:
    window = make_window(folder, "without_torch", "0.5")
    window.tell("run")
    window.wait(lambda now: now["state"] == "done" and now["engine"] == "Diffusion · Fake · fp32")
    window.wait(lambda now: now["engine"] == "Diffusion")
    window.tell("run")
    window.wait(lambda now: now["busy"])
    window.wait(lambda now: now["state"] == "done" and now["engine"] == "Diffusion · Fake · fp32")


@pytest.mark.parametrize("deed", ["ever", "native"])
def test_closing_the_window_in_the_middle_ends_everything(
    make_window: MakeWindow, folder: Path, deed: str
) -> None:
    window = make_window(folder, "without_torch")
    window.tell(f"say {deed}", "run")
    window.wait(is_developing)
    processes, memory = window.family(), shared(window)
    window.tell("close")
    assert window.process.wait(2 * GONE_S) == 0
    assert gone(processes)
    assert removed(memory)
    assert "Traceback" not in window.errors
    assert "leaked" not in window.errors


def test_closing_the_window_while_it_computes(make_window: MakeWindow, tiny: Path) -> None:
    window = make_window(tiny)
    window.tell("steps 200", "run")
    window.wait(is_developing)
    processes, memory = window.family(), shared(window)
    window.tell("close")
    assert window.process.wait(2 * GONE_S) == 0
    assert gone(processes)
    assert removed(memory)
    assert "Traceback" not in window.errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_everything(
    make_window: MakeWindow, folder: Path, number: signal.Signals
) -> None:
    window = make_window(folder, "without_torch")
    window.tell("say ever", "run")
    window.wait(is_developing)
    processes, memory = window.family(), shared(window)
    window.process.send_signal(number)
    window.process.wait(2 * GONE_S)
    assert gone(processes)
    assert removed(memory)
