"""What cards say of models, put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from desktop_app.engines.diffusion.forecast import SIDE_PX, seconds_per_picture
from desktop_app.engines.diffusion.machine import Machine
from desktop_app.models.getting import Progress
from desktop_app.models.progress import size_words, time_words
from desktop_app.models.shelf import ShelfItem, Standing
from desktop_app.widgets.model_card import CardAction, CardState, CardValues

_SMALL_BYTES = 1_000_000_000
"""What is smaller is no model of Stable Diffusion's size, and nobody knows how long it takes."""

_STATES = {
    Standing.BUILT_IN: CardState.BUILT_IN,
    Standing.INSTALLED: CardState.HERE,
    Standing.BROKEN: CardState.DAMAGED,
    Standing.BEGUN: CardState.BEGUN,
    Standing.AVAILABLE: CardState.ABSENT,
}


@dataclass(frozen=True)
class Surroundings:
    """What this computer is and has.

    Attributes:
        machine: what was measured on it.
        cores: how many processors there are.
        memory_bytes: how much memory it has; 0 where nobody knows.
        free_bytes: how much room there is for models; 0 where nobody knows.
        seconds: how long models that are here take for a picture, by their ids.
        folder: where models are kept.
        problem: what is wrong with that folder, in a sentence.
    """

    machine: Machine
    cores: int
    memory_bytes: int
    free_bytes: int
    seconds: Mapping[str, float] = field(default_factory=dict)
    folder: str = ""
    problem: str = ""

    def sentence(self) -> str:
        """Return it in a sentence or two."""
        parts = [f"{self.cores} cores"]
        if self.memory_bytes:
            parts.append(f"{size_words(self.memory_bytes)} of memory")
        if self.free_bytes:
            parts.append(f"{size_words(self.free_bytes)} free for models")
        told = f"This computer has {', '.join(parts)}. "
        if self.machine.device:
            return f"{told}Times are for {self.machine.device}, as measured here."
        return f"{told}Times are guesses until a model has drawn a picture here."


@dataclass(frozen=True)
class Doings:
    """What goes on with a model, or went wrong with it.

    Attributes:
        progress: how far it is; None where nothing goes on.
        stop: how it can be ended; None where it cannot.
        problem: what went wrong last, in a sentence.
        is_damaged: whether that is the model itself.
        deletes: whether removing it would be for good.
        remark: what else there is to say, in a sentence.
    """

    progress: Progress | None = None
    stop: CardAction | None = CardAction.STOP
    problem: str = ""
    is_damaged: bool = False
    deletes: bool = False
    remark: str = ""


def card_of(
    item: ShelfItem, here: Surroundings | None, doings: Doings, *, is_used: bool
) -> CardValues:
    """Return what a model's card shows.

    Args:
        item: the model.
        here: this computer; None where it was not looked at yet.
        doings: what goes on with it.
        is_used: whether pictures are developed with it now.
    """
    entry = item.entry
    values = CardValues(
        item.model,
        item.title,
        note=item.note,
        size=_size(item),
        expected="" if here is None else _expected(item, here),
        licence="" if entry is None else entry.licence,
        licence_link="" if entry is None else entry.licence_link,
        commercial_use="" if entry is None else entry.commercial_use,
        state=CardState.DAMAGED if doings.is_damaged else _STATES[item.standing],
        problem=" ".join(part for part in (item.problem, doings.problem) if part),
        deletes=doings.deletes,
        can_get=entry is not None and not entry.is_built_in,
        is_used=is_used,
        doing=doings.remark or _cut_off(item),
    )
    if doings.progress is None:
        return values
    return replace(
        values,
        state=CardState.BUSY,
        stop=doings.stop,
        progress=doings.progress.share,
        doing=doings.progress.words(),
    )


def _cut_off(item: ShelfItem) -> str:
    if item.standing is Standing.BEGUN and item.entry is None:
        return "Its import was cut off; import it again to go on."
    return ""


def ready_words(titles: Sequence[str]) -> str:
    """Return what works at once: the classic engine always, and the models of these titles."""
    if not titles:
        return "The classic engine needs no model."
    named = ", ".join(titles)
    return f"The classic engine needs no model; ready for the diffusion engine: {named}."


def _size(item: ShelfItem) -> str:
    fetches = 0 if item.entry is None else item.entry.download_bytes
    here = size_words(item.size_bytes)
    if item.standing is Standing.BUILT_IN:
        return "comes with Toonroom"
    if item.standing is Standing.AVAILABLE:
        return f"{size_words(fetches)} to fetch" if fetches else "to fetch"
    if item.standing is Standing.BEGUN:
        return f"{here} of {size_words(fetches)} fetched" if fetches else f"{here} fetched"
    return f"{here} on this disk"


def _expected(item: ShelfItem, here: Surroundings) -> str:
    """Return what a model takes here; "" where nobody knows."""
    entry, seconds = item.entry, here.seconds.get(item.model)
    if seconds is None and entry is not None and entry.download_bytes > _SMALL_BYTES:
        seconds = seconds_per_picture(entry.defaults, here.machine)
    if seconds is None:
        return ""
    told = f"About {time_words(seconds)} for a picture of {SIDE_PX} px here."
    if entry is None:
        return told
    needed, there = entry.memory_bytes, here.memory_bytes
    if needed and there and needed > there:
        return (
            f"{told} It needs {size_words(needed)} of memory; this computer has"
            f" {size_words(there)}, so it will be slow or fail."
        )
    room = max(entry.download_bytes + entry.installed_bytes - item.size_bytes, 0)
    if not item.is_here and here.free_bytes and room > here.free_bytes:
        return f"{told} Getting it needs {size_words(room)} of room on the disk for a while."
    return f"{told} It needs {size_words(needed)} of memory." if needed else told
