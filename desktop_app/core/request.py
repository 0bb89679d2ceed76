"""Everything one run needs, as one frozen value."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

DEFAULT_INSTRUCTION = "Cartoonize the following image"
MODES = ("exact", "balanced", "fast", "draft")
MAX_SEED = 2**32 - 1


def new_job_id() -> str:
    """Return an identifier that no other job has."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Request:
    """What the artist asked for. The same Request gives the same picture from the same photo.

    Attributes:
        instruction: what should happen to the photo, in words.
        engine: "classic" or "diffusion".
        model: id or folder of a diffusion model; None where the engine needs none.
        mode: one of MODES; engines without modes ignore it.
        seed: 0..MAX_SEED.
        steps: denoising steps; None for the engine's default.
        text_guidance: None for the model's default.
        image_guidance: None for the model's default.
        scheduler: None for the engine's default.
        negative: what should not be seen, in words; engines without guidance ignore it.
        safety_check: whether the model's own safety checker, where it brings one, looks at the
            picture.
        working_size_px: longest side that the engine works at; None for its default.
        size_px: longest side of the finished picture; None for the photo's own size.
        parameters: the engine's own parameters that the artist set by hand, by name; what is not
            here comes from the instruction.
        blend: share of the cartoon in the finished picture, 0 (the photo) to 1 (the cartoon).
        job_id: identity of the run; two runs of equal Requests are equal.
    """

    instruction: str = DEFAULT_INSTRUCTION
    engine: str = "classic"
    model: str | None = None
    mode: str = "balanced"
    seed: int = 0
    steps: int | None = None
    text_guidance: float | None = None
    image_guidance: float | None = None
    scheduler: str | None = None
    negative: str = ""
    safety_check: bool = False
    working_size_px: int | None = None
    size_px: int | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    blend: float = 1.0
    job_id: str = field(default_factory=new_job_id, compare=False)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"unknown mode {self.mode!r}; known are {', '.join(MODES)}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"the seed must be within 0 and {MAX_SEED}, not {self.seed}")
        if not 0.0 <= self.blend <= 1.0:
            raise ValueError(f"the blend must be within 0 and 1, not {self.blend}")
        for name in ("steps", "working_size_px", "size_px"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        for name, number in self._real_numbers():
            if not _is_finite(number):
                raise ValueError(f"{name} must be a finite number")

    def __hash__(self) -> int:
        # Not by the JSON: 1 and 1.0 are equal, and written differently.
        plain = (getattr(self, f.name) for f in fields(self) if f.compare)
        return hash(tuple(frozenset(v.items()) if isinstance(v, Mapping) else v for v in plain))

    def _real_numbers(self) -> Iterator[tuple[str, float]]:
        for name in ("text_guidance", "image_guidance"):
            value = getattr(self, name)
            if value is not None:
                yield name, value
        yield from self.parameters.items()

    def to_json(self) -> str:
        """Return the Request as JSON, without its job_id: what is written into pictures."""
        values = asdict(self)
        del values["job_id"]
        values["parameters"] = dict(sorted(self.parameters.items()))
        text = json.dumps(values, ensure_ascii=False, sort_keys=True)
        # Folders whose names are no text come as halves of surrogate pairs, which no file takes.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    @classmethod
    def from_json(cls, text: str) -> Request:
        """Return the Request that `to_json` wrote; unknown keys are ignored, missing ones default.

        Raises:
            ValueError: it is not JSON of a Request, or a value is out of its range.
        """
        try:
            values: Any = json.loads(text)
        except RecursionError as error:
            raise ValueError("not a Request: nested too deeply") from error
        if not isinstance(values, dict):
            raise ValueError("not a Request: a JSON object is wanted")
        known = {f.name for f in fields(cls)} - {"job_id"}
        kept = {name: value for name, value in values.items() if name in known}
        for name, value in kept.items():
            _check_type(name, value)
        return cls(**kept)


_KINDS: dict[str, tuple[type, ...]] = {
    "instruction": (str,),
    "engine": (str,),
    "model": (str, type(None)),
    "mode": (str,),
    "seed": (int,),
    "steps": (int, type(None)),
    "text_guidance": (float, int, type(None)),
    "image_guidance": (float, int, type(None)),
    "scheduler": (str, type(None)),
    "negative": (str,),
    "safety_check": (bool,),
    "working_size_px": (int, type(None)),
    "size_px": (int, type(None)),
    "parameters": (dict,),
    "blend": (float, int),
}


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that no float can hold
        return False


def _check_type(name: str, value: object) -> None:
    kinds = _KINDS[name]
    # To Python, true is a whole number.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ValueError(f"not a Request: {name} cannot be {value!r}")
    if name == "parameters":
        assert isinstance(value, dict)
        if not all(isinstance(v, float | int) and not isinstance(v, bool) for v in value.values()):
            raise ValueError("not a Request: parameters must be numbers")
