"""Themes: every colour there, text that can be read, one sheet for both."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from desktop_app.theme.palette import make_palette
from desktop_app.theme.stylesheet import make_stylesheet
from desktop_app.theme.tokens import Tokens, load_tokens

READABLE = 4.5
VISIBLE = 3.0


@pytest.fixture(params=["light", "dark"])
def tokens(request: pytest.FixtureRequest) -> Tokens:
    return load_tokens(request.param)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""

    def luminance(name: str) -> float:
        colour = QColor(name)
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("text", "window"),
        ("text", "panel"),
        ("text", "field"),
        ("text", "raised"),
        ("text", "accent_soft"),
        ("text_muted", "window"),
        ("text_muted", "panel"),
        ("on_accent", "accent"),
        ("on_accent", "accent_hover"),
        ("warning", "window"),
        ("accent", "panel"),
    ],
)
def test_text_can_be_read(tokens: Tokens, text: str, background: str) -> None:
    colours = tokens.colours()
    assert contrast(colours[text], colours[background]) >= READABLE


def test_what_can_be_operated_can_be_seen(tokens: Tokens) -> None:
    assert contrast(tokens.accent, tokens.window) >= VISIBLE
    assert contrast(tokens.text, tokens.panel) >= VISIBLE


def test_what_lies_around_the_picture_has_no_tint(tokens: Tokens) -> None:
    for name in ("window", "panel", "canvas"):
        colour = QColor(tokens.colours()[name])
        assert colour.red() == colour.green() == colour.blue()


def test_the_sheet_names_only_colours_that_there_are(tokens: Tokens) -> None:
    sheet = make_stylesheet(tokens)
    assert "$" not in sheet
    assert tokens.accent in sheet


def test_the_sheet_names_only_pictures_that_there_are(tokens: Tokens) -> None:
    names = [part.split('"')[0] for part in make_stylesheet(tokens).split('url("')[1:]]
    assert names
    assert all(Path(name).is_file() for name in names)


def test_a_missing_colour_is_told(tmp_path: Path) -> None:
    (tmp_path / "light.toml").write_text('[colours]\nwindow = "#ffffff"\n', encoding="utf-8")
    with pytest.raises(KeyError):
        load_tokens("light", tmp_path)


def test_palette_has_the_theme_s_colours(qtbot: QtBot, tokens: Tokens) -> None:
    palette = make_palette(tokens)
    assert palette.color(QPalette.ColorRole.Window) == QColor(tokens.window)
    assert palette.color(QPalette.ColorRole.Dark) == QColor(tokens.canvas)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled == QColor(tokens.text_disabled)
