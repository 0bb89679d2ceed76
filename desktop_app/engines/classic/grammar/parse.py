"""From items to modifiers and looks: the rules whose grammar `grammar` writes down.

The parser goes once from left to right. Each rule looks at most a few items ahead, so that the
time is linear in the number of items. What no rule claims is a filler or was not understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from desktop_app.engines.classic.grammar.cursor import AHEAD, Cursor, Head
from desktop_app.engines.classic.grammar.fillers import (
    DETERMINERS,
    LINKS,
    PLACES,
    WHOLE,
)
from desktop_app.engines.classic.grammar.modifiers import COUNT_AXES, Modifier, kept, modifier
from desktop_app.engines.classic.grammar.phrases import Kind, Meaning
from desktop_app.engines.classic.grammar.terms import Term, axis_of
from desktop_app.engines.classic.grammar.vocabulary import LESS, MORE, MOST, NONE
from desktop_app.engines.classic.grammar.words import Item
from desktop_app.engines.classic.parameters import BY_NAME

_SEPARATORS = (Kind.AND, Kind.COMMA, Kind.STOP)
_IDLE = (*_SEPARATORS, Kind.FILLER, Kind.UNKNOWN)
_BEFORE_DEGREE = DETERMINERS | WHOLE | {"by", "as", "up"}


@dataclass(slots=True)
class Reading:
    """What was found.

    Attributes:
        modifiers: in the order they were found.
        looks: meanings of the looks' names, in the order they were found.
        claimed: for every item whether a rule understood it.
    """

    claimed: list[bool]
    modifiers: list[Modifier] = field(default_factory=list)
    looks: list[Meaning] = field(default_factory=list)


def read(items: Sequence[Item]) -> Reading:
    """Return what `items` say."""
    return _Parser(items).read()


class _Parser(Cursor):
    """One pass over the items of one instruction."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(items)
        self._reading = Reading([False] * len(items))

    def read(self) -> Reading:
        at = 0
        while at < len(self._items):
            at = self._clause(at)
        return self._reading

    def _clause(self, start: int) -> int:
        """Return where the next clause begins, after reading the one at `start` if there is one."""
        if self.kind(start) in _IDLE:
            return start + 1
        if self.kind(start) is Kind.NUMBER:
            return self._count(start) or start + 1
        head = self.head(start)
        kind = self.kind(head.end)
        end: int | None = None
        if kind is Kind.QUALITY:
            end = self._attribute(start, head)
        elif self._is_aspect(head.end, head.term):
            end = self._predicate(start, head) or self._bare(start, head)
        elif kind is Kind.LOOK:
            return self._look(start, head)
        elif kind in (Kind.AND, Kind.COMMA) and head.term.amount is not None:
            end = self._amount_and_adjective(start, head)
        elif kind is Kind.NUMBER and not head.term.negated:
            end = self._count(head.end)
        if end is None:
            return max(start + 1, head.end) if head.adding or head.keep else start + 1
        return self._degree_after(end)

    def _attribute(self, start: int, head: Head) -> int | None:
        """Read "much bolder and darker lines", "fewer and thinner lines", "brighter"."""
        terms, end = self._terms(head)
        aspects, after = self._aspects(end, terms)
        if not aspects:
            if self._belongs_elsewhere(start, end) or terms[-1].sense_alone() is None:
                return None
            return self._claim(start, end, [m for term in terms for m in term.alone()])
        whole = self.is_filler(start - 1, WHOLE | LINKS) and len(terms) > 1
        found: list[Modifier] = []
        for term in terms:
            if whole and term is not terms[-1]:
                found.extend(term.alone())  # "make it brighter and bolder lines"
            else:
                found.extend(term.about(aspects))
        if head.adding is not None and head.adding.form == "many" and head.term.quality:
            found.extend(Term(adding=head.adding).about(aspects))  # "many thin lines"
        if not found:
            return None  # "black colours"
        after = self._claim(start, after, found)
        return self._said_of(aspects, after) or after

    def _amount_and_adjective(self, start: int, head: Head) -> int | None:
        """Read "fewer and thinner lines", "fewer, flatter colours"."""
        following = self.head(head.end + 1)
        if self.kind(following.end) is not Kind.QUALITY:
            return None
        terms, end = self._terms(following)
        aspects, after = self._aspects(end, terms)
        if not aspects:
            return None
        found = [m for term in (head.term, *terms) for m in term.about(aspects)]
        return self._claim(start, after, found)

    def _terms(self, head: Head) -> tuple[list[Term], int]:
        """Return the adjectives that "and" joins, sharing degree and negation, and their end."""
        first = head.term
        first.take(self.at(head.end).meaning)
        terms, end = [first], head.end + 1
        while self.kind(end) is Kind.AND and len(terms) < AHEAD:
            following = self.head(end + 1)
            item = self.at(following.end)
            if item.kind is not Kind.QUALITY or following.adding or following.keep:
                break
            term = following.term
            term.take(item.meaning)
            if self.at(end).meaning.value != "but":
                term.inherit(terms[-1])
            terms.append(term)
            end = following.end + 1
        return terms, end

    def _is_aspect(self, index: int, term: Term | None = None) -> bool:
        """Return whether an aspect is there; a look's name may be one after an amount."""
        item = self.at(index)
        if item.kind is Kind.LOOK and item.meaning.aspect:
            return term is not None and term.fits(item.meaning.aspect)
        return item.kind is Kind.ASPECT

    def _aspects(self, start: int, terms: Sequence[Term] = ()) -> tuple[list[str], int]:
        """Return the aspects at `start` that "and" or commas join, and where they end.

        Args:
            start: where to look.
            terms: what stands before them; one term without an adjective for an amount.
        """
        term = terms[-1] if terms else None
        first = self.skip(start, DETERMINERS)
        if term is not None and term.quality and not term.negated and self._is_positive(term):
            skipped = 0
            while skipped < 2 and self.kind(first) is Kind.UNKNOWN:
                first, skipped = first + 1, skipped + 1  # "bold red lines"
        if not self._is_aspect(first, term):
            return [], start
        found, end = [self._aspect(first)], first + 1
        while self.kind(end) in (Kind.AND, Kind.COMMA) and len(found) < AHEAD:
            following = end + 1
            if self.kind(end) is Kind.COMMA and self.kind(following) is Kind.AND:
                following += 1  # "lines, and colours"
            following = self.skip(following, DETERMINERS)
            if not self._is_aspect(following, term) or self._predicate_start(following + 1):
                break
            found.append(self._aspect(following))
            end = following + 1
        return found, end

    @staticmethod
    def _is_positive(term: Term) -> bool:
        return term.amount is None or term.amount.value in (MORE, MOST)

    def _aspect(self, index: int) -> str:
        meaning = self.at(index).meaning
        return meaning.aspect or meaning.value

    def _belongs_elsewhere(self, start: int, end: int) -> bool:
        """Return whether an adjective is about something nobody here can change."""
        if self.kind(end) is Kind.UNKNOWN:
            return True  # "darker hair"
        if self.at(end).meaning.value in PLACES:
            beyond = self.skip(end + 1, DETERMINERS)
            if self.kind(beyond) is Kind.UNKNOWN:
                return True  # "darker in the corners"
        before = start - 1
        while self.is_filler(before, LINKS):
            before -= 1
        return self.kind(before) is Kind.UNKNOWN  # "the sky should be darker"

    def _predicate_start(self, index: int) -> tuple[list[Term], int] | None:
        """Return what is said of something from `index` on: "... should be much bolder"."""
        start = self.skip(index)
        head = self.head(start)
        if head.adding or head.keep or head.change:
            return None
        if self.kind(head.end) is Kind.QUALITY:
            terms, end = self._terms(head)
            while terms and self._is_aspect(self.skip(end, DETERMINERS), terms[-1]):
                if len(terms) == 1:
                    return None  # "lines, darker colours": the adjective has its own noun
                terms.pop()
                end = self._end_of(terms, head)
            return terms, end
        if head.term.amount is not None and self.kind(head.end) in (*_SEPARATORS, Kind.FILLER):
            return [head.term], head.end
        return None

    def _end_of(self, terms: Sequence[Term], head: Head) -> int:
        """Return where the first `len(terms)` adjectives from `head` on end."""
        end = head.end + 1
        for _ in terms[1:]:
            end = self.head(end + 1).end + 1
        return end

    def _predicate(self, start: int, head: Head) -> int | None:
        """Read "lines should be much bolder", "colours: fewer", "limit the colours to 8"."""
        aspects, end = self._aspects(head.end, [head.term])
        counted = self.skip(end)
        if self.kind(counted) is Kind.NUMBER and COUNT_AXES.get(axis_of(aspects[0])):
            return self._claim(start, counted + 1, [self._counted(aspects[0], counted)])
        if head.term.amount is not None:
            return None
        said = self._predicate_start(end)
        if said is None:
            return None
        terms, after = said
        for term in terms:
            term.negated = term.negated or head.term.negated
        found = [m for term in terms for m in term.about(aspects)]
        return self._claim(start, after, found) if found else None

    def _said_of(self, aspects: Sequence[str], start: int) -> int | None:
        """Read what follows an adjective and its noun: "bold lines should be dark"."""
        end = self.skip(start)
        if not any(self.is_filler(i, LINKS) for i in range(start, end)):
            return None
        said = self._predicate_start(start)
        if said is None:
            return None
        found = [m for term in said[0] for m in term.about(aspects)]
        return self._claim(start, said[1], found) if found else None

    def _bare(self, start: int, head: Head) -> int | None:
        """Read "no lines and shading", "add texture", "a little grain", "keep the detail"."""
        aspects, end = self._aspects(head.end, [head.term])
        term = head.term
        if head.keep or (head.change and term.negated):
            negated_keep = head.keep and term.negated
            term.amount = Meaning(Kind.AMOUNT, NONE) if negated_keep else None
            found = term.about(aspects) if negated_keep else [kept(axis_of(a)) for a in aspects]
            return self._claim(start, end, found)
        if head.change:
            return None
        term.adding = head.adding
        if term.little and term.amount is None:
            term.amount, term.degree = Meaning(Kind.AMOUNT, LESS), None
        if not (term.amount or term.adding or term.negated or term.degree or term.too):
            return None
        if head.adding is not None and self.kind(start - 1) is Kind.UNKNOWN:
            return None
        after = self._claim(start, end, term.about(aspects))
        return self._said_of(aspects, after) or after

    def _count(self, start: int) -> int | None:
        """Read "8 colours", "five flat colours"."""
        aspect = start + 1
        while aspect < start + 3 and self.kind(aspect) in (Kind.QUALITY, Kind.UNKNOWN):
            aspect += 1
        name = self._aspect(aspect)
        if self.kind(aspect) is not Kind.ASPECT or not COUNT_AXES.get(axis_of(name)):
            return None
        found = [self._counted(name, start)]
        for index in range(start + 1, aspect):
            if self.kind(index) is Kind.QUALITY:
                term = Term()
                term.take(self.at(index).meaning)
                found.extend(term.about([name]))
        return self._claim(start, aspect + 1, found)

    def _counted(self, aspect: str, index: int) -> Modifier:
        axis = axis_of(aspect)
        wanted = int(self.at(index).meaning.value)
        number = int(BY_NAME[COUNT_AXES[axis]].clamp(wanted))
        return Modifier(axis, "count", number=number)

    def _look(self, start: int, head: Head) -> int:
        refused = head.term.negated or (
            head.term.amount is not None and head.term.amount.value in (LESS, NONE)
        )
        if not refused:
            self._reading.looks.append(self.at(head.end).meaning)
            self._claim(start, head.end + 1, [])
        return head.end + 1

    def _degree_after(self, end: int) -> int:
        """Read a degree that comes late: "increase the contrast a lot"."""
        at = end + 1 if self.kind(end) is Kind.COMMA else self.skip(end, _BEFORE_DEGREE)
        if self.kind(at) is not Kind.DEGREE:
            return end
        if self.kind(at + 1) not in (*_SEPARATORS, Kind.FILLER):
            return end
        last = self._reading.modifiers[-1:] if self._reading.modifiers else []
        for found in last:
            if found.way in ("up", "down") and found.degree == 1.0:
                direction = 1 if found.way == "up" else -1
                degree = self.at(at).meaning.degree
                self._reading.modifiers[-1] = modifier(found.axis, direction, degree)
        self._reading.claimed[at] = True
        return at + 1

    def _claim(self, start: int, end: int, found: Sequence[Modifier]) -> int:
        self._reading.modifiers.extend(found)
        for index in range(start, end):
            if self.kind(index) not in _IDLE:
                self._reading.claimed[index] = True
        return end
