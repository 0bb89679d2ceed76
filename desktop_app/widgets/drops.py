"""What was dropped or pasted: one reading of whatever other programs hand over.

Programs disagree about how a picture is dragged. File managers give local files. Chromium gives the
page's address, html and the original bytes as `application/octet-stream`, but no image. Firefox
gives a re-encoded `image/png` and the address; where the picture stands inside a link, the address
is the link's and the picture's own is only in the html. The order below gets the most faithful
picture out of each: local files, bytes, an image, `data:` addresses, and then the address of a
picture on the web, which nobody fetches before the artist was asked.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from desktop_app.widgets.drops_bytes import (
    MAX_BYTES,
    decode_data_url,
    file_name,
    picture_suffix,
    without_odd_characters,
)

REFUSAL = "This is not a photo; drop picture files, folders, or a picture from a web page."
TOO_BIG = "This picture is larger than 256 MB; save it as a file and drop the file instead."
BROKEN_DATA = "The picture could not be read; save it as a file and drop the file instead."
UNREACHABLE = "This picture lives only in its page; save it as a file and drop the file instead."

# The original first, then what loses least when a program encodes its picture again.
_BYTES_FORMATS = (
    "application/octet-stream",
    "image/png",
    "image/tiff",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/heif",
    "image/jpeg",
    "image/gif",
    "image/bmp",
)
_GNOME_FILES = "x-special/gnome-copied-files"
_MOZILLA_URL = "text/x-moz-url"


@dataclass(frozen=True, eq=False)
class Dropped:
    """What was dropped or pasted; one of the fields is set, the others are empty.

    Attributes:
        paths: local files and folders, in the order they were given; they may not exist.
        image: a picture without a file, its own pixels.
        data: the bytes of a picture file.
        name: what to call `image` or `data`; never empty where one of them is set.
        url: the http address of a picture. Ask before fetching it.
        refusal: one sentence, where nothing could be used.
    """

    paths: tuple[Path, ...] = ()
    image: QImage | None = None
    data: bytes | None = None
    name: str = ""
    url: str = ""
    refusal: str = ""


def can_read(mime: QMimeData) -> bool:
    """Return whether `read_mime` has a good chance, without fetching any picture.

    Called while a drag hovers: the other program may be slow to hand over the data itself.
    """
    formats = mime.formats()
    if mime.hasImage() or any(f in formats for f in (*_BYTES_FORMATS, _GNOME_FILES)):
        return True
    if any(f.startswith("image/") for f in formats):
        return True
    addresses = list(_addresses(mime))
    return any(_is_address(text) for text in addresses) or bool(_text_paths(mime))


def read_mime(mime: QMimeData) -> Dropped:
    """Return what can be used of `mime`, or why nothing can. Nothing is fetched or opened."""
    paths = _local_paths(mime)
    if paths:
        return Dropped(paths=paths)
    pictured = _bytes(mime) or _image(mime) or _data_url(mime)
    if pictured is not None:
        return pictured
    paths = _html_paths(mime) or _text_paths(mime)
    if paths:
        return Dropped(paths=paths)
    for address in _addresses(mime):
        if _scheme(address) in ("http", "https"):
            return Dropped(url=address, name=file_name(address, ""))
        if _scheme(address) == "blob":
            return Dropped(refusal=UNREACHABLE)
        if address[:11].lower() == "data:image/":
            return Dropped(refusal=BROKEN_DATA)
    return Dropped(refusal=REFUSAL)


def _local_paths(mime: QMimeData) -> tuple[Path, ...]:
    urls = list(mime.urls())
    if not urls and mime.hasFormat(_GNOME_FILES):
        lines = bytes(mime.data(_GNOME_FILES).data()).decode("utf-8", "replace").splitlines()
        urls = [QUrl(line) for line in lines[1:]]  # the first one says "copy" or "cut"
    return _unique(_local_path(url) for url in urls)


def _unique(paths: Iterable[Path | None]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def _local_path(url: QUrl) -> Path | None:
    if not url.isLocalFile():
        return None
    host = url.host()
    if os.name != "posix":
        return Path(url.toLocalFile())
    if host and host not in ("localhost", socket.gethostname().lower()):
        return Path(url.toLocalFile())
    # QUrl.toLocalFile loses the bytes of names that are not UTF-8; the system keeps them.
    encoded = bytes(url.toEncoded().data()).partition(b"#")[0].partition(b"?")[0]
    path = encoded.removeprefix(b"file:").removeprefix(b"//" + host.encode("idna"))
    return Path(os.fsdecode(unquote_to_bytes(path)))


def _bytes(mime: QMimeData) -> Dropped | None:
    formats = mime.formats()
    others = [f for f in formats if f.startswith("image/") and f not in _BYTES_FORMATS]
    for name in (*_BYTES_FORMATS, *others):
        if name not in formats:
            continue
        data = bytes(mime.data(name).data())
        suffix = picture_suffix(data)
        if not suffix:
            continue
        if len(data) > MAX_BYTES:
            return Dropped(refusal=TOO_BIG)
        return Dropped(data=data, name=_name(mime, suffix))
    return None


def _image(mime: QMimeData) -> Dropped | None:
    if not mime.hasImage():
        return None
    image = mime.imageData()
    if not isinstance(image, QImage):
        image = image.toImage() if hasattr(image, "toImage") else QImage()
    if image.isNull():
        return None
    return Dropped(image=image, name=_name(mime, ".png"))


def _data_url(mime: QMimeData) -> Dropped | None:
    for address in _addresses(mime):
        if _scheme(address) != "data":
            continue
        if len(address) > MAX_BYTES * 4 // 3 + 1024:
            return Dropped(refusal=TOO_BIG)
        data = decode_data_url(address)
        suffix = picture_suffix(data)
        if suffix:
            return Dropped(data=data, name=_name(mime, suffix))
    return None


def _html_paths(mime: QMimeData) -> tuple[Path, ...]:
    return _unique(_local_path(QUrl(source)) for source, _ in _html_images(mime))


def _text_paths(mime: QMimeData) -> tuple[Path, ...]:
    if not mime.hasText():
        return ()
    lines = [line.strip().strip("'\"") for line in mime.text()[:65_536].splitlines()]
    return _unique(_text_path(line) for line in lines if line)


def _text_path(line: str) -> Path | None:
    if line.lower().startswith("file:"):
        return _local_path(QUrl(line))
    if not line.startswith(("/", "~", "\\\\")) and not re.match(r"[A-Za-z]:[\\/]", line):
        return None
    try:
        path = Path(line).expanduser()
        # Any text may be pasted: only what is there counts as a path.
        return path if path.is_absolute() and path.exists() else None
    except (OSError, RuntimeError, ValueError):
        return None


def _addresses(mime: QMimeData) -> Iterator[str]:
    """Yield what may be a picture's address, the best first."""
    for source, _ in _html_images(mime):
        yield f"https:{source}" if source.startswith("//") else source
    for url in mime.urls():
        yield bytes(url.toEncoded().data()).decode("ascii", "replace")
    if mime.hasFormat(_MOZILLA_URL):
        raw = bytes(mime.data(_MOZILLA_URL).data())
        yield raw.decode("utf-16-le", "replace").lstrip("\ufeff").partition("\n")[0].strip("\0 ")
    text = mime.text().strip() if mime.hasText() else ""
    if text and not any(c.isspace() for c in text[:4096]):
        yield text


def _is_address(text: str) -> bool:
    scheme = _scheme(text)
    return scheme in ("http", "https", "file", "blob") or text[:11].lower() == "data:image/"


def _scheme(address: str) -> str:
    scheme, colon, _ = address[:16].partition(":")
    return scheme.lower() if colon else ""


class _ImageFinder(HTMLParser):
    """Collects (src, alt) of each img."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        source = (values.get("src") or "").strip()
        if tag == "img" and source:
            self.images.append((source, (values.get("alt") or "").strip()))


def _html_images(mime: QMimeData) -> list[tuple[str, str]]:
    if not mime.hasHtml():
        return []
    finder = _ImageFinder()
    finder.feed(mime.html())
    return finder.images


def _name(mime: QMimeData, suffix: str) -> str:
    for address in _addresses(mime):
        if _scheme(address) in ("http", "https", "file"):
            name = file_name(address, suffix)
            if name:
                return name
    alts = [alt for _, alt in _html_images(mime) if alt]
    stem = without_odd_characters(alts[0])[:80].strip() if alts else ""
    return (stem or "Picture") + suffix
