"""Controls that say how an engine works: with which model, and in which mode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.core.engine import Capabilities, Choice, ModelInfo
from desktop_app.core.events import Interpretation
from desktop_app.core.request import Request
from desktop_app.widgets.choice_picker import ChoicePicker, ModelPicker
from desktop_app.widgets.controls import name_control
from desktop_app.widgets.parameter_rows import LABEL_PX, help_line

NO_MODEL = (
    "Get a model under Models…, choose a folder with one in diffusers layout (it has a"
    " model_index.json in it), or drop one onto the window."
)
_MODEL_TIP = "The model that draws the picture"
_MODE_TIP = "Faster, or closer to what the model draws by itself"


class ModelSection(QWidget):
    """Model and mode; each is there only where the engine in use has it.

    Attributes:
        field_changed: name and value of a field of the Request.
        folder_requested: a folder with a model is to be chosen.
        more_requested: models are to be got.
        models_wanted: the list of models is about to be shown: what is there now?
    """

    field_changed = Signal(str, object)
    folder_requested = Signal()
    more_requested = Signal()
    models_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: dict[str, ModelInfo] = {}
        self._build()
        self._connect()

    def _build(self) -> None:
        self.model_picker = ModelPicker()
        self.model_picker.setObjectName("modelPicker")
        name_control(self.model_picker, "Model")
        self.model_note = help_line()
        self.model_note.setObjectName("modelNote")
        self.mode_picker = ChoicePicker()
        self.mode_picker.setObjectName("modePicker")
        name_control(self.mode_picker, "Mode")
        self.mode_note = help_line()
        self.mode_note.setObjectName("modeNote")
        self._model_row = _row("&Model", self.model_picker, self.model_note)
        self._mode_row = _row("M&ode", self.mode_picker, self.mode_note)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(8)
        lines.addWidget(self._model_row)
        lines.addWidget(self._mode_row)

    def _connect(self) -> None:
        self.model_picker.picked.connect(self._on_model_picked)
        self.model_picker.folder_requested.connect(self.folder_requested)
        self.model_picker.more_requested.connect(self.more_requested)
        self.model_picker.about_to_open.connect(self.models_wanted)
        self.mode_picker.picked.connect(self._on_mode_picked)

    @property
    def has_safety_checker(self) -> bool:
        """Whether the model that is shown brings one."""
        info = self._models.get(self.model_picker.value or "")
        return info is not None and info.has_safety_checker

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """Show what an engine has."""
        needs_model, has_modes = capabilities.needs_model, bool(capabilities.modes)
        self.setVisible(needs_model or has_modes)
        self._model_row.setVisible(needs_model)
        self._mode_row.setVisible(has_modes)
        self.mode_picker.set_choices(capabilities.modes)

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """Offer these models; `reflect` is to be called afterwards."""
        self._models = {info.model: info for info in models}
        self.model_picker.set_choices([_choice(info) for info in models])

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        return (self.model_picker, self.mode_picker)

    def reflect(self, request: Request, interpretation: Interpretation) -> None:
        """Show a Request; a model that is not offered is shown as well."""
        model = request.model or interpretation.defaults.model or next(iter(self._models), None)
        info = None
        if model is not None:
            info = self._models.get(model) or ModelInfo(model, Path(model).name or model)
        self.model_picker.show_value(model, None if info is None else _choice(info))
        note = NO_MODEL if info is None else info.note
        self.model_picker.setToolTip(_tip(info))
        _say(self.model_note, note)
        self.mode_picker.show_value(request.mode)
        help_text = self.mode_picker.help
        self.mode_picker.setToolTip(f"{_MODE_TIP}. {help_text}".strip())
        _say(self.mode_note, help_text)

    @Slot(object)
    def _on_model_picked(self, model: str) -> None:
        if model:
            self.field_changed.emit("model", model)

    @Slot(object)
    def _on_mode_picked(self, mode: str) -> None:
        self.field_changed.emit("mode", mode)


def _row(text: str, picker: ChoicePicker, note: QLabel) -> QWidget:
    """Return a picker beside its name, and below it a note, where there is one."""
    row = QWidget()
    label = QLabel(text)
    label.setFixedWidth(LABEL_PX)
    label.setBuddy(picker)
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(label)
    line.addWidget(picker, 1)
    lines = QVBoxLayout(row)
    lines.setContentsMargins(0, 0, 0, 0)
    lines.setSpacing(4)
    lines.addLayout(line)
    lines.addWidget(note)
    return row


def _say(line: QLabel, text: str) -> None:
    line.setText(text)
    line.setVisible(bool(text))


def _choice(info: ModelInfo) -> Choice:
    parts = [info.note] if info.model == info.title else [info.note, info.model]
    return Choice(info.model, info.title, "\n".join(part for part in parts if part))


def _tip(info: ModelInfo | None) -> str:
    if info is None:
        return NO_MODEL
    help_text = _choice(info).help
    return f"{_MODEL_TIP}: {info.title}" + (f"\n{help_text}" if help_text else "")
