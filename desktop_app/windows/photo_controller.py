"""Photos in: opened, dropped, pasted, fetched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.core.errors import ModelError, ToonroomError
from desktop_app.core.request import Request
from desktop_app.imaging.opening import PHOTO_SUFFIXES, list_photos
from desktop_app.models.finding import CHECKPOINT_SUFFIXES, INDEX_NAME, find_index
from desktop_app.session.darkroom import Darkroom, ItemState, PhotoItem, new_item_id
from desktop_app.windows.dialogs import file_dialog
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.preferences import Preferences
from desktop_app.windows.request_model import RequestModel
from desktop_app.windows.task_controller import TaskController
from desktop_app.workers.photo_loader import LoadedPhoto, PhotoLoader, Source

if TYPE_CHECKING:
    from desktop_app.windows.fetch import Fetcher

_LIST = "list"
MOST_PHOTOS = 2_000


class PhotoController(TaskController):
    """Puts photos on the film strip and has them read.

    Attributes:
        model_found: a folder that was among the photos, and holds a model instead.
        checkpoints_found: files that were among the photos, and are models.
    """

    model_found = Signal(str)
    checkpoints_found = Signal(list)

    def __init__(
        self,
        darkroom: Darkroom,
        loader: PhotoLoader,
        model: RequestModel,
        messages: Messages,
        preferences: Preferences,
        window: QWidget,
    ) -> None:
        super().__init__(darkroom, messages, preferences, window)
        self._loader = loader
        self._model = model
        self._fetcher: Fetcher | None = None
        self._address = ""
        self._new: set[str] = set()
        self._loader.loaded.connect(self._on_loaded)

    def shut_down(self) -> bool:
        """Read and fetch no more; return whether what went on ended in time."""
        if self._fetcher is not None:
            self._fetcher.stop()
        return self._tasks.shutdown()

    # --- asked for

    @Slot()
    def open_photos(self) -> None:
        """Ask for photos."""
        dialog = file_dialog(self._window, "Open photos", self._preferences.values.last_open_folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        patterns = " ".join(f"*{suffix}" for suffix in sorted(PHOTO_SUFFIXES))
        dialog.setNameFilters([f"Photos ({patterns})", "All files (*)"])
        dialog.filesSelected.connect(self._on_files_selected)
        dialog.open()

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder of photos."""
        dialog = file_dialog(self._window, "Open folder", self._preferences.values.last_open_folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self._on_files_selected)
        dialog.open()

    @Slot(list)
    def _on_files_selected(self, names: list[str]) -> None:
        paths = [Path(name) for name in names]
        if paths:
            folder = paths[0] if paths[0].is_dir() else paths[0].parent
            self._preferences.change(last_open_folder=str(folder))
        self.add_paths(paths)

    # --- dropped, pasted, named on the command line

    @Slot(list)
    def add_paths(self, paths: Sequence[Path]) -> None:
        """Put photos and all photos of folders on the strip and look at the first of them."""
        # Whether something is a folder asks the disk, and a disk may sleep.
        self._tasks.run(_LIST, partial(_expanded, [Path(path) for path in paths]))

    @Slot(bytes, str)
    def add_bytes(self, data: bytes, name: str) -> None:
        """Put the contents of a picture file on the strip."""
        self._add_one(data, name or "Picture")

    @Slot(QImage)
    def add_image(self, image: QImage) -> None:
        """Put a picture without a file on the strip."""
        self._add_one(image, "Pasted picture")

    @Slot(str)
    def ask_to_fetch(self, address: str) -> None:
        """Ask before fetching a picture from the web."""
        self._address = address
        host = QUrl(address).host() or "the web"
        self._messages.say(
            f"Fetch this picture from {host}?", MessageKind.INFO, "Fetch", self._fetch
        )

    def _fetch(self) -> None:
        if self._fetcher is None:
            # Imported here: most sessions need no network library.
            from desktop_app.windows.fetch import Fetcher

            self._fetcher = Fetcher(self)
            self._fetcher.fetched.connect(self.add_bytes)
            self._fetcher.failed.connect(self._messages.error)
        self._messages.note(f"Fetching {self._address} …")
        self._fetcher.fetch(self._address)

    def _add_one(self, source: Source, name: str) -> None:
        item = PhotoItem(item_id=new_item_id(), name=name)
        self._darkroom.add(item)
        self._load(item.item_id, source, name, urgent=True)
        self._darkroom.set_current(item.item_id)

    def _add_files(self, paths: Sequence[Path]) -> None:
        on_strip = {item.path: item.item_id for item in self._darkroom.items}
        new = [PhotoItem(item_id=new_item_id(), name=p.name, path=p) for p in paths]
        new = [item for item in new if item.path not in on_strip]
        self._darkroom.add_many(new)
        for place, item in enumerate(new):
            assert item.path is not None
            self._load(item.item_id, item.path, item.name, urgent=place == 0)
        if new:
            self._darkroom.set_current(new[0].item_id)
        elif paths:
            self._darkroom.set_current(on_strip[paths[0]])

    def _load(self, item_id: str, source: Source, name: str, *, urgent: bool) -> None:
        self._new.add(item_id)
        # Where it was taken is read in any case: whether it is kept is decided at saving.
        self._loader.load(item_id, source, name=name, urgent=urgent)

    @Slot(str, object)
    def _on_done(self, _task_id: str, answer: object) -> None:
        assert isinstance(answer, _Listing)
        if answer.model is not None:
            self.model_found.emit(str(answer.model))
        if answer.checkpoints:
            self.checkpoints_found.emit(answer.checkpoints)
        self._add_files(answer.photos)
        if answer.refusal:
            self._messages.error(answer.refusal)

    @Slot(object)
    def _on_loaded(self, loaded: LoadedPhoto) -> None:
        if loaded.item_id not in self._new:
            return
        self._new.discard(loaded.item_id)
        item = self._darkroom.item(loaded.item_id)
        if item is None:
            return
        text = loaded.photo.request_json
        if text is not None:
            self._restore_settings(item, text)
        elif loaded.item_id == self._darkroom.current_id and item.state is not ItemState.FAILED:
            self._messages.note(f"{item.name}, {loaded.photo.extent}, {loaded.photo.format}.")

    def _restore_settings(self, item: PhotoItem, text: str) -> None:
        try:
            request = Request.from_json(text)
        except (ValueError, TypeError):
            return  # somebody else's words in the same place
        if item.item_id == self._darkroom.current_id:
            self._model.adopt(request, "Restore settings")
        else:
            self._darkroom.update(item.item_id, request=request)
        self._messages.say(
            f"{item.name} was made by Toonroom: its settings are restored.", MessageKind.DONE
        )


