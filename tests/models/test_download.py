"""A model is fetched whole, and goes on where it was, whatever ended it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import JobCancelled, ModelError, UsageError
from desktop_app.models import library, store
from desktop_app.models.catalogue import Entry
from desktop_app.models.download import download
from desktop_app.models.progress import DownloadProgress
from tests.models.conftest import LARGE_BYTES
from tests.models.folders import CHECKER, TEXT, UNET
from tests.models.getting import ENTRY, QUICK, get, refusal
from tests.models.hub import REPOSITORY, FakeHub, Fault, commit_of, files_in

ROOT = Path(__file__).resolve().parents[2]
IN_STORAGE = f"/storage/{{}}/{UNET}"

CHILD = """
import sys
from tests.models.getting import get
get()
"""


def large(hub: FakeHub) -> str:
    """Return the address of the large file in the storage."""
    return IN_STORAGE.format(hub.branches["main"])


def test_a_model_is_fetched_whole(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    told: list[DownloadProgress] = []
    got = get(on_progress=told.append)
    assert got.folder == store.workshop("tiny") / "download"
    assert files_in(got.folder) == tiny_files
    assert got.origin == store.Origin(REPOSITORY, hub.branches["main"], "mit")
    assert hub.sent_bytes == {name: len(content) for name, content in tiny_files.items()}
    assert not any((store.workshop("tiny") / "partial").iterdir())
    total = sum(map(len, tiny_files.values()))
    assert (told[0].total_bytes, told[-1].total_bytes) == (0, total)
    assert told[-1].done_bytes == total
    assert told[-1].remaining_s in (None, 0.0)
    done = [progress.done_bytes for progress in told]
    assert done == sorted(done)
    assert {UNET, "model_index.json"} <= {progress.file for progress in told}


def test_signed_addresses_stay_out_of_the_log(
    hub: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    get()
    assert "/storage/" not in caplog.text


def test_it_is_not_among_the_models_yet(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(library, "resources", lambda: tmp_path)
    get()
    assert library.installed() == ()


def test_telemetry_stays_off(hub: FakeHub) -> None:
    get()
    (agent,) = hub.agents
    assert agent.startswith("toonroom/")
    assert "torch" not in agent
    assert {method for method, _ in hub.requests} == {"GET"}


def test_a_second_time_nothing_is_asked(hub: FakeHub) -> None:
    first = get()
    hub.requests.clear()
    assert get() == first
    assert hub.requests == []


def test_only_what_is_wanted_is_fetched(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    (commit,) = hub.commits
    other = ("v1.ckpt", "v1.safetensors", "README.md", "text_encoder/pytorch_model.bin")
    hub.commits[commit] = {**tiny_files, **dict.fromkeys(other, b"x")}
    assert files_in(get().folder) == tiny_files


def test_a_mirror_that_lists_no_sizes_is_asked_for_them(
    hub: FakeHub, tiny_files: dict[str, bytes]
) -> None:
    hub.lists_sizes = False
    assert files_in(get().folder) == tiny_files
    version = (store.workshop("tiny") / "version.json").read_text()
    assert '"size_bytes": -1' not in version
    assert '"sha256": ""' in version  # of the small ones


def test_an_empty_file_is_a_file(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    (commit,) = hub.commits
    hub.commits[commit] = {**tiny_files, "tokenizer/special_tokens_map.json": b""}
    assert files_in(get().folder)["tokenizer/special_tokens_map.json"] == b""


def test_what_comes_with_toonroom_is_not_fetched() -> None:
    with pytest.raises(UsageError, match="comes with Toonroom"):
        get(Entry("starter", "Starter"))


def test_a_cut_goes_on_where_it_was(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    hub.faults = [Fault(large(hub), times=2, after_bytes=100_000)]
    assert files_in(get().folder) == tiny_files
    assert hub.ranges == [(UNET, "bytes=100000-"), (UNET, "bytes=200000-")]
    assert hub.sent_bytes[UNET] == LARGE_BYTES


def test_many_cuts_are_put_up_with_as_long_as_something_comes(
    hub: FakeHub, tiny_files: dict[str, bytes]
) -> None:
    hub.faults = [Fault(large(hub), after_bytes=66_000)]
    assert files_in(get().folder) == tiny_files
    assert hub.sent_bytes[UNET] == LARGE_BYTES
    assert len(hub.ranges) == 4  # more than QUICK's attempts


def test_a_server_without_ranges_begins_anew(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    hub.knows_ranges = False
    hub.faults = [Fault(large(hub), times=1, after_bytes=100_000)]
    told: list[DownloadProgress] = []
    assert files_in(get(on_progress=told.append).folder) == tiny_files
    assert hub.sent_bytes[UNET] == LARGE_BYTES + 100_000
    assert told[-1].done_bytes == told[-1].total_bytes


def test_a_refused_range_begins_anew(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    hub.faults = [
        Fault(large(hub), times=1, after_bytes=100_000),
        Fault(large(hub), times=1, status=416),
    ]
    assert files_in(get().folder) == tiny_files
    assert hub.sent_bytes[UNET] == LARGE_BYTES + 100_000


@pytest.mark.parametrize("at", ["/api/", "/resolve/", "/storage/"])
def test_cancelling_does_not_wait_for_a_silent_server(
    hub: FakeHub, tiny_files: dict[str, bytes], at: str
) -> None:
    token = CancelToken()
    hub.on_stall = token.cancel
    after = 100_000 if at == "/storage/" else None
    hub.faults = [Fault(at, times=1, stalls=True, after_bytes=after)]
    with pytest.raises(JobCancelled, match=r"Tiny was cancelled; what was fetched is kept"):
        get(token=token)
    assert not hub.released.is_set()  # it would be silent still
    assert files_in(get().folder) == tiny_files


def test_pausing_keeps_what_came(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    token = CancelToken()

    def stop(progress: DownloadProgress) -> None:
        if progress.file_done_bytes >= 100_000:
            token.cancel()

    hub.faults = [Fault(large(hub), times=1, pause_s=0.01)]
    with pytest.raises(JobCancelled):
        get(token=token, on_progress=stop)
    (begun,) = (store.workshop("tiny") / "partial").iterdir()
    kept = begun.stat().st_size
    assert 100_000 <= kept < LARGE_BYTES
    told: list[DownloadProgress] = []
    assert files_in(get(on_progress=told.append).folder) == tiny_files
    assert hub.ranges == [(UNET, f"bytes={kept}-")]
    assert hub.asked("config.json") == 6  # each of them once


def test_a_killed_process_loses_nothing(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    hub.faults = [Fault(large(hub), times=1, after_bytes=200_000, stalls=True)]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        deadline = time.monotonic() + 60
        while not any(size_of(path) == 200_000 for path in partial_files()):
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.02)
        with pytest.raises(ModelError, match="Another Toonroom is at work on the model 'tiny'"):
            get()
    finally:
        child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        child.wait()
    assert files_in(get().folder) == tiny_files
    assert hub.ranges == [(UNET, "bytes=200000-")]
    assert hub.sent_bytes == {name: len(content) for name, content in tiny_files.items()}
    assert hub.asked("/revision/main") == 1


def partial_files() -> list[Path]:
    """Return what was begun of the tiny model."""
    return list((store.workshop("tiny") / "partial").glob("*"))


def size_of(path: Path) -> int:
    """Return a file's size, where another process may take the file away."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def begin(hub: FakeHub) -> None:
    """Fetch a model but for the second half of its large file."""
    hub.faults = [Fault(large(hub), times=1, after_bytes=150_000)]
    refusal(patience=replace(QUICK, attempts=1))
    hub.faults = []
    hub.requests.clear()


