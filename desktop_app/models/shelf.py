"""All models at a glance: those that are here, those that were begun, those that can be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from desktop_app.core.errors import ModelError
from desktop_app.core.paths import models_folder, resources
from desktop_app.models import store
from desktop_app.models.catalogue import Entry, entries, lookup
from desktop_app.models.layout import read_layout
from desktop_app.models.library import STARTER


class Standing(Enum):
    """How a model stands; the value is what a script reads."""

    BUILT_IN = "built in"
    INSTALLED = "installed"
    BROKEN = "broken"
    BEGUN = "begun"
    AVAILABLE = "available"


@dataclass(frozen=True)
class ShelfItem:
    """A model that is here or can be.

    Attributes:
        model: its id.
        title: what people read.
        note: one sentence: what it is good at; "" where nobody knows.
        standing: whether it is here.
        entry: what the catalogue says of it; None where it is not in there.
        folder: where it is; None where it is not here.
        origin: where it is from; None where nobody wrote it down.
        size_bytes: how much of the disk it takes, with what was fetched of it so far.
        problem: what is wrong with it, in a sentence.
    """

    model: str
    title: str
    note: str
    standing: Standing
    entry: Entry | None = None
    folder: Path | None = None
    origin: store.Origin | None = None
    size_bytes: int = 0
    problem: str = ""

    @property
    def is_here(self) -> bool:
        """Whether pictures can be made with it."""
        return self.standing in (Standing.BUILT_IN, Standing.INSTALLED)


def items() -> tuple[ShelfItem, ...]:
    """Return all models, the catalogue's in its order, then the artist's own by name.

    Reads the disk, and asks nothing of the network.
    """
    return tuple(_items())


def item_of(model: str) -> ShelfItem:
    """Return one of them, by its id or what `catalogue.lookup` knows it by.

    Raises:
        ModelError: there is none of this id.
    """
    found = {item.model: item for item in _items()}
    entry = lookup(model) if model not in found else None
    if entry is not None and entry.id in found:
        return found[entry.id]
    if model not in found:
        raise ModelError(f"There is no model called “{model}”; choose one of {', '.join(found)}.")
    return found[model]


def _items() -> Iterator[ShelfItem]:
    known = {entry.id: entry for entry in entries()}
    for model, entry in known.items():
        item = _item(model, entry)
        if item is not None:
            yield item
    for model in sorted(_names() - set(known)):
        item = _item(model, None)
        if item is not None:
            yield item


def _names() -> set[str]:
    """Return what there is a folder of, whole or begun."""
    found = set()
    for parent in (models_folder(), models_folder() / store.WORKSHOP):
        try:
            found |= {path.name for path in parent.iterdir() if path.is_dir()}
        except OSError:  # there is none before the first model
            continue
    return {name for name in found if not name.startswith(".")}


def _item(model: str, entry: Entry | None) -> ShelfItem | None:
    if store.is_replaced(model):  # cut off between two renames: claiming puts it back
        with suppress(ModelError), store.claimed(model):
            pass
    place, begun = store.place_of(model), store.workshop(model)
    if model == STARTER and not place.is_dir():
        place = resources() / "models" / STARTER
        if not place.is_dir():
            return None
    size = sum(store.size_bytes(path) for path in (place, begun) if path.is_dir())
    size -= store.size_bytes(begun / store.CONVERTED)  # made of what was fetched
    title, note = (entry.title, entry.note) if entry is not None else (model, "")
    plain = ShelfItem(model, title, note, Standing.AVAILABLE, entry, size_bytes=size)
    if place.is_dir():
        return _here(plain, place)
    if begun.is_dir():
        return replace(plain, standing=Standing.BEGUN)
    return plain if entry is not None and not entry.is_built_in else None


def _here(plain: ShelfItem, place: Path) -> ShelfItem:
    """Return what is known of a model that has a folder of its own."""
    found = replace(plain, folder=place)
    try:
        layout = read_layout(place)
        manifest = store.read_manifest(place)
    except ModelError as error:
        return replace(found, standing=Standing.BROKEN, problem=str(error))
    is_the_apps = place == resources() / "models" / STARTER
    return replace(
        found,
        standing=Standing.BUILT_IN if is_the_apps else Standing.INSTALLED,
        title=layout.extras.title or plain.title,
        note=layout.note or plain.note,
        origin=None if manifest is None else manifest.origin,
    )
