"""Kept results as files: one folder each, whole as soon as its `entry.json` is there."""

from __future__ import annotations

import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import PhotoError
from desktop_app.core.events import BlendOp, Interpretation, Layer, Rendering, Result, Upsampling
from desktop_app.core.photo import GreyImage, Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.saving import encode_png

log = logging.getLogger(__name__)

VERSION = 1
RECORD = "entry.json"
PICTURE = "picture.png"
THUMBNAIL = "thumbnail.png"
PROFILE = "profile.icc"
MAX_RECORD_BYTES = 4 << 20


@dataclass(frozen=True)
class HistoryEntry:
    """One kept result.

    Attributes:
        entry_id: identity.
        created: seconds since 1970.
        request: what was asked for.
        job_id: the run that made it.
        photo_path: where the photo was; None for a picture that came without a file.
        photo_name: what people call the photo.
        picture_path: the cartoon at full size, not blended with the photo.
        thumbnail_path: a small picture of it.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        seconds: how long the run took.
        bytes: what all of its files take on disk.
    """

    entry_id: str
    created: float
    request: Request
    job_id: str
    photo_path: Path | None
    photo_name: str
    picture_path: Path
    thumbnail_path: Path
    width: int
    height: int
    seconds: float
    bytes: int

    @property
    def folder(self) -> Path:
        """Where all of its files are."""
        return self.picture_path.parent


def encode_result(
    result: Result, photo: Photo, thumbnail: RgbImage, created: float
) -> dict[str, bytes]:
    """Return the files of an entry by name, the record that makes it whole last."""
    files = {
        PICTURE: encode_png(
            result.picture,
            result.alpha,
            photo.icc_profile,
            request_json=result.request.to_json(),  # so that dropping it restores the settings
        ),
        THUMBNAIL: encode_png(thumbnail, None, None),
    }
    if photo.icc_profile is not None:
        files[PROFILE] = photo.icc_profile
    layers = []
    for number, layer in enumerate(result.rendering.layers):
        name = f"layer-{number}.png"
        files[name] = encode_png(layer.rgb, layer.alpha, None)
        layers.append(
            {
                "file": name,
                "name": layer.name,
                "op": layer.op.name,
                "upsampling": layer.upsampling.name,
            }
        )
    interpretation = result.interpretation
    record = {
        "version": VERSION,
        "created": created,
        "request": json.loads(result.request.to_json()),
        "job_id": result.request.job_id,
        "photo_path": None if photo.path is None else str(photo.path),
        "photo_name": "Pasted picture" if photo.path is None else photo.path.name,
        "width": result.extent.width,
        "height": result.extent.height,
        "seconds": result.seconds,
        "bytes": sum(map(len, files.values())),
        "layers": layers,
        "interpretation": {
            "look": interpretation.look,
            "understood": list(interpretation.understood),
            "ignored": list(interpretation.ignored),
            "parameters": dict(interpretation.parameters),
            "note": interpretation.note,
        },
    }
    # ASCII, because a path may hold bytes that are no text in any encoding.
    files[RECORD] = json.dumps(record, indent=1).encode("ascii")
    return files


def write_entry(folder: Path, files: dict[str, bytes]) -> None:
    """Write an entry's files, each whole or not at all; the record that is last makes it count.

    Raises:
        OSError, PhotoError: there is no room, or no permission.
    """
    folder.mkdir()
    for name, data in files.items():
        write_bytes_atomically(folder / name, data, overwrite=False)
    sync_folder(folder)
    sync_folder(folder.parent)


def read_entry(folder: Path) -> tuple[HistoryEntry, str] | None:
    """Return the entry that `folder` holds and its record; None where it is not whole."""
    try:
        record = _read_record(folder).decode("ascii")
        if not (folder / PICTURE).is_file():
            return None
        return entry_of(folder, record), record
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("the history entry %s is damaged: %s", folder, error)
        return None


def entry_of(folder: Path, record: str) -> HistoryEntry:
    """Return the entry that a record describes.

    Raises:
        ValueError: it is not a record.
    """
    try:
        values = json.loads(record)
        path = values["photo_path"]
        return HistoryEntry(
            entry_id=folder.name,
            created=float(values["created"]),
            request=Request.from_json(json.dumps(values["request"])),
            job_id=str(values["job_id"]),
            photo_path=None if path is None else Path(path),
            photo_name=str(values["photo_name"]),
            picture_path=folder / PICTURE,
            thumbnail_path=folder / THUMBNAIL,
            width=int(values["width"]),
            height=int(values["height"]),
            seconds=float(values["seconds"]),
            bytes=int(values["bytes"]),
        )
    except (TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a record of a history entry: {error!r}") from error


def is_whole(folder: Path) -> bool:
    """Return whether the entry in `folder` was written to its end."""
    return (folder / RECORD).is_file() and (folder / PICTURE).is_file()


def read_result(entry: HistoryEntry) -> Result:
    """Return the result as it was when it was kept, with its layers.

    Raises:
        PhotoError: a file of it is gone or damaged.
    """
    try:
        record: Any = json.loads(_read_record(entry.folder))
        picture, alpha = _read_png(entry.picture_path)
        layers = tuple(_read_layer(entry.folder, values) for values in record["layers"])
        said = record["interpretation"]
        interpretation = Interpretation(
            look=said["look"],
            understood=tuple(said["understood"]),
            ignored=tuple(said["ignored"]),
            parameters=dict(said["parameters"]),
            note=said["note"],
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError, cv2.error) as error:
        log.warning("the history entry %s cannot be read: %r", entry.folder, error)
        raise PhotoError(
            f"The kept picture of {entry.photo_name} cannot be read any more; develop it again."
        ) from error
    rendering = Rendering(layers or (Layer("picture", picture, alpha),))
    return Result(entry.request, picture, alpha, rendering, interpretation, entry.seconds)


def read_profile(entry: HistoryEntry) -> bytes | None:
    """Return the RGB profile of the entry's picture; None for sRGB."""
    try:
        return (entry.folder / PROFILE).read_bytes()
    except OSError:
        return None


def remove_folder(folder: Path) -> None:
    """Remove an entry; its record goes first, so that what is left over never counts."""
    (folder / RECORD).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in `folder` survive a power cut, where the system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:  # some network file systems cannot
        log.debug("%s cannot be synced: %s", folder, error)
    finally:
        os.close(descriptor)


def _read_record(folder: Path) -> bytes:
    path = folder / RECORD
    if path.stat().st_size > MAX_RECORD_BYTES:
        raise ValueError("the record is too long")
    return path.read_bytes()


def _read_layer(folder: Path, values: dict[str, str]) -> Layer:
    rgb, alpha = _read_png(folder / Path(values["file"]).name)
    return Layer(
        values["name"], rgb, alpha, BlendOp[values["op"]], Upsampling[values["upsampling"]]
    )


def _read_png(path: Path) -> tuple[RgbImage, GreyImage | None]:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise ValueError(f"{path.name} is no picture of ours")
    alpha: NDArray[np.uint8] | None = None
    if pixels.shape[2] == 4:
        alpha = np.ascontiguousarray(pixels[:, :, 3])
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB)
    else:
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return np.asarray(rgb, np.uint8), alpha
