"""Fetches a picture from the web, after the artist agreed to it."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest

MAX_BYTES = 64 << 20
TIMEOUT_MS = 20_000
_MAX_REDIRECTS = 5
_SCHEMES = ("http", "https")


class Fetcher(QObject):
    """Fetches one picture at a time; a new one replaces the one before.

    Attributes:
        fetched: the bytes, and what to call them.
        failed: a sentence for people.
    """

    fetched = Signal(bytes, str)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None, *, max_bytes: int = MAX_BYTES) -> None:
        super().__init__(parent)
        self._max_bytes = max_bytes
        self._network = QNetworkAccessManager(self)
        self._network.setTransferTimeout(TIMEOUT_MS)
        self._reply: QNetworkReply | None = None
        self._refusal = ""

    def fetch(self, address: str) -> None:
        """Fetch a picture; ends with `fetched` or `failed`."""
        self.stop()
        url = QUrl(address)
        if url.scheme().lower() not in _SCHEMES or not url.host():
            self.failed.emit("Only http and https addresses can be fetched.")
            return
        request = QNetworkRequest(url)
        request.setAttribute(
            QNetworkRequest.Attribute.RedirectPolicyAttribute,
            QNetworkRequest.RedirectPolicy.NoLessSafeRedirectPolicy,
        )
        request.setMaximumRedirectsAllowed(_MAX_REDIRECTS)
        self._refusal = ""
        self._reply = self._network.get(request)
        self._reply.downloadProgress.connect(self._on_progress)
        self._reply.finished.connect(self._on_finished)

    @Slot()
    def stop(self) -> None:
        """Forget what is being fetched; neither signal tells of it."""
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.abort()
            reply.deleteLater()

    @Slot("qint64", "qint64")
    def _on_progress(self, received: int, total: int) -> None:
        if self._reply is None or self.sender() is not self._reply:
            return
        if max(received, total) > self._max_bytes:
            megabytes = self._max_bytes >> 20
            self._refusal = f"The picture is larger than {megabytes} MB; save it as a file first."
            self._reply.abort()

    @Slot()
    def _on_finished(self) -> None:
        reply = self._reply
        if reply is None or self.sender() is not reply:
            return
        self._reply = None
        reply.deleteLater()
        host = reply.url().host()
        if self._refusal:
            self.failed.emit(self._refusal)
        elif reply.error() != QNetworkReply.NetworkError.NoError:
            self.failed.emit(
                f"The picture could not be fetched from {host}: {reply.errorString()}."
            )
        else:
            name = PurePosixPath(reply.url().path()).name or host
            self.fetched.emit(reply.readAll().data(), name)
