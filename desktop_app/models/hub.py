"""The hub, or a mirror of it: what a repository holds, and the bytes of its files.

huggingface_hub knows the addresses, the headers, the artist's token, proxies and the faults. Its
own downloads are of no use here: they throw away what came of a file when they end early, cannot be
ended while a server is silent, and do not compare a file with its checksum. So the bytes are read
here, through its session.

Nothing is imported or asked before a method is called.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from desktop_app import __version__
from desktop_app.core.errors import ModelError
from desktop_app.models.catalogue import MAIN
from desktop_app.models.configs import is_plain_name, shown
from desktop_app.models.refusals import BrokenAnswer, Patience, Place

if TYPE_CHECKING:
    import httpx2

ENDPOINT_VARIABLE = "HF_ENDPOINT"

_HUB = "https://huggingface.co"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_WHO = {"library_name": "toonroom", "library_version": __version__}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HubFile:
    """A file of a repository.

    Attributes:
        path: in the repository, with forward slashes.
        size_bytes: how large it is; -1 where the hub did not say.
        sha256: of its content; "" for a file that is kept in git itself.
        blob: git's SHA-1 of it; "" for a file that is kept in Git LFS.
    """

    path: str
    size_bytes: int
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True)
class Listing:
    """What a repository holds.

    Attributes:
        commit: the version of it.
        licence: its name, as the model's card says; "" where it says nothing.
        files: all of them.
    """

    commit: str
    licence: str
    files: tuple[HubFile, ...]


class RangeRefused(Exception):  # noqa: N818 - a fact, not a fault
    """The server has no such part of the file."""


class Hub:
    """One repository of the hub. Its methods wait for the network, and raise what came of that.

    Raises:
        ModelError: HF_ENDPOINT is no address.
    """

    def __init__(self, repository: str, patience: Patience) -> None:
        self.place = Place(_endpoint(), repository)
        self._patience = patience

    def list_files(self, revision: str) -> Listing:
        """Return what the repository holds at a branch, a tag or a commit."""
        from huggingface_hub.errors import RevisionNotFoundError

        try:
            return self._list_files(revision)
        except RevisionNotFoundError:
            if revision == MAIN or _COMMIT.fullmatch(revision):
                raise
            log.warning("%s has no %s any more; taking %s", self.place.page, revision, MAIN)
            return self._list_files(MAIN)

    def _list_files(self, revision: str) -> Listing:
        api = _library().HfApi(self.place.endpoint, **_WHO)
        try:
            info = api.model_info(
                self.place.repository,
                revision=revision,
                files_metadata=True,
                timeout=self._patience.silence_s,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if hasattr(error, "response"):  # a refusal that is a ValueError too
                raise
            raise BrokenAnswer(f"no list of files: {error}") from error
        if not info.sha or not info.siblings:
            raise BrokenAnswer("a list of no files")
        files = tuple(self._file(sibling) for sibling in info.siblings)
        licence = (info.card_data or {}).get("license") or ""
        return Listing(info.sha, licence if isinstance(licence, str) else "", files)

    def _file(self, sibling: Any) -> HubFile:
        path = sibling.rfilename
        if not all(is_plain_name(part) for part in path.split("/")):
            raise ModelError(
                f"{self.place.repository} lists a file {shown(path)}, which is no name for one;"
                f" look at {self.place.page}."
            )
        if sibling.lfs is not None:
            return HubFile(path, sibling.lfs.size, sha256=sibling.lfs.sha256)
        size = -1 if sibling.size is None else sibling.size
        return HubFile(path, size, blob=sibling.blob_id or "")

    def measured(self, file: HubFile, commit: str) -> HubFile:
        """Return the file with its size and checksum, which not every mirror lists."""
        about = _library().get_hf_file_metadata(
            self._url(file.path, commit),
            headers=self._headers(),
            endpoint=self.place.endpoint,
            timeout=self._patience.silence_s,
        )
        if about.size is None:
            raise BrokenAnswer(f"no size of {file.path}")
        tag = about.etag or ""
        return replace(
            file,
            size_bytes=about.size,
            sha256=tag if _SHA256.fullmatch(tag) else "",
            blob=tag if _COMMIT.fullmatch(tag) else "",
        )

    def read(self, file: HubFile, commit: str, start: int) -> Iterator[tuple[int, bytes]]:
        """Yield pieces of a file, each with its place in the file.

        Args:
            file: its size must be known.
            commit: the version of the repository.
            start: the first byte that is wanted. A server that knows no ranges begins with 0 all
                the same.
        """
        import httpx2
        from huggingface_hub import get_session, hf_raise_for_status

        headers = self._headers()
        if start:
            headers["range"] = f"bytes={start}-"
        timeout = httpx2.Timeout(self._patience.silence_s, connect=self._patience.connect_s)
        url = self._url(file.path, commit)
        with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
            if response.status_code == 416:
                raise RangeRefused
            hf_raise_for_status(response)
            place = _first_byte(response, start, file.size_bytes)
            for piece in response.iter_bytes():
                yield place, piece
                place += len(piece)

    def _url(self, path: str, commit: str) -> str:
        return str(
            _library().hf_hub_url(
                self.place.repository, path, revision=commit, endpoint=self.place.endpoint
            )
        )

    def _headers(self) -> dict[str, str]:
        # Compressed answers have no ranges.
        headers: dict[str, str] = _library().utils.build_hf_headers(**_WHO)
        return {**headers, "accept-encoding": "identity"}


def _endpoint() -> str:
    """Return the hub's address as it is set now, not when the library was imported.

    Raises:
        ModelError: what is set is no address.
    """
    endpoint = os.environ.get(ENDPOINT_VARIABLE, "").strip().rstrip("/") or _HUB
    try:
        parts = urlsplit(endpoint)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ModelError(f"{endpoint} is no address of a hub; correct {ENDPOINT_VARIABLE}.")
    return endpoint


def _first_byte(response: httpx2.Response, start: int, size: int) -> int:
    """Return the place in the file at which an answer begins."""
    if response.status_code == 206:
        match = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if match is None or int(match[1]) != start or match[2] not in ("*", str(size)):
            raise BrokenAnswer(f"bytes {response.headers.get('content-range')}, not {start}-")
        return start
    length = response.headers.get("content-length")
    is_plain = response.headers.get("content-encoding", "identity") == "identity"
    # The page on which a hotel wants a log-in, for example: what is here of the file must stay.
    if response.status_code != 200 or (is_plain and length not in (None, str(size))):
        raise BrokenAnswer(f"status {response.status_code}, {length} bytes, not {size}")
    return 0


def _library() -> ModuleType:
    """Return huggingface_hub, without what it tells others of the machine, or the log."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    from huggingface_hub import constants

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs signed addresses
    constants.HF_HUB_DISABLE_TELEMETRY = True  # where it was imported before
    return huggingface_hub
