"""Models: which ones there are, and folders that are brought in."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.core.engine import ModelInfo
from desktop_app.core.errors import ModelError
from desktop_app.models import library
from desktop_app.models.finding import INDEX_NAME, find_index, people_name
from desktop_app.session.darkroom import Darkroom
from desktop_app.widgets.choice_picker import ModelPicker
from desktop_app.widgets.develop_panel import DevelopPanel
from desktop_app.windows.dialogs import file_dialog
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.photo_controller import PhotoController
from desktop_app.windows.preferences import Preferences
from desktop_app.windows.request_model import RequestModel
from desktop_app.windows.task_controller import TaskController

log = logging.getLogger(__name__)

_LOOK, _ADOPT = "look", "adopt"
_MAX_INDEX_BYTES = 1 << 20
NO_MODEL = "There is no model yet: get one, or drop a folder with one onto the window."


class ModelController(TaskController):
    """Fills the model picker and takes folders that are chosen or dropped.

    Attributes:
        more_requested: models are to be got.
    """

    more_requested = Signal()

    def __init__(
        self,
        panel: DevelopPanel,
        model: RequestModel,
        photos: PhotoController,
        darkroom: Darkroom,
        messages: Messages,
        preferences: Preferences,
        window: QWidget,
    ) -> None:
        super().__init__(darkroom, messages, preferences, window, threads=1)
        self._panel = panel
        self._model = model
        self._folders: dict[str, ModelInfo] = {}
        model.engine_changed.connect(self.refresh)
        model.changed.connect(self._on_request_changed)
        panel.model_folder_requested.connect(self.choose_folder)
        panel.models_wanted.connect(self.refresh)
        photos.model_found.connect(self.adopt)
        self.refresh()

    def shut_down(self) -> bool:
        """Look no more; return whether what went on ended in time."""
        return self._tasks.shutdown()

    @Slot()
    def refresh(self) -> None:
        """Offer the models that are here, and the folders that were used last."""
        if not self._model.capabilities.needs_model:
            return
        self._model.look_again()
        self._show()
        # A disk may sleep: what a folder holds is read elsewhere.
        folders = self._preferences.values.model_folders
        self._tasks.run_latest(_LOOK, partial(_looked_at, folders))

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder with a model."""
        folders = self._preferences.values.model_folders
        start = str(Path(folders[0]).parent) if folders else ""
        dialog = file_dialog(self._window, "Choose a folder with a model", start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self._on_folders_selected)
        dialog.open()

    @Slot(str)
    def offer(self, sentence: str) -> None:
        """Say what is wrong with a model, or that there is none, and offer to get another."""
        kind = MessageKind.ERROR if sentence else MessageKind.INFO
        self._messages.say(sentence or NO_MODEL, kind, ModelPicker.MORE, self._on_more_wanted)

    @Slot(str)
    def adopt(self, folder: str) -> None:
        """Use the model in a folder from now on, with an engine that needs one."""
        self._tasks.run(_ADOPT, partial(read_folder, str(Path(folder).absolute())))

    def _on_more_wanted(self) -> None:
        self.more_requested.emit()

    @Slot(list)
    def _on_folders_selected(self, names: list[str]) -> None:
        if names:
            self.adopt(names[0])

    @Slot(str, object)
    def _on_done(self, task_id: str, answer: object) -> None:
        if task_id == _ADOPT:
            assert isinstance(answer, ModelInfo)
            self._take(answer)
        elif isinstance(answer, dict):
            self._folders = dict(answer)
            self._show()

    def _take(self, info: ModelInfo) -> None:
        engine_id = self._engine_id()
        if engine_id is None:
            self._messages.error(f"“{info.title}” is a model; no engine that is here needs one.")
            return
        if Path(info.model).is_absolute():  # else it is one of those that are here
            self._folders[info.model] = info
            folders = self._preferences.values.with_model_folder(info.model)
            self._preferences.change(model_folders=folders)
        self._model.set_model(engine_id, info.model)
        self._show()
        self._messages.say(f"The model “{info.title}” is used from now on.", MessageKind.DONE)

    def _engine_id(self) -> str | None:
        """Return the engine in use where it needs a model, else the first that does."""
        every = (self._model.capabilities, *self._model.all_capabilities())
        return next((each.engine_id for each in every if each.needs_model), None)

    def _show(self) -> None:
        if not self._model.capabilities.needs_model:
            return
        models = list(self._model.engine().models())
        known = {info.model for info in models}
        for folder in self._preferences.values.model_folders:
            info = self._folders.get(folder) or ModelInfo(folder, people_name(Path(folder)))
            if info.model not in known:  # else it is one of those that are here
                models.append(info)
        self._panel.set_models(models)

    @Slot()
    def _on_request_changed(self) -> None:
        request = self._model.request
        if self._model.capabilities.needs_model and request.model:
            self._preferences.change(model=request.model)


def read_folder(folder: str) -> ModelInfo:
    """Return what can be said of the model in a folder. Called off the GUI thread.

    Whether the model is whole is for the engine to say: it knows what it needs.

    Raises:
        ModelError: there is none.
    """
    index, title = find_index(Path(folder)) / INDEX_NAME, people_name(Path(folder))
    model = library.id_of(Path(folder)) or folder
    try:
        if index.stat().st_size > _MAX_INDEX_BYTES:
            raise ValueError("too long")
        parts: Any = json.loads(index.read_bytes().decode("utf-8-sig"))
        checker = parts.get("safety_checker")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        log.info("%s cannot be read: %s", index, error)
        note = f"Its {INDEX_NAME} is damaged: get the model again."
        return ModelInfo(model, title, note=note)
    has_checker = isinstance(checker, list) and bool(checker) and checker[0] is not None
    return ModelInfo(model, title, has_safety_checker=has_checker)


def _looked_at(folders: Sequence[str]) -> dict[str, ModelInfo]:
    return {folder: _seen(folder) for folder in folders}


def _seen(folder: str) -> ModelInfo:
    try:
        return read_folder(folder)
    except ModelError as error:
        return ModelInfo(folder, people_name(Path(folder)), note=str(error))
