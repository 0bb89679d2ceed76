"""The style sheet that a theme's tokens mean to Qt."""

from __future__ import annotations

from pathlib import Path
from string import Template

from desktop_app.theme.tokens import Tokens, themes_folder


def make_stylesheet(tokens: Tokens, folder: Path | None = None) -> str:
    """Return the style sheet with the theme's colours put in.

    Raises:
        KeyError: the sheet names a colour that no theme has.
        OSError: the sheet is missing.
    """
    folder = folder or themes_folder()
    sheet = Template((folder / "toonroom.qss").read_text(encoding="utf-8"))
    # Style sheets take forward slashes on every system.
    images = (folder / tokens.theme_id).as_posix()
    return sheet.substitute(tokens.colours(), images=images)
