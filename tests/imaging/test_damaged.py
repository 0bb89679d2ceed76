"""Damaged files of every format: a photo or a sentence, and silence on the terminal."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from desktop_app.core.errors import PhotoError
from desktop_app.core.photo import Photo
from desktop_app.imaging.opening import photo_from_bytes

VARIANTS = 60


def _encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.copy().save(buffer, file_format, **options)
    return buffer.getvalue()


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield whole files of every kind that can be made here."""
    pixels = np.random.default_rng(2).integers(0, 256, (37, 53, 3), np.uint8)
    pixels[5:25, 5:40] = (200, 30, 90)
    rgb = Image.fromarray(pixels)
    rgba = Image.fromarray(np.dstack([pixels, pixels[..., 0]]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    extras = {
        "exif": exif,
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        yield file_format, _encoded(rgb, file_format, **extras)
    for file_format in ("PNG", "WEBP", "BMP", "AVIF", "TIFF"):
        yield f"{file_format} with alpha", _encoded(rgba, file_format)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"):
        yield f"TIFF {compression}", _encoded(rgb, "TIFF", compression=compression)
    for compression in ("group3", "group4"):
        yield f"TIFF {compression}", _encoded(rgb.convert("1"), "TIFF", compression=compression)
    for mode in ("CMYK", "YCbCr", "LAB"):
        yield f"TIFF {mode}", _encoded(rgb.convert(mode), "TIFF")
    yield "JPEG progressive", _encoded(rgb, "JPEG", progressive=True)
    yield "JPEG CMYK", _encoded(rgb.convert("CMYK"), "JPEG")
    yield "BMP", _encoded(rgb, "BMP")
    yield "GIF", _encoded(rgb.quantize(32), "GIF", transparency=1)
    yield "GIF frames", _encoded(rgb, "GIF", save_all=True, append_images=[rgb.rotate(90)])
    yield "PNG frames", _encoded(rgb, "PNG", save_all=True, append_images=[rgb.rotate(90)])
    yield "PNG palette", _encoded(rgb.quantize(16), "PNG", transparency=3)
    yield "PPM", _encoded(rgb, "PPM")
    yield "PPM text", b"P3 3 2 255\n1 2 3 4 5 6 7 8 9\n1 2 3 4 5 6 7 8 9\n"
    deep = pixels.astype(np.uint16) * 257
    yield "PNG 16", cv2.imencode(".png", deep)[1].tobytes()
    yield "TIFF 16", cv2.imencode(".tiff", deep)[1].tobytes()
    yield "TIFF float", cv2.imencode(".tiff", (pixels / 255).astype(np.float32))[1].tobytes()


SAMPLES = dict(samples())


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return `data` cut, flipped, shortened or lengthened somewhere."""
    result = bytearray(data)
    choice = rng.random()
    place = rng.randrange(len(result))
    if choice < 0.3:
        return bytes(result[:place])
    if choice < 0.8:
        reach = min(len(result), 400) if rng.random() < 0.6 else len(result)
        for _ in range(rng.choice((1, 1, 2, 8, 32))):
            result[rng.randrange(reach)] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    elif choice < 0.9:
        del result[place : place + rng.randrange(1, 40)]
    else:
        result[place:place] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 40)))
    return bytes(result)


def check(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """Open `data`; anything else than a photo or a sentence fails."""
    outcome: Photo | str
    try:
        outcome = photo_from_bytes(data, "damaged\n.bin")
    except PhotoError as error:
        outcome = str(error)
    if isinstance(outcome, str):
        assert outcome.isprintable()
    else:
        assert outcome.pixels.dtype == np.uint8
        assert outcome.pixels.shape[2] == 3
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", SAMPLES)
def test_mutations(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(name)
    assert isinstance(photo_from_bytes(SAMPLES[name], "whole"), Photo)
    for _ in range(VARIANTS):
        check(mutated(SAMPLES[name], rng), capfd)


@pytest.mark.parametrize("name", SAMPLES)
def test_cuts(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = SAMPLES[name]
    for place in range(0, len(data), max(1, len(data) // 50)):
        check(data[:place], capfd)


@pytest.mark.parametrize("kind", ["turned", "alpha", "deep", "grey"])
def test_heic(kind: str, heic: dict[str, bytes], capfd: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(kind)
    for _ in range(VARIANTS * 3):
        check(mutated(heic[kind], rng), capfd)


def test_noise_behind_every_signature(capfd: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(7)
    for data in SAMPLES.values():
        for length in (2, 4, 12, 16, 30):
            check(data[:length] + rng.randbytes(300), capfd)


def test_the_terminal_works_again_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    whole = SAMPLES["TIFF tiff_adobe_deflate"]
    broken = whole[:8] + b"\xff" * 100 + whole[108:]  # where the first strip begins
    with pytest.raises(PhotoError):
        photo_from_bytes(broken, "a")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
