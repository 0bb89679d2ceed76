"""Past pictures: listed, shown again, their settings used again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from desktop_app.core.request import DEFAULT_INSTRUCTION, Request
from desktop_app.models.finding import people_name
from desktop_app.session.darkroom import Darkroom, ItemState, PhotoItem, new_item_id
from desktop_app.session.history import History, HistoryEntry
from desktop_app.widgets.history_view import HistoryRow, HistoryView
from desktop_app.windows.messages import Messages
from desktop_app.windows.photo_controller import PhotoController
from desktop_app.windows.request_model import RequestModel
from desktop_app.windows.saving_controller import show_folder
from desktop_app.workers.tasks import TaskRunner

_LIST, _REMOVE = "list", "remove"
MOST_ROWS = 100
LONGEST_NAME = 18


@dataclass(frozen=True, eq=False)
class _Listing:
    """The newest entries, and a thumbnail of each."""

    entries: list[HistoryEntry]
    thumbnails: Mapping[str, QImage]


class HistoryController(QObject):
    """Fills the history view and does what is asked for there."""

    def __init__(
        self,
        history: History,
        view: HistoryView,
        darkroom: Darkroom,
        model: RequestModel,
        photos: PhotoController,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._history = history
        self._view = view
        self._darkroom = darkroom
        self._model = model
        self._photos = photos
        self._messages = messages
        self._entries: dict[str, HistoryEntry] = {}
        self._thumbnails: Mapping[str, QImage] = {}
        self._seen: dict[str, str | None] = {}
        self._tasks = TaskRunner(self, threads=1)
        self._connect()

    def _connect(self) -> None:
        self._tasks.done.connect(self._on_done)
        self._tasks.failed.connect(self._on_failed)
        self._darkroom.item_changed.connect(self._on_item_changed)
        self._view.open_requested.connect(self.open)
        self._view.reuse_requested.connect(self.reuse)
        self._view.remove_requested.connect(self.remove)
        self._view.reveal_requested.connect(self._on_reveal_requested)

    @property
    def entry_ids(self) -> tuple[str, ...]:
        """The entries that are listed, the newest first."""
        return tuple(self._entries)

    def shut_down(self) -> bool:
        """List no more; return whether what went on ended in time."""
        return self._tasks.shutdown()

    @Slot()
    def refresh(self) -> None:
        """List the history again."""
        self._tasks.run_latest(_LIST, partial(_listed, self._history, self._thumbnails))

    @Slot(str)
    def open(self, entry_id: str) -> None:
        """Show a past picture, with its photo where that is still there."""
        entry = self._entries.get(entry_id)
        if entry is None:
            return
        if entry.photo_path is None or not entry.photo_path.is_file():
            self._photos.add_paths([entry.picture_path])
            self._messages.note(f"The photo {entry.photo_name} is gone; this is its picture.")
            return
        item = next((i for i in self._darkroom.items if i.path == entry.photo_path), None)
        if item is None:
            new = PhotoItem(
                item_id=new_item_id(),
                name=entry.photo_name,
                path=entry.photo_path,
                state=ItemState.DONE,
                request=entry.request,
                job_id=entry.job_id,
                entry_id=entry_id,
            )
            self._darkroom.add(new)
            self._darkroom.set_current(new.item_id)
        elif not item.is_busy:
            self._show_on(item, entry)

    def _show_on(self, item: PhotoItem, entry: HistoryEntry) -> None:
        # First nothing, so that the darkroom asks for the kept pixels of the entry.
        self._darkroom.update(item.item_id, entry_id=None, result=None, result_levels=())
        self._darkroom.update(
            item.item_id,
            state=ItemState.DONE,
            request=entry.request,
            job_id=entry.job_id,
            entry_id=entry.entry_id,
            message="",
        )
        if item.item_id == self._darkroom.current_id:
            self._model.show(entry.request)
        self._darkroom.set_current(item.item_id)

    @Slot(str)
    def reuse(self, entry_id: str) -> None:
        """Ask for what a past picture was asked for."""
        entry = self._entries.get(entry_id)
        if entry is not None:
            self._model.adopt(entry.request, "Reuse settings")
            self._messages.note(f"The settings of {entry.photo_name} are used again.")

    @Slot(str)
    def remove(self, entry_id: str) -> None:
        """Forget a past picture; where it is being looked at, it stays there."""
        for item in self._darkroom.items:
            # What is in memory only must not be let go to save memory.
            if item.entry_id == entry_id and item.result is not None:
                self._darkroom.update(item.item_id, entry_id=None)
        self._tasks.run(f"{_REMOVE} {entry_id}", partial(self._history.remove, entry_id))

    @Slot(str)
    def _on_reveal_requested(self, entry_id: str) -> None:
        entry = self._entries.get(entry_id)
        if entry is not None:
            show_folder(entry.picture_path.parent)

    @Slot(str)
    def _on_item_changed(self, item_id: str) -> None:
        item = self._darkroom.item(item_id)
        entry_id = None if item is None else item.entry_id
        if entry_id != self._seen.get(item_id):
            self._seen[item_id] = entry_id
            if entry_id is not None and entry_id not in self._entries:
                self.refresh()

    @Slot(str, object)
    def _on_done(self, task_id: str, answer: object) -> None:
        kind, _, entry_id = task_id.partition(" ")
        if kind == _REMOVE:
            self._forget(entry_id)
            self.refresh()
        elif isinstance(answer, _Listing):
            self._entries = {entry.entry_id: entry for entry in answer.entries}
            self._thumbnails = answer.thumbnails
            self._view.set_entries([self._row(entry) for entry in answer.entries])

    def _forget(self, entry_id: str) -> None:
        for item in self._darkroom.items:
            if item.entry_id == entry_id:
                state = ItemState.READY if item.state is ItemState.DONE else item.state
                self._darkroom.update(item.item_id, entry_id=None, state=state)

    @Slot(str, str)
    def _on_failed(self, _task_id: str, sentence: str) -> None:
        self._messages.error(sentence)

    def _row(self, entry: HistoryEntry) -> HistoryRow:
        thumbnail = self._thumbnails.get(entry.entry_id, QImage())
        when = datetime.fromtimestamp(entry.created)
        day = "" if when.date() == datetime.now().date() else f"{when:%d %b} "
        name = _shortened(entry.photo_name)
        subtitle = f"{name} · {entry.width} × {entry.height} · {day}{when:%H:%M}"
        return HistoryRow(entry.entry_id, self._title(entry.request), subtitle, thumbnail)

    def _title(self, request: Request) -> str:
        """Return what was asked for; where nobody said anything special, what tells it apart.

        That is the look that it gave, or what was set for a guided engine.
        """
        if request.instruction != DEFAULT_INSTRUCTION:
            return request.instruction
        if self._model.uses_guidance(request):
            return ", ".join(guided_words(request)) or request.instruction
        look = self._model.look_of(request)
        return request.instruction if look is None else look.name


def guided_words(request: Request) -> list[str]:
    """Return what tells a Request to a guided engine from others of the same words."""
    named = {
        "text": request.text_guidance,
        "image": request.image_guidance,
        "steps": request.steps,
        "seed": request.seed or None,
        "size": request.working_size_px,
    }
    words = [] if request.model is None else [people_name(Path(request.model))]
    words += [] if request.mode == Request.mode else [request.mode]
    words += [f"{name} {value}" for name, value in named.items() if value is not None]
    words += [] if request.scheduler is None else [request.scheduler]
    return words + ([f"no {request.negative}"] if request.negative else [])


def _shortened(name: str) -> str:
    """Return a name that leaves room for what stands behind it."""
    if len(name) <= LONGEST_NAME:
        return name
    half = LONGEST_NAME // 2
    return f"{name[: half - 1]}…{name[-half:]}"


def _listed(history: History, known: Mapping[str, QImage]) -> _Listing:
    """Return the newest entries with their thumbnails. Called off the GUI thread."""
    entries = history.entries(MOST_ROWS)
    thumbnails = {}
    for entry in entries:
        image = known.get(entry.entry_id)
        thumbnails[entry.entry_id] = image or QImage(str(entry.thumbnail_path))
    return _Listing(entries, thumbnails)
