"""From text to items: splits an instruction into words and finds the phrases that mean something.

Matching is case-blind, folds American into British spelling, accents and hyphens away, takes the
longest phrase that fits, and forgives one slip in a longer word ("watercolur", "pencli").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from desktop_app.core.looks import Look
from desktop_app.engines.classic.grammar import fillers as fillers
from desktop_app.engines.classic.grammar.phrases import (
    Kind,
    LookNames,
    Meaning,
    look_phrases,
    modifier_phrases,
)

_TOKEN = re.compile(
    r"(?P<word>\bw/o\b|\bb\s?[&/]\s?w\b|[^\W_]+(?:['’`][^\W_]+)*)"
    r"|(?P<and>[&+/])|(?P<comma>[,()\[\]–—]|\s-\s)|(?P<stop>[.;!?\n。、！？])",
    re.IGNORECASE,
)
_REPEATED = re.compile(r"(\D)\1{2,}")
_ISE = re.compile(r"(?<=\w{3})iz(?=(?:e|ed|es|er|ing|ation)\Z)")
_SEPARATOR_WORDS = {"and": "and", "comma": ",", "stop": "."}
_SHORT = {"w/o": "without"}
_SHORTEST_TYPO = 5
_LONGEST_WORD = 24
_MAX_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """A phrase that was found, a word that was not, or a separator.

    Attributes:
        meaning: what it means.
        start: where it begins in the text.
        end: where it ends in the text.
    """

    meaning: Meaning
    start: int
    end: int

    @property
    def kind(self) -> Kind:
        """The meaning's kind."""
        return self.meaning.kind


@dataclass(slots=True)
class _Node:
    """A word in the tree of phrases."""

    next: dict[str, _Node] = field(default_factory=dict)
    meaning: Meaning | None = None


class Lexicon:
    """All phrases that mean something, for one set of looks."""

    def __init__(self, looks: Iterable[LookNames]) -> None:
        self._root = _Node()
        self._words: set[str] = set()
        for phrase, meaning in look_phrases(looks):  # first come, first served
            self._add(phrase, meaning)
        self._names = frozenset(self._words)
        for phrase, meaning in modifier_phrases():
            self._add(phrase, meaning)
        self._near = _neighbours((self._words - fillers.FILLERS) | fillers.OFTEN_MISTYPED)
        for word in sorted(fillers.FILLERS | fillers.FILLER_PHRASES):
            self._add(word, Meaning(Kind.FILLER, word))

    def _add(self, phrase: str, meaning: Meaning) -> None:
        node = self._root
        words = normal_words(phrase)
        for word in words:
            self._words.add(word)
            node = node.next.setdefault(word, _Node())
        if node is not self._root and node.meaning is None:
            node.meaning = meaning

    def items(self, text: str) -> list[Item]:
        """Return what `text` consists of, in order."""
        tokens = [
            (match.lastgroup or "", match[0], match.start(), match.end())
            for match in _TOKEN.finditer(text)
        ]
        words = [
            self._corrected(normal(token)) if kind == "word" else _SEPARATOR_WORDS[kind]
            for kind, token, *_ in tokens
        ]
        items: list[Item] = []
        at = 0
        while at < len(tokens):
            meaning, end = self._longest(words, at)
            if meaning is None:
                meaning = _single(tokens[at][0], words[at])
                end = at + 1
            items.append(Item(meaning, tokens[at][2], tokens[end - 1][3]))
            at = end
        return items

    def _longest(self, words: Sequence[str], at: int) -> tuple[Meaning | None, int]:
        node, found, end = self._root, None, at
        while at < len(words) and (following := node.next.get(words[at])):
            node, at = following, at + 1
            if node.meaning is not None:
                found, end = node.meaning, at
        return found, end

    def _corrected(self, word: str) -> str:
        """Return the word that `word` was meant to be, `word` itself where none is near."""
        if word in self._words or not _SHORTEST_TYPO <= len(word) <= _LONGEST_WORD:
            return word
        if word in fillers.NEVER_TYPOS:
            return word
        for shorter in (word, *_deletions(word)):
            for known in self._near.get(shorter, ()):
                if _is_slip(word, known, short=known in self._names):
                    return known
        return word


def lexicon_of(looks: Sequence[Look]) -> Lexicon:
    """Return the lexicon for `looks`, built once."""
    return _lexicon(
        tuple(
            LookNames(look.look_id, look.name, look.instruction, tuple(look.synonyms))
            for look in looks
        )
    )


@lru_cache(maxsize=8)
def _lexicon(looks: tuple[LookNames, ...]) -> Lexicon:
    return Lexicon(looks)


def normal(word: str) -> str:
    """Return `word` as the lexicon has it."""
    word = word.casefold()
    if not word.isascii():
        decomposed = unicodedata.normalize("NFKD", word)
        word = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    if word in _SHORT:
        return _SHORT[word]
    if word[0] == "b" and word[-1] == "w" and ("&" in word or "/" in word):
        return "bw"
    word = word.replace("’", "'").replace("`", "'")
    word = word.removesuffix("'s").replace("'", "")
    word = _REPEATED.sub(r"\1", word)
    word = word.replace("color", "colour").replace("gray", "grey")
    return _ISE.sub("is", word)


def normal_words(phrase: str) -> list[str]:
    """Return the words of `phrase` as the lexicon has them, separators between them included."""
    words = [
        normal(match[0]) if match.lastgroup == "word" else _SEPARATOR_WORDS[match.lastgroup or ""]
        for match in _TOKEN.finditer(phrase)
    ]
    while words and words[-1] in (",", "."):
        words.pop()
    return words


def _single(group: str, word: str) -> Meaning:
    if group == "and":
        return Meaning(Kind.AND)
    if group in ("comma", "stop"):
        return Meaning(Kind.COMMA if group == "comma" else Kind.STOP)
    if word.isascii() and word.isdecimal() and len(word) <= _MAX_DIGITS:
        return Meaning(Kind.NUMBER, word)
    return Meaning(Kind.UNKNOWN, word)


def _neighbours(words: Iterable[str]) -> dict[str, list[str]]:
    """Return the words by themselves and by what they are without one letter."""
    near: dict[str, list[str]] = {}
    for word in sorted(words):
        if len(word) >= _SHORTEST_TYPO:
            for form in (word, *_deletions(word)):
                near.setdefault(form, []).append(word)
    return near


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(1, len(word))]


def _is_slip(word: str, known: str, *, short: bool) -> bool:
    """Return whether one letter more, less, wrong or swapped with its neighbour parts the two.

    The first letter must be right, and the word long enough for the slip to be likelier than
    another word; `short` asks for less of that.
    """
    if word[0] != known[0]:
        return False
    if len(word) != len(known):
        longer, shorter = (word, known) if len(word) > len(known) else (known, word)
        return len(longer) >= (6 if short else 7) and shorter in _deletions(longer)
    wrong = [i for i, (a, b) in enumerate(zip(word, known, strict=True)) if a != b]
    if len(wrong) == 1:
        return len(word) >= (6 if short else 8)
    if len(wrong) != 2 or wrong[1] != wrong[0] + 1:
        return False
    i, j = wrong
    return word[i] == known[j] and word[j] == known[i]
