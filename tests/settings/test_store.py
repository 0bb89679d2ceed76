"""Settings: what was saved comes back, and damage costs as little as possible."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.settings.store import (
    COMPARE_MODES,
    DEVICES,
    MAX_IDLE_MIN,
    MAX_MODEL_FOLDERS,
    MAX_RECENT,
    THEMES,
    Settings,
    load,
    save,
)

NAMES = [field.name for field in fields(Settings)]
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SETTINGS = st.builds(
    Settings,
    engine=TEXTS,
    look=TEXTS,
    model=TEXTS,
    model_folders=st.lists(TEXTS, max_size=MAX_MODEL_FOLDERS).map(tuple),
    instruction=TEXTS,
    recent_instructions=st.lists(TEXTS, max_size=MAX_RECENT).map(tuple),
    theme=st.sampled_from(THEMES),
    compare=st.sampled_from(COMPARE_MODES),
    split=st.floats(0, 1),
    develop_live=st.booleans(),
    show_more=st.booleans(),
    idle_unload_min=st.integers(0, MAX_IDLE_MIN),
    device=st.sampled_from(DEVICES),
    keep_exif=st.booleans(),
    keep_gps=st.booleans(),
    save_format=TEXTS,
    last_open_folder=TEXTS,
    last_save_folder=TEXTS,
    window_geometry=TEXTS,
    window_state=TEXTS,
)


@given(SETTINGS)
@settings(deadline=None)  # files are synced, and a busy disk takes its time
def test_what_was_saved_comes_back(settings: Settings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "settings.json"
        assert save(path, settings)
        assert load(path) == settings
        assert [p.name for p in path.parent.iterdir()] == ["settings.json"]


@given(SETTINGS, st.sampled_from(NAMES), JSON)
@settings(deadline=None)  # files are synced, and a busy disk takes its time
def test_a_damaged_key_costs_that_key_alone(settings: Settings, name: str, value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        save(path, settings)
        values = json.loads(path.read_text())
        values[name] = value
        path.write_text(json.dumps(values))
        loaded = asdict(load(path))
        assert loaded.pop(name) in (getattr(Settings(), name), value, as_kept(value))
        kept = asdict(settings)
        del kept[name]
        assert loaded == kept
        assert path.exists()


def as_kept(value: Any) -> Any:
    """Return what a valid value looks like once it was read."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, int) and abs(value) <= 1:
        return float(value)
    return None


@given(st.binary(max_size=300))
@settings(deadline=None)  # files are synced, and a busy disk takes its time
def test_any_bytes_start_with_defaults_or_with_what_they_say(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        path.write_bytes(data)
        assert isinstance(load(path), Settings)
        kept = [p for p in Path(folder).iterdir() if p.read_bytes() == data]
        assert kept, "the damaged file must not be lost"


@given(JSON)
@settings(deadline=None)  # files are synced, and a busy disk takes its time
def test_any_json_starts(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        path.write_text(json.dumps(value))
        settings = load(path)
        if not isinstance(value, dict):
            assert settings == Settings()
            assert (Path(folder) / "settings.json.damaged").exists()


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == Settings()
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark", "keep_')
    assert load(path) == Settings()
    assert (tmp_path / "settings.json.damaged").read_text().startswith('{"theme"')
    assert save(path, replace(Settings(), theme="dark"))
    assert load(path).theme == "dark"


@pytest.mark.parametrize("text", ["[" * 200_000, "1" * 10_000, '{"split": 1e999}', "\ufeff{}"])
def test_odd_json_does_not_stop_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="utf-8")
    assert load(path) == Settings()


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b" " * (2 << 20))
    assert load(path) == Settings()


def test_unknown_keys_and_later_versions_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 99, "hologram": True, "theme": "light"}))
    assert load(path) == Settings(theme="light")


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.mkdir()
    assert load(path) == Settings()
    assert not save(path, Settings())
    assert [p.name for p in tmp_path.iterdir()] == ["settings.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="file names are text there")
def test_a_folder_whose_name_is_no_text_costs_that_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    odd = os.fsdecode(b"/photos/caf\xe9")
    assert save(path, Settings(last_open_folder=odd, theme="dark"))
    assert load(path) == Settings(theme="dark")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere.json"
    kept.write_text("{}")
    path = tmp_path / "settings.json"
    path.symlink_to(kept)
    assert save(path, Settings(theme="dark"))
    assert path.is_symlink()
    assert load(kept).theme == "dark"


def test_recent_instructions_are_newest_first_and_few() -> None:
    settings = Settings(recent_instructions=("a", "b"))
    assert settings.with_recent("b") == ("b", "a")
    many = Settings(recent_instructions=tuple(str(n) for n in range(MAX_RECENT)))
    assert len(many.with_recent("new")) == MAX_RECENT


def test_model_folders_are_newest_first_and_few() -> None:
    settings = Settings(model_folders=("/a", "/b"))
    assert settings.with_model_folder("/b") == ("/b", "/a")
    many = Settings(model_folders=tuple(str(n) for n in range(MAX_MODEL_FOLDERS)))
    assert len(many.with_model_folder("/new")) == MAX_MODEL_FOLDERS


def test_a_model_folder_whose_name_is_no_text_costs_no_other() -> None:
    odd = b"/models/caf\xe9".decode("utf-8", "surrogateescape")
    assert Settings(model_folders=("/a",)).with_model_folder(odd) == ("/a",)


@pytest.mark.parametrize("minutes", [-1, MAX_IDLE_MIN + 1, 2.5, True, "10", None])
def test_minutes_out_of_range_are_forgotten(tmp_path: Path, minutes: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"idle_unload_min": minutes, "device": "cpu"}))
    assert load(path) == Settings(device="cpu")


def test_an_unknown_device_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"device": "abacus", "idle_unload_min": 0}))
    assert load(path) == Settings(idle_unload_min=0)
