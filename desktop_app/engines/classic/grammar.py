"""Reads instructions: looks and modifiers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from desktop_app.core.events import Interpretation
from desktop_app.core.looks import Look
from desktop_app.engines.classic.parameters import SPECS


def interpret(
    instruction: str, looks: Sequence[Look], overrides: Mapping[str, float]
) -> Interpretation:
    """Return what `instruction` asks for; `overrides`, set by hand, win over it."""
    words = " ".join(re.findall(r"[^\W_]+", instruction.casefold()))
    text = f" {words} "
    names = {phrase.casefold(): look for look in looks for phrase in (*look.synonyms, look.name)}
    found = [name for name in sorted(names, key=len, reverse=True) if f" {name} " in text]
    look = names[found[0]] if found else looks[0]
    values = {spec.name: look.parameters.get(spec.name, spec.default) for spec in SPECS}
    for spec in SPECS:
        value = overrides.get(spec.name)
        if value is not None and math.isfinite(value):
            values[spec.name] = value
    return Interpretation(
        look=look.look_id,
        understood=(look.name,) if found else (),
        parameters={spec.name: spec.clamp(values[spec.name]) for spec in SPECS},
        note="" if found else f"No look was named: the {look.name.lower()} look is used.",
    )


def with_look(instruction: str, look: Look, looks: Sequence[Look]) -> str:
    """Return `instruction` rewritten for `look`."""
    return look.instruction


def completions(looks: Sequence[Look]) -> tuple[str, ...]:
    """Return phrases that the instruction field offers."""
    return tuple(look.instruction for look in looks)
