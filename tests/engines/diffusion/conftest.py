"""Hosts whose children are the real ones with a fake studio, or some that misbehave."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.engines.diffusion.child import ChildSettings
from desktop_app.engines.diffusion.host import ChildHost, Target
from tests.engines.diffusion import fake_children
from tests.engines.diffusion.hosting import MakeHost
from tests.models.folders import make_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("models") / "m")


@pytest.fixture
def make_host() -> Iterator[MakeHost]:
    """Return a function that makes hosts; their children must be gone in the end."""
    hosts: list[ChildHost] = []
    others = {process.pid for process in multiprocessing.active_children()}

    def make(
        target: Target = fake_children.without_torch,
        settings: Callable[[], ChildSettings] = ChildSettings,
        *,
        grace_s: float = 5.0,
        silence_s: float = 60.0,
    ) -> ChildHost:
        host = ChildHost(settings, target=target, grace_s=grace_s, silence_s=silence_s)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        host.close()
        assert not host.is_up
        assert host.pid is None
    assert {process.pid for process in multiprocessing.active_children()} == others


@pytest.fixture(scope="module")
def shared() -> Iterator[ChildHost]:
    """Return a host whose child survives what the tests with it do."""
    host = ChildHost(ChildSettings, target=fake_children.without_torch)
    yield host
    host.close()
