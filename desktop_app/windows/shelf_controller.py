"""Models are got, imported, checked, thrown away and moved: what the models window asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.core.cancel import CancelToken
from desktop_app.core.paths import models_folder
from desktop_app.models.finding import CHECKPOINT_SUFFIXES
from desktop_app.models.getting import CHECKING, FETCHING, Progress
from desktop_app.models.shelf import ShelfItem
from desktop_app.widgets.model_card import CardAction, CardValues
from desktop_app.windows.dialogs import file_dialog
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.models_dialog import ModelsDialog
from desktop_app.windows.preferences import Preferences
from desktop_app.windows.request_model import RequestModel
from desktop_app.windows.shelf_words import Doings, Surroundings, card_of, ready_words
from desktop_app.windows.shelf_work import (
    Outcome,
    checked,
    discarded,
    got,
    imported,
    looked,
    moved,
    removed,
)
from desktop_app.workers.long_tasks import LongTasks, Tell
from desktop_app.workers.tasks import TaskRunner

FIRST_WORDS = (
    "Everything here works at once and without the network. Larger models can be had as well:"
    " see what they would bring on this computer."
)

_LOOK = "look"
_IMPORT, _MOVE = "import:", "move:"  # no model can have such a name


class ShelfController(QObject):
    """Fills the models window and does what is asked for in it.

    What goes on when that window is closed goes on; the main window then says how it ended.

    Attributes:
        changed: models came, went or moved.
        use_requested: folder of a model that pictures are to be developed with.
    """

    changed = Signal()
    use_requested = Signal(str)

    def __init__(
        self,
        model: RequestModel,
        messages: Messages,
        preferences: Preferences,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._model = model
        self._messages = messages
        self._preferences = preferences
        self._window = window
        self._dialog: ModelsDialog | None = None
        self._items: tuple[ShelfItem, ...] = ()
        self._here: Surroundings | None = None
        self._doings: dict[str, Doings] = {}
        self._problems: list[str] = []
        self._look = TaskRunner(self, threads=1)
        self._look.done.connect(self._on_looked)
        self._look.failed.connect(self._on_look_failed)
        self._tasks = LongTasks(self)
        self._tasks.progressed.connect(self._on_progressed)
        self._tasks.done.connect(self._on_done)
        self._tasks.failed.connect(self._on_failed)
        self._tasks.cancelled.connect(self._on_cancelled)
        model.changed.connect(self._show)

    @property
    def dialog(self) -> ModelsDialog | None:
        """The models window, where it was opened once."""
        return self._dialog

    def shut_down(self) -> bool:
        """End everything, keeping what was fetched; return whether it ended in time."""
        stopped = self._tasks.shutdown()
        return self._look.shutdown() and stopped

    # --- asked for

    @Slot()
    def open(self) -> None:
        """Show the models window."""
        self._preferences.change(models_seen=True)
        if self._dialog is None:
            self._dialog = ModelsDialog(self._window)
            page = self._dialog.page
            page.wanted.connect(self._on_wanted)
            page.import_file_requested.connect(self._choose_file)
            page.import_folder_requested.connect(self._choose_folder)
            page.move_requested.connect(self._choose_place)
            page.stop_requested.connect(self._on_stop)
            page.show_folder_requested.connect(self._show_folder)
        if self._dialog.isVisible():
            self._dialog.raise_()
        self._dialog.show()
        self._dialog.activateWindow()
        self._show()
        self.refresh()

    @Slot()
    def greet(self) -> None:
        """Say once, at the first start, that there is more to be had; never in the way."""
        if not self._preferences.values.models_seen:
            self._preferences.change(models_seen=True)
            self._messages.say(FIRST_WORDS, MessageKind.INFO, "Models…", self.open)

    @Slot()
    def refresh(self) -> None:
        """Look at the models on disk again."""
        self._look.run_latest(_LOOK, looked)

    @Slot(list)
    def import_paths(self, paths: Sequence[Path]) -> None:
        """Import models in files or folders; the last one is shown."""
        if self._is_moving():
            return
        self._problems.clear()
        for path in paths:
            work = partial(imported, Path(path))
            if not self._tasks.start(_IMPORT + str(path), work):
                self._messages.note(f"{Path(path).name} is being imported already.")
            else:
                self._say(f"Importing {Path(path).name} …", can_stop=True)

    @Slot(str, object)
    def _on_wanted(self, model: str, action: CardAction) -> None:
        item = next((item for item in self._items if item.model == model), None)
        if item is None:
            return
        tasks: dict[CardAction, Callable[[ShelfItem], None]] = {
            CardAction.GET: self._get,
            CardAction.GO_ON: self._get,
            CardAction.PAUSE: self._stop,
            CardAction.STOP: self._stop,
            CardAction.USE: self._use,
            CardAction.CHECK: self._check,
            CardAction.REMOVE: self._remove,
            CardAction.DELETE: self._remove,
            CardAction.DISCARD: self._discard,
        }
        tasks[action](item)

    def _get(self, item: ShelfItem) -> None:
        if item.entry is not None:
            self._begin(item, partial(got, item.entry), Progress("Waiting"), CardAction.PAUSE)

    def _check(self, item: ShelfItem) -> None:
        if item.folder is not None:
            total = item.size_bytes
            begins = Progress(CHECKING, 0, total)
            self._begin(item, partial(checked, item.folder, total), begins, CardAction.STOP)

    def _remove(self, item: ShelfItem) -> None:
        for_good = self._doings.get(item.model, Doings()).deletes
        work = partial(removed, item.model, for_good)
        self._begin(item, work, Progress("Removing"), None)

    def _discard(self, item: ShelfItem) -> None:
        self._begin(item, partial(discarded, item.model), Progress("Removing"), None)

    def _stop(self, item: ShelfItem) -> None:
        self._tasks.cancel(item.model)

    def _use(self, item: ShelfItem) -> None:
        self.use_requested.emit(str(item.folder))

    def _begin(
        self,
        item: ShelfItem,
        work: Callable[[Tell, CancelToken], object],
        begins: Progress,
        stop: CardAction | None,
    ) -> None:
        if self._is_moving():
            return
        if self._tasks.start(item.model, work):
            before = self._doings.get(item.model, Doings())
            self._doings[item.model] = Doings(begins, stop, deletes=before.deletes)
            self._show()

    # --- all models, and imports

    @Slot()
    def _choose_file(self) -> None:
        dialog = self._chooser("Import a model", QFileDialog.FileMode.ExistingFiles)
        patterns = " ".join(f"*{suffix}" for suffix in CHECKPOINT_SUFFIXES)
        dialog.setNameFilters([f"Models ({patterns})", "All files (*)"])
        dialog.filesSelected.connect(self._on_import_chosen)
        dialog.open()

    @Slot()
    def _choose_folder(self) -> None:
        dialog = self._chooser("Import a folder with a model", QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self._on_import_chosen)
        dialog.open()

    @Slot()
    def _choose_place(self) -> None:
        dialog = self._chooser("Keep models in an empty folder", QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self._on_place_chosen)
        dialog.open()

    def _chooser(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        dialog = file_dialog(self._dialog or self._window, title, "")
        dialog.setFileMode(mode)
        return dialog

    @Slot(list)
    def _on_import_chosen(self, names: list[str]) -> None:
        self.import_paths([Path(name) for name in names])

    @Slot(list)
    def _on_place_chosen(self, names: list[str]) -> None:
        if names and not self._tasks.names:
            self._problems.clear()
            self._tasks.start(_MOVE, partial(moved, Path(names[0])))
            self._say("Moving the models …", can_stop=True)
            self._show()

    @Slot()
    def _on_stop(self) -> None:
        for name in self._tasks.names:
            if name.startswith((_IMPORT, _MOVE)):
                self._tasks.cancel(name)

    def _is_moving(self) -> bool:
        """Return whether the models are being moved, and say so."""
        if _MOVE not in self._tasks.names:
            return False
        self._say("The models are being moved; wait until that is done.", can_stop=True)
        return True

    @Slot()
    def _show_folder(self) -> None:
        folder = models_folder()
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # --- how it goes

    @Slot(str, object)
    def _on_progressed(self, name: str, told: object) -> None:
        assert isinstance(told, Progress)
        if name.startswith((_IMPORT, _MOVE)):
            self._say(told.words(), can_stop=True)
            return
        before = self._doings.get(name, Doings())
        is_fetching = told.stage == FETCHING
        stop = CardAction.PAUSE if is_fetching else before.stop
        self._doings[name] = replace(before, progress=told, stop=stop)
        self._show_one(name)

    @Slot(str, object)
    def _on_done(self, name: str, answer: object) -> None:
        assert isinstance(answer, Outcome)
        kind = MessageKind.ERROR if answer.is_problem else MessageKind.DONE
        if name.startswith((_IMPORT, _MOVE)):
            self._say(answer.sentence, is_problem=answer.is_problem)
        elif answer.is_problem:
            self._doings[name] = Doings(
                problem=answer.sentence, is_damaged=answer.is_damaged, deletes=answer.deletes
            )
        else:
            self._doings[name] = Doings(remark=answer.sentence)
        self._tell(answer.sentence, kind)
        self._ended()

    @Slot(str, str)
    def _on_failed(self, name: str, sentence: str) -> None:
        if name.startswith((_IMPORT, _MOVE)):
            self._problems.append(sentence)
            self._say("", is_problem=True)
        else:
            self._doings[name] = Doings(problem=sentence)
        self._tell(sentence, MessageKind.ERROR)
        self._ended()

    @Slot(str)
    def _on_cancelled(self, name: str) -> None:
        if name.startswith((_IMPORT, _MOVE)):
            self._say("Stopped; everything is as it was.")
        else:
            self._doings.pop(name, None)
        self._ended()

    def _ended(self) -> None:
        self._show()
        self.refresh()
        self.changed.emit()

    def _tell(self, sentence: str, kind: MessageKind) -> None:
        """Say in the main window what the models window cannot, as it is closed."""
        if self._dialog is None or not self._dialog.isVisible():
            self._messages.say(sentence, kind, "Models…", self.open)
        else:
            self._messages.note(sentence)

    def _say(self, sentence: str, *, is_problem: bool = False, can_stop: bool = False) -> None:
        goes_on = any(name.startswith((_IMPORT, _MOVE)) for name in self._tasks.names)
        told = "\n".join([*self._problems, sentence] if sentence else self._problems)
        if self._dialog is not None:
            is_problem = is_problem or bool(self._problems)
            self._dialog.page.say(told, is_problem=is_problem, can_stop=can_stop or goes_on)
        if sentence and (self._dialog is None or not self._dialog.isVisible()):
            self._messages.note(sentence)

    # --- shown

    @Slot(str, object)
    def _on_looked(self, _task_id: str, answer: object) -> None:
        assert isinstance(answer, tuple)
        self._items, self._here = answer
        self._show()

    @Slot(str, str)
    def _on_look_failed(self, _task_id: str, sentence: str) -> None:
        self._show()
        self._say(sentence, is_problem=True)

    @Slot()
    def _show(self) -> None:
        if self._dialog is None or not self._dialog.isVisible():
            return
        page = self._dialog.page
        page.show_models([self._card(item) for item in self._items])
        page.set_can_move(not self._tasks.names)
        if self._here is not None:
            page.show_folder(self._here.problem or f"Models are kept in {self._here.folder}")
            ready = [item.title for item in self._items if item.is_here]
            page.show_machine(f"{ready_words(ready)} {self._here.sentence()}")

    def _show_one(self, model: str) -> None:
        item = next((item for item in self._items if item.model == model), None)
        if self._dialog is not None and item is not None:
            self._dialog.page.show_model(self._card(item))

    def _card(self, item: ShelfItem) -> CardValues:
        doings = self._doings.get(item.model, Doings())
        return card_of(item, self._here, doings, is_used=self._is_used(item))

    def _is_used(self, item: ShelfItem) -> bool:
        if not self._model.capabilities.needs_model or not item.is_here:
            return False
        used = self._model.request.model or self._model.interpretation.defaults.model
        return used in (item.model, str(item.folder))
