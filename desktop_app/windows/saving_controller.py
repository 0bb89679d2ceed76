"""Pictures out: saved, exported as layers, exported all at once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.session.darkroom import Darkroom
from desktop_app.session.history import History
from desktop_app.windows.dialogs import file_dialog
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.preferences import Preferences
from desktop_app.windows.task_controller import TaskController
from desktop_app.windows.writing import (
    Finished,
    Kept,
    Summary,
    default_name,
    finished_of,
    is_same_file,
    write_all,
    write_layers,
    write_picture,
)

_FILTERS = (
    ("PNG, lossless (*.png)", "png"),
    ("JPEG (*.jpg *.jpeg)", "jpg"),
    ("WebP (*.webp)", "webp"),
    ("TIFF (*.tif *.tiff)", "tif"),
)
_SAVE, _LAYERS, _ALL = "save", "layers", "all"


class SavingController(TaskController):
    """Asks where to and writes off the GUI thread.

    Attributes:
        taken: a photo whose picture is being written.
    """

    taken = Signal(str)

    def __init__(
        self,
        darkroom: Darkroom,
        history: History,
        messages: Messages,
        preferences: Preferences,
        window: QWidget,
    ) -> None:
        super().__init__(darkroom, messages, preferences, window, threads=1)
        self._history = history
        self._folder = ""

    def shut_down(self) -> bool:
        """Finish what is being written; return whether that ended in time."""
        return self._tasks.shutdown(30_000)

    @Slot()
    def save(self) -> None:
        """Save where the picture was saved before, else ask."""
        item = self._darkroom.current
        if item is not None and item.saved_path is not None:
            self.save_to(item.saved_path)
        else:
            self.save_as()

    @Slot()
    def save_as(self) -> None:
        """Ask where to save the picture."""
        finished = self._current()
        if finished is None:
            return
        ending = self._preferences.values.save_format
        dialog = self._save_dialog("Save picture", finished, ending)
        dialog.setNameFilters([text for text, _ in _FILTERS])
        chosen = [text for text, suffix in _FILTERS if suffix == ending]
        if chosen:
            dialog.selectNameFilter(chosen[0])
        dialog.filterSelected.connect(self._on_filter_selected)
        dialog.fileSelected.connect(self._on_save_selected)
        dialog.open()

    def save_to(self, path: Path) -> None:
        """Save the picture that is looked at, over what is there."""
        finished = self._current()
        if finished is None:
            return
        if is_same_file(path, finished.photo.path):
            self._messages.error(f"{path.name} is the photo itself; save under another name.")
            return
        kept = Kept.of(self._preferences.values)
        self.taken.emit(finished.item_id)
        self._messages.note(f"Saving {path.name} …")
        self._tasks.run(
            f"{_SAVE} {finished.item_id}", partial(write_picture, path, finished, kept, True)
        )

    @Slot()
    def export_layers(self) -> None:
        """Ask where to export the layers."""
        finished = self._current()
        if finished is None:
            return
        dialog = self._save_dialog("Export layers", finished, "ora")
        dialog.setNameFilters(["OpenRaster, for Krita and GIMP (*.ora)"])
        dialog.fileSelected.connect(self._on_layers_selected)
        dialog.open()

    def export_layers_to(self, path: Path) -> None:
        """Export the layers of the picture that is looked at, over what is there."""
        finished = self._current()
        if finished is not None:
            self.taken.emit(finished.item_id)
            self._messages.note(f"Exporting {path.name} …")
            self._tasks.run(_LAYERS, partial(write_layers, path, finished))

    @Slot()
    def export_all(self) -> None:
        """Ask for a folder to write all pictures of the film strip to."""
        if not any(item.has_result for item in self._darkroom.items):
            self._messages.note("There are no pictures yet; develop the photos first.")
            return
        folder = self._preferences.values.last_save_folder
        dialog = file_dialog(self._window, "Export all to a folder", folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._on_folder_selected)
        dialog.open()

    def export_all_to(self, folder: Path) -> None:
        """Write all pictures of the film strip to a folder; nothing is overwritten."""
        items = [item for item in self._darkroom.items if item.has_result]
        values = self._preferences.values
        for item in items:
            self.taken.emit(item.item_id)
        self._messages.note(f"Exporting {len(items)} pictures …")
        work = partial(write_all, folder, items, self._history, values.save_format, Kept.of(values))
        self._tasks.run(_ALL, work)

    def _current(self) -> Finished | None:
        finished = finished_of(self._darkroom.current)
        if finished is None:
            self._messages.note("There is no finished picture yet; develop the photo first.")
        return finished

    def _save_dialog(self, title: str, finished: Finished, ending: str) -> QFileDialog:
        folder = self._preferences.values.last_save_folder
        if not folder and finished.photo.path is not None:
            item = self._darkroom.item(finished.item_id)
            folder = "" if item is not None and item.pasted else str(finished.photo.path.parent)
        dialog = file_dialog(self._window, title, folder)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(ending)
        look = finished.result.interpretation.look
        dialog.selectFile(f"{default_name(finished.name, look)}.{ending}")
        return dialog

    @Slot(str)
    def _on_filter_selected(self, text: str) -> None:
        dialog = self.sender()
        ending = dict(_FILTERS).get(text)
        if ending and isinstance(dialog, QFileDialog):
            dialog.setDefaultSuffix(ending)
            self._preferences.change(save_format=ending)

    @Slot(str)
    def _on_save_selected(self, name: str) -> None:
        path = Path(name)
        self._preferences.change(last_save_folder=str(path.parent))
        self.save_to(path)

    @Slot(str)
    def _on_layers_selected(self, name: str) -> None:
        path = Path(name)
        self._preferences.change(last_save_folder=str(path.parent))
        self.export_layers_to(path)

    @Slot(str)
    def _on_folder_selected(self, name: str) -> None:
        self._preferences.change(last_save_folder=name)
        self.export_all_to(Path(name))

    @Slot(str, object)
    def _on_done(self, task_id: str, answer: object) -> None:
        kind, _, item_id = task_id.partition(" ")
        if isinstance(answer, Path):
            self._folder = str(answer.parent)
            if kind == _SAVE:
                self._darkroom.update(item_id, saved_path=answer)
            sentence, level = f"Saved to {answer}", MessageKind.DONE
        elif isinstance(answer, Summary):
            self._folder = str(answer.folder)
            sentence = answer.sentence()
            level = MessageKind.WARNING if answer.failures else MessageKind.DONE
        else:
            return
        self._messages.say(sentence, level, "Show in folder", self._show_folder)

    def _show_folder(self) -> None:
        show_folder(Path(self._folder))


def show_folder(folder: Path) -> None:
    """Show a folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
