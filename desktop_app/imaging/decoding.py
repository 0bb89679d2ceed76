"""Photos decoded by Pillow: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

from desktop_app.core.errors import PhotoError
from desktop_app.imaging import deep, unusual_tiff
from desktop_app.imaging.exif import ExifBlock, orientation_of, parse, parse_from
from desktop_app.imaging.heif import check_boxes
from desktop_app.imaging.metadata import request_in
from desktop_app.imaging.quiet import prepare_pillow, silenced_stderr
from desktop_app.imaging.stored import Stored, check_size

_PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
}
_MOST_TILES = 200_000


def decode(stream: BinaryIO, file_format: str, name: str) -> Stored:
    """Read a photo of one of the formats above.

    Raises:
        PhotoError: it is too large, or of an unusual kind.
        Exception: whatever Pillow raises on damaged files; the caller makes a sentence of it.
    """
    prepare_pillow()
    if file_format == "WEBP":
        _check_webp(stream, name)
    elif file_format == "AVIF":
        check_boxes(stream, name)
    # libtiff tells the terminal about each damaged strip.
    with silenced_stderr() if file_format == "TIFF" else nullcontext():
        try:
            image = _opened(stream, file_format, name)
        except UnidentifiedImageError:
            if file_format != "TIFF":
                raise
            return unusual_tiff.decode(stream, name)
        stored = _loaded(image, stream, file_format, name)
    stored.exif = _exif_of(image, stream, file_format)
    if stored.exif is not None and file_format != "TIFF":  # Pillow turns TIFFs upright itself
        stored.orientation = orientation_of(stored.exif)
    stored.icc_profile = _profile_of(image)
    stored.request_json = request_in(image.info)
    return stored


def _opened(stream: BinaryIO, file_format: str, name: str) -> Image.Image:
    """Return the image with its header read and checked, nothing decoded yet."""
    importlib.import_module(_PLUGINS[file_format])
    stream.seek(0)
    image = Image.open(stream, formats=[file_format])
    check_size(*image.size, name)
    if len(getattr(image, "tile", ())) > _MOST_TILES:
        raise PhotoError(f"“{name}” is damaged: it claims to be made of far too many pieces.")
    return image


def _loaded(image: Image.Image, stream: BinaryIO, file_format: str, name: str) -> Stored:
    """Decode the pixels."""
    kind = deep.kind_of(image)
    label = {"WEBP": "WebP"}.get(file_format, file_format)
    strip: Callable[[slice], Image.Image]
    if kind == "plain":
        image.load()
        strip, has_alpha = _plain_strips(image), image.has_transparency_data
    elif kind == "number":
        image.load()
        strip, has_alpha = deep.number_strips(image)
    elif kind == "grey-alpha":
        strip, has_alpha = deep.grey_alpha_strips(image), True
    else:
        strip, has_alpha = deep.halves_strips(image, _opened(stream, file_format, name))
    return Stored(*image.size, strip, label, has_alpha)


def _plain_strips(image: Image.Image) -> Callable[[slice], Image.Image]:
    width = image.width
    return lambda rows: image.crop((0, rows.start, width, rows.stop))


def _check_webp(stream: BinaryIO, name: str) -> None:
    """Refuse by the header: the decoder allocates two canvases as soon as it is made."""
    head = stream.read(30)
    stream.seek(0)
    if head[12:16] == b"VP8X" and len(head) == 30:
        width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (24, 27))
        check_size(width, height, name)


def _exif_of(image: Image.Image, stream: BinaryIO, file_format: str) -> ExifBlock | None:
    try:
        if file_format == "TIFF":
            return parse_from(_reader(stream))
        block = image.info.get("exif")
        if block is None and isinstance(image.info.get("Raw profile type exif"), str):
            block = bytes.fromhex("".join(image.info["Raw profile type exif"].split("\n")[3:]))
        return parse(block) if isinstance(block, bytes) and block else None
    except ValueError:
        return None


def _reader(stream: BinaryIO) -> Callable[[int, int], bytes]:
    def read_at(offset: int, size: int) -> bytes:
        stream.seek(offset)
        return stream.read(size)

    return read_at


def _profile_of(image: Image.Image) -> bytes | None:
    profile: Any = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and profile else None
