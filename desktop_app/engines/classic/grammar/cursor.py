"""Looking at items, and reading what stands before an adjective, an aspect or a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from desktop_app.engines.classic.grammar.fillers import CHANGING, DETERMINERS
from desktop_app.engines.classic.grammar.phrases import Kind, Meaning
from desktop_app.engines.classic.grammar.terms import Term
from desktop_app.engines.classic.grammar.vocabulary import NONE
from desktop_app.engines.classic.grammar.words import Item

AHEAD = 10
"""How many items a rule looks ahead at most, which keeps the whole linear."""

_NO_ITEM = Item(Meaning(Kind.STOP), 0, 0)


@dataclass(slots=True)
class Head:
    """What stands before an adjective, an aspect or a look: "not", "much", "more", ...

    Attributes:
        end: index of the item behind it.
        term: what it says about that item.
        adding: "with", "add", "lots of", ... if there was one.
        keep: whether "keep" was there.
        change: whether "change" was there.
    """

    end: int
    term: Term = field(default_factory=Term)
    adding: Meaning | None = None
    keep: bool = False
    change: bool = False


class Cursor:
    """The items of one instruction."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def at(self, index: int) -> Item:
        """Return the item at `index`, a stop where there is none."""
        return self._items[index] if 0 <= index < len(self._items) else _NO_ITEM

    def kind(self, index: int) -> Kind:
        """Return what the item at `index` is."""
        return self.at(index).kind

    def is_filler(self, index: int, words: frozenset[str] | None = None) -> bool:
        """Return whether a filler is there, one of `words` where they are given."""
        item = self.at(index)
        return item.kind is Kind.FILLER and (words is None or item.meaning.value in words)

    def skip(self, index: int, words: frozenset[str] | None = None) -> int:
        """Return the index behind the fillers at `index`."""
        end = index
        while end - index < AHEAD and self.is_filler(end, words):
            end += 1
        return end

    def head(self, start: int) -> Head:
        """Read "not", "much", "more", ... from `start` on; the head may be empty."""
        head = Head(start)
        while head.end - start < AHEAD:
            item = self.at(head.end)
            term = head.term
            if item.kind is Kind.NOT:
                term.negated = True
            elif item.kind is Kind.DEGREE:
                term.degree = item.meaning.degree
                term.little = item.meaning.value == "little"
            elif item.kind is Kind.TOO:
                term.too = True
            elif item.kind is Kind.AMOUNT:
                self._amount(head, item.meaning)
            elif item.kind is Kind.ADDING:
                head.adding = item.meaning
                term.degree = item.meaning.degree or term.degree
            elif item.kind is Kind.KEEP:
                head.keep = True
            elif item.kind is Kind.ACTION and item.meaning.value in CHANGING:
                head.change = True
            elif not self._may_interrupt(head, start):
                break
            head.end += 1
        return head

    @staticmethod
    def _amount(head: Head, amount: Meaning) -> None:
        term = head.term
        if term.amount is not None and term.amount.value == NONE and amount.value != NONE:
            term.negated = True  # "without more lines"
        if head.adding is not None and head.adding.form == "many":
            term.degree = term.degree or head.adding.degree  # "a lot of more"
            head.adding = None
        term.amount = amount
        term.degree = amount.degree or term.degree

    def _may_interrupt(self, head: Head, start: int) -> bool:
        if head.end == start or self.kind(head.end) is not Kind.FILLER:
            return False
        if head.term.negated or head.keep or head.change:
            return True
        opened = head.term.amount is not None or head.adding is not None
        return opened and self.is_filler(head.end, DETERMINERS)
