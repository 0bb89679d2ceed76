from pathlib import Path

import pytest

from desktop_app.core.errors import ToonroomError
from desktop_app.engines.classic.looks import MEDIA, load_looks
from desktop_app.engines.classic.parameters import BY_NAME

GOOD = """
name = "Stained glass"
icon = "glass"
instruction = "Turn the following image into stained glass"
synonyms = ["Stained Glass", "glass"]
line_colour = "#1C1512"

[parameters]
line_width = 2.5
colours = 12
"""


def _folder(tmp_path: Path, text: str, name: str = "glass.toml") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_seven_looks_come_with_the_app_the_cartoon_first() -> None:
    looks = load_looks()
    ids = [look.look_id for look in looks]
    assert ids[0] == "cartoon"
    assert set(ids) == {
        "cartoon", "comic_ink", "pencil_sketch", "watercolour", "poster", "pastel", "manga",
    }  # fmt: skip
    assert all(look.medium in MEDIA for look in looks)
    assert load_looks() is looks  # read once


def test_every_value_of_the_apps_looks_is_one_that_its_parameter_allows() -> None:
    for look in load_looks():
        for name, value in look.parameters.items():
            assert BY_NAME[name].clamp(value) == value, f"{look.look_id}: {name}"


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    (look,) = load_looks(_folder(tmp_path, GOOD))
    assert look.look_id == "glass"
    assert look.name == "Stained glass"
    assert look.synonyms == ("stained glass", "glass")
    assert look.medium == "paint"
    assert look.line_colour == "#1c1512"
    assert look.paper_colour == "#ffffff"
    assert look.parameters == {"line_width": 2.5, "colours": 12.0}


def test_ones_own_looks_are_sorted_the_cartoon_first(tmp_path: Path) -> None:
    for name in ("zebra", "cartoon", "apple", "manga"):
        _folder(tmp_path, GOOD.replace("stained glass", name), f"{name}.toml")
    assert [look.look_id for look in load_looks(tmp_path)] == ["cartoon", "manga", "apple", "zebra"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "Stained glass"', "", "name"),
        ('icon = "glass"', "", "icon"),
        ('instruction = "Turn the following image into stained glass"', "", "instruction"),
        ('name = "Stained glass"', "name = 7", "name"),
        ('name = "Stained glass"', 'name = "  "', "name"),
        ('synonyms = ["Stained Glass", "glass"]', 'synonyms = "glass"', "synonyms"),
        ('synonyms = ["Stained Glass", "glass"]', "synonyms = [1]", "synonyms"),
        ('line_colour = "#1C1512"', 'line_colour = "brown"', "line_colour"),
        ('line_colour = "#1C1512"', 'paper_colour = "#fff"', "paper_colour"),
        ('line_colour = "#1C1512"', 'medium = "oil"', "medium"),
        ('line_colour = "#1C1512"', 'shine = "much"', "shine"),
        ("line_width = 2.5", "line_wdith = 2.5", "parameters.line_wdith"),
        ("line_width = 2.5", "line_width = 99", "parameters.line_width"),
        ("line_width = 2.5", "line_width = nan", "parameters.line_width"),
        ("line_width = 2.5", "line_width = inf", "parameters.line_width"),
        ("line_width = 2.5", "line_width = true", "parameters.line_width"),
        ("line_width = 2.5", 'line_width = "2"', "parameters.line_width"),
        ("colours = 12", "colours = 12.5", "parameters.colours"),
        ("[parameters]", "[[parameters]]", "parameters"),
    ],
)
def test_a_damaged_look_is_refused_with_its_file_and_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in GOOD
    with pytest.raises(ToonroomError) as caught:
        load_looks(_folder(tmp_path, GOOD.replace(old, new)))
    sentence = str(caught.value)
    assert "glass.toml" in sentence
    assert f'"{key}"' in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToonroomError, match=r"glass\.toml is not valid TOML"):
        load_looks(_folder(tmp_path, "name = [1,"))
    (tmp_path / "glass.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ToonroomError, match=r"glass\.toml is not valid TOML"):
        load_looks(tmp_path)


def test_two_looks_cannot_have_one_instruction(tmp_path: Path) -> None:
    _folder(tmp_path, GOOD, "a.toml")
    _folder(tmp_path, GOOD, "b.toml")
    with pytest.raises(ToonroomError, match='"instruction" is that of a'):
        load_looks(tmp_path)


def test_a_folder_without_looks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToonroomError, match="no looks in"):
        load_looks(tmp_path)


def test_a_look_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "glass.toml").mkdir()
    with pytest.raises(ToonroomError, match="cannot be read"):
        load_looks(tmp_path)
