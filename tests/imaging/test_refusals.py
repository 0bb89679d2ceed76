"""Every refusal is one printable sentence that names the file; nothing hangs or prints."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import OutOfMemory, PhotoError, ToonroomError
from desktop_app.imaging import decoding
from desktop_app.imaging.names import printable
from desktop_app.imaging.opening import open_photo, photo_from_bytes

Encode = Callable[..., bytes]


def refusal(path: Path) -> str:
    """Return the sentence with which `path` is refused."""
    with pytest.raises(PhotoError) as caught:
        open_photo(path)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert printable(path.name) in sentence
    return sentence


def refused_bytes(data: bytes) -> str:
    """Return the sentence with which `data` is refused."""
    with pytest.raises(PhotoError) as caught:
        photo_from_bytes(data, "photo.xyz")
    assert "“photo.xyz”" in str(caught.value)
    return str(caught.value)


def test_missing(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "gone.jpg")
    (tmp_path / "file").write_bytes(b"x")
    assert "no file" in refusal(tmp_path / "file" / "below.jpg")
    with pytest.raises(PhotoError, match="no file"):
        open_photo(tmp_path / ("x" * 300))


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    assert "empty" in refusal(path)
    assert "empty" in refused_bytes(b"")


def test_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder.png"
    folder.mkdir()
    assert "folder" in refusal(folder)


def test_special_files_never_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert "pipe" in refusal(pipe)
    for device in ("/dev/zero", "/dev/null", "/dev/tty"):
        if Path(device).exists():
            assert "device" in refusal(Path(device))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.jpg"))
        assert "socket" in refusal(tmp_path / "s.jpg")


def test_a_pipe_that_takes_the_place_after_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    regular = os.stat_result((stat.S_IFREG | 0o644, *[0] * 9))
    monkeypatch.setattr(Path, "stat", lambda *_args, **_options: regular)
    assert "pipe" in refusal(pipe)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (errno.EACCES, "permission"),
        (errno.EIO, "cannot be read"),
        (errno.ELOOP, "leads back"),
        (errno.EMFILE, "too many files"),
    ],
)
def test_what_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, word: str
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")

    def refuse(*_args: object) -> int:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(os, "open", refuse)
    assert word in refusal(path)


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    assert "leads back" in refusal(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    "name",
    [
        "line\nbreak.jpg",
        "tab\t\x1b[31mred.jpg",
        "Ünïcode 写真 🙂.jpg",
        "\u202egpj.exe",
        os.fsdecode(b"latin-\xe9\xff.jpg"),
    ],
)
def test_names_stay_on_one_printable_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not a photo")
    refusal(path).encode("utf-8")


def test_a_name_with_a_null_byte() -> None:
    with pytest.raises(PhotoError):
        open_photo(Path("a\0b.jpg"))


def test_other_kinds_say_what_to_do() -> None:
    for data, what in [
        (b"%PDF-1.7 ...", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<svg/>", "SVG"),
        (b"8BPS\0\1" + bytes(40), "Photoshop"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "raw"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), "raw"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(99), "raw"),
        (b"\0\0\0\x18ftypisom\0\0\0\1isommp42" + bytes(99), "video"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"PK\3\4" + bytes(40), "archive"),
        (b"\0\0\1\0" + bytes(40), "icon"),
        (b"plain text", "not a photo"),
        (b"\0" * 500, "not a photo"),
    ]:
        assert what in refused_bytes(data)


def test_raw_files_are_known_by_name_too(tmp_path: Path, encode: Encode) -> None:
    """Their first picture is a thumbnail that nobody wants."""
    path = tmp_path / "DSC_1.NEF"
    path.write_bytes(encode(np.zeros((8, 8, 3), np.uint8), "TIFF"))
    assert "raw" in refusal(path)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int) -> bytes:
    """Return the beginning of a PNG that announces a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99)))


def jpeg_of(encode: Encode, width: int, height: int) -> bytes:
    """Return a small JPEG that announces a size."""
    data = bytearray(encode(np.zeros((8, 8, 3), np.uint8), "JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_of(width: int, height: int) -> bytes:
    """Return an extended WebP header that announces a size."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + size + bytes(40)


def tiff_of(width: int, height: int) -> bytes:
    """Return a grey TIFF with next to no pixels that announces a size."""
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, height), (279, 50)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + table + bytes(54)


def test_bombs_are_refused_by_their_headers(encode: Encode) -> None:
    gif = bytearray(encode(np.zeros((8, 8), np.uint8), "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    bmp = bytearray(encode(np.zeros((8, 8, 3), np.uint8), "BMP"))
    bmp[18:26] = struct.pack("<ii", 30000, 30000)
    for data in (
        png_of(20000, 20000),
        png_of(2**31 - 1, 2**31 - 1),
        jpeg_of(encode, 65500, 65500),
        webp_of(20000, 20000),
        webp_of(1 << 24, 1 << 24),
        bytes(gif),
        bytes(bmp),
        tiff_of(100_000, 100_000),
        b"P6 100000 100000 255\n" + bytes(50),
        b"P4 4000000000 4000000000\n" + bytes(50),
    ):
        sentence = refused_bytes(data)
        assert "too large" in sentence or "damaged" in sentence
    assert "300 megapixels" in refused_bytes(png_of(20000, 20000))
    assert "300 megapixels" in refused_bytes(webp_of(20000, 20000))


def test_between_pillows_limit_and_ours_is_fine() -> None:
    """Pillow warns at 89 and refuses at 179 megapixels."""
    width = 14000
    rows = zlib.compress(b"\0" + bytes(width // 8), 9)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\0" + bytes(width // 8)) for _ in range(width))
    packed += packer.flush()
    header = struct.pack(">IIBBBBB", width, width, 1, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed)
    assert rows
    photo = photo_from_bytes(data + chunk(b"IEND", b""), "a")
    assert photo.extent.pixels == width * width


def test_pictures_without_pixels(encode: Encode) -> None:
    refused_bytes(png_of(0, 5))
    refused_bytes(jpeg_of(encode, 8, 0))
    assert "no pixels" in refused_bytes(b"P5 0 3 255\n")


def test_cut_short_photos_are_refused_not_half_grey(
    encode: Encode, quarters: NDArray[np.uint8]
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    kinds: list[tuple[str, dict[str, object]]] = [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {"speed": 10}),
        ("PPM", {}),
    ]
    for file_format, options in kinds:
        data = encode(noise, file_format, **options)
        for share in (0.1, 0.5, 0.8, 0.95):
            refused_bytes(data[: int(len(data) * share)])


def test_out_of_memory_is_its_own_kind(
    encode: Encode, quarters: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(decoding, "_loaded", refuse)
    with pytest.raises(OutOfMemory, match="memory"):
        photo_from_bytes(encode(quarters, "PNG"), "a")


@pytest.mark.parametrize(
    "error",
    [SyntaxError(), struct.error(), OverflowError(), KeyError(), IndexError()],
)
def test_whatever_a_decoder_raises_is_a_sentence(
    encode: Encode, quarters: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_args: object, **_options: object) -> Any:
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(ToonroomError, match=r"“photo\.png”"):
        photo_from_bytes(encode(quarters, "PNG"), "photo.png")
