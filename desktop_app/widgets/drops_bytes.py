"""Bytes of pictures that come without a file: what they are, and what to call them."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote, unquote_to_bytes, urlsplit

MAX_BYTES = 256 * 1024 * 1024

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"\x00\x00\x00\x0cjP  ", ".jp2"),
)
_BRANDS: dict[bytes, str] = {
    b"avif": ".avif",
    b"avis": ".avif",
    b"heic": ".heic",
    b"heix": ".heic",
    b"heim": ".heic",
    b"heis": ".heic",
    b"hevc": ".heic",
    b"hevx": ".heic",
    b"mif1": ".heic",
    b"msf1": ".heic",
}
_MAX_NAME = 120


def picture_suffix(data: bytes) -> str:
    """Return the file ending that the first bytes of a picture call for; "" if it is none."""
    for magic, suffix in _MAGIC:
        if data.startswith(magic):
            return suffix
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "")
    # "BM" and "P6" are short enough to begin a text: look at what must follow as well.
    if data[:2] == b"BM" and data[6:10] == bytes(4) and len(data) > 26:
        return ".bmp"
    if re.match(rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s", data[:512]):
        return ".ppm"
    return ""


def decode_data_url(address: str) -> bytes:
    """Return the bytes inside a `data:` address; empty where it is garbled."""
    head, comma, body = address.partition(",")
    if not comma:
        return b""
    raw = unquote_to_bytes(body)
    if not head.lower().rstrip().endswith(";base64"):
        return raw
    # Programs wrap lines, leave the padding out, or use the alphabet made for addresses.
    text = re.sub(rb"\s+", b"", raw).rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def file_name(address: str, suffix: str) -> str:
    """Return a file name for the picture at `address`, ending in `suffix`; "" if it has none."""
    try:
        last = unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return ""
    last = without_odd_characters(last)
    if not last:
        return ""
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > 5 or not stem:
        stem, ending = last, ""
    stem = stem[:_MAX_NAME].strip()
    return f"{stem}{suffix}" if suffix else f"{stem}.{ending}" if ending else stem


def without_odd_characters(text: str) -> str:
    """Return `text` without what file names may not have on some system."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*\s]+', " ", text).strip(" .")
