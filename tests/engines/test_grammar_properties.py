"""What holds for every instruction."""

import math
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from desktop_app.core.looks import Look
from desktop_app.engines.classic.grammar import interpret, with_look
from desktop_app.engines.classic.grammar.fillers import FILLERS
from desktop_app.engines.classic.grammar.modifiers import AXES, COUNT_AXES, Modifier
from desktop_app.engines.classic.looks import load_looks
from desktop_app.engines.classic.parameters import BY_NAME, SPECS

LOOKS = load_looks()
ALIENS = ("zorble", "kumquat", "Wibble", "xylophone", "ÇŞĞ", "帽子")
WORDS = """
    bolder bold boldest thinner thick lines line outlines colours colors colour detail contrast
    shading grain brighter dark darker darkest light softer smooth harsh vivid muted simple flat
    more less fewer no without many few add with use reduce increase remove keep change not don't
    too much very little slightly a lot of bit and or but , . : - the make it image is should be
    please as in black white 8 twelve pencil sketch watercolour manga cartoon ink line art drawing
    texture up off darken soften hat sky redd
"""
vocabulary = st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join)
instructions = st.one_of(st.text(max_size=300), vocabulary)
overrides = st.dictionaries(
    st.one_of(st.sampled_from([spec.name for spec in SPECS]), st.text(max_size=8)), st.floats()
)


def _modifiers() -> list[Modifier]:
    found = [Modifier("colours", "count", number=9), Modifier("tones", "count", number=5)]
    for name, axis in AXES.items():
        either_or = bool(axis.up_sets)
        for way in ("up", "down"):
            degrees = (1.0,) if either_or else (0.5, 1.0, 2.0)
            found.extend(Modifier(name, way, degree) for degree in degrees)
            if not either_or:
                found.append(Modifier(name, f"not {way}"))
        if axis.none:
            found.append(Modifier(name, "none"))
    return found


def _touched(change: Modifier) -> set[str]:
    axis = AXES[change.axis]
    if change.way == "count":
        return {COUNT_AXES[change.axis]}
    pairs = (axis.changes, axis.factors, axis.none_sets, axis.up_sets, axis.down_sets, axis.needs)
    return {name for pair in pairs for name, _ in pair}


modifiers = st.sampled_from(_modifiers())


@settings(deadline=None)
@given(instructions, overrides)
def test_any_text_gives_values_within_range(instruction: str, by_hand: dict[str, float]) -> None:
    found = interpret(instruction, LOOKS, by_hand)
    assert set(found.parameters) == set(BY_NAME)
    for name, value in found.parameters.items():
        spec = BY_NAME[name]
        assert math.isfinite(value)
        assert spec.minimum <= value <= spec.maximum
        assert spec.clamp(value) == value
    for name, value in by_hand.items():
        if name in BY_NAME and math.isfinite(value):
            assert found.parameters[name] == BY_NAME[name].clamp(value)
    assert found.look in {look.look_id for look in LOOKS}
    assert len(set(found.understood)) == len(found.understood)


@settings(deadline=None)
@given(instructions)
def test_the_same_instruction_means_the_same(instruction: str) -> None:
    assert interpret(instruction, LOOKS, {}) == interpret(instruction, LOOKS, {})


@settings(deadline=None)
@given(instructions)
def test_what_is_ignored_stands_in_the_instruction_in_that_order(instruction: str) -> None:
    at = 0
    for phrase in interpret(instruction, LOOKS, {}).ignored:
        assert phrase.strip() == phrase != ""
        at = instruction.index(phrase, at) + len(phrase)


@settings(deadline=None)
@given(instructions)
def test_letter_case_changes_nothing(instruction: str) -> None:
    if instruction.isascii():
        lower, upper = (interpret(t, LOOKS, {}) for t in (instruction.lower(), instruction.upper()))
        assert lower.understood == upper.understood
        assert lower.parameters == upper.parameters


