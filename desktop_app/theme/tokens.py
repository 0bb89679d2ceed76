"""Theme tokens: the named colours of a theme, read from TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from desktop_app.core.paths import resources


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme, each "#rrggbb".

    Attributes:
        theme_id: "light" or "dark".
        window: behind everything.
        panel: docks, bars and menus.
        canvas: around the picture.
        field: where people type.
        raised: buttons at rest; with `raised_hover` and `raised_pressed`.
        border: between areas; `border_strong` around what can be operated.
        text: what is read; `text_muted` for what is said aside, `text_disabled` for what is off.
        accent: the one colour; with `accent_hover` and `accent_pressed`.
        on_accent: text on the accent.
        accent_soft: the accent as a background for text.
        success, warning, danger: what a message is about.
        tooltip: background of tooltips.
        shadow: dark edges that Qt draws itself.
    """

    theme_id: str
    window: str
    panel: str
    canvas: str
    field: str
    raised: str
    raised_hover: str
    raised_pressed: str
    border: str
    border_strong: str
    text: str
    text_muted: str
    text_disabled: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    accent_soft: str
    success: str
    warning: str
    danger: str
    tooltip: str
    shadow: str

    def colours(self) -> dict[str, str]:
        """Return every colour by its name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "theme_id"}


def themes_folder() -> Path:
    """Return where themes are kept."""
    return resources() / "themes"


def load_tokens(theme_id: str, folder: Path | None = None) -> Tokens:
    """Return the tokens of a theme.

    Raises:
        KeyError: a colour is missing: the theme is not usable.
        OSError: there is no such theme.
    """
    path = (folder or themes_folder()) / f"{theme_id}.toml"
    colours = tomllib.loads(path.read_text(encoding="utf-8"))["colours"]
    names = [f.name for f in fields(Tokens) if f.name != "theme_id"]
    return Tokens(theme_id=theme_id, **{name: colours[name] for name in names})
