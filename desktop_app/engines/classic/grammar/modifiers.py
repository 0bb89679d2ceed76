"""What a modifier does to a look's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop_app.engines.classic.grammar.vocabulary import A_LITTLE, MUCH, PLAIN
from desktop_app.engines.classic.parameters import BY_NAME


@dataclass(frozen=True)
class Axis:
    """One thing that a modifier changes, in two directions.

    Attributes:
        up: canonical phrase for more of it.
        down: canonical phrase for less of it.
        changes: (parameter, amount) added per degree when going up, subtracted when going down.
        factors: (parameter, factor) multiplied per degree when going up, divided going down.
        none: canonical phrase for none of it; "" where that makes no sense.
        none_sets: (parameter, value) that `none` sets.
        up_sets: (parameter, value) that going up sets.
        down_sets: (parameter, value) that going down sets.
        needs: (parameter, value) that going up raises at least to, so that it can be seen.
    """

    up: str
    down: str
    changes: tuple[tuple[str, float], ...] = ()
    factors: tuple[tuple[str, float], ...] = ()
    none: str = ""
    none_sets: tuple[tuple[str, float], ...] = ()
    up_sets: tuple[tuple[str, float], ...] = ()
    down_sets: tuple[tuple[str, float], ...] = ()
    needs: tuple[tuple[str, float], ...] = ()


_VISIBLE_INK = (("line_darkness", 0.6),)
_NO_LINES = (("line_darkness", 0.0), ("line_amount", 0.0))

AXES: Mapping[str, Axis] = {
    "width": Axis(
        "bolder lines", "thinner lines", factors=(("line_width", 1.4),), needs=_VISIBLE_INK
    ),
    "amount": Axis(
        "more lines",
        "fewer lines",
        changes=(("line_amount", 0.2),),
        none="no lines",
        none_sets=_NO_LINES,
        needs=_VISIBLE_INK,
    ),
    "ink": Axis("darker lines", "lighter lines", changes=(("line_darkness", 0.2),)),
    "colours": Axis("more colours", "fewer colours", factors=(("colours", 1.6),)),
    "tones": Axis("more tones", "fewer tones", factors=(("tone_steps", 1.5),)),
    "brightness": Axis("brighter", "darker", changes=(("brightness", 0.25),)),
    "softness": Axis("softer", "harsher", changes=(("contrast", -0.12), ("line_darkness", -0.12))),
    "smoothness": Axis("smoother", "rougher", changes=(("detail", -0.15), ("grain", -0.15))),
    "detail": Axis(
        "more detail",
        "less detail",
        changes=(("detail", 0.25),),
        none="no detail",
        none_sets=(("detail", 0.0),),
    ),
    "vividness": Axis("more vivid", "less vivid", changes=(("vividness", 0.3),)),
    "contrast": Axis(
        "more contrast",
        "less contrast",
        changes=(("contrast", 0.15),),
        none="no contrast",
        none_sets=(("contrast", 0.5),),
    ),
    "shading": Axis(
        "more shading",
        "less shading",
        changes=(("shading", 0.25),),
        none="no shading",
        none_sets=(("shading", 0.0),),
    ),
    "grain": Axis(
        "more grain",
        "less grain",
        changes=(("grain", 0.3),),
        none="no grain",
        none_sets=(("grain", 0.0),),
    ),
    "mono": Axis(
        "black and white",
        "in colour",
        up_sets=(("monochrome", 1.0),),
        down_sets=(("monochrome", 0.0),),
    ),
}

COUNT_AXES: Mapping[str, str] = {"colours": "colours", "tones": "tone_steps"}
"""Axes that a number sets, and the parameter that it sets."""

_KEPT: Mapping[str, str] = {
    "width": "lines",
    "amount": "lines",
    "ink": "lines",
    "softness": "softness",
    "smoothness": "smoothness",
    "vividness": "colours",
    "mono": "colours",
}


@dataclass(frozen=True)
class Modifier:
    """One change to a look.

    Attributes:
        axis: key of AXES.
        way: "up", "down", "none", "count", or, changing nothing, "not up", "not down", "keep".
        degree: A_LITTLE, PLAIN or MUCH.
        number: how many, for "count".
    """

    axis: str
    way: str
    degree: float = PLAIN
    number: int = 0

    @property
    def phrase(self) -> str:
        """The canonical phrase, which reads as this modifier again."""
        axis = AXES[self.axis]
        if self.way == "keep":
            return f"keep the {_KEPT.get(self.axis, self.axis)}"
        if self.way == "count":
            return f"{self.number} {self.axis}"
        if self.way == "none":
            return axis.none
        negation, _, way = self.way.rpartition(" ")
        phrase = axis.up if way == "up" else axis.down
        if negation:
            return f"not {phrase}"
        return {A_LITTLE: "a little ", MUCH: "much "}.get(self.degree, "") + phrase

    def apply(self, values: dict[str, float]) -> None:
        """Change `values` in place, each one kept within its range but not rounded."""
        axis = AXES[self.axis]
        if self.way == "count":
            _store(values, COUNT_AXES[self.axis], float(self.number))
        elif self.way == "none":
            _set(values, axis.none_sets)
        elif self.way in ("up", "down"):
            step = self.degree if self.way == "up" else -self.degree
            for name, change in axis.changes:
                _store(values, name, values[name] + step * change)
            for name, factor in axis.factors:
                _store(values, name, values[name] * factor**step)
            _set(values, axis.up_sets if step > 0 else axis.down_sets)
            for name, least in axis.needs if step > 0 else ():
                _store(values, name, max(values[name], least))


def modifier(axis: str, direction: int, degree: float | None = None) -> Modifier:
    """Return the change along `axis`, up for +1 and down for -1."""
    if AXES[axis].up_sets:
        degree = None  # either or: there is no "much black and white"
    return Modifier(axis, "up" if direction > 0 else "down", PLAIN if degree is None else degree)


def without(axis: str) -> Modifier:
    """Return the change that leaves nothing of what `axis` is about."""
    if axis in ("colours", "vividness"):
        return modifier("mono", 1)
    return Modifier(axis, "none") if AXES[axis].none else modifier(axis, -1, MUCH)


def unchanged(axis: str, direction: int) -> Modifier:
    """Return the modifier that promises not to go along `axis`."""
    return Modifier(axis, "not up" if direction > 0 else "not down")


def kept(axis: str) -> Modifier:
    """Return what keeping the thing that `axis` is about means."""
    if axis in ("colours", "vividness", "mono"):
        return modifier("mono", -1)
    if axis == "detail":
        return modifier("detail", 1)
    return Modifier(axis, "keep")


def _store(values: dict[str, float], name: str, value: float) -> None:
    spec = BY_NAME[name]
    values[name] = min(spec.maximum, max(spec.minimum, value))


def _set(values: dict[str, float], settings: Sequence[tuple[str, float]]) -> None:
    for name, value in settings:
        _store(values, name, value)
