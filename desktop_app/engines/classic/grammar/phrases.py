"""Every phrase that the grammar knows, with what it means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from desktop_app.engines.classic.grammar import fillers as fillers
from desktop_app.engines.classic.grammar import vocabulary
from desktop_app.engines.classic.grammar.vocabulary import Quality


class Kind(Enum):
    """What an item is to the grammar."""

    LOOK = auto()
    QUALITY = auto()
    AMOUNT = auto()
    ADDING = auto()
    ASPECT = auto()
    DEGREE = auto()
    TOO = auto()
    NOT = auto()
    KEEP = auto()
    ACTION = auto()
    NUMBER = auto()
    FILLER = auto()
    UNKNOWN = auto()
    AND = auto()
    COMMA = auto()
    STOP = auto()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase means.

    Attributes:
        kind: which part it plays.
        value: the look's id, the aspect, the amount, or the words themselves.
        degree: how much, where the phrase says so; else 0.
        form: of an adjective: "base", "more" (comparative or verb) or "most"; of words that add:
            "many" or "add".
        quality: of an adjective.
        aspect: of a look's name that may be an aspect as well.
    """

    kind: Kind
    value: str = ""
    degree: float = 0.0
    form: str = ""
    quality: Quality | None = None
    aspect: str = ""


class LookNames(NamedTuple):
    """What a look is called."""

    look_id: str
    name: str
    instruction: str
    synonyms: tuple[str, ...]


def look_phrases(looks: Iterable[LookNames]) -> Iterable[tuple[str, Meaning]]:
    """Return every name of `looks`, the default one first, with what it means."""
    known = list(looks)
    for look in known:
        general = "general" if look is known[0] else ""
        yield look.instruction, Meaning(Kind.LOOK, look.look_id, form=general)
        yield look.name, Meaning(Kind.LOOK, look.look_id)
    for look in known:
        further = fillers.LOOK_WORDS.get(look.look_id, ())
        for phrase in (look.look_id.replace("_", " "), *look.synonyms, *further):
            form = ""
            if phrase in fillers.WEAK_LOOK_WORDS:
                form = "weak"
            elif phrase in fillers.GENERAL_LOOK_WORDS:
                form = "general"
            aspect = fillers.LOOKS_AND_ASPECTS.get(phrase, "")
            meaning = Meaning(Kind.LOOK, look.look_id, form=form, aspect=aspect)
            yield phrase, meaning
            if not phrase.endswith("s"):
                yield f"{phrase}s", meaning


def modifier_phrases() -> Iterable[tuple[str, Meaning]]:
    """Return every phrase of the modifiers with what it means."""
    yield from _quality_phrases()
    yield from _amount_phrases()
    plain: tuple[tuple[Kind, Iterable[str]], ...] = (
        (Kind.TOO, vocabulary.TOO),
        (Kind.NOT, vocabulary.NEGATIONS),
        (Kind.KEEP, vocabulary.KEEPING),
        (Kind.ACTION, sorted(fillers.ACTIONS)),
        (Kind.AND, ("and", "or", "nor", "as well as", "along with", "n", "but")),
    )
    for aspect, phrases in vocabulary.ASPECTS.items():
        yield from ((phrase, Meaning(Kind.ASPECT, aspect)) for phrase in phrases)
    for degree, phrases in vocabulary.DEGREES.items():
        yield from ((phrase, Meaning(Kind.DEGREE, phrase, degree)) for phrase in phrases)
    for kind, words in plain:
        yield from ((word, Meaning(kind, word)) for word in words)
    for word, number in vocabulary.NUMBERS.items():
        yield word, Meaning(Kind.NUMBER, str(number))


def _amount_phrases() -> Iterable[tuple[str, Meaning]]:
    for (amount, degree), phrases in vocabulary.AMOUNTS.items():
        yield from ((p, Meaning(Kind.AMOUNT, amount, degree, form=p)) for p in phrases)
    yield from ((p, Meaning(Kind.AMOUNT, vocabulary.LESS, form="few")) for p in vocabulary.SPARSE)
    for phrase in vocabulary.TOO_MUCH:
        yield phrase, Meaning(Kind.AMOUNT, vocabulary.LESS, form="too")
    yield from ((p, Meaning(Kind.ADDING, p, form="add")) for p in vocabulary.ADDING)
    for degree, phrases in vocabulary.MANY.items():
        yield from ((p, Meaning(Kind.ADDING, p, degree, form="many")) for p in phrases)


def _quality_phrases() -> Iterable[tuple[str, Meaning]]:
    for quality in vocabulary.QUALITIES:
        for adjective in quality.adjectives:
            yield adjective, Meaning(Kind.QUALITY, adjective, form="base", quality=quality)
        for verb in quality.verbs:
            for phrase in (verb, *_verb_forms(verb)):
                yield phrase, Meaning(Kind.QUALITY, verb, form="more", quality=quality)
    for quality in vocabulary.QUALITIES:
        for adjective in quality.adjectives:
            if " " in adjective:
                continue
            stem = _stem(adjective)
            yield f"{stem}er", Meaning(Kind.QUALITY, adjective, form="more", quality=quality)
            yield f"{stem}est", Meaning(Kind.QUALITY, adjective, form="most", quality=quality)


def _stem(adjective: str) -> str:
    """Return what "er" and "est" are put after: big > bigg, pale > pal, heavy > heavi."""
    if adjective.endswith("e"):
        return adjective[:-1]
    if adjective.endswith("y"):
        return f"{adjective[:-1]}i"
    if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnpt]", adjective):
        return adjective + adjective[-1]
    return adjective


def _verb_forms(verb: str) -> Iterable[str]:
    first, _, rest = verb.partition(" ")
    stem = first.removesuffix("e")
    if stem.endswith("y"):
        forms = (f"{stem[:-1]}ied", f"{stem}ing", f"{stem[:-1]}ies")
    else:
        forms = (f"{stem}ed", f"{stem}ing", f"{first}s")
    return (f"{form} {rest}".strip() for form in forms)
