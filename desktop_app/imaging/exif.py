"""EXIF blocks: what is kept of a photo's, and what a picture's says.

A block is taken apart and put together again as it is: kinds, byte order and texts stay what they
were. What would lie afterwards (the orientation, the thumbnail, sizes) or break when it is moved
(maker notes) is left out.

Source: TIFF 6.0, section 2; Exif 2.32 (CIPA DC-008), section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from desktop_app.core.extent import Extent

HEADER = b"Exif\0\0"
JPEG_LIMIT_BYTES = 65533
"""What fits into one JPEG segment."""

ORIENTATION = 0x0112
_SOFTWARE = 0x0131
_CAMERA_IFD = 0x8769
_GPS_IFD = 0x8825
_COLOUR_SPACE = 0xA001
_PIXEL_WIDTH = 0xA002
_PIXEL_HEIGHT = 0xA003

# Description, maker, model, orientation, resolution, software, date, artist, host, rating,
# copyright and what Windows calls title, comment, author, keywords and subject. All else in the
# main directory speaks of how the pixels were stored.
_MAIN_TAGS = frozenset(
    {0x010D, 0x010E, 0x010F, 0x0110, ORIENTATION, 0x011A, 0x011B, 0x0128, _SOFTWARE, 0x0132, 0x013B}
    | {0x013C, 0x4746, 0x4749, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F}
)
# Maker notes hold offsets that break when the block is rewritten; the interoperability directory
# names a colour space; the last are offsets and related sound files.
_CAMERA_TAGS_DROPPED = frozenset({0x927C, 0xA005, 0xA004, 0xEA1C})

_SIZE_OF_KIND = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_ASCII, _SHORT, _LONG, _POINTER = 2, 3, 4, 13
_MOST_ENTRIES = 1000
_LONGEST_VALUE_BYTES = 1 << 16

ByteOrder = Literal["<", ">"]
ReadAt = Callable[[int, int], bytes]
"""Return up to so many bytes from an offset."""


@dataclass(frozen=True)
class Entry:
    """One value, as it is stored: `data` is in the block's byte order."""

    kind: int
    count: int
    data: bytes


Directory = dict[int, Entry]


@dataclass
class ExifBlock:
    """A block taken apart.

    Attributes:
        order: "<" little endian, ">" big endian.
        main: the first directory, without pointers.
        camera: the Exif directory: exposure, lens, dates.
        gps: where the photo was taken.
    """

    order: ByteOrder = ">"
    main: Directory = field(default_factory=dict)
    camera: Directory = field(default_factory=dict)
    gps: Directory = field(default_factory=dict)

    def set_short(self, directory: Directory, tag: int, value: int) -> None:
        """Put one 16-bit number into `directory`."""
        directory[tag] = Entry(_SHORT, 1, struct.pack(self.order + "H", value))

    def number(self, directory: Directory, tag: int) -> int | None:
        """Return the whole number `tag` of `directory`, None where there is none."""
        entry = directory.get(tag)
        if entry is None or entry.count < 1 or entry.kind not in (_SHORT, _LONG, _POINTER):
            return None
        size, code = (2, "H") if entry.kind == _SHORT else (4, "I")
        return int(struct.unpack_from(self.order + code, entry.data[:size])[0])


def parse(block: bytes) -> ExifBlock:
    """Take a block apart, with or without the header "Exif".

    Raises:
        ValueError: it is not one.
    """
    start = len(HEADER) if block.startswith(HEADER) else 0

    def read_at(offset: int, size: int) -> bytes:
        return block[start + offset : start + offset + size]

    return parse_from(read_at)


def parse_from(read_at: ReadAt) -> ExifBlock:
    """Take a block apart that is read piece by piece: a TIFF file is one.

    Raises:
        ValueError: it is not one.
    """
    head = read_at(0, 8)
    if len(head) < 8 or head[:4] not in (b"II*\0", b"MM\0*"):
        raise ValueError("not an EXIF block")
    order: ByteOrder = "<" if head[:1] == b"I" else ">"
    main = _directory(read_at, order, struct.unpack(order + "I", head[4:])[0])
    block = ExifBlock(order, main)
    camera_offset, gps_offset = (block.number(main, tag) for tag in (_CAMERA_IFD, _GPS_IFD))
    if camera_offset:
        block.camera = _directory(read_at, order, camera_offset)
    if gps_offset:
        block.gps = _directory(read_at, order, gps_offset)
    return block