class _Listing:
    """Photos that were found, models that were, and a sentence about what was not."""

    def __init__(self) -> None:
        self.photos: list[Path] = []
        self.model: Path | None = None
        self.checkpoints: list[Path] = []
        self.refusal = ""


def _expanded(paths: Sequence[Path]) -> _Listing:
    """Return files as they are, and the photos of folders. Called off the GUI thread.

    A folder with a model is no folder of photos, whatever pictures it may hold.
    """
    listing = _Listing()
    for path in paths:
        path = path.absolute()
        if path.name == INDEX_NAME:
            path = path.parent
        if (path / INDEX_NAME).is_file():
            listing.model = path
            continue
        if not path.is_dir():
            is_model = path.suffix.lower() in CHECKPOINT_SUFFIXES
            (listing.checkpoints if is_model else listing.photos).append(path)
            continue
        try:
            found = list_photos(path, recursive=True)
        except (ToonroomError, OSError) as error:
            listing.refusal = str(error)
            continue
        if not found and _holds_model(path):
            listing.model = path
        elif not found:
            listing.refusal = f"There are no photos in the folder {path.name}."
        listing.photos += found
    listing.photos = list(dict.fromkeys(listing.photos))
    if len(listing.photos) > MOST_PHOTOS:
        listing.refusal = f"Only the first {MOST_PHOTOS} photos were opened; open fewer at once."
        listing.photos = listing.photos[:MOST_PHOTOS]
    return listing


def _holds_model(folder: Path) -> bool:
    """Return whether a folder without photos holds a model somewhere, as the hub's cache does."""
    try:
        find_index(folder)
    except ModelError:
        return False
    return True
