"""Which device is taken, how precisely it computes, and what is said of idle ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from desktop_app.core.errors import UsageError
from desktop_app.engines.diffusion import device
from desktop_app.engines.diffusion.device import choose_device


@pytest.fixture
def nothing_but_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(device, "_nvidia_card", lambda: "")


def test_the_fastest_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    chosen = choose_device("auto", "fp32")
    assert (chosen.device.type, chosen.precision, chosen.warning) == ("mps", "fp16", "")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _index: "Card")
    chosen = choose_device("auto", "fp32")
    assert (chosen.device.type, chosen.name, chosen.precision) == ("cuda", "Card", "fp16")
    assert choose_device("cpu", "fp32").device.type == "cpu"


@pytest.mark.usefixtures("nothing_but_a_processor")
@pytest.mark.parametrize("wanted", ["cuda", "mps"])
def test_what_is_not_there_is_refused(wanted: str) -> None:
    with pytest.raises(UsageError, match="can be used here"):
        choose_device(wanted, None)


@pytest.mark.usefixtures("nothing_but_a_processor")
@pytest.mark.parametrize(
    ("half_s", "wanted"), [(0.5, torch.bfloat16), (0.9, torch.float32), (1.4, torch.float32)]
)
def test_a_processor_takes_bf16_only_where_it_is_worth_it(
    monkeypatch: pytest.MonkeyPatch, half_s: float, wanted: torch.dtype
) -> None:
    seconds = {torch.float32: 1.0, torch.bfloat16: half_s}
    monkeypatch.setattr(device, "_work", lambda dtype: dtype)
    monkeypatch.setattr(device, "_seconds_of", lambda dtype: seconds[dtype])
    assert choose_device("auto", None).dtype == wanted


@pytest.mark.usefixtures("nothing_but_a_processor")
def test_what_an_earlier_probe_found_is_not_probed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(_work: Callable[[], None]) -> float:
        raise AssertionError

    monkeypatch.setattr(device, "_seconds_of", probe)
    assert choose_device("auto", "bf16").precision == "bf16"


def test_the_probe_measures_something() -> None:
    assert device.probed_cpu_dtype() in (torch.float32, torch.bfloat16)
    assert str(torch.get_num_threads()) in device.cpu_key()


@pytest.mark.usefixtures("nothing_but_a_processor")
def test_a_card_that_lies_idle_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_nvidia_card", lambda: "GeForce")
    warning = choose_device("auto", "fp32").warning
    assert "GeForce" in warning
    assert "CUDA" in warning or "driver" in warning
    assert choose_device("cpu", "fp32").warning == ""  # it was asked for


def test_the_driver_is_asked_for_the_cards_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "0000:01:00.0"
    folder.mkdir()
    (folder / "information").write_text("Model: \t\t NVIDIA RTX\nIRQ:   5\n", "utf-8")
    glob = Path.glob
    monkeypatch.setattr(Path, "glob", lambda _self, pattern: glob(tmp_path, pattern))
    assert device._nvidia_card() == "NVIDIA RTX"
