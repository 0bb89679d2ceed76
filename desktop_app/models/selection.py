"""Which files of a repository a model needs: the layout of diffusers, each weight once."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

# As diffusers and transformers name them, in one file, in shards, or the list of the shards. Other
# variants, as `non_ema`, do not fit.
_WEIGHTS = re.compile(
    r"(?P<stem>diffusion_pytorch_model|pytorch_model|model)"
    r"(?P<before>\.fp16)?(-\d{5}-of-\d{5})?(?P<after>\.fp16)?"
    r"\.(?P<ending>safetensors|bin)(?P<last>\.fp16)?(\.index(?P<index>\.fp16)?\.json)?"
)
_LIKE_WEIGHTS = re.compile(r".*\.(safetensors|bin)(\..*)?")
_ORDER = ((".safetensors", True), (".safetensors", False), (".bin", True), (".bin", False))


def choose(paths: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the files of a repository that are wanted, in the order of their names.

    Of each part's weights one kind is taken: safetensors before pickles, half precision before
    single. What lies neither at the top nor in a folder of it is no part of a model.

    Args:
        paths: all files of the repository.
        patterns: what may be taken.
    """
    taken: list[str] = []
    weights: dict[str, dict[tuple[str, bool], list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        place = PurePosixPath(path)
        if not any(_matches(path, pattern) for pattern in patterns):
            continue
        kind = _kind(place.name)
        if kind is not None:
            weights[str(place.parent)][kind].append(path)
        elif not _LIKE_WEIGHTS.fullmatch(place.name):
            taken.append(path)
    for kinds in weights.values():
        taken += next(kinds[kind] for kind in _ORDER if kind in kinds)
    return tuple(sorted(taken))


def _matches(path: str, pattern: str) -> bool:
    """Return whether a path fits a pattern whose stars stay within a folder."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        fnmatch.fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=True)
    )


def _kind(name: str) -> tuple[str, bool] | None:
    """Return ending and whether it is half precision; None for what is no file of weights."""
    match = _WEIGHTS.fullmatch(name)
    if match is None:
        return None
    is_half = any(match[group] for group in ("before", "after", "index", "last"))
    return f".{match['ending']}", is_half