@settings(deadline=None)
@given(vocabulary, st.sampled_from(ALIENS), st.integers(0, 25))
def test_an_unknown_word_is_always_given_back(instruction: str, alien: str, at: int) -> None:
    words = instruction.split()
    words.insert(at, alien)
    ignored = interpret(" ".join(words), LOOKS, {}).ignored
    assert alien in " ".join(ignored).split()


@settings(deadline=None)
@given(vocabulary)
def test_every_word_is_understood_or_filler_or_ignored(instruction: str) -> None:
    """A word that is none of the three would have vanished."""
    found = interpret(instruction, LOOKS, {})
    if not found.understood:
        soft = {"too", "much", "very", "little", "slightly", "lot", "bit", "many", "keep", "change"}
        soft |= {"add", "with", "use", "up", "of", "8"} | FILLERS
        ignored = set(re.findall(r"[\w']+", " ".join(found.ignored)))
        assert set(re.findall(r"[\w']+", instruction)) - ignored <= soft


@settings(deadline=None)
@given(modifiers)
def test_a_canonical_phrase_reads_as_its_modifier(change: Modifier) -> None:
    found = interpret(change.phrase, LOOKS, {})
    assert found.understood == (change.phrase,)
    assert found.ignored == ()
    values = {spec.name: spec.default for spec in SPECS}
    values |= LOOKS[0].parameters
    change.apply(values)
    assert found.parameters == {name: BY_NAME[name].clamp(v) for name, v in values.items()}


@settings(deadline=None)
@given(modifiers, modifiers)
def test_modifiers_of_different_things_may_come_in_any_order(
    one: Modifier, other: Modifier
) -> None:
    assume(not _touched(one) & _touched(other))
    here = interpret(f"manga, {one.phrase}, {other.phrase}", LOOKS, {})
    there = interpret(f"{other.phrase}, {one.phrase}, manga", LOOKS, {})
    assert here.parameters == there.parameters
    assert set(here.understood) == set(there.understood)


@settings(deadline=None)
@given(instructions, st.sampled_from(LOOKS))
def test_another_look_keeps_the_modifiers(instruction: str, look: Look) -> None:
    text = with_look(instruction, look, LOOKS)
    before, after = interpret(instruction, LOOKS, {}), interpret(text, LOOKS, {})
    names = {look.name for look in LOOKS}
    changes = tuple(phrase for phrase in before.understood if phrase not in names)
    assert after.look == look.look_id
    assert after.understood == (look.name, *changes)
    assert after.ignored == ()
    assert with_look(text, look, LOOKS) == text
    if before.look == look.look_id:
        assert after.parameters == before.parameters


@pytest.mark.parametrize("look", [look.instruction for look in LOOKS])
@pytest.mark.parametrize(
    ("phrase", "parameter", "sign"),
    [
        ("bolder lines", "line_width", 1),
        ("thinner lines", "line_width", -1),
        ("darker lines", "line_darkness", 1),
        ("more lines", "line_amount", 1),
        ("fewer colours", "colours", -1),
        ("brighter", "brightness", 1),
        ("darker", "brightness", -1),
        ("more detail", "detail", 1),
        ("more vivid", "vividness", 1),
        ("less vivid", "vividness", -1),
        ("more contrast", "contrast", 1),
        ("more shading", "shading", 1),
        ("more grain", "grain", 1),
        ("softer", "contrast", -1),
    ],
)
def test_more_of_a_modifier_goes_further(look: str, phrase: str, parameter: str, sign: int) -> None:
    texts = ("", f", a little {phrase}", f", {phrase}", f", much {phrase}")
    values = [interpret(look + text, LOOKS, {}).parameters[parameter] * sign for text in texts]
    assert values == sorted(values)
    spec = BY_NAME[parameter]
    limit = spec.maximum if sign > 0 else spec.minimum
    assert values[0] < values[-1] or values[0] == limit * sign
