"""The window's actions and menus, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QUndoStack
from PySide6.QtWidgets import QMainWindow, QMenu

from desktop_app.core.looks import Look
from desktop_app.theme.icons import IconSet

Key = QKeySequence.StandardKey
Role = QAction.MenuRole


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Attributes:
        name: object name, without "Action" at its end.
        text: what the menu says.
        keys: standard keys and key sequences, the one that is shown first.
        icon: name of an icon; "" for none.
        tip: what the tool bar's tooltip says; the text where it is empty.
        group: name of the group of which one is checked; "" for none.
        checkable: whether it is on or off.
        role: where macOS puts it.
    """

    name: str
    text: str
    keys: tuple[Key | str, ...] = ()
    icon: str = ""
    tip: str = ""
    group: str = ""
    checkable: bool = False
    role: Role = Role.NoRole


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open", "&Open…", (Key.Open,), "open", "Open photos"),
    ActionSpec(
        "openFolder",
        "Open &folder…",
        ("Ctrl+Shift+O",),
    ),
    ActionSpec("save", "&Save", (Key.Save,), "save", "Save the picture"),
    ActionSpec("saveAs", "Save &as…", (Key.SaveAs, "Ctrl+Shift+S"), "save-as"),
    ActionSpec("exportLayers", "Export &layers…", ("Ctrl+Shift+E",), "export-layers"),
    ActionSpec("exportAll", "&Export all…", ("Ctrl+Alt+S",)),
    ActionSpec("closePhoto", "&Close photo", (Key.Close, "Ctrl+W"), "remove"),
    ActionSpec("quit", "&Quit", (Key.Quit, "Ctrl+Q"), role=Role.QuitRole),
    ActionSpec("copy", "&Copy picture", (Key.Copy,), "copy", "Copy the picture"),
    ActionSpec("paste", "&Paste", (Key.Paste,), "paste", "Paste a picture"),
    ActionSpec("preferences", "P&references…", ("Ctrl+,",), "settings", role=Role.PreferencesRole),
    ActionSpec("zoomIn", "Zoom &in", (Key.ZoomIn, "Ctrl++", "Ctrl+="), "zoom-in"),
    ActionSpec("zoomOut", "Zoom &out", (Key.ZoomOut, "Ctrl+-"), "zoom-out"),
    ActionSpec("zoomFit", "&Whole picture", ("Ctrl+0",), "fit"),
    ActionSpec("zoomActual", "Actual &size (100 %)", ("Ctrl+1",)),
    ActionSpec(
        "compare",
        "&Compare with the photo",
        ("Ctrl+B",),
        "compare",
        "Compare: the photo left, the cartoon right. Hold B on the canvas for the photo alone",
        checkable=True,
    ),
    ActionSpec("themeSystem", "Like the &system", group="theme", checkable=True),
    ActionSpec("themeLight", "&Light", group="theme", checkable=True),
    ActionSpec("themeDark", "&Dark", group="theme", checkable=True),
    ActionSpec("develop", "&Develop", ("Ctrl+Return", "Ctrl+Enter"), "run"),
    ActionSpec("cancel", "&Cancel", ("Esc",), "cancel"),
    ActionSpec("developAll", "Develop &all", ("Ctrl+Shift+Return", "Ctrl+Shift+Enter")),
    ActionSpec(
        "contactSheet",
        "Contact &sheet…",
        ("Ctrl+Shift+G",),
        "contact-sheet",
        "Contact sheet: pairs of guidance side by side",
    ),
    ActionSpec("resetAll", "&Reset all values", ("Ctrl+Shift+R",)),
    ActionSpec("instruction", "Go to the &instruction", ("Ctrl+L",)),
    ActionSpec("nextPhoto", "&Next photo", ("Ctrl+PgDown", "Alt+Right")),
    ActionSpec("previousPhoto", "&Previous photo", ("Ctrl+PgUp", "Alt+Left")),
    ActionSpec("models", "&Models…", ("Ctrl+Shift+M",), "", "Models: get, check, remove"),
    ActionSpec("shortcuts", "&Keyboard shortcuts", (Key.HelpContents,)),
    ActionSpec("openLogs", "Open the &log folder"),
    ActionSpec("about", "&About Toonroom", role=Role.AboutRole),
)

SEPARATOR = "|"
MENUS: tuple[tuple[str, str], ...] = (
    ("&File", "open openFolder | save saveAs exportLayers exportAll | closePhoto quit"),
    ("&Edit", "undo redo | copy paste | models preferences"),
    (
        "&View",
        "zoomIn zoomOut zoomFit zoomActual | compare | previousPhoto nextPhoto | panels theme",
    ),
    ("&Develop", "develop cancel developAll | contactSheet | instruction resetAll | looks"),
    ("&Help", "shortcuts openLogs about"),
)
"""Title and names of the entries of each menu."""
TOOL_BAR = "open save copy | undo redo"
THEMES = {"themeSystem": "system", "themeLight": "light", "themeDark": "dark"}


