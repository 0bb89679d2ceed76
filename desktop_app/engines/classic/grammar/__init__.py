"""Reads instructions: which look, changed how, and which words meant nothing to it.

An instruction is any text. It is read from left to right, without regard to case, punctuation
inside a clause, British or American spelling, or one slip in a longer word:

    instruction = { clause | filler | separator | unknown } ;
    clause      = look | attribute | predicate | amount | count ;

    look        = [ head ] , ( name | synonym | instruction of a look ) ;
    attribute   = terms , [ [ "the" ] , aspects ] , [ degree ] ;       much bolder and darker lines
    predicate   = aspects , { filler } , terms , [ degree ] ;          lines should be a bit thinner
    amount      = head , aspects , [ degree ] ;                        fewer colours, no lines
    count       = number , [ adjective ] , ( "colours" | "tones" ) ;   8 flat colours

    terms       = [ head ] , adjective , { ( "and" | "or" | "but" ) , [ head ] , adjective } ;
    aspects     = aspect , { ( "and" | "or" | "," ) , aspect } ;
    head        = { "not" | "too" | degree | quantity | "keep" | filler } ;
    quantity    = "more" | "less" | "fewer" | "no" | "without" | "add" | "with" | "reduce" | ... ;
    degree      = "a little" | "slightly" | "much" | "very" | "a lot" | ... ;
    aspect      = "lines" | "colours" | "detail" | "contrast" | "shading" | "grain" | ... ;
    adjective   = "bold" | "thin" | "dark" | "bright" | "soft" | "simple" | "vivid" | ... ;
    separator   = "," | "and" | "." | ... ;

The longest phrase wins, wherever two begin at one word. "and" shares the degree, the negation and
the noun: "a little bolder and darker lines" changes width and darkness, each a little. "not dark"
is a little brighter, "too dark" is brighter, "not darker" changes nothing. An adjective that stands
by an unknown noun is not understood either ("darker hair"). Degrees are half ("a little"), one, and
two ("much") steps. Each modifier is applied once, in the order of the instruction, to the look's
own values, and every value stays within its range; values set by hand win over all of it.

Where several looks are named, the most specific one wins: any other look over the cartoon, which is
what the app is for ("cartoonize this as a watercolour"), and that over words like "drawing". Among
equals the last one wins, as a later thought, and a note says so. Where none is named, it is the
cartoon look. Fillers are words like "please" and "make the photo"; everything else is given back as
it was written. Only the first 4000 characters are read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop_app.core.events import Interpretation
from desktop_app.core.looks import Look
from desktop_app.engines.classic.grammar.ignored import ignored_phrases
from desktop_app.engines.classic.grammar.modifiers import AXES, Modifier
from desktop_app.engines.classic.grammar.parse import Reading, read
from desktop_app.engines.classic.grammar.phrases import Meaning
from desktop_app.engines.classic.grammar.words import lexicon_of
from desktop_app.engines.classic.parameters import SPECS

MAX_CHARACTERS = 4000
_RANKS = {"weak": 0, "general": 1}
_SHOWN = 3
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True)
class _Understood:
    """What an instruction means, whatever the look's parameters are."""

    look: Look | None
    rivals: tuple[Look, ...]
    modifiers: tuple[Modifier, ...]
    ignored: tuple[str, ...]


def interpret(
    instruction: str, looks: Sequence[Look], overrides: Mapping[str, float]
) -> Interpretation:
    """Return what `instruction` asks for; never raises, whatever the text.

    Args:
        instruction: any text.
        looks: the looks there are, the default one first; at least one.
        overrides: parameters set by hand, which win; unknown names and values that are not finite
            are passed over.
    """
    found = _understand(instruction, looks)
    look = found.look or looks[0]
    values = {spec.name: look.parameters.get(spec.name, spec.default) for spec in SPECS}
    for change in found.modifiers:
        change.apply(values)
    for spec in SPECS:
        by_hand = overrides.get(spec.name)
        if by_hand is not None and math.isfinite(by_hand):
            values[spec.name] = by_hand
    named = (look.name,) if found.look else ()
    return Interpretation(
        look=look.look_id,
        understood=(*named, *(change.phrase for change in found.modifiers)),
        ignored=found.ignored,
        parameters={spec.name: spec.clamp(values[spec.name]) for spec in SPECS},
        note=_note(instruction, found, looks),
    )


