from __future__ import annotations

import random
from pathlib import Path

import pytest

from desktop_app.core.errors import ToonroomError
from desktop_app.core.request import DEFAULT_INSTRUCTION
from desktop_app.engines.classic.looks import load_looks
from desktop_app.training.phrases import KEEP, load_phrases, read_phrases


def test_every_look_of_the_classic_engine_has_thirty_paraphrases_and_more() -> None:
    phrases = load_phrases()
    assert set(phrases.looks) == {look.look_id for look in load_looks()} | {KEEP}
    for look, said in phrases.phrases.items():
        assert len(set(said)) >= 30, look


def test_what_the_app_says_is_the_first_paraphrase_of_its_look() -> None:
    phrases = load_phrases()
    assert phrases.standard("cartoon") == DEFAULT_INSTRUCTION
    for look in load_looks():
        assert phrases.standard(look.look_id) == look.instruction


def test_no_phrase_asks_for_two_looks() -> None:
    phrases = load_phrases()
    said = [phrase for own in phrases.phrases.values() for phrase in own]
    assert len(said) == len(set(said))


def test_instructions_are_drawn_anew_and_by_chance_alone() -> None:
    phrases = load_phrases()
    drawn = [phrases.draw("poster", random.Random(number)) for number in range(200)]
    assert len(set(drawn)) > 100
    assert drawn == [phrases.draw("poster", random.Random(number)) for number in range(200)]
    assert not any("{" in words for words in drawn)
    words = " ".join(drawn)
    assert all(f"the following {what}" in words for what in ("image", "photo", "picture"))


def test_a_damaged_file_of_phrases_is_named(tmp_path: Path) -> None:
    path = tmp_path / "phrases.toml"
    path.write_text("picture = []\n[looks]\n", encoding="utf-8")
    with pytest.raises(ToonroomError, match=r"phrases\.toml are damaged"):
        read_phrases(path)
