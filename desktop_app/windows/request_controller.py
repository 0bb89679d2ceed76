"""Connects the instruction bar and the develop panel with what is asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction

from desktop_app.windows.parts import Controllers, Parts
from desktop_app.windows.services import Services


class RequestController(QObject):
    """Shows the request in the controls, and changes it as they ask."""

    def __init__(
        self,
        parts: Parts,
        controllers: Controllers,
        services: Services,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = controllers.model
        self._bar = parts.instruction_bar
        self._panel = parts.develop_panel
        self._development = controllers.development
        self._contact = controllers.contact
        self._darkroom = services.darkroom
        self._preferences = services.preferences
        self._actions = parts.actions
        self._connect()
        self._panel.set_engines(self._model.all_capabilities())
        self._on_engine_changed()
        self._on_preferences_changed()

    def _connect(self) -> None:
        model, bar, panel = self._model, self._bar, self._panel
        model.changed.connect(self._reflect)
        model.engine_changed.connect(self._on_engine_changed)
        bar.instruction_changed.connect(model.set_instruction)
        bar.run_requested.connect(self._development.run)
        bar.cancel_requested.connect(self._contact.cancel)
        bar.look_requested.connect(self.pick_look)
        panel.engine_requested.connect(model.set_engine)
        panel.look_requested.connect(model.set_look)
        panel.parameter_changed.connect(model.set_parameter)
        panel.parameter_reset_requested.connect(model.reset_parameter)
        panel.reset_all_requested.connect(model.reset_all)
        panel.field_changed.connect(model.set_field)
        panel.live_changed.connect(self._on_live_changed)
        panel.sheet_requested.connect(self._contact.toggle)
        panel.run_requested.connect(self._development.run)
        panel.more_toggled.connect(self._on_more_toggled)
        self._actions["resetAll"].triggered.connect(model.reset_all)
        self._development.run_requested.connect(self._preferences.remember_instruction)
        self._preferences.changed.connect(self._on_preferences_changed)

    @Slot(str)
    def pick_look(self, look_id: str) -> None:
        """Ask for a look, and develop right away where there is a photo."""
        self._model.set_look(look_id)
        if self._darkroom.current_id:
            self._development.run()

    @Slot()
    def _reflect(self) -> None:
        request, interpretation = self._model.request, self._model.interpretation
        self._bar.reflect(request.instruction, interpretation)
        self._panel.reflect(request, interpretation)
        for action in self._actions.looks:
            action.setChecked(action.data() == interpretation.look)

    @Slot()
    def _on_engine_changed(self) -> None:
        capabilities = self._model.capabilities
        looks = capabilities.looks
        self._panel.set_capabilities(capabilities)
        self._bar.set_looks(looks, capabilities.phrases)
        self._actions.set_looks(looks)
        for action in self._actions.looks:
            action.triggered.connect(self._on_look_triggered)
        self._reflect()

    @Slot()
    def _on_look_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.pick_look(action.data())
            self._reflect()  # a look in use stays checked

    @Slot(bool)
    def _on_live_changed(self, live: bool) -> None:
        self._preferences.change(develop_live=live)

    @Slot(bool)
    def _on_more_toggled(self, is_open: bool) -> None:
        self._preferences.change(show_more=is_open)

    @Slot()
    def _on_preferences_changed(self) -> None:
        values = self._preferences.values
        self._panel.live_box.setChecked(values.develop_live)
        self._panel.more.set_open(values.show_more)
        self._bar.field.set_recent(values.recent_instructions)