def with_look(instruction: str, look: Look, looks: Sequence[Look]) -> str:
    """Return `instruction` rewritten for `look`: its own words, then the modifiers.

    Modifiers are kept in their canonical form; words that meant nothing are left out.
    """
    modifiers = _understand(instruction, looks).modifiers
    return ", ".join((look.instruction, *(change.phrase for change in modifiers)))


def completions(looks: Sequence[Look]) -> tuple[str, ...]:
    """Return phrases for the instruction field: every look's own, then the modifiers."""
    phrases = [look.instruction for look in looks]
    for axis in AXES.values():
        phrases.extend(phrase for phrase in (axis.up, axis.down, axis.none) if phrase)
    return tuple(phrases)


def _understand(instruction: str, looks: Sequence[Look]) -> _Understood:
    text, rest = _cut(instruction)
    items = lexicon_of(looks).items(text)
    reading = read(items)
    look, rivals = _chosen(reading, looks)
    ignored = ignored_phrases(text, items, reading.claimed)
    if rest:
        ignored.append(rest)
    modifiers = {change.phrase: change for change in reversed(reading.modifiers)}
    in_order = dict.fromkeys(change.phrase for change in reading.modifiers)
    return _Understood(
        look, rivals, tuple(modifiers[phrase] for phrase in in_order), tuple(ignored)
    )


def _cut(instruction: str) -> tuple[str, str]:
    """Return the part that is read, ending with a word, and the rest."""
    if len(instruction) <= MAX_CHARACTERS:
        return instruction, ""
    end = MAX_CHARACTERS
    while end > MAX_CHARACTERS // 2 and not instruction[end].isspace():
        end -= 1
    return instruction[:end], instruction[end:].strip()


def _chosen(reading: Reading, looks: Sequence[Look]) -> tuple[Look | None, tuple[Look, ...]]:
    """Return the look that was named, and all that claim to be where there are several."""
    if not reading.looks:
        return None, ()
    by_id = {look.look_id: look for look in looks}
    ranks = [_rank(meaning, looks[0]) for meaning in reading.looks]
    best = max(ranks)
    winners = [m for m, rank in zip(reading.looks, ranks, strict=True) if rank == best]
    look = by_id[winners[-1].value]
    rivals = dict.fromkeys(m.value for m in reading.looks if not m.form)
    if len({*rivals, look.look_id}) < 2:
        return look, ()
    return look, tuple(by_id[look_id] for look_id in dict.fromkeys((*rivals, look.look_id)))


def _rank(meaning: Meaning, default: Look) -> int:
    general = 1 if meaning.value == default.look_id else 2
    return _RANKS.get(meaning.form, general)


def _note(instruction: str, found: _Understood, looks: Sequence[Look]) -> str:
    default = f"the {looks[0].name.lower()} look is used"
    if not instruction.strip():
        return f"No instruction: {default}."
    quoted = _quoted(found.ignored)
    if not found.look and not found.modifiers:
        if not found.ignored:
            return f"No look and no change is named: {default}."
        return f"Nothing was understood of {quoted}: {default}."
    notes = []
    if found.rivals and found.look:
        names = ", ".join(look.name for look in found.rivals)
        notes.append(f"Several looks are named ({names}): {found.look.name} is used.")
    if found.ignored:
        notes.append(f"Not understood: {quoted}.")
    return " ".join(notes)


def _quoted(ignored: Sequence[str]) -> str:
    shown = [
        phrase if len(phrase) <= _SHOWN_CHARACTERS else f"{phrase[: _SHOWN_CHARACTERS - 1]}…"
        for phrase in (" ".join(phrase[:200].split()) for phrase in ignored[:_SHOWN])
    ]
    more = len(ignored) - len(shown)
    return ", ".join(f"“{phrase}”" for phrase in shown) + (f" and {more} more" if more else "")
