"""Looks: named sets of parameters, read from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of an engine.

    Attributes:
        name: key in a Request's `parameters`.
        label: what the control is called.
        help: one sentence: what more of it does.
        minimum: smallest value.
        maximum: largest value.
        default: value where a look says nothing.
        step: what one key press changes; 1.0 with whole bounds means whole numbers.
        group: heading that the control stands under.
    """

    name: str
    label: str
    help: str
    minimum: float
    maximum: float
    default: float
    step: float
    group: str

    def clamp(self, value: float) -> float:
        """Return `value` brought into the range, whole where the step is 1."""
        value = min(self.maximum, max(self.minimum, float(value)))
        return float(round(value)) if self.step == 1.0 else value


@dataclass(frozen=True)
class Look:
    """A look that people pick by name.

    Attributes:
        look_id: file name without its ending, and what a script calls it.
        name: what people read ("Comic ink").
        icon: name of an icon in `resources/icons`.
        instruction: what the field says when the look is picked.
        synonyms: other words that mean it, lower case.
        medium: how it is put on paper: "paint", "ink", "pencil", "watercolour", "pastel" or
            "screentone".
        line_colour: "#rrggbb".
        paper_colour: "#rrggbb".
        parameters: values that differ from the specs' defaults, by name.
    """

    look_id: str
    name: str
    icon: str
    instruction: str
    synonyms: tuple[str, ...] = ()
    medium: str = "paint"
    line_colour: str = "#000000"
    paper_colour: str = "#ffffff"
    parameters: Mapping[str, float] = field(default_factory=dict)
