"""What is remembered of the machine: kept, and never trusted blindly."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.engines.diffusion.machine import Machine, load_machine, save_machine

KNOWN = Machine("Intel, 2 threads, torch 2.13", "fp32", "CPU fp32", 42e9, 99e6, 4.5)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "machine.json"
    save_machine(path, KNOWN)
    assert load_machine(path) == KNOWN
    save_machine(path, Machine())
    assert load_machine(path) == Machine()
    assert [item.name for item in path.parent.iterdir()] == ["machine.json"]


def test_where_nothing_is_known_nothing_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load_machine(tmp_path / "machine.json") == Machine()
    assert caplog.records == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "7", '"x"', "[" * 100_000, "\ud800", '{"flops": ' + "9" * 70_000 + "}"],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "machine.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert load_machine(path) == Machine()


@pytest.mark.parametrize(
    "value",
    [
        -1,
        0,
        True,
        None,
        "fast",
        [1],
        math.inf,
        math.nan,
        pytest.param(10**400, id="huge"),
        1e-300,
        1e300,
    ],
)
@pytest.mark.parametrize("name", ["flops", "load_bytes_s", "start_s"])
def test_a_speed_that_no_machine_has_is_left_out_alone(
    tmp_path: Path, name: str, value: object
) -> None:
    path = tmp_path / "machine.json"
    path.write_text(json.dumps({"cpu_key": "k", "cpu_precision": 3, "else": 1, name: value}))
    assert load_machine(path) == Machine(cpu_key="k")


def test_a_whole_number_is_a_speed_too(tmp_path: Path) -> None:
    path = tmp_path / "machine.json"
    path.write_text('{"flops": 50000000000}')
    assert load_machine(path) == Machine(flops=5e10)


def test_a_place_that_cannot_be_written_to_does_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    save_machine(tmp_path / "file" / "machine.json", KNOWN)
    (tmp_path / "machine.json").mkdir()
    save_machine(tmp_path / "machine.json", KNOWN)
    assert len(caplog.records) == 2
    assert load_machine(tmp_path / "machine.json") == Machine()


def test_the_newest_speed_counts_half_on_the_same_device() -> None:
    first = Machine().with_speed("CPU fp32", 4e9)
    assert (first.device, first.flops) == ("CPU fp32", 4e9)
    assert first.with_speed("CPU fp32", 8e9).flops == 6e9
    assert first.with_speed("Card fp16", 8e12).flops == 8e12


def test_loading_is_remembered_as_far_as_it_was_measured() -> None:
    known = Machine(load_bytes_s=100e6, start_s=6.0)
    assert known.loading_s(200_000_000, is_up=True) == 2.0
    assert known.loading_s(200_000_000, is_up=False) == 8.0
    assert known.with_loading(0.0, 300e6) == Machine(load_bytes_s=200e6, start_s=6.0)
    assert known.with_loading(10.0, 0.0) == Machine(load_bytes_s=100e6, start_s=8.0)
    assert known.with_loading(math.nan, math.inf) == known


@given(flops=st.floats())
def test_no_measurement_makes_a_speed_that_no_machine_has(flops: float) -> None:
    found = KNOWN.with_speed(KNOWN.device, flops)
    assert math.isfinite(found.flops)
    assert found.flops > 0
    if not math.isfinite(flops) or flops <= 0:
        assert found == KNOWN