def test_a_branch_that_moved_does_not_mix_versions(
    hub: FakeHub, tiny_files: dict[str, bytes]
) -> None:
    begin(hub)
    old = hub.branches["main"]
    new = {**tiny_files, UNET: b"new" * 50_000}
    hub.branches["main"] = commit_of(new)
    hub.commits[commit_of(new)] = new
    got = get()
    assert got.origin.revision == old
    assert files_in(got.folder) == tiny_files
    assert hub.sent_bytes[UNET] == LARGE_BYTES


def test_a_version_that_is_gone_makes_way_for_the_new_one(
    hub: FakeHub, tiny_files: dict[str, bytes]
) -> None:
    begin(hub)
    new = {**tiny_files, UNET: b"new" * 50_000, TEXT: b"new", "tokenizer/added_tokens.json": b"1"}
    del new["tokenizer/vocab.json"]
    hub.branches["main"] = commit_of(new)
    hub.commits = {commit_of(new): new}
    got = get()
    assert got.origin.revision == commit_of(new)
    assert files_in(got.folder) == new
    assert hub.asked(CHECKER) == 0  # the same in both
    assert hub.asked(TEXT) == 1
    assert not any((store.workshop("tiny") / "partial").iterdir())


def test_another_revision_is_asked_for_anew(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    begin(hub)
    half = {**tiny_files, TEXT: b"half"}
    hub.branches["fp16"] = commit_of(half)
    hub.commits[commit_of(half)] = half
    got = get(replace(ENTRY, revision="fp16"))
    assert files_in(got.folder) == half
    assert hub.sent_bytes[UNET] == LARGE_BYTES  # the same in both, and half of it was here


def test_where_a_branch_is_gone_main_is_taken(
    hub: FakeHub, tiny_files: dict[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    got = get(replace(ENTRY, revision="fp16"))
    assert files_in(got.folder) == tiny_files
    assert "has no fp16 any more" in caplog.text


def test_what_was_damaged_on_the_disk_is_fetched_again(
    hub: FakeHub, tiny_files: dict[str, bytes]
) -> None:
    folder = get().folder
    (folder / TEXT).write_bytes(b"x" * len(tiny_files[TEXT]))
    (folder / "model_index.json").write_bytes(b"{}")
    (folder / "left-over").touch()
    hub.requests.clear()
    assert files_in(get().folder) == tiny_files
    asked = [path.rsplit("/", 1)[1] for _, path in hub.requests]
    assert asked == [Path(TEXT).name, "model_index.json"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"files": [{"path": "../x"}]}'])
def test_a_damaged_note_is_written_anew(
    hub: FakeHub, tiny_files: dict[str, bytes], caplog: pytest.LogCaptureFixture, text: str
) -> None:
    get()
    (store.workshop("tiny") / "version.json").write_text(text)
    assert files_in(get().folder) == tiny_files
    assert "the hub is asked again" in caplog.text
    assert hub.asked(UNET) == 2  # once of the hub, once of the storage: it was kept


def test_what_came_is_as_the_store_wants_it(hub: FakeHub, tiny_files: dict[str, bytes]) -> None:
    files = {**tiny_files, UNET: tiny_files[TEXT]}  # the large one is no file of weights
    commit = commit_of(files)
    hub.commits[commit], hub.branches["main"] = files, commit
    with store.claimed("tiny"):
        got = download(ENTRY, lambda _: None, CancelToken(), QUICK)
        folder = store.install(got.folder, "tiny", got.origin)
    assert not store.workshop("tiny").exists()
    manifest = store.read_manifest(folder)
    assert manifest is not None
    assert manifest.origin == store.Origin(REPOSITORY, commit, "mit")
