"""Connects the window's actions, and turns them on where there is something to do."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMainWindow

from desktop_app.core.engine import Estimate
from desktop_app.core.paths import log_file
from desktop_app.session.darkroom import ItemState
from desktop_app.widgets.canvas import CompareMode
from desktop_app.widgets.drops import Dropped
from desktop_app.windows.actions import THEMES
from desktop_app.windows.contact_sheet_controller import NO_PHOTO as _NO_PHOTO
from desktop_app.windows.dialogs import AboutDialog, PreferencesDialog, ShortcutsDialog
from desktop_app.windows.parts import Controllers, Parts
from desktop_app.windows.saving_controller import show_folder
from desktop_app.windows.services import Services

_NO_RESULT = "develop the photo first"


class WindowController(QObject):
    """Does what menus, tool bar and status bar are asked for."""

    def __init__(
        self,
        window: QMainWindow,
        parts: Parts,
        controllers: Controllers,
        services: Services,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._parts = parts
        self._controllers = controllers
        self._darkroom = services.darkroom
        self._actions = parts.actions
        self._canvas = parts.canvas
        self._theme = services.theme
        self._preferences = services.preferences
        self._is_busy = False
        self._connect_actions()
        self._connect_parts()
        self._dress()
        self._on_busy_changed(False)
        self._update()

    def _connect_actions(self) -> None:
        controllers, canvas = self._controllers, self._canvas
        slots = {
            "open": controllers.photos.open_photos,
            "openFolder": controllers.photos.open_folder,
            "save": controllers.saving.save,
            "saveAs": controllers.saving.save_as,
            "exportLayers": controllers.saving.export_layers,
            "exportAll": controllers.saving.export_all,
            "closePhoto": self._close_photo,
            "quit": self._window.close,
            "copy": controllers.clipboard.copy,
            "paste": controllers.clipboard.paste,
            "preferences": self._show_preferences,
            "models": controllers.shelf.open,
            "zoomIn": canvas.zoom_in,
            "zoomOut": canvas.zoom_out,
            "zoomFit": canvas.zoom_fit,
            "zoomActual": canvas.zoom_actual,
            "develop": self._develop,
            "cancel": controllers.contact.cancel,
            "developAll": controllers.development.run_all,
            "contactSheet": controllers.contact.toggle,
            "instruction": self._go_to_instruction,
            "nextPhoto": self._next_photo,
            "previousPhoto": self._previous_photo,
            "shortcuts": self._show_shortcuts,
            "openLogs": self._open_logs,
            "about": self._show_about,
        }
        for name, slot in slots.items():
            self._actions[name].triggered.connect(slot)
        for name in THEMES:
            self._actions[name].triggered.connect(self._on_theme_chosen)
        self._actions["compare"].toggled.connect(self._on_compare_toggled)
        self._parts.compare_toggle.toggled.connect(self._actions["compare"].setChecked)

    def _connect_parts(self) -> None:
        parts, controllers, canvas = self._parts, self._controllers, self._canvas
        self._darkroom.items_changed.connect(self._update)
        self._darkroom.item_changed.connect(self._on_item_changed)
        self._darkroom.current_changed.connect(self._on_item_changed)
        canvas.open_requested.connect(controllers.photos.open_photos)
        canvas.files_dropped.connect(controllers.photos.add_paths)
        canvas.image_dropped.connect(controllers.photos.add_image)
        canvas.bytes_dropped.connect(controllers.photos.add_bytes)
        canvas.remote_dropped.connect(controllers.photos.ask_to_fetch)
        canvas.compare_changed.connect(self._on_compare_changed)
        canvas.zoom_changed.connect(self._on_zoom_changed)
        parts.film_strip.files_dropped.connect(controllers.photos.add_paths)
        parts.film_strip.other_dropped.connect(self._on_other_dropped)
        parts.film_strip.reveal_requested.connect(self._on_reveal_requested)
        parts.status_line.zoom_clicked.connect(canvas.zoom_fit)
        controllers.development.busy_changed.connect(self._on_busy_changed)
        controllers.development.progress_changed.connect(self._on_progress_changed)
        controllers.contact.progress_changed.connect(self._on_progress_changed)
        controllers.contact.open_changed.connect(self._on_sheet_opened)
        controllers.development.share_changed.connect(controllers.pictures.show_share)
        controllers.development.preview_changed.connect(controllers.pictures.show_preview)
        controllers.saving.taken.connect(controllers.development.series.end)
        controllers.clipboard.taken.connect(controllers.development.series.end)
        controllers.development.series.superseded.connect(controllers.past.remove)
        self._theme.changed.connect(self._dress)
        controllers.model.engine_changed.connect(self._dress)
        controllers.model.engine_changed.connect(self._update_sheet)
        controllers.model.changed.connect(self._update_sheet)

    # --- what can be done

    @Slot(str)
    def _on_item_changed(self, item_id: str) -> None:
        if item_id == self._darkroom.current_id:
            self._update()

    @Slot()
    def _update(self) -> None:
        item = self._darkroom.current
        items = self._darkroom.items
        has_result = item is not None and item.result is not None
        has_any = any(each.has_result for each in items)
        for name in ("save", "saveAs", "exportLayers", "copy"):
            self._actions.set_enabled(name, has_result, _NO_RESULT if items else _NO_PHOTO)
        self._actions.set_enabled("exportAll", has_any, _NO_RESULT if items else _NO_PHOTO)
        for name in ("closePhoto", "develop", "developAll"):
            self._actions.set_enabled(name, bool(items), _NO_PHOTO)
        for name in ("nextPhoto", "previousPhoto"):
            self._actions[name].setEnabled(len(items) > 1)
        self._update_sheet()
        has_photo = self._canvas.has_photo and not self._controllers.contact.is_open
        for name in ("zoomIn", "zoomOut", "zoomFit", "zoomActual"):
            self._actions.set_enabled(name, has_photo, _NO_PHOTO)
        self._parts.instruction_bar.set_can_run(item is not None, self._estimate())
        self._parts.status_line.show_zoom(self._canvas.zoom if has_photo else None)
        self._update_title()

    def _estimate(self) -> Estimate | None:
        item, model = self._darkroom.current, self._controllers.model
        if item is None or item.photo is None:
            return None
        return model.estimate(model.request, item.photo.extent)

    def _update_title(self) -> None:
        item = self._darkroom.current
        if item is None:
            self._window.setWindowTitle("Toonroom")
            return
        states = {
            ItemState.LOADING: "opening",
            ItemState.QUEUED: "waiting",
            ItemState.DEVELOPING: "developing",
            ItemState.FAILED: "failed",
            ItemState.DONE: "saved" if item.saved_path is not None else "developed",
        }
        state = states.get(item.state)
        name = f"{item.name} ({state})" if state else item.name
        self._window.setWindowTitle(f"{name} — Toonroom")
        photo, result = item.photo, item.result
        size = result.extent if result is not None else photo.extent if photo is not None else None
        self._parts.status_line.picture_label.setText(
            "" if size is None else f"{size.width} × {size.height}"
        )

    @Slot()
    def _update_sheet(self) -> None:
        contact = self._controllers.contact
        why_not = "" if contact.is_open else contact.why_not()
        self._actions.set_enabled("contactSheet", not why_not, why_not)
        self._parts.develop_panel.guidance.set_can_compare(not why_not, why_not)

    @Slot(bool)
    def _on_busy_changed(self, busy: bool) -> None:
        self._is_busy = busy
        self._actions["cancel"].setEnabled(busy or self._controllers.contact.is_open)
        self._parts.instruction_bar.set_busy(busy)
        self._update_sheet()

    @Slot(bool)
    def _on_sheet_opened(self, is_open: bool) -> None:
        self._parts.film_strip.setHidden(is_open)  # the proofs need the room
        self._on_busy_changed(self._is_busy)
        self._update()

    @Slot(int)
    def _on_progress_changed(self, thousandths: int) -> None:
        self._parts.status_line.show_progress(max(0, thousandths), 1000 * (thousandths >= 0))

    # --- looks

    @Slot()
    def _dress(self) -> None:
        icons, tokens = self._theme.icons, self._theme.tokens
        self._actions.set_icons(icons)
        self._parts.compare_toggle.setIcon(icons.icon("compare"))
        self._parts.instruction_bar.set_icons(icons.icon, icons.on_accent, tokens.warning)
        self._parts.develop_panel.set_icons(icons.icon)
        self._parts.contact_sheet.set_icons(icons.icon)
        chosen = next(name for name, each in THEMES.items() if each == self._theme.choice)
        self._actions[chosen].setChecked(True)

    @Slot()
    def _on_theme_chosen(self) -> None:
        for name, choice in THEMES.items():
            if self._actions[name].isChecked():
                self._theme.choose(choice)
                self._preferences.change(theme=choice)

    # --- before and after

    @Slot(bool)
    def _on_compare_toggled(self, on: bool) -> None:
        self._parts.compare_toggle.setChecked(on)
        wanted = CompareMode.SPLIT if on else CompareMode.OFF
        if self._canvas.compare is not wanted:
            self._canvas.set_compare(wanted)

    @Slot(CompareMode)
    def _on_compare_changed(self, mode: CompareMode) -> None:
        if mode is not CompareMode.HOLD_BEFORE:
            self._actions["compare"].setChecked(mode is CompareMode.SPLIT)

    @Slot(float)
    def _on_zoom_changed(self, zoom: float) -> None:
        self._parts.status_line.show_zoom(zoom if self._canvas.has_photo else None)

    # --- actions

    @Slot()
    def _develop(self) -> None:
        """Develop what is selected on the strip, or the photo that is looked at."""
        selected = self._parts.film_strip.selected_ids
        if len(selected) > 1:
            self._controllers.development.run_many(selected)
        else:
            self._controllers.development.run()

    @Slot()
    def _close_photo(self) -> None:
        self._controllers.pictures.remove([self._darkroom.current_id])

    @Slot()
    def _next_photo(self) -> None:
        self._darkroom.move_current(1)

    @Slot()
    def _previous_photo(self) -> None:
        self._darkroom.move_current(-1)

    @Slot()
    def _go_to_instruction(self) -> None:
        field = self._parts.instruction_bar.field
        field.setFocus()
        field.selectAll()

    @Slot(object)
    def _on_other_dropped(self, dropped: Dropped) -> None:
        self._canvas.take(dropped)

    @Slot(str)
    def _on_reveal_requested(self, item_id: str) -> None:
        item = self._darkroom.item(item_id)
        if item is not None and item.path is not None:
            show_folder(item.path.parent)

    @Slot()
    def _show_preferences(self) -> None:
        PreferencesDialog(self._preferences, self._window).show()

    @Slot()
    def _show_shortcuts(self) -> None:
        ShortcutsDialog(self._actions.all(), self._window).show()

    @Slot()
    def _show_about(self) -> None:
        AboutDialog(self._window).show()

    @Slot()
    def _open_logs(self) -> None:
        folder = log_file().parent
        folder.mkdir(parents=True, exist_ok=True)
        show_folder(folder)
