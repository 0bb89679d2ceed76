"""The words nobody could do anything with, grouped as they were written."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.engines.classic.grammar.phrases import Kind
from desktop_app.engines.classic.grammar.words import Item

_SOFT = (Kind.DEGREE, Kind.TOO, Kind.KEEP, Kind.ACTION, Kind.ADDING)
"""Words that mean nothing alone and belong to an unknown word beside them: "add a hat"."""

_BREAKS = (Kind.COMMA, Kind.STOP)


def ignored_phrases(text: str, items: Sequence[Item], claimed: Sequence[bool]) -> list[str]:
    """Return the runs of items that were neither claimed nor fillers.

    Fillers and "and" inside a run belong to it; a comma, a stop or anything understood ends it.
    """
    phrases: list[str] = []
    run: list[Item] = []
    for item, is_claimed in zip(items, claimed, strict=True):
        if is_claimed or item.kind in _BREAKS:
            phrases.extend(_phrase(text, run))
            run = []
        else:
            run.append(item)
    phrases.extend(_phrase(text, run))
    return phrases


def _phrase(text: str, run: Sequence[Item]) -> list[str]:
    """Return what a run says without the fillers at its ends; nothing for fillers only."""
    quiet = (Kind.FILLER, Kind.AND)
    said = [i for i, item in enumerate(run) if item.kind not in quiet]
    if all(run[i].kind in _SOFT or run[i].meaning.form == "up" for i in said):
        return []
    last = said[-1] + 1
    if last < len(run) and run[last].meaning.value == "painting":
        said.append(last)  # "oil painting": "oil" alone would read oddly
    return [text[run[said[0]].start : run[said[-1]].end]]
