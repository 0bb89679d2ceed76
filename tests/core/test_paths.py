"""Where things are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop_app.core import paths


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "my room"))
    home = tmp_path / "my room"
    assert paths.data_home() == home
    for path in (paths.models_folder(), paths.log_file()):
        assert path.is_relative_to(home)
    assert not home.exists()  # asking makes nothing


def test_the_moved_home_may_be_relative_or_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.HOME_VARIABLE, "here")
    assert paths.data_home() == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(paths.HOME_VARIABLE, "~/there")
    assert paths.data_home() == tmp_path / "there"


def test_a_user_that_is_not_there_is_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.HOME_VARIABLE, "~nobody-has-this-name/x")
    assert paths.data_home() == tmp_path / "~nobody-has-this-name" / "x"


@pytest.mark.parametrize("value", [None, ""])
def test_else_it_is_the_users_own_folder(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(paths.HOME_VARIABLE, value)
    assert paths.data_home().name == "Toonroom"
    assert paths.data_home().is_absolute()


def test_resources_are_found_in_a_checkout_and_in_a_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (paths.resources() / "looks" / "cartoon.toml").is_file()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resources() == tmp_path / "resources"
