"""What a file is, by its first bytes. Names are not believed."""

from __future__ import annotations

import re
from pathlib import PurePath

from desktop_app.core.errors import PhotoError

HEAD_BYTES = 4096

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
)

_PORTABLE_MAP = re.compile(rb"P[1-6][ \t\r\n#]")

_CAMERA_RAW = "is a camera's raw file"
_RAW_SUFFIXES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef"}
    | {
        ".mos",
        ".mrw",
        ".nef",
        ".nrw",
        ".orf",
        ".pef",
        ".raf",
        ".raw",
        ".rw2",
        ".rwl",
        ".sr2",
        ".srf",
    }
    | {".srw", ".x3f"}
)

# What people drop that is not a photo, or not one that can be read here.
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "is a PDF document"),
    (b"%!PS", "is a PostScript drawing"),
    (b"\xc5\xd0\xd3\xc6", "is a PostScript drawing"),
    (b"8BPS", "is a Photoshop document"),
    (b"gimp xcf", "is a GIMP document"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "is a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "is a JPEG 2000 picture"),
    (b"\xff\x0a", "is a JPEG XL picture"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "is a JPEG XL picture"),
    (b"\0\0\1\0", "is an icon"),
    (b"icns", "is an icon"),
    (b"\x8aMNG", "is an animation"),
    (b"\x8bJNG", "is a JNG picture"),
    (b"DDS ", "is a texture"),
    (b"qoif", "is a QOI picture"),
    (b"\x76\x2f\x31\x01", "is an OpenEXR picture"),
    (b"#?RADIANCE", "is a Radiance picture"),
    (b"SIMPLE  =", "is a FITS picture"),
    (b"P7", "is a PAM picture"),
    (b"PF\n", "is a floating-point map"),
    (b"Pf\n", "is a floating-point map"),
    (b"IIRO", _CAMERA_RAW),
    (b"IIRS", _CAMERA_RAW),
    (b"IIU\0", _CAMERA_RAW),
    (b"MMOR", _CAMERA_RAW),
    (b"FUJIFILMCCD-RAW", _CAMERA_RAW),
    (b"FOVb", _CAMERA_RAW),
    (b"\0MRM", _CAMERA_RAW),
    (b"PK\3\4", "is an archive or a painting program's document"),
    (b"\x1f\x8b", "is a compressed file"),
    (b"\x1a\x45\xdf\xa3", "is a video"),
)

_WHAT_TO_DO = "; export it as JPEG or PNG and open that."
_KNOWN = "Toonroom reads JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, HEIC and PPM"


def sniff(head: bytes, name: str) -> str:
    """Return the format of a file that begins with `head`: a key of the decoders.

    Args:
        head: the first HEAD_BYTES of the file, or all of it.
        name: the file's name as sentences say it.

    Raises:
        PhotoError: it is not a photo, or of a kind that cannot be read here.
    """
    found = _known_format(head)
    if found == "TIFF" and _is_raw(head, name):
        raise PhotoError(f"“{name}” {_CAMERA_RAW}{_WHAT_TO_DO}")
    if found is not None:
        return found
    raise PhotoError(f"“{name}” {_refusal(head)}")


def _known_format(head: bytes) -> str | None:
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _boxed_format(head)
    return "PPM" if _PORTABLE_MAP.match(head) else None


def _boxed_format(head: bytes) -> str | None:
    """Return what an ISO media file is, by its brands."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12]} | {head[i : i + 4] for i in range(16, length - 3, 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    heif = {
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"mif1",
        b"msf1",
    }
    return "HEIF" if brands & heif else None


def _is_raw(head: bytes, name: str) -> bool:
    """Whether a TIFF is a camera's raw file, whose first picture is only a thumbnail."""
    return head[8:10] == b"CR" or PurePath(name).suffix.lower() in _RAW_SUFFIXES


def _refusal(head: bytes) -> str:
    for magic, what in _REFUSED:
        if head.startswith(magic):
            return what + _WHAT_TO_DO
    if head[4:8] == b"ftyp":
        raw = head[8:11] == b"crx"
        return (_CAMERA_RAW if raw else "is a video") + _WHAT_TO_DO
    text = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in head.lower()):
        return "is an SVG drawing" + _WHAT_TO_DO
    if text.startswith((b"<!doctype html", b"<html")):
        return "is a web page, not a photo; save the picture itself from the browser."
    return f"is not a photo; {_KNOWN}."
