"""The looks of the classic engine, read from TOML files: one file, one look.

A file's name without its ending is the look's id. `name`, `icon` and `instruction` must be there;
`synonyms`, `medium`, `line_colour`, `paper_colour` and the table `parameters` may be.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from desktop_app.core.errors import ToonroomError
from desktop_app.core.looks import Look
from desktop_app.core.paths import resources
from desktop_app.engines.classic.parameters import BY_NAME

DEFAULT_LOOK_ID = "cartoon"
MEDIA = ("paint", "ink", "pencil", "watercolour", "pastel", "screentone")

_ORDER = (
    DEFAULT_LOOK_ID,
    "comic_ink",
    "pencil_sketch",
    "watercolour",
    "poster",
    "pastel",
    "manga",
)
_KEYS = {
    "name",
    "icon",
    "instruction",
    "synonyms",
    "medium",
    "line_colour",
    "paper_colour",
    "parameters",
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


def load_looks(folder: Path | None = None) -> tuple[Look, ...]:
    """Return the looks of `folder`, the cartoon first; the app's own looks, read once, for None.

    Raises:
        ToonroomError: a file is damaged; the sentence names the file and the key.
    """
    return _own_looks() if folder is None else _read_folder(folder)


@cache
def _own_looks() -> tuple[Look, ...]:
    return _read_folder(resources() / "looks")


def _read_folder(folder: Path) -> tuple[Look, ...]:
    looks = [_read(path) for path in sorted(folder.glob("*.toml"))]
    if not looks:
        raise ToonroomError(f"There are no looks in {folder}; put at least one .toml file there.")
    said: dict[str, str] = {}
    for look in looks:
        other = said.setdefault(look.instruction.casefold(), look.look_id)
        if other != look.look_id:
            raise _fault(
                folder / f"{look.look_id}.toml", "instruction", f"is that of {other}.toml too"
            )
    return tuple(sorted(looks, key=_rank))


def _rank(look: Look) -> tuple[int, str]:
    known = _ORDER.index(look.look_id) if look.look_id in _ORDER else len(_ORDER)
    return known, look.look_id


def _read(path: Path) -> Look:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ToonroomError(f"The look {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ToonroomError(f"The look {path} is not valid TOML: {error}.") from error
    for key in values:
        if key not in _KEYS:
            raise _fault(path, key, f"is not known; known are {', '.join(sorted(_KEYS))}")
    medium = _text(path, values, "medium", "paint")
    if medium not in MEDIA:
        raise _fault(path, "medium", f"must be one of {', '.join(MEDIA)}, not {medium!r}")
    return Look(
        look_id=path.stem,
        name=_text(path, values, "name"),
        icon=_text(path, values, "icon"),
        instruction=_text(path, values, "instruction"),
        synonyms=_synonyms(path, values.get("synonyms", [])),
        medium=medium,
        line_colour=_colour(path, values, "line_colour", "#000000"),
        paper_colour=_colour(path, values, "paper_colour", "#ffffff"),
        parameters=_parameters(path, values.get("parameters", {})),
    )


def _text(path: Path, values: Mapping[str, Any], key: str, default: str | None = None) -> str:
    if key not in values and default is None:
        raise _fault(path, key, "is missing")
    value = values.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise _fault(path, key, "must be a text that is not empty")
    return value.strip()


def _colour(path: Path, values: Mapping[str, Any], key: str, default: str) -> str:
    value = _text(path, values, key, default)
    if not _COLOUR.match(value):
        raise _fault(path, key, f'must be a colour like "#1c1512", not {value!r}')
    return value.lower()


def _synonyms(path: Path, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise _fault(path, "synonyms", "must be a list of texts")
    return tuple(dict.fromkeys(v.strip().lower() for v in value))


def _parameters(path: Path, value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        raise _fault(path, "parameters", "must be a table")
    parameters: dict[str, float] = {}
    for name, number in value.items():
        key = f"parameters.{name}"
        spec = BY_NAME.get(name)
        if spec is None:
            raise _fault(path, key, f"is not known; known are {', '.join(BY_NAME)}")
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise _fault(path, key, "must be a number")
        inside = math.isfinite(number) and spec.minimum <= number <= spec.maximum
        if not inside or spec.clamp(number) != number:
            kind = "a whole number" if spec.step == 1.0 else "a number"
            raise _fault(
                path, key, f"must be {kind} from {spec.minimum:g} to {spec.maximum:g}, not {number}"
            )
        parameters[name] = float(number)
    return parameters


def _fault(path: Path, key: str, what: str) -> ToonroomError:
    return ToonroomError(f'The look {path} is damaged: "{key}" {what}.')