def _directory(read_at: ReadAt, order: ByteOrder, offset: int) -> Directory:
    """Return the entries at `offset`; damaged ones are left out."""
    count_bytes = read_at(offset, 2)
    if len(count_bytes) < 2:
        return {}
    count = min(struct.unpack(order + "H", count_bytes)[0], _MOST_ENTRIES)
    raw = read_at(offset + 2, 12 * count)
    directory: Directory = {}
    for index in range(len(raw) // 12):
        tag, kind, number, place = struct.unpack_from(order + "HHII", raw, 12 * index)
        size = _SIZE_OF_KIND.get(kind, 0) * number
        if not 0 < size <= _LONGEST_VALUE_BYTES:
            continue
        inline = raw[12 * index + 8 : 12 * index + 8 + size]
        data = inline if size <= 4 else read_at(place, size)
        if len(data) == size:
            directory.setdefault(tag, Entry(kind, number, data))
    return directory


def serialised(block: ExifBlock, limit_bytes: int = JPEG_LIMIT_BYTES) -> bytes:
    """Put `block` together, with its header; over the limit, its longest values are left out."""
    while True:
        data = HEADER + tiff_bytes(block, {})
        if len(data) <= limit_bytes:
            return data
        directory, tag = max(
            ((d, t) for d in (block.main, block.camera, block.gps) for t in d),
            key=lambda place: len(place[0][place[1]].data),
        )
        del directory[tag]


def tiff_bytes(block: ExifBlock, structure: Directory, start: int = 8) -> bytes:
    """Return a TIFF file's header and directories: `block`, and `structure` in the first one.

    The directories are to be stored at `start`, which may be behind the pixels.
    """
    main = {**block.main, **structure}
    main.pop(_CAMERA_IFD, None)
    main.pop(_GPS_IFD, None)
    children = [(_CAMERA_IFD, block.camera), (_GPS_IFD, block.gps)]
    present = [(tag, directory) for tag, directory in children if directory]
    offset = start + _directory_size(main, len(present))
    pointers: Directory = {}
    tail = b""
    for tag, directory in present:
        pointers[tag] = Entry(_LONG, 1, struct.pack(block.order + "I", offset + len(tail)))
        tail += _directory_bytes(block.order, directory, offset + len(tail))
    magic = b"II*\0" if block.order == "<" else b"MM\0*"
    head = magic + struct.pack(block.order + "I", start)
    return head + _directory_bytes(block.order, {**main, **pointers}, start) + tail


def _directory_size(directory: Directory, pointers: int) -> int:
    outside = sum(_padded(len(e.data)) for e in directory.values() if len(e.data) > 4)
    return 2 + 12 * (len(directory) + pointers) + 4 + outside


def _padded(size: int) -> int:
    return size + size % 2


def _directory_bytes(order: ByteOrder, directory: Directory, offset: int) -> bytes:
    """Return `directory` as it is stored at `offset`, its long values behind it."""
    table = struct.pack(order + "H", len(directory))
    place = offset + 2 + 12 * len(directory) + 4
    values = b""
    for tag, entry in sorted(directory.items()):
        table += struct.pack(order + "HHI", tag, entry.kind, entry.count)
        if len(entry.data) <= 4:
            table += entry.data.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", place + len(values))
            values += entry.data.ljust(_padded(len(entry.data)), b"\0")
    return table + struct.pack(order + "I", 0) + values


def orientation_of(block: ExifBlock) -> int:
    """Return 1 to 8; 1 where the block does not say or says nonsense."""
    value = block.number(block.main, ORIENTATION)
    return value if value is not None and 1 <= value <= 8 else 1


def tidied(block: ExifBlock, *, keep_gps: bool) -> bytes | None:
    """Return what a photo that was turned upright keeps of `block`; None where that is nothing."""
    main = {tag: entry for tag, entry in block.main.items() if tag in _MAIN_TAGS}
    camera = {tag: e for tag, e in block.camera.items() if tag not in _CAMERA_TAGS_DROPPED}
    kept = ExifBlock(block.order, main, camera, block.gps if keep_gps else {})
    if set(main) <= {ORIENTATION} and not camera and not kept.gps:
        return None
    kept.set_short(kept.main, ORIENTATION, 1)
    return serialised(kept)


def for_picture(exif: bytes | None, extent: Extent, software: str, *, is_srgb: bool) -> ExifBlock:
    """Return the block of a picture that was made from a photo with `exif`."""
    block = ExifBlock()
    if exif is not None:
        try:
            block = parse(exif)
        except ValueError:
            block = ExifBlock()  # a block from elsewhere: the picture matters more
    text = software.encode("ascii", "replace") + b"\0"
    block.main[_SOFTWARE] = Entry(_ASCII, len(text), text)
    if block.main.get(ORIENTATION) is not None:
        block.set_short(block.main, ORIENTATION, 1)
    for tag, side in ((_PIXEL_WIDTH, extent.width), (_PIXEL_HEIGHT, extent.height)):
        if tag in block.camera:
            block.camera[tag] = Entry(_LONG, 1, struct.pack(block.order + "I", side))
    if _COLOUR_SPACE in block.camera:
        block.set_short(block.camera, _COLOUR_SPACE, 1 if is_srgb else 0xFFFF)
    return block
