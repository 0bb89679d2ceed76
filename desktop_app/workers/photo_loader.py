"""Reading photos off the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from desktop_app.core.errors import PhotoError
from desktop_app.core.photo import Photo
from desktop_app.imaging.opening import open_photo, photo_from_bytes, photo_from_pixels
from desktop_app.imaging.saving import encode_png
from desktop_app.workers.display import display_levels, small_image, to_rgba
from desktop_app.workers.tasks import TaskRunner

log = logging.getLogger(__name__)

Source = Path | bytes | QImage
KeepPasted = Callable[[str, str, bytes], Path]
"""(item_id, name, file contents) -> where they are kept now. Called off the GUI thread."""


@dataclass(frozen=True, eq=False)
class LoadedPhoto:
    """A photo that was read.

    Attributes:
        item_id: what `load` called it.
        photo: the photo; its `path` says where it can be read again, None if nowhere.
        levels: what the canvas shows, full size first.
        thumbnail: what the film strip shows, at most 256 px.
    """

    item_id: str
    photo: Photo
    levels: tuple[QImage, ...]
    thumbnail: QImage


@dataclass(frozen=True)
class LoadFailure:
    """A photo that could not be read, and why, for people."""

    item_id: str
    sentence: str


class PhotoLoader(QObject):
    """Reads photos in threads of its own, two at a time.

    Where an item is loaded again before its first reading ended, only the newer one is told of.

    Signals (emitted in the GUI thread):
        loaded(LoadedPhoto)
        failed(LoadFailure)
    """

    loaded = Signal(object)
    failed = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, keep_pasted: KeepPasted | None = None
    ) -> None:
        """Args: keep_pasted: keeps pictures that come without a file, so that they can be read
        again; None keeps them in memory only.
        """
        super().__init__(parent)
        self._keep_pasted = keep_pasted
        self._tasks = TaskRunner(self)
        self._tasks.done.connect(self._on_done)
        self._tasks.failed.connect(self._on_failed)

    @property
    def is_busy(self) -> bool:
        """Whether a photo is being read or waits for it."""
        return self._tasks.is_busy

    def load(
        self,
        item_id: str,
        source: Source,
        keep_gps: bool = True,
        *,
        name: str = "picture",
        urgent: bool = False,
    ) -> None:
        """Read `source`; ends with exactly one of both signals.

        Args:
            item_id: what the signals call it.
            source: a file, a file's contents, or a picture from the clipboard.
            keep_gps: whether the photo keeps where it was taken.
            name: what to call contents and pictures that have no file name.
            urgent: read before all that wait, because somebody is looking at it.
        """
        self._tasks.drop(item_id)
        work = partial(_load, item_id, source, keep_gps, name, self._keep_pasted)
        self._tasks.run(item_id, work, urgent=urgent)

    def drop(self, item_id: str) -> None:
        """Forget an item that is not wanted any more."""
        self._tasks.drop(item_id)

    def shutdown(self, timeout_ms: int = 8_000) -> bool:
        """Read no more and wait for what is being read; return whether it ended in time."""
        return self._tasks.shutdown(timeout_ms)

    @Slot(str, object)
    def _on_done(self, _item_id: str, answer: object) -> None:
        self.loaded.emit(answer)

    @Slot(str, str)
    def _on_failed(self, item_id: str, sentence: str) -> None:
        self.failed.emit(LoadFailure(item_id, sentence))


def _load(
    item_id: str, source: Source, keep_gps: bool, name: str, keep_pasted: KeepPasted | None
) -> LoadedPhoto:
    if isinstance(source, Path):
        photo = open_photo(source, keep_gps=keep_gps)
    else:
        photo = _without_file(item_id, source, name, keep_pasted)
    levels = display_levels(photo.pixels, photo.alpha, photo.icc_profile)
    return LoadedPhoto(item_id, photo, levels, small_image(levels))


def _without_file(
    item_id: str, source: bytes | QImage, name: str, keep_pasted: KeepPasted | None
) -> Photo:
    if isinstance(source, QImage):
        photo = photo_from_pixels(to_rgba(source))
        data = encode_png(photo.pixels, photo.alpha, None) if keep_pasted else b""
        name = f"{Path(name).stem}.png"
    else:
        photo = photo_from_bytes(source, name)
        data = source
    if keep_pasted is None:
        return photo
    try:
        return replace(photo, path=keep_pasted(item_id, name, data))
    except (OSError, PhotoError):
        log.exception("the picture %s could not be kept", name)
        return photo
