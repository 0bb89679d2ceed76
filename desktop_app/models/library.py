"""Which models are here: the starter model that comes with the app, and those of the artist."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from desktop_app.core.engine import ModelInfo
from desktop_app.core.errors import ModelError
from desktop_app.core.paths import models_folder, resources
from desktop_app.models.catalogue import lookup
from desktop_app.models.configs import is_folder, shown
from desktop_app.models.finding import absolute
from desktop_app.models.layout import ModelLayout, read_layout

STARTER = "starter"

_HOW = "get one with 'toonroom models get', or choose a folder in diffusers layout"

log = logging.getLogger(__name__)

_Stamps = frozenset[tuple[str, int, int]]
_read: dict[Path, tuple[_Stamps, ModelLayout]] = {}


def find(model: str | None) -> ModelLayout:
    """Return the model that a Request names.

    Args:
        model: an id, or a folder; None for the starter model, or else the first by name.

    Raises:
        ModelError: it is not here, or it is broken.
    """
    places = _places()
    if model is None:
        return _default(places)
    if model in places:
        return _read_cached(places[model])
    entry = None if os.path.lexists(model) else lookup(model)
    if entry is not None and entry.id in places:
        return _read_cached(places[entry.id])
    if entry is not None:
        raise ModelError(
            f"The model {entry.id} is not here; get it with 'toonroom models get {entry.id}', or"
            " under Models… in the window."
        )
    path = Path(os.path.expanduser(model))  # noqa: PTH111 - pathlib raises for unknown users
    separators = {os.sep, os.altsep or os.sep, "/"}
    if model.strip() and (
        model.startswith("~") or os.path.lexists(path) or any(s in model for s in separators)
    ):
        return _read_cached(path)
    here = f"the models here are {', '.join(places)}" if places else "there is none here yet"
    raise ModelError(f"There is no model called {shown(model)}; {here}; {_HOW}.")


def installed() -> tuple[ModelInfo, ...]:
    """Return the models that are here, the default first; those that are broken are logged."""
    found = []
    for name, place in _places().items():
        try:
            found.append(_info(name, _read_cached(place)))
        except ModelError as error:
            log.warning("the model %s is left out: %s", name, error)
    return tuple(found)


def info(layout: ModelLayout) -> ModelInfo:
    """Return what people choose `layout` by."""
    for name, place in _places().items():
        root = absolute(place)
        if layout.folder == root or root in layout.folder.parents:
            return _info(name, layout)
    return _info(str(layout.folder), layout)


def id_of(folder: Path) -> str | None:
    """Return what the model in `folder` is called, where that is one of those that are here."""
    real = os.path.realpath(folder)
    places = _places().items()
    return next((name for name, place in places if os.path.realpath(place) == real), None)


def _info(model: str, layout: ModelLayout) -> ModelInfo:
    has_checker = layout.safety_checker is not None
    return ModelInfo(model, layout.title, has_safety_checker=has_checker, note=layout.note)


def _places() -> dict[str, Path]:
    """Return the folder of each model that seems to be here, by id, the default first."""
    places = {}
    starter = resources().joinpath("models", STARTER)
    if is_folder(starter):
        places[STARTER] = starter
    try:
        own = sorted(path for path in models_folder().iterdir() if is_folder(path))
    except OSError:  # there is no such folder before the first model
        own = []
    for path in own:
        if not path.name.startswith("."):
            places.setdefault(path.name, path)
    return places


def _default(places: dict[str, Path]) -> ModelLayout:
    first: ModelError | None = None
    for name, place in places.items():
        try:
            return _read_cached(place)
        except ModelError as error:
            log.warning("the model %s is passed over: %s", name, error)
            first = first or error
    raise first or ModelError(f"There is no model here yet; {_HOW}.")


def _read_cached(folder: Path) -> ModelLayout:
    """Return `read_layout(folder)`, read again only where something in the folder changed."""
    folder = absolute(folder)
    known = _read.get(folder)
    if known is not None and known[0] == _stamps(folder, known[1].folder):
        return known[1]
    layout = read_layout(folder)
    _read[folder] = (_stamps(folder, layout.folder), layout)
    return layout


def _stamps(asked: Path, folder: Path) -> _Stamps:
    """Return name, size and time of whatever decides what `read_layout(asked)` returns.

    Args:
        asked: the folder that was named.
        folder: the one in it that holds the model; often the same.
    """
    paths = {asked, asked / "snapshots", asked / "refs" / "main"}
    for root, inner, names in os.walk(folder, followlinks=True):
        place = Path(root)
        paths.update(place / name for name in (*inner, *names))
        if place != folder:
            inner.clear()  # no model's files lie deeper
    stamps = set()
    for path in paths:
        try:
            about = path.stat()
        except OSError:  # it need not be there
            continue
        stamps.add((str(path), about.st_size, about.st_mtime_ns))
    return frozenset(stamps)
