"""A hub on this machine: it speaks the API as huggingface_hub uses it, and fails as it is told."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

REPOSITORY = "toon/tiny"
_PIECE_BYTES = 4096
_STALL_MOST_S = 30


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        at: a part of the request's path; "" for every one.
        times: how often; then it goes away.
        status: the answer's; 0 for an answer that begins well.
        headers: of the answer with that status.
        after_bytes: where an answer that began well ends; None where it does not.
        stalls: then, or else at once, it falls silent, rather than breaking the connection.
        pause_s: before each piece.
        spoils: the last byte is wrong.
        body: what comes in place of the file, with status 200.
    """

    at: str = ""
    times: int = 1_000_000
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    after_bytes: int | None = None
    stalls: bool = False
    pause_s: float = 0.0
    spoils: bool = False
    body: bytes | None = None


@dataclass
class FakeHub:
    """What the hub holds and does.

    Attributes:
        commits: files by path, of each commit.
        branches: the commit of each branch.
        knows_ranges: whether parts of files can be had.
        lists_sizes: whether the API tells sizes and checksums.
        lfs_bytes: files from that size on are kept in Git LFS, and come from the storage's address.
        licence: what the model's card says.
        storage: address of the server with the large files; "" for this one.
        faults: what goes wrong.
        requests: method and path of each, in their order.
        sent_bytes: of each file's content, by path, all answers together.
        ranges: what parts were asked for, by path.
        agents: what the requests said of who asks.
        on_stall: is called where it falls silent.
        released: lets go of what is stalled.
    """

    commits: dict[str, dict[str, bytes]]
    branches: dict[str, str]
    knows_ranges: bool = True
    lists_sizes: bool = True
    lfs_bytes: int = 2000
    licence: str = "mit"
    storage: str = ""
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    sent_bytes: Counter[str] = field(default_factory=Counter)
    ranges: list[tuple[str, str]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    on_stall: Callable[[], None] = lambda: None
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, path: str) -> Fault | None:
        """Return what is to go wrong with a request."""
        with self.lock:
            for fault in self.faults:
                if fault.at in path and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def of(self, revision: str) -> str | None:
        """Return the commit that a revision means."""
        commit = self.branches.get(revision, revision)
        return commit if commit in self.commits else None

    def asked(self, ending: str) -> int:
        """Return how many requests were for paths that end so."""
        return sum(path.endswith(ending) for _, path in self.requests)


def commit_of(files: dict[str, bytes]) -> str:
    """Return what stands for a commit of these files."""
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


def hub_of(files: dict[str, bytes]) -> FakeHub:
    """Return a hub with one repository, of one commit on `main`."""
    commit = commit_of(files)
    return FakeHub({commit: files}, {"main": commit})


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder, by its path in there."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@contextmanager
def serving(hub: FakeHub) -> Iterator[str]:
    """Serve a hub, and yield its address."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False  # so that closing it waits for them
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            hub.released.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers: the list of files, files of git itself, and those of the storage."""

    hub: FakeHub
    protocol_version = "HTTP/1.1"
    timeout = 0.5  # of a connection on which nothing is asked
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _answer(self, *, has_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        with self.hub.lock:
            self.hub.requests.append((self.command, path))
            self.hub.agents.add(self.headers.get("user-agent", ""))
        fault = self.hub.fault(path)
        if fault is not None and fault.status:
            return self._say(fault.status, b"{}", fault.headers)
        if fault is not None and fault.stalls and fault.after_bytes is None:
            return self._stall()
        if path.startswith("/storage/"):
            _, _, commit, name = path.split("/", 3)
            return self._send(name, self.hub.commits[commit][name], fault, has_body)
        if path.startswith(f"/api/models/{REPOSITORY}/revision/"):
            return self._list(path.rsplit("/", 1)[1])
        if path.startswith(f"/{REPOSITORY}/resolve/"):
            revision, name = path.removeprefix(f"/{REPOSITORY}/resolve/").split("/", 1)
            return self._resolve(revision, name, fault, has_body)
        return self._say(404, b"{}", {"x-error-code": "RepoNotFound"})

    def _list(self, revision: str) -> None:
        commit = self.hub.of(revision)
        if commit is None:
            return self._say(404, b"{}", {"x-error-code": "RevisionNotFound"})
        siblings = []
        for name, content in self.hub.commits[commit].items():
            about: dict[str, Any] = {"rfilename": name}
            if self.hub.lists_sizes:
                about |= {"size": len(content), "blobId": blob_of(content)}
                if len(content) >= self.hub.lfs_bytes:
                    sha256 = hashlib.sha256(content).hexdigest()
                    about["blobId"] = blob_of(b"a pointer")
                    about["lfs"] = {"size": len(content), "sha256": sha256, "pointerSize": 9}
            siblings.append(about)
        answer = {
            "id": REPOSITORY,
            "sha": commit,
            "siblings": siblings,
            "cardData": {"license": self.hub.licence},
        }
        return self._say(200, json.dumps(answer).encode(), {"content-type": "application/json"})

    def _resolve(self, revision: str, name: str, fault: Fault | None, has_body: bool) -> None:
        commit = self.hub.of(revision)
        if commit is None:
            return self._say(404, b"{}", {"x-error-code": "RevisionNotFound"})
        content = self.hub.commits[commit].get(name)
        if content is None:
            return self._say(404, b"{}", {"x-error-code": "EntryNotFound"})
        if len(content) < self.hub.lfs_bytes:
            return self._send(name, content, fault, has_body, {"x-repo-commit": commit})
        return self._say(
            302,
            b"",
            {
                "location": f"{self.hub.storage}/storage/{commit}/{name}"
                if has_body
                else "http://127.0.0.2/cdn",
                "x-repo-commit": commit,
                "x-linked-size": str(len(content)),
                "x-linked-etag": f'"{hashlib.sha256(content).hexdigest()}"',
            },
        )

    def _send(
        self,
        name: str,
        content: bytes,
        fault: Fault | None,
        has_body: bool,
        headers: dict[str, str] | None = None,
    ) -> None:
        headers = {"etag": f'"{blob_of(content)}"', **(headers or {})}
        whole, status, start = len(content), 200, 0
        asked = self.headers.get("range")
        if asked is not None:
            self.hub.ranges.append((name, asked))
        if asked is not None and self.hub.knows_ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            status = 206
            headers["content-range"] = f"bytes {start}-{whole - 1}/{whole}"
        body = content[start:]
        if fault is not None and fault.body is not None:
            body, status = fault.body, 200
        if fault is not None and fault.spoils:
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if has_body:
            self._pour(name, body, fault)

    def _pour(self, name: str, body: bytes, fault: Fault | None) -> None:
        end = len(body)
        if fault is not None and fault.after_bytes is not None:
            end = min(end, fault.after_bytes)
        for start in range(0, end, _PIECE_BYTES):
            piece = body[start : min(end, start + _PIECE_BYTES)]
            time.sleep(fault.pause_s if fault is not None else 0)
            try:
                self.wfile.write(piece)
            except OSError:  # nobody listens any more
                self.close_connection = True
                return
            with self.hub.lock:
                self.hub.sent_bytes[name] += len(piece)
        if end < len(body):
            self.close_connection = True
            if fault is not None and fault.stalls:
                self._stall()

    def _stall(self) -> None:
        self.close_connection = True
        self.hub.on_stall()
        self.hub.released.wait(_STALL_MOST_S)

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def blob_of(content: bytes) -> str:
    """Return git's SHA-1 of a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
