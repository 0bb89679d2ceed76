"""Colour profiles: which ones a photo keeps, and how the others become sRGB."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from desktop_app.core.photo import RgbImage
from desktop_app.imaging.strips import strips

Space = Literal["RGB", "L", "CMYK", "LAB"]
"""How pixels are stored, in Pillow's words."""

_SIGNATURES: dict[Space, bytes] = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK", "LAB": b"Lab "}
_MATRIX_TAGS = frozenset({b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"})
_TABLE_TAGS = frozenset({b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1"})
_SAME_WITHIN = 2
"""Levels of 255 that two conversions to sRGB may differ by and still look the same."""


@dataclass(frozen=True)
class ColourPlan:
    """What happens to a photo's colours.

    Attributes:
        kept: the profile that the pixels stay in; None for sRGB.
        transform: what turns stored pixels into sRGB; None where they stay as they are.
    """

    kept: bytes | None = None
    transform: ImageCms.ImageCmsTransform | None = None


@lru_cache(maxsize=16)
def plan_colours(icc_profile: bytes | None, space: Space) -> ColourPlan:
    """Return what is done with pixels stored in `space` whose file has `icc_profile`.

    RGB profiles made of primaries and curves (Display-P3, Adobe RGB, ProPhoto) are kept. sRGB
    needs no profile. Everything else is converted. A profile that is broken or belongs to another
    space is ignored: a photo with odd colours is better than none.
    """
    transform = None
    if icc_profile is not None and icc_profile[16:20] == _SIGNATURES[space]:
        transform = _transform(icc_profile, space)
    if transform is None:
        return ColourPlan(None, _lab_to_srgb() if space == "LAB" else None)
    if space != "RGB":
        return ColourPlan(None, transform)
    probe, seen = _probed(transform)
    if np.abs(seen - probe).max() <= _SAME_WITHIN:
        return ColourPlan()
    assert icc_profile is not None
    if _has_primaries(icc_profile) and _is_photographic(seen):
        return ColourPlan(icc_profile, None)
    return ColourPlan(None, transform)


def to_srgb(pixels: RgbImage, icc_profile: bytes | None) -> RgbImage:
    """Return `pixels` in sRGB for a screen; the same array where they are sRGB already."""
    if icc_profile is None:
        return pixels
    transform = _transform(icc_profile, "RGB")
    return pixels if transform is None else transformed(pixels, transform, "RGB")


def transformed(
    pixels: NDArray[np.uint8], transform: ImageCms.ImageCmsTransform, space: Space
) -> RgbImage:
    """Return `pixels`, stored in `space`, as sRGB; in strips, so that little memory is needed."""
    height, width = pixels.shape[:2]
    result = np.empty((height, width, 3), np.uint8)
    for rows in strips(width, height):
        strip = Image.fromarray(pixels[rows], None if space == "RGB" else space)
        result[rows] = np.asarray(ImageCms.applyTransform(strip, transform))
    return result


@cache
def srgb_profile() -> bytes:
    """Return a small sRGB profile to be written into pictures, always the same one."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + profile[36:]


@lru_cache(maxsize=16)
def _transform(icc_profile: bytes, space: Space) -> ImageCms.ImageCmsTransform | None:
    """Return what turns pixels of `icc_profile` into sRGB; None where the profile is unusable."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        return _built(source, space)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, SyntaxError):
        return None


@cache
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return _built(ImageCms.createProfile("LAB"), "LAB")


def _built(source: Any, space: Space) -> ImageCms.ImageCmsTransform:
    """Return a transform to sRGB: relative colorimetric, which keeps what sRGB can show."""
    return ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        space,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _probed(
    transform: ImageCms.ImageCmsTransform,
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return a few colours, greys first, and what they are in sRGB."""
    greys = np.repeat(np.arange(0, 256, 15, dtype=np.uint8), 3).reshape(-1, 3)
    levels = np.array([0, 96, 192, 255], np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    probe = np.concatenate([greys, cube])[None]
    seen = np.asarray(ImageCms.applyTransform(Image.fromarray(probe), transform))
    return probe[0].astype(np.int16), seen[0].astype(np.int16)


def _is_photographic(seen: NDArray[np.int16]) -> bool:
    """Whether the probe's colours look about like they would in sRGB.

    Engines take the numbers for something like sRGB. Linear light, or primaries in another order,
    is converted rather than kept.
    """
    greys, primaries = seen[:18], seen[[18 + 48, 18 + 12, 18 + 3]]
    middle = greys[8:10].mean()
    neutral = np.ptp(greys, axis=1).max() <= 12
    ordered = np.array_equal(primaries.argmax(axis=1), [0, 1, 2])
    return bool(90 <= middle <= 170 and neutral and ordered)


def _has_primaries(icc_profile: bytes) -> bool:
    """Whether the profile is made of three primaries and three curves, without tables."""
    try:
        count = min(struct.unpack_from(">I", icc_profile, 128)[0], 100)
        tags = {icc_profile[132 + 12 * i : 136 + 12 * i] for i in range(count)}
    except struct.error:
        return False
    return tags >= _MATRIX_TAGS and not tags & _TABLE_TAGS