class Actions:
    """The window's actions by name, and the menus that are filled later."""

    def __init__(self, window: QMainWindow, undo_stack: QUndoStack) -> None:
        self._window = window
        self._groups: dict[str, QActionGroup] = {}
        self._tips: dict[str, str] = {}
        self._icon_names: dict[str, str] = {"undo": "undo", "redo": "redo"}
        self._by_name: dict[str, QAction] = {spec.name: self._make(spec) for spec in ACTIONS}
        self._by_name["undo"] = undo_stack.createUndoAction(window, "&Undo")
        self._by_name["redo"] = undo_stack.createRedoAction(window, "&Redo")
        self._name("undo", (Key.Undo,))
        self._name("redo", (Key.Redo, "Ctrl+Shift+Z", "Ctrl+Y"))
        self.looks_menu = QMenu("&Looks", window)
        self.panels_menu = QMenu("&Panels", window)
        self.theme_menu = QMenu("&Theme", window)
        self.looks: list[QAction] = []
        self._fill_menus()

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def all(self) -> tuple[QAction, ...]:
        """Return every action, those of the looks last."""
        return (*self._by_name.values(), *self.looks)

    def set_enabled(self, name: str, is_enabled: bool, why_not: str = "") -> None:
        """Turn an action on or off; its tooltip says what is missing where it is off."""
        action = self._by_name[name]
        action.setEnabled(is_enabled)
        tip = self._tips[name]
        action.setToolTip(tip if is_enabled or not why_not else f"{tip}: {why_not}")

    def set_looks(self, looks: Sequence[Look]) -> None:
        """Put these looks into their menu; an action's data is the look's id."""
        for action in self.looks:
            self._window.removeAction(action)
            action.deleteLater()
        self.looks_menu.clear()
        self.looks = []
        for number, look in enumerate(looks, start=1):
            action = QAction(look.name, self._window)
            action.setObjectName(f"look_{look.look_id}Action")
            action.setData(look.look_id)
            action.setCheckable(True)
            if number <= 9:
                action.setShortcut(QKeySequence(f"Ctrl+Alt+{number}"))
            self.looks_menu.addAction(action)
            self.looks.append(action)
            self._icon_names[action.objectName()] = look.icon

    def set_icons(self, icons: IconSet) -> None:
        """Wear a theme's icons."""
        for name, action in self._by_name.items():
            icon_name = self._icon_names.get(name)
            if icon_name:
                action.setIcon(icons.icon(icon_name))
        for action in self.looks:
            action.setIcon(icons.icon(self._icon_names[action.objectName()]))

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(spec.text, self._window)
        action.setObjectName(f"{spec.name}Action")
        action.setCheckable(spec.checkable)
        action.setMenuRole(spec.role)
        action.setShortcuts(_sequences(spec.keys))
        self._tips[spec.name] = _with_shortcut(spec.tip or spec.text, action)
        action.setToolTip(self._tips[spec.name])
        if spec.icon:
            self._icon_names[spec.name] = spec.icon
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(self._window))
            group.addAction(action)
        self._window.addAction(action)
        return action

    def _name(self, name: str, keys: tuple[Key | str, ...]) -> None:
        action = self._by_name[name]
        action.setObjectName(f"{name}Action")
        action.setShortcuts(_sequences(keys))
        self._window.addAction(action)

    def _fill_menus(self) -> None:
        submenus = {"looks": self.looks_menu, "panels": self.panels_menu, "theme": self.theme_menu}
        for name in THEMES:
            self.theme_menu.addAction(self[name])
        for title, names in MENUS:
            menu = self._window.menuBar().addMenu(title)
            for name in names.split():
                if name in submenus:
                    menu.addMenu(submenus[name])
                elif name == SEPARATOR:
                    menu.addSeparator()
                else:
                    menu.addAction(self[name])


def _sequences(keys: Sequence[Key | str]) -> list[QKeySequence]:
    found: list[QKeySequence] = []
    for key in keys:
        each = [QKeySequence(key)] if isinstance(key, str) else QKeySequence.keyBindings(key)
        found += [sequence for sequence in each if sequence not in found]
    return found


def _with_shortcut(text: str, action: QAction) -> str:
    plain = text.replace("&", "").removesuffix("…")
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{plain} ({keys})" if keys else plain
