"""Pictures out: PNG, JPEG, WebP and TIFF, with what the photo brought along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from desktop_app.core.errors import OutOfMemory, PhotoError, UsageError
from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.imaging import exif as exif_blocks
from desktop_app.imaging.alpha import over_white
from desktop_app.imaging.atomic import AlreadyThere, atomic_write
from desktop_app.imaging.colour import srgb_profile
from desktop_app.imaging.exif import ExifBlock
from desktop_app.imaging.metadata import SOFTWARE, xmp_packet
from desktop_app.imaging.names import printable
from desktop_app.imaging.png import encode_png
from desktop_app.imaging.quiet import prepare_pillow
from desktop_app.imaging.tiff import write_tiff

__all__ = [
    "SAVE_SUFFIXES",
    "AlreadyThere",
    "check_place",
    "encode_png",
    "save_picture",
]

_JPEG_QUALITY = 95
_WEBP_QUALITY = 95
_WEBP_EFFORT = 2  # of 6: twice as quick as the usual 4 for files a few percent larger
_JPEG_XMP_LIMIT_BYTES = 65000


@dataclass(frozen=True, eq=False)
class _Sheet:
    """A picture and all that goes into its file.

    Attributes:
        picture: (height, width, 3) uint8.
        alpha: (height, width) uint8 or None.
        icc_profile: None for sRGB.
        tags: camera, date and so on.
        request_json: the settings it was made with.
    """

    picture: RgbImage
    alpha: GreyImage | None
    icc_profile: bytes | None
    tags: ExifBlock
    request_json: str | None

    @property
    def profile(self) -> bytes:
        """The profile to be written where a format has no shorter word for sRGB."""
        return self.icc_profile or srgb_profile()

    @property
    def xmp(self) -> bytes | None:
        """The settings as an XMP packet."""
        return None if self.request_json is None else xmp_packet(self.request_json)


def save_picture(
    path: Path,
    picture: RgbImage,
    photo: Photo,
    *,
    alpha: GreyImage | None = None,
    request: Request | None = None,
    overwrite: bool = False,
    keep_exif: bool = True,
) -> None:
    """Save a picture that was made from `photo`; the name's ending says in which format.

    Args:
        path: where to; nothing is there until the picture is whole.
        picture: (height, width, 3) uint8, in the photo's colour space.
        photo: gives the colour profile and EXIF.
        alpha: (height, width) uint8 or None. JPEG has none: transparent parts become white.
        request: settings to be found again when the picture is opened.
        overwrite: whether a file that is there already may be replaced.
        keep_exif: whether the photo's EXIF goes along.

    Raises:
        UsageError: the ending is not one of SAVE_SUFFIXES.
        AlreadyThere: there is such a file and `overwrite` is off.
        PhotoError: it cannot be written there, or is too large for the format.
        OutOfMemory: there is not enough memory.
    """
    extent = Extent(picture.shape[1], picture.shape[0])
    check_place(path, extent)
    write = _WRITERS[path.suffix.lower()][0]
    tags = exif_blocks.for_picture(
        photo.exif if keep_exif else None, extent, SOFTWARE, is_srgb=photo.icc_profile is None
    )
    request_json = None if request is None else request.to_json()
    prepare_pillow()
    with atomic_write(path, overwrite=overwrite) as file:
        try:
            write(file, _Sheet(picture, alpha, photo.icc_profile, tags, request_json))
        except MemoryError as error:
            raise OutOfMemory(
                f"There is not enough memory to write “{printable(path)}”; make it smaller."
            ) from error


def check_place(path: Path, extent: Extent) -> None:
    """Refuse what `save_picture` would: to be asked before a long run.

    Raises:
        UsageError: the name's ending is not one of SAVE_SUFFIXES.
        PhotoError: a picture of `extent` is too large for the format.
    """
    if path.suffix.lower() not in _WRITERS:
        known = ", ".join(SAVE_SUFFIXES)
        raise UsageError(
            f"“{printable(path.name)}” does not say in which format to save;"
            f" give it one of these endings: {known}."
        )
    _, most_px, label = _WRITERS[path.suffix.lower()]
    if extent.long_side > most_px:
        raise PhotoError(
            f"“{printable(path)}” cannot be written: {label} pictures have at most {most_px} pixels"
            f" a side and this one is {extent}; save it as PNG."
        )


def _write_png(file: BinaryIO, sheet: _Sheet) -> None:
    file.write(
        encode_png(
            sheet.picture,
            sheet.alpha,
            sheet.icc_profile,
            exif=exif_blocks.serialised(sheet.tags),
            request_json=sheet.request_json,
        )
    )


def _write_jpeg(file: BinaryIO, sheet: _Sheet) -> None:
    xmp = sheet.xmp or b""
    Image.fromarray(over_white(sheet.picture, sheet.alpha)).save(
        file,
        "JPEG",
        quality=_JPEG_QUALITY,
        subsampling=0,  # cartoons are colour edges
        icc_profile=sheet.profile,
        exif=exif_blocks.serialised(sheet.tags),
        xmp=xmp if len(xmp) <= _JPEG_XMP_LIMIT_BYTES else b"",
    )


def _write_webp(file: BinaryIO, sheet: _Sheet) -> None:
    image = Image.fromarray(sheet.picture)
    if sheet.alpha is not None:
        image.putalpha(Image.fromarray(sheet.alpha))
    image.save(
        file,
        "WEBP",
        quality=_WEBP_QUALITY,
        method=_WEBP_EFFORT,
        exact=True,  # colours under full transparency stay
        icc_profile=sheet.profile,
        exif=exif_blocks.serialised(sheet.tags),
        xmp=sheet.xmp or b"",
    )


def _write_tiff(file: BinaryIO, sheet: _Sheet) -> None:
    write_tiff(
        file, sheet.picture, sheet.alpha, sheet.tags, icc_profile=sheet.profile, xmp=sheet.xmp
    )


_Writer = Callable[[BinaryIO, _Sheet], None]
_ANY_SIZE = 2**31 - 1
_JPEG: tuple[_Writer, int, str] = (_write_jpeg, 65500, "JPEG")
_TIFF: tuple[_Writer, int, str] = (_write_tiff, _ANY_SIZE, "TIFF")
_WRITERS: dict[str, tuple[_Writer, int, str]] = {
    ".png": (_write_png, _ANY_SIZE, "PNG"),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": (_write_webp, 16383, "WebP"),
    ".tif": _TIFF,
    ".tiff": _TIFF,
}
SAVE_SUFFIXES: tuple[str, ...] = tuple(_WRITERS)
