"""Pictures between two processes: in shared memory, so that none is copied through a pipe."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import OutOfMemory
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage

PREVIEW_SLOTS = 3
LARGEST_PREVIEW_PX = 512
_LINUX_PLACE = Path("/dev/shm")


@dataclass(frozen=True)
class FramesPlace:
    """Where frames are: the name of the shared memory, and the size of its parts.

    Attributes:
        name: of the shared memory.
        picture_bytes: the photo at first, the picture in the end.
        preview_bytes: of each preview's place, behind the picture.
    """

    name: str
    picture_bytes: int
    preview_bytes: int


class Frames:
    """Shared memory for one run: one picture, and places for some previews."""

    def __init__(self, memory: SharedMemory, place: FramesPlace, *, is_owner: bool) -> None:
        self._memory = memory
        self._is_owner = is_owner
        self.place = place

    @classmethod
    def create(cls, padded: Extent) -> Frames:
        """Return new frames for pictures of `padded`.

        Raises:
            OutOfMemory: there is no room for them.
        """
        picture_bytes = padded.pixels * 3
        preview_bytes = min(padded.pixels, LARGEST_PREVIEW_PX**2) * 3
        size = picture_bytes + PREVIEW_SLOTS * preview_bytes
        # Linux promises more than it has, and kills who uses it.
        if _LINUX_PLACE.is_dir() and shutil.disk_usage(_LINUX_PLACE).free < size:
            raise OutOfMemory("There is no shared memory left (/dev/shm is full); free some.")
        try:
            memory = SharedMemory(create=True, size=size)
        except OSError as error:
            raise OutOfMemory(
                f"There is no shared memory for this picture ({error.strerror}); use a smaller"
                " working size."
            ) from error
        place = FramesPlace(memory.name, picture_bytes, preview_bytes)
        return cls(memory, place, is_owner=True)

    @classmethod
    def attach(cls, place: FramesPlace) -> Frames:
        """Return the frames that another process has created."""
        return cls(SharedMemory(place.name), place, is_owner=False)

    def put_picture(self, picture: RgbImage) -> None:
        """Copy a picture in."""
        self._array(picture.shape[0], picture.shape[1], 0)[:] = picture

    def picture(self, extent: Extent) -> RgbImage:
        """Return a copy of the picture."""
        return self._array(extent.height, extent.width, 0).copy()

    def put_preview(self, slot: int, preview: RgbImage) -> None:
        """Copy a preview into its place."""
        self._array(preview.shape[0], preview.shape[1], self._offset(slot))[:] = preview

    def preview(self, slot: int, extent: Extent) -> RgbImage:
        """Return a copy of a preview."""
        return self._array(extent.height, extent.width, self._offset(slot)).copy()

    def close(self) -> None:
        """Let go; the memory is given back once its creator has."""
        self._memory.close()
        if self._is_owner:
            self._memory.unlink()

    def _offset(self, slot: int) -> int:
        return self.place.picture_bytes + slot * self.place.preview_bytes

    def _array(self, height: int, width: int, offset: int) -> NDArray[np.uint8]:
        return np.ndarray((height, width, 3), np.uint8, self._memory.buf, offset)


class Slots:
    """Which previews' places are free. Used by two threads of the child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = list(range(PREVIEW_SLOTS))

    def take(self) -> int | None:
        """Return a free place; None where all wait to be looked at."""
        with self._lock:
            return self._free.pop() if self._free else None

    def give_back(self, slot: int) -> None:
        """A preview was copied."""
        with self._lock:
            if slot not in self._free:
                self._free.append(slot)
