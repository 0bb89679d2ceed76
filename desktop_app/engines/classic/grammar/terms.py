"""One adjective or amount with what stands before it, and what it makes of an aspect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.engines.classic.grammar.modifiers import (
    Modifier,
    kept,
    modifier,
    unchanged,
    without,
)
from desktop_app.engines.classic.grammar.phrases import Meaning
from desktop_app.engines.classic.grammar.vocabulary import (
    A_LITTLE,
    AMOUNT_AXES,
    LESS,
    MORE,
    MOST,
    MUCH,
    NONE,
    Quality,
    Sense,
)

_COUNTING = frozenset({"few", "fewer", "fewest", "very few", "not as many", "many"})
"""Words that count: "fewer color" is about the number of colours."""


def axis_of(aspect: str) -> str:
    """Return the axis that "more" and "less" of `aspect` go along."""
    return AMOUNT_AXES.get(aspect, aspect)


@dataclass(slots=True)
class Term:
    """An adjective ("bolder") or an amount ("fewer") in its sentence.

    Attributes:
        negated: whether "not" stands before it.
        too: whether "too" does: a complaint.
        degree: how much; None where nothing says so.
        little: whether the degree is the word "little" alone, which means "less" before a noun.
        amount: "more", "less", ... before an adjective or an aspect.
        adding: "with", "lots of", ... before an aspect.
        quality: the adjective's meaning; None for an amount.
        form: of the adjective: "base", "more" or "most".
    """

    negated: bool = False
    too: bool = False
    degree: float | None = None
    little: bool = False
    amount: Meaning | None = None
    adding: Meaning | None = None
    quality: Quality | None = None
    form: str = "base"

    def take(self, adjective: Meaning) -> None:
        """Make this the term of `adjective`."""
        self.quality, self.form = adjective.quality, adjective.form
        if self.form == "most" or (self.amount is not None and self.amount.value == MOST):
            self.degree = self.degree or MUCH
        if self.amount is not None and self.amount.value == NONE:
            self.negated = True

    def inherit(self, before: Term) -> None:
        """Take over what "and" shares: the degree, "not", "too" and "less"."""
        self.degree = before.degree if self.degree is None else self.degree
        self.negated = self.negated or before.negated
        self.too = self.too or before.too
        self.amount = self.amount or before.amount

    def fits(self, aspect: str) -> bool:
        """Return whether this says something about `aspect` in particular."""
        if self.quality is None:
            return self.amount is not None
        return self.quality.sign != 0 or aspect in self.quality.about

    def sense_alone(self) -> Sense | None:
        """Return what the adjective means for the whole picture."""
        return None if self.quality is None else self.quality.alone

    def alone(self) -> list[Modifier]:
        """Return what this does to the whole picture."""
        sense = self.sense_alone()
        return [] if sense is None else [self._adjective(sense)]

    def about(self, aspects: Sequence[str]) -> list[Modifier]:
        """Return what this does to `aspects`."""
        if self.quality is None:
            return [self._amount_of(aspect) for aspect in aspects]
        if self.form == "base" and self.amount is not None and self.amount.form in _COUNTING:
            return [self._amount_of(aspect) for aspect in aspects]  # "fewer flat colours"
        senses = [self._sense(aspect) for aspect in aspects]
        return [self._adjective(sense) for sense in dict.fromkeys(senses) if sense is not None]

    def _sense(self, aspect: str) -> Sense | None:
        assert self.quality is not None
        if aspect in self.quality.about:
            return self.quality.about[aspect]
        return (axis_of(aspect), self.quality.sign) if self.quality.sign else self.quality.alone

    def _adjective(self, sense: Sense) -> Modifier:
        axis, direction = sense
        compared = self.form != "base" or self.amount is not None
        if self.amount is not None and self.amount.value == LESS:
            direction = -direction
        if self.amount is not None and self.amount.value == NONE:
            compared = self.form != "base"
        if self.negated and compared and not self.too and axis != "mono":
            return unchanged(axis, direction)
        if self.negated:
            return modifier(axis, -direction, A_LITTLE)
        return modifier(axis, -direction if self.too else direction, self.degree)

    def _amount_of(self, aspect: str) -> Modifier:
        axis = axis_of(aspect)
        amount = self.amount
        word = amount.form if amount is not None else self.adding.value if self.adding else ""
        if aspect == "colour" and word in _COUNTING:
            axis = "colours"
        if amount is None:
            return self._added(axis)
        if amount.value == NONE:
            return kept(axis) if self.negated else without(axis)
        direction = 1 if amount.value in (MORE, MOST) else -1
        if self.negated and amount.form in ("few", "too"):
            return modifier(axis, -direction if amount.form == "few" else direction, A_LITTLE)
        if self.negated:
            return unchanged(axis, direction)
        return modifier(axis, -direction if self.too else direction, self.degree)

    def _added(self, axis: str) -> Modifier:
        counted = self.adding is not None and self.adding.form == "many"
        if self.negated and (counted or self.too or self.degree):
            return modifier(axis, -1, A_LITTLE)
        if self.negated:
            return without(axis)
        return modifier(axis, -1 if self.too else 1, self.degree)
