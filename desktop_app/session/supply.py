"""Bringing full-size pixels back for the item that is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from desktop_app.core.errors import PhotoError
from desktop_app.core.events import Result
from desktop_app.imaging.opening import open_photo
from desktop_app.session.darkroom import Darkroom
from desktop_app.session.entries import read_profile
from desktop_app.session.history import History
from desktop_app.session.items import ItemState, PhotoItem
from desktop_app.workers.blend import blended_levels
from desktop_app.workers.display import display_levels, small_image
from desktop_app.workers.photo_loader import LoadedPhoto, LoadFailure, PhotoLoader
from desktop_app.workers.tasks import TaskRunner


@dataclass(frozen=True, eq=False)
class _Found:
    result: Result
    levels: tuple[QImage, ...]
    thumbnail: QImage


class Supply(QObject):
    """Answers a darkroom's `photo_wanted` and `result_wanted`, and fills in what a loader read.

    Everything a `PhotoLoader` reads for an item of the darkroom arrives there through this object,
    also the first reading of a photo that was just added: nobody else need listen to the loader.
    """

    def __init__(
        self,
        darkroom: Darkroom,
        loader: PhotoLoader,
        history: History,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.keep_gps = True
        self._darkroom = darkroom
        self._loader = loader
        self._history = history
        self._tasks = TaskRunner(self, threads=1)
        self._darkroom.photo_wanted.connect(self._on_photo_wanted)
        self._darkroom.result_wanted.connect(self._on_result_wanted)
        self._loader.loaded.connect(self._on_loaded)
        self._loader.failed.connect(self._on_load_failed)
        self._tasks.done.connect(self._on_found)
        self._tasks.failed.connect(self._on_not_found)

    def shutdown(self, timeout_ms: int = 8_000) -> bool:
        """Bring nothing back any more; return whether what went on ended in time."""
        return self._tasks.shutdown(timeout_ms)

    @Slot(str)
    def _on_photo_wanted(self, item_id: str) -> None:
        item = self._darkroom.item(item_id)
        if item is not None and item.path is not None:
            self._loader.load(item_id, item.path, self.keep_gps, urgent=True)

    @Slot(object)
    def _on_loaded(self, loaded: LoadedPhoto) -> None:
        item = self._darkroom.item(loaded.item_id)
        if item is None:
            return
        state = item.state
        if state in (ItemState.LOADING, ItemState.FAILED):
            state = ItemState.DONE if item.has_result else ItemState.READY
        self._darkroom.update(
            loaded.item_id,
            state=state,
            path=loaded.photo.path or item.path,
            pasted=item.pasted or (item.path is None and loaded.photo.path is not None),
            photo=loaded.photo,
            photo_levels=loaded.levels,
            thumbnail=item.thumbnail if item.has_result else loaded.thumbnail,
            message="" if state is not item.state else item.message,
        )

    @Slot(object)
    def _on_load_failed(self, failure: LoadFailure) -> None:
        item = self._darkroom.item(failure.item_id)
        if item is None:
            return
        state = item.state if item.is_busy else ItemState.FAILED
        self._darkroom.update(failure.item_id, state=state, message=failure.sentence)

    @Slot(str)
    def _on_result_wanted(self, item_id: str) -> None:
        item = self._darkroom.item(item_id)
        if item is not None and item.entry_id is not None:
            work = partial(_find, self._history, item.entry_id, item)
            self._tasks.drop(item_id)
            self._tasks.run(item_id, work, urgent=True)

    @Slot(str, object)
    def _on_found(self, item_id: str, found: object) -> None:
        item = self._darkroom.item(item_id)
        if item is None or not isinstance(found, _Found) or item.result is not None:
            return
        self._darkroom.update(
            item_id, result=found.result, result_levels=found.levels, thumbnail=found.thumbnail
        )

    @Slot(str, str)
    def _on_not_found(self, item_id: str, sentence: str) -> None:
        item = self._darkroom.item(item_id)
        if item is None or item.result is not None:
            return
        state = ItemState.READY if item.state is ItemState.DONE else item.state
        self._darkroom.update(item_id, entry_id=None, state=state, message=sentence)


def _find(history: History, entry_id: str, item: PhotoItem) -> _Found:
    entry = history.entry(entry_id)
    if entry is None:
        raise PhotoError(f"The kept picture of {item.name} is gone; develop it again.")
    result = history.read_result(entry)
    amount = 1.0 if item.request is None else item.request.blend
    photo = item.photo
    if amount < 1.0 and photo is None and item.path is not None:
        photo = open_photo(item.path)
    if photo is None or amount >= 1.0:
        amount = 1.0
        levels = display_levels(result.picture, result.alpha, read_profile(entry))
    else:
        levels = blended_levels(result, photo, amount)
    # The request says what the levels show.
    result = replace(result, request=replace(result.request, blend=amount))
    return _Found(result, levels, small_image(levels))
