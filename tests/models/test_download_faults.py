"""Whatever the hub, the network and the disk do: a whole model, or a sentence and a later try."""

from __future__ import annotations

import errno
import io
import os
import shutil
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled
from desktop_app.models import partial, refusals, store
from desktop_app.models.progress import DownloadProgress
from tests.models.conftest import LARGE_BYTES
from tests.models.folders import UNET
from tests.models.getting import ENTRY, QUICK, get, refusal
from tests.models.hub import REPOSITORY, FakeHub, Fault, files_in

STORAGE = "/storage/"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return how long it would have waited, each time."""
    waited: list[float] = []
    monkeypatch.setattr(refusals, "pause", lambda seconds, _: waited.append(seconds))
    return waited


@pytest.mark.parametrize("at", ["/api/", "model_index.json", STORAGE])
@pytest.mark.parametrize(
    ("status", "error_code"), [(401, "GatedRepo"), (403, "GatedRepo"), (401, ""), (403, "")]
)
def test_a_gated_model_needs_an_agreement(
    hub: FakeHub, tiny_files: dict[str, bytes], at: str, status: int, error_code: str
) -> None:
    hub.faults = [Fault(at, status=status, headers={"x-error-code": error_code})]
    sentence = refusal()
    assert "toon/tiny needs your agreement on its page, or is private" in sentence
    assert f"{os.environ['HF_ENDPOINT']}/toon/tiny" in sentence
    assert len(hub.requests) < 20  # asking again is of no use
    hub.faults = []
    assert files_in(get().folder) == tiny_files


def test_a_log_in_that_ended_is_said(hub: FakeHub) -> None:
    said = {"x-error-message": "Invalid credentials in Authorization header"}
    hub.faults = [Fault("/api/", status=401, headers=said)]
    assert "does not know your log-in any more" in refusal()


def test_a_refusal_of_the_storage_is_no_matter_of_agreement(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.faults = [Fault(STORAGE, status=403)]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("HF_ENDPOINT", os.environ["HF_ENDPOINT"].replace("127.0.0.1", "localhost"))
    hub.storage = os.environ["HF_ENDPOINT"].replace("localhost", "127.0.0.1")
    assert "127.0.0.1 refuses to hand out toon/tiny (status 403)" in refusal()


def test_a_model_that_is_not_there_is_said(hub: FakeHub) -> None:
    sentence = refusal(replace(ENTRY, repository="toon/nobody"))
    assert "There is no model toon/nobody at 127.0.0.1" in sentence
    assert f"{os.environ['HF_ENDPOINT']}/toon/nobody" in sentence


def test_a_commit_that_is_not_there_is_said(hub: FakeHub) -> None:
    assert "toon/tiny has no such version any more" in refusal(replace(ENTRY, revision="0" * 40))


def test_a_file_that_is_not_there_is_said(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    hub.faults = [Fault("vocab.json", status=404, headers={"x-error-code": "EntryNotFound"})]
    assert "toon/tiny has not all the files that it lists" in refusal()
    hub.faults = []
    assert files_in(get().folder) == tiny_files


@pytest.mark.parametrize("at", ["/api/", "model_index.json", STORAGE])
def test_too_many_requests_are_waited_for(
    hub: FakeHub, tiny_files: dict[str, bytes], pauses: list[float], at: str
) -> None:
    hub.faults = [Fault(at, times=2, status=429, headers={"retry-after": "7"})]
    told: list[DownloadProgress] = []
    assert files_in(get(on_progress=told.append).folder) == tiny_files
    assert pauses == [7.0, 7.0]
    (remark,) = {progress.remark for progress in told} - {""}
    assert remark.endswith("gets too many requests; trying again in 7 s.")


def test_a_wait_may_be_asked_for_by_a_date(
    hub: FakeHub, tiny_files: dict[str, bytes], pauses: list[float]
) -> None:
    # A date that has gone by: there is no other that says the same whenever the test is run.
    hub.faults = [Fault("/api/", times=1, status=503, headers={"retry-after": formatdate(0)})]
    assert files_in(get().folder) == tiny_files
    assert pauses == [0.0]


def test_a_wait_may_be_asked_for_in_the_hubs_own_way(
    hub: FakeHub, tiny_files: dict[str, bytes], pauses: list[float]
) -> None:
    hub.faults = [
        Fault(STORAGE, times=1, status=429, headers={"ratelimit": '"resolvers";r=0;t=55'})
    ]
    assert files_in(get().folder) == tiny_files
    assert pauses == [55.0]


def test_nobody_waits_for_an_hour(hub: FakeHub, pauses: list[float]) -> None:
    hub.faults = [Fault("/api/", status=429, headers={"retry-after": "3600"})]
    assert "asks to wait 60 minutes; try again then" in refusal()
    assert pauses == []


@pytest.mark.parametrize("at", ["/api/", "model_index.json", STORAGE])
def test_faults_of_the_server_are_waited_for(
    hub: FakeHub, tiny_files: dict[str, bytes], pauses: list[float], at: str
) -> None:
    hub.faults = [Fault(at, times=2, status=500)]
    assert files_in(get().folder) == tiny_files
    assert pauses == [0.01, 0.02]


@pytest.mark.parametrize("at", ["/api/", "model_index.json", STORAGE])
def test_faults_of_the_server_that_stay_are_said(
    hub: FakeHub, tiny_files: dict[str, bytes], at: str
) -> None:
    hub.faults = [Fault(at, status=502)]
    assert "has a fault of its own (status 502); try again later: what was fetched" in refusal()
    assert sum(at in path for _, path in hub.requests) == QUICK.attempts
    hub.faults = []
    assert files_in(get().folder) == tiny_files


def test_another_refusal_is_said(hub: FakeHub) -> None:
    hub.faults = [Fault("/api/", status=418)]
    assert "refuses to hand out toon/tiny (status 418)" in refusal()
    assert len(hub.requests) == 1


@pytest.mark.parametrize("at", ["/api/", "/resolve/", STORAGE])
def test_a_silent_server_is_asked_again(
    hub: FakeHub, tiny_files: dict[str, bytes], at: str
) -> None:
    hub.faults = [Fault(at, times=1, stalls=True, after_bytes=100_000 if at == STORAGE else None)]
    told: list[DownloadProgress] = []
    assert files_in(get(patience=replace(QUICK, silence_s=0.3), on_progress=told.append).folder)
    assert any("has fallen silent; trying again" in progress.remark for progress in told)
    assert hub.sent_bytes[UNET] == LARGE_BYTES


def test_a_server_that_stays_silent_is_said(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    hub.faults = [Fault(STORAGE, stalls=True, after_bytes=1000)]
    sentence = refusal(patience=replace(QUICK, attempts=2, silence_s=0.2))
    assert "has fallen silent" in sentence
    assert "check the connection" in sentence
    hub.faults = []
    assert files_in(get().folder) == tiny_files
    assert hub.sent_bytes[UNET] == LARGE_BYTES


def test_cuts_that_do_not_end_are_said(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    hub.faults = [Fault(STORAGE, after_bytes=1000)]
    assert "The connection to 127.0.0.1" in (sentence := refusal())
    assert "broke" in sentence
    hub.faults = []
    assert files_in(get().folder) == tiny_files
    assert hub.sent_bytes[UNET] == LARGE_BYTES


@pytest.mark.parametrize("at", [STORAGE, "model_index.json"])
def test_wrong_bytes_are_fetched_again(
    hub: FakeHub, tiny_files: dict[str, bytes], caplog: pytest.LogCaptureFixture, at: str
) -> None:
    hub.faults = [Fault(at, times=1, spoils=True)]
    told: list[DownloadProgress] = []
    assert files_in(get(on_progress=told.append).folder) == tiny_files
    assert "came damaged" in caplog.text
    assert told[-1].done_bytes == told[-1].total_bytes


@pytest.mark.parametrize(("at", "name"), [(STORAGE, UNET), ("model_index", "model_index.json")])
def test_bytes_that_stay_wrong_are_said(
    hub: FakeHub, tiny_files: dict[str, bytes], at: str, name: str
) -> None:
    hub.faults = [Fault(at, spoils=True)]
    assert f"{name} of toon/tiny comes damaged from 127.0.0.1" in refusal()
    assert not (store.workshop("tiny") / "download" / name).exists()
    hub.faults = []
    assert files_in(get().folder) == tiny_files
    assert hub.sent_bytes[name] == 3 * len(tiny_files[name])


def test_a_beginning_that_is_spoilt_on_the_disk_is_fetched_again(
    hub: FakeHub, tiny_files: dict[str, bytes]
) -> None:
    hub.faults = [Fault(STORAGE, times=1, after_bytes=100_000)]
    refusal(patience=replace(QUICK, attempts=1))
    (begun,) = (store.workshop("tiny") / "partial").iterdir()
    begun.write_bytes(b"x" * 100_000)
    assert files_in(get().folder) == tiny_files


@pytest.mark.parametrize("size", [LARGE_BYTES, LARGE_BYTES + 5])
def test_a_beginning_that_is_too_long_is_fetched_again(
    hub: FakeHub, tiny_files: dict[str, bytes], size: int
) -> None:
    hub.faults = [Fault(STORAGE, times=1, after_bytes=100_000)]
    refusal(patience=replace(QUICK, attempts=1))
    (begun,) = (store.workshop("tiny") / "partial").iterdir()
    begun.write_bytes(b"x" * size)
    assert files_in(get().folder) == tiny_files


def test_a_page_in_place_of_a_file_costs_nothing_that_is_here(
    hub: FakeHub, tiny_files: dict[str, bytes]
) -> None:
    hub.faults = [
        Fault(STORAGE, times=1, after_bytes=100_000),
        Fault(STORAGE, body=b"<html>Please log in</html>"),
    ]
    sentence = refusal()
    assert "does not answer as the hub would" in sentence
    assert "wants you to log in" in sentence
    hub.faults = []
    assert files_in(get().folder) == tiny_files
    assert hub.ranges[-1] == (UNET, "bytes=100000-")


def test_a_list_that_is_none_is_said(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"{os.environ['HF_ENDPOINT']}{STORAGE}nothing")
    hub.commits["nothing"] = {f"api/models/{REPOSITORY}/revision/main": b"<html>"}
    assert "does not answer as the hub would" in refusal()


@pytest.mark.parametrize(
    "name", ["../evil.json", "unet/../../evil.json", "/etc/evil", "a\\b/c.json"]
)
def test_a_name_that_leads_elsewhere_is_refused(hub: FakeHub, name: str) -> None:
    (files,) = hub.commits.values()
    files[name] = b"evil"
    assert "which is no name for one" in refusal()


def test_a_repository_without_a_model_is_refused(hub: FakeHub) -> None:
    (files,) = hub.commits.values()
    del files["model_index.json"]
    assert "toon/tiny holds no model in diffusers layout" in refusal()


def test_without_a_network_it_is_said(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    sentence = refusal()
    assert "127.0.0.1:9 cannot be reached" in sentence
    assert "check the connection to the internet" in sentence


@pytest.mark.parametrize(
    "endpoint", ["huggingface.co", "ftp://huggingface.co", "http://[", "http://", "http://a:b"]
)
def test_an_address_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert "correct HF_ENDPOINT" in refusal()


def test_a_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", "http://me:secret@127.0.0.1:9/hub")
    assert "secret" not in (sentence := refusal())
    assert "127.0.0.1:9 cannot be reached" in sentence


def test_offline_is_said(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE forbids it; unset that" in refusal()
    assert hub.requests == []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    got = get()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert get() == got  # nothing is missing


class Usage(NamedTuple):
    """What shutil tells of a disk."""

    total: int
    used: int
    free: int


def test_a_disk_that_is_too_small_is_said_before(
    hub: FakeHub, tiny_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    total = sum(map(len, tiny_files.values()))
    entry = replace(ENTRY, download_bytes=10, installed_bytes=5)  # converting halves it
    spare = 64 << 20
    largest = max(map(len, tiny_files.values()))  # of which the original goes before the next
    free = total + round(largest / 2) + spare - 1

    def usage(path: Path) -> Usage:
        return Usage(10**12, 0, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    sentence = refusal(entry)
    assert "Fetching and converting Tiny needs 68 MB of free disk" in sentence
    assert "with 68 MB free" in sentence
    assert hub.sent_bytes == {}
    free += 1
    assert files_in(get(entry).folder) == tiny_files


def test_a_disk_that_gets_full_is_said(
    hub: FakeHub, tiny_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(partial, "_open", lambda path: Full(path, 100_000))
        sentence = refusal()
    assert "make room, and try again: what was fetched is kept" in sentence
    assert str(store.workshop("tiny")) in sentence
    assert files_in(get().folder) == tiny_files
    assert hub.ranges == [(UNET, "bytes=100000-")]


class Full(io.FileIO):
    """A file on a disk that has room for so many bytes of it."""

    def __init__(self, path: Path, room_bytes: int) -> None:
        super().__init__(path, "r+" if path.exists() else "x+")
        self._room_bytes = room_bytes

    def write(self, data: Any) -> int:
        """Write what there is room for."""
        view = memoryview(data)[: self._room_bytes - self.tell()]
        if not view:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(view)


def test_a_folder_that_cannot_be_written_is_said(hub: FakeHub) -> None:
    store.workshop("tiny").parent.mkdir(parents=True)
    store.workshop("tiny").touch()
    assert str(store.workshop("tiny")) in refusal()


def test_cancelling_does_not_wait_out_a_pause(hub: FakeHub) -> None:
    token = CancelToken()
    hub.faults = [Fault("/api/", status=503, headers={"retry-after": "100"})]

    def stop(progress: DownloadProgress) -> None:
        if progress.remark:
            token.cancel()

    with pytest.raises(JobCancelled):
        get(token=token, on_progress=stop)


def test_a_fault_of_our_own_is_not_blamed_on_the_network(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.models.hub._first_byte", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        get()
