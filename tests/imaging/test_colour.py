"""Wide gamuts are kept, sRGB needs no profile, everything else becomes sRGB."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from desktop_app.imaging.colour import plan_colours, srgb_profile, to_srgb
from desktop_app.imaging.opening import photo_from_bytes

Encode = Callable[..., bytes]
MakeProfile = Callable[[str], bytes]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("name", ["Display P3", "Adobe RGB"])
def test_wide_gamuts_are_kept(
    encode: Encode,
    make_profile: MakeProfile,
    quarters: NDArray[np.uint8],
    name: str,
    file_format: str,
) -> None:
    profile = make_profile(name)
    data = encode(quarters, file_format, icc_profile=profile)
    photo = photo_from_bytes(data, "a")
    assert photo.icc_profile == profile
    plain = photo_from_bytes(encode(quarters, file_format), "a")
    assert np.array_equal(photo.pixels, plain.pixels)


def test_display_p3_red_is_shown_as_more_than_srgb_can(make_profile: MakeProfile) -> None:
    pixels = np.array([[[255, 0, 0], [128, 128, 128], [234, 51, 35]]], np.uint8)
    seen = to_srgb(pixels, make_profile("Display P3"))
    assert seen[0, 0].tolist() == [255, 0, 0]
    assert np.abs(seen[0, 1].astype(int) - 128).max() <= 1
    assert seen[0, 2].tolist()[0] >= 253  # P3 (234, 51, 35) is about sRGB red


def test_adobe_rgb_green_is_out_of_srgb(make_profile: MakeProfile) -> None:
    pixels = np.array([[[0, 255, 0], [200, 200, 200]]], np.uint8)
    seen = to_srgb(pixels, make_profile("Adobe RGB"))
    assert seen[0, 0].tolist() == [0, 255, 0]
    assert np.ptp(seen[0, 1].astype(int)) <= 1


@pytest.mark.parametrize("profile", ["none", "own", "lcms", "nearly"])
def test_srgb_needs_no_profile(
    encode: Encode, make_profile: MakeProfile, quarters: NDArray[np.uint8], profile: str
) -> None:
    lcms = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profiles = {"none": None, "own": srgb_profile(), "lcms": lcms}
    kept = photo_from_bytes(encode(quarters, "PNG", icc_profile=profiles.get(profile, lcms)), "a")
    assert kept.icc_profile is None
    assert np.array_equal(kept.pixels, quarters)


def test_what_is_not_like_a_photo_is_converted(make_profile: MakeProfile, encode: Encode) -> None:
    grey = np.full((4, 4, 3), 55, np.uint8)
    linear = photo_from_bytes(encode(grey, "PNG", icc_profile=make_profile("linear")), "a")
    assert linear.icc_profile is None
    assert abs(int(linear.pixels[0, 0, 0]) - 128) <= 2  # 0.216 of the light is middle grey
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 255
    swapped = photo_from_bytes(encode(red, "PNG", icc_profile=make_profile("swapped")), "a")
    assert swapped.icc_profile is None
    assert swapped.pixels[0, 0].argmax() == 2


def test_an_alpha_survives_conversion(make_profile: MakeProfile, encode: Encode) -> None:
    rgba = np.full((3, 5, 4), 55, np.uint8)
    photo = photo_from_bytes(encode(rgba, "PNG", icc_profile=make_profile("linear")), "a")
    assert photo.alpha is not None
    assert photo.alpha.tolist() == [[55] * 5] * 3
    assert photo.pixels[0, 0, 0] > 100


def grey_profile() -> bytes:
    """Return a grey profile with linear light."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 256) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    place = 128 + 4 + 24
    table = struct.pack(">I", 2)
    table += b"wtpt" + struct.pack(">II", place, 20) + b"kTRC" + struct.pack(">II", place + 20, 16)
    head = struct.pack(">I4xI4s4s4s", place + 36, 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + white[8:] + bytes(48)
    return head + table + white + curve


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_profiles_are_converted(encode: Encode, mode: str) -> None:
    image = Image.new("LA", (4, 4), (55, 77)).convert(mode)
    photo = photo_from_bytes(encode(image, "PNG", icc_profile=grey_profile()), "a")
    assert photo.icc_profile is None
    assert abs(int(photo.pixels[0, 0, 0]) - 128) <= 2
    assert (photo.alpha is None) == (mode == "L")


def test_grey_pixels_with_an_rgb_profile_keep_it(encode: Encode, make_profile: MakeProfile) -> None:
    profile = make_profile("Display P3")
    photo = photo_from_bytes(encode(Image.new("L", (4, 4), 90), "JPEG", icc_profile=profile), "a")
    assert photo.icc_profile == profile


@pytest.mark.parametrize("damage", ["cut", "noise", "empty header", "other space"])
def test_broken_profiles_are_ignored(
    encode: Encode, make_profile: MakeProfile, quarters: NDArray[np.uint8], damage: str
) -> None:
    whole = make_profile("Display P3")
    profile = {
        "cut": whole[:150],
        "noise": bytes(np.random.default_rng(1).integers(0, 256, 600, np.uint8)),
        "empty header": bytes(128) + whole[128:],
        "other space": whole[:16] + b"CMYK" + whole[20:],
    }[damage]
    photo = photo_from_bytes(encode(quarters, "PNG", icc_profile=profile), "a")
    assert photo.icc_profile is None
    assert np.array_equal(photo.pixels, quarters)
    assert to_srgb(quarters, profile).shape == quarters.shape


def test_to_srgb_gives_the_same_array_for_srgb(quarters: NDArray[np.uint8]) -> None:
    assert to_srgb(quarters, None) is quarters


def test_to_srgb_is_what_littlecms_gives(make_profile: MakeProfile) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (900, 700, 3), np.uint8)
    profile = make_profile("Adobe RGB")
    whole = ImageCms.profileToProfile(
        Image.fromarray(pixels),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert np.array_equal(to_srgb(pixels, profile), np.asarray(whole))


def test_our_own_profile_is_always_the_same_and_srgb() -> None:
    assert srgb_profile() == srgb_profile()
    assert srgb_profile()[24:36] == struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    assert plan_colours(srgb_profile(), "RGB").kept is None
    assert plan_colours(srgb_profile(), "RGB").transform is None
