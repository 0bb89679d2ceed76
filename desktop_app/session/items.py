"""One photo on the film strip."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from PySide6.QtGui import QImage

from desktop_app.core.events import Result
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request


class ItemState(Enum):
    """What can be said of a photo on the film strip."""

    LOADING = "loading"
    READY = "ready"
    QUEUED = "queued"
    DEVELOPING = "developing"
    DONE = "done"
    FAILED = "failed"


def new_item_id() -> str:
    """Return an identifier that no other item has."""
    return uuid.uuid4().hex


@dataclass(frozen=True, eq=False)
class PhotoItem:
    """One photo on the film strip. A value: `Darkroom.update` puts a changed one in its place.

    Full-size pixels come and go: only the items that were looked at last keep them, see
    `Darkroom`. Thumbnails stay.

    Attributes:
        item_id: identity, kept over a restart.
        name: what people read.
        path: where the photo can be read again; None for one that is in memory only.
        pasted: whether `path` is the app's own copy of a picture that came without a file.
        state: see ItemState.
        photo: None while it is not in memory.
        photo_levels: what the canvas shows of the photo; empty while it is not in memory.
        thumbnail: what the film strip shows; a null image before the photo was read.
        request: what is set for this photo, or what it was last developed with.
        job_id: the run that waits or goes on for it, or the last one; "" for none yet.
        result: None where there is none, or while it is not in memory.
        result_levels: what the canvas shows of the result; empty as `result`.
        entry_id: where the result is kept in the history; None where there is none.
        message: a sentence to show with the item, else "".
        saved_path: where the result was last saved to.
    """

    item_id: str = field(default_factory=new_item_id)
    name: str = ""
    path: Path | None = None
    pasted: bool = False
    state: ItemState = ItemState.LOADING
    photo: Photo | None = None
    photo_levels: tuple[QImage, ...] = ()
    thumbnail: QImage = field(default_factory=QImage)
    request: Request | None = None
    job_id: str = ""
    result: Result | None = None
    result_levels: tuple[QImage, ...] = ()
    entry_id: str | None = None
    message: str = ""
    saved_path: Path | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a run waits or goes on for this photo."""
        return self.state in (ItemState.QUEUED, ItemState.DEVELOPING)

    @property
    def has_result(self) -> bool:
        """Whether there is a result, in memory or in the history."""
        return self.result is not None or self.entry_id is not None

    def without_pixels(self) -> PhotoItem:
        """Return this item without the full-size pixels that can be had again."""
        item = self
        if item.path is not None:
            item = replace(item, photo=None, photo_levels=())
        if item.entry_id is not None:
            item = replace(item, result=None, result_levels=())
        return item

    def at_rest(self) -> PhotoItem:
        """Return this item as it is when nothing reads or develops it."""
        if self.is_busy or (self.state is ItemState.LOADING and not self.thumbnail.isNull()):
            state = ItemState.DONE if self.has_result else ItemState.READY
            return replace(self, state=state, message="")
        if self.state is ItemState.LOADING and self.path is None:
            message = "The picture was taken away before it was read; paste it again."
            return replace(self, state=ItemState.FAILED, message=message)
        return self
