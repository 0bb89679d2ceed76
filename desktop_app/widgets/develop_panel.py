"""The develop panel: everything that a run can be told besides the instruction."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.engine import Capabilities, ModelInfo
from desktop_app.core.events import Interpretation
from desktop_app.core.request import Request
from desktop_app.widgets.controls import CalmCombo, name_control
from desktop_app.widgets.guidance_section import GUIDED_FIELDS, GuidanceSection
from desktop_app.widgets.look_chips import IconSource
from desktop_app.widgets.model_section import ModelSection
from desktop_app.widgets.more_section import MoreSection
from desktop_app.widgets.parameter_rows import LABEL_PX, ParameterRow, heading, make_row
from desktop_app.widgets.picture_section import PictureSection


class DevelopPanel(QScrollArea):
    """Shows a Request and emits what the artist wants changed in it.

    Attributes:
        engine_requested: id of the engine that was picked.
        look_requested: id of the look that was picked.
        parameter_changed: name and value of a parameter that was set by hand.
        parameter_reset_requested: name of a parameter that is to follow the instruction again.
        reset_all_requested: all of them are.
        field_changed: name and value of another field of the Request ("seed", "blend", ...).
        live_changed: whether to develop as the artist adjusts.
        model_folder_requested: a folder with a model is to be chosen.
        more_models_requested: models are to be got.
        models_wanted: the models are about to be listed: what is there now?
        sheet_requested: pairs of guidance are to be seen side by side.
        run_requested: Enter was pressed after words.
        more_toggled: whether the seldom used controls were opened or closed.
        picture: the controls that every engine has.
        model: which model and mode; guidance, more: what only guided engines have.
    """

    engine_requested = Signal(str)
    look_requested = Signal(str)
    parameter_changed = Signal(str, float)
    parameter_reset_requested = Signal(str)
    reset_all_requested = Signal()
    field_changed = Signal(str, object)
    live_changed = Signal(bool)
    model_folder_requested = Signal()
    more_models_requested = Signal()
    models_wanted = Signal()
    sheet_requested = Signal()
    run_requested = Signal()
    more_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, ParameterRow] = {}
        self._groups: list[QWidget] = []
        self._shown = (Request(), Interpretation())
        self._uses_guidance = False
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setObjectName("developPanel")
        self.setAccessibleName("Develop panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(340)
        content = QWidget()
        content.setObjectName("panelContent")
        self.engine_picker = CalmCombo()
        self.engine_picker.setObjectName("enginePicker")
        name_control(self.engine_picker, "Engine")
        self.engine_picker.setToolTip("What turns the photo into a picture")
        self.look_picker = CalmCombo()
        self.look_picker.setObjectName("lookPicker")
        name_control(self.look_picker, "Look")
        self.look_picker.setToolTip("The look; the instruction is rewritten for it")
        self.live_box = QCheckBox("Develop as I &adjust")
        self.live_box.setObjectName("liveBox")
        self.live_box.setChecked(True)
        name_control(self.live_box, "Develop as I adjust")
        self.live_box.setToolTip(
            "Develop again at every change, once the photo was developed and where it is quick"
        )
        self.reset_button = QPushButton("&Reset all")
        self.reset_button.setObjectName("resetButton")
        name_control(self.reset_button, "Reset all")
        self.reset_button.setToolTip("Let every value be what the engine would take by itself")
        self.model = ModelSection()
        self.guidance = GuidanceSection()
        self.picture = PictureSection()
        self.more = MoreSection()
        self._lay_out(content)
        self.setWidget(content)

    def _lay_out(self, content: QWidget) -> None:
        form = self._form = QFormLayout()
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(8)
        for text, picker in (("&Engine", self.engine_picker), ("&Look", self.look_picker)):
            label = QLabel(text)
            label.setFixedWidth(LABEL_PX)
            label.setBuddy(picker)
            form.addRow(label, picker)
        how = QVBoxLayout()
        how.setSpacing(8)
        how.addLayout(form)
        how.addWidget(self.model)
        line = QHBoxLayout()
        line.addWidget(self.live_box, 1)
        line.addWidget(self.reset_button)
        self._parameters = QVBoxLayout()
        self._parameters.setSpacing(16)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(how)
        layout.addWidget(self.guidance)
        layout.addWidget(self.picture.blend_group)
        layout.addLayout(self._parameters)
        layout.addLayout(line)
        layout.addWidget(self.picture)
        layout.addWidget(self.more)
        layout.addStretch(1)

    def _connect(self) -> None:
        self.engine_picker.currentIndexChanged.connect(self._on_engine_picked)
        self.look_picker.currentIndexChanged.connect(self._on_look_picked)
        self.live_box.toggled.connect(self.live_changed)
        self.reset_button.clicked.connect(self._on_reset_clicked)
        for section in (self.picture, self.model, self.guidance, self.more):
            section.field_changed.connect(self.field_changed)
        self.model.folder_requested.connect(self.model_folder_requested)
        self.model.more_requested.connect(self.more_models_requested)
        self.model.models_wanted.connect(self.models_wanted)
        self.guidance.sheet_requested.connect(self.sheet_requested)
        self.more.run_requested.connect(self.run_requested)
        self.more.toggled.connect(self.more_toggled)

    def set_engines(self, engines: Sequence[Capabilities]) -> None:
        """Offer these engines."""
        with QSignalBlocker(self.engine_picker):
            self.engine_picker.clear()
            for each in engines:
                self.engine_picker.addItem(each.title, each.engine_id)

    def set_capabilities(self, capabilities: Capabilities) -> None:
        """Show the controls that an engine uses."""
        with QSignalBlocker(self.look_picker):
            self.look_picker.clear()
            for look in capabilities.looks:
                self.look_picker.addItem(look.name, look.look_id)
        self.look_picker.setEnabled(bool(capabilities.looks))
        self._form.setRowVisible(self.look_picker, bool(capabilities.looks))
        self._uses_guidance = capabilities.uses_guidance
        self.picture.set_uses_seed(capabilities.uses_seed)
        self.model.set_capabilities(capabilities)
        self.guidance.set_capabilities(capabilities)
        self.more.setVisible(capabilities.uses_guidance)
        self._make_rows(capabilities)

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """Offer these models."""
        self.model.set_models(models)
        self.reflect(*self._shown)

    def set_icons(self, icon: IconSource) -> None:
        """Wear the theme's icons."""
        self.picture.dice_button.setIcon(icon("dice"))
        self.guidance.set_icons(icon)
        self.more.set_icons(icon)
        for index in range(self.look_picker.count()):
            self.look_picker.setItemIcon(index, icon(self._look_icons[index]))

    def reflect(self, request: Request, interpretation: Interpretation) -> None:
        """Show a Request and the values that the engine takes from it."""
        self._shown = (request, interpretation)
        with QSignalBlocker(self.engine_picker):
            self.engine_picker.setCurrentIndex(self.engine_picker.findData(request.engine))
        with QSignalBlocker(self.look_picker):
            self.look_picker.setCurrentIndex(self.look_picker.findData(interpretation.look))
        for name, row in self._rows.items():
            value = interpretation.parameters.get(name, row.spec.default)
            row.show_value(value, overridden=name in request.parameters)
        by_hand = [getattr(request, name) is not None for name in GUIDED_FIELDS]
        is_guided = self._uses_guidance and any(by_hand)
        self.reset_button.setEnabled(bool(request.parameters) or is_guided)
        self.picture.reflect(request)
        self.model.reflect(request, interpretation)
        self.guidance.reflect(request, interpretation)
        self.more.reflect(request, interpretation, has_safety_checker=self.model.has_safety_checker)

    def controls(self) -> tuple[QWidget, ...]:
        """Return what can be operated, in order."""
        rows = [control for row in self._rows.values() for control in row.controls()]
        return (
            self.engine_picker,
            self.look_picker,
            *self.model.controls(),
            *self.guidance.controls(),
            self.picture.blend_slider,
            *rows,
            self.live_box,
            self.reset_button,
            *self.picture.controls(),
            *self.more.controls(),
        )

    def row(self, name: str) -> ParameterRow:
        """Return the row of a parameter."""
        return self._rows[name]

    def _make_rows(self, capabilities: Capabilities) -> None:
        self._look_icons = [look.icon for look in capabilities.looks]
        for group in self._groups:
            self._parameters.removeWidget(group)
            group.hide()  # it goes a moment later
            group.deleteLater()
        self._groups, self._rows = [], {}
        for title in dict.fromkeys(spec.group for spec in capabilities.parameters):
            group = QWidget()
            layout = QVBoxLayout(group)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(4)
            layout.addWidget(heading(title))
            for spec in capabilities.parameters:
                if spec.group == title:
                    layout.addWidget(self._make_row(spec.name, make_row(spec)))
            self._parameters.addWidget(group)
            self._groups.append(group)

    def _make_row(self, name: str, row: ParameterRow) -> ParameterRow:
        row.value_changed.connect(self.parameter_changed)
        row.reset_requested.connect(self.parameter_reset_requested)
        self._rows[name] = row
        return row

    @Slot(int)
    def _on_engine_picked(self, index: int) -> None:
        if index >= 0:
            self.engine_requested.emit(self.engine_picker.itemData(index))

    @Slot(int)
    def _on_look_picked(self, index: int) -> None:
        if index >= 0:
            self.look_requested.emit(self.look_picker.itemData(index))

    @Slot()
    def _on_reset_clicked(self) -> None:
        self.reset_all_requested.emit()
