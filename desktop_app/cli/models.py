"""`toonroom models`: what is here, what can be had, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from desktop_app.cli.console import Console
from desktop_app.cli.models_options import ModelsOptions
from desktop_app.cli.stopping import Stopping
from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ExitCode, ModelError
from desktop_app.core.paths import models_folder
from desktop_app.models import catalogue, getting, keeping, shelf, store
from desktop_app.models.progress import size_words
from desktop_app.models.shelf import ShelfItem, Standing


def models(options: ModelsOptions) -> int:
    """Do what was asked and return the exit status.

    Raises:
        ToonroomError: it cannot be done; the sentence says why.
        JobCancelled: it was ended by a signal; what was fetched is kept.
    """
    tasks: dict[str, Callable[[ModelsOptions, Console, CancelToken], int]] = {
        "list": _list,
        "get": _get,
        "import": _import,
        "verify": _verify,
        "remove": _remove,
        "move": _move,
        "where": _where,
    }
    from desktop_app import logs

    logs.set_up()
    keeping.finish_moving()
    with Stopping() as stopping:
        return tasks[options.task](options, Console(options.quiet), stopping.token)


def _list(options: ModelsOptions, console: Console, _token: CancelToken) -> int:
    items = shelf.items()
    if options.as_json:
        for item in items:
            console.result(json.dumps(_values(item), ensure_ascii=False))
        return ExitCode.DONE
    width = max((len(item.model) for item in items), default=0)
    for item in items:
        told = f"{item.standing.value:<9}  {_size(item):>7}  {item.title}"
        console.result(f"{item.model:<{width}}  {told}")
        for sentence in (item.note, item.problem):
            if sentence:
                console.result(f"{'':<{width}}  {sentence}")
    console.note(f"Models are kept in {models_folder()}.")
    return ExitCode.DONE


def _values(item: ShelfItem) -> dict[str, Any]:
    entry = item.entry
    return {
        "id": item.model,
        "title": item.title,
        "state": item.standing.value,
        "folder": None if item.folder is None else str(item.folder),
        "size_bytes": item.size_bytes,
        "download_bytes": None if entry is None else entry.download_bytes or None,
        "repository": None if entry is None else entry.repository or None,
        "licence": None if entry is None else entry.licence or None,
        "note": item.note,
        "problem": item.problem or None,
    }


def _size(item: ShelfItem) -> str:
    if item.standing is Standing.AVAILABLE and item.entry is not None:
        return size_words(item.entry.download_bytes) if item.entry.download_bytes else "?"
    return size_words(item.size_bytes)


def _get(options: ModelsOptions, console: Console, token: CancelToken) -> int:
    (model,) = options.models
    entry = catalogue.find(model)
    item = shelf.item_of(entry.id)
    if item.is_here and item.folder is not None:
        console.progress(f"Checking {item.model} …", passing=True)
        problems = store.problems(item.folder, lambda _: None, token)
        if not problems:
            console.note(f"The model {item.model} is here already.")
            console.result(str(item.folder))
            return ExitCode.DONE
        for sentence in problems:
            console.note(sentence)
    for sentence in (f"Licence: {entry.licence}.", entry.licence_link, entry.commercial_use):
        if sentence and entry.licence:
            console.note(sentence)
    folder = getting.get(entry, _teller(console), token)
    console.result(str(folder))
    return ExitCode.DONE


def _import(options: ModelsOptions, console: Console, token: CancelToken) -> int:
    model = getting.take(options.path, options.new_id, _teller(console), token)
    console.note(f"The model is called {model} now.")
    console.result(str(store.place_of(model)))
    return ExitCode.DONE


def _teller(console: Console) -> Callable[[Any], None]:
    """Return what shows progress: on a terminal always, else once for each stage and remark."""
    last = [""]

    def tell(progress: Any) -> None:
        word = progress.remark or progress.stage
        console.progress(progress.words(), passing=word == last[0])
        last[0] = word

    return tell


def _verify(options: ModelsOptions, console: Console, token: CancelToken) -> int:
    if options.models:
        items = [shelf.item_of(model) for model in options.models]
    else:
        items = [item for item in shelf.items() if item.folder is not None]
    is_fine = True
    for item in items:
        if item.folder is None:
            found = [_absent(item)]
        else:
            console.progress(f"Checking {item.model} …", passing=True)
            found = store.problems(item.folder, lambda _: None, token)
        is_fine = is_fine and not found
        if options.as_json:
            console.result(json.dumps({"id": item.model, "problems": found}, ensure_ascii=False))
        elif not found:
            console.result(f"{item.model}: {_fine(item)}")
        elif item.folder is None or item.entry is None or item.entry.is_built_in:
            _say_all(console, found)
        else:
            _say_all(console, [*found, f"Get it again with: toonroom models get {item.model}"])
    return ExitCode.DONE if is_fine else ExitCode.MODEL_MISSING


def _fine(item: ShelfItem) -> str:
    assert item.folder is not None
    if store.read_manifest(item.folder) is None:
        return "whole, as far as its files tell; nobody wrote down what they were"
    return "fine"


def _say_all(console: Console, sentences: Sequence[str]) -> None:
    for sentence in sentences:
        console.error(sentence)


def _absent(item: ShelfItem) -> str:
    if item.entry is None:
        return f"The import of the model {item.model} was cut off; import it again to go on."
    return f"The model {item.model} is not here; get it with: toonroom models get {item.model}"


def _remove(options: ModelsOptions, console: Console, _token: CancelToken) -> int:
    (model,) = options.models
    try:
        is_in_bin = keeping.remove(model, for_good=options.for_good)
    except keeping.NoBin as error:
        raise ModelError(f"{error} (--for-good does that)") from error
    console.note(f"The model {model} is {'in the bin' if is_in_bin else 'gone'}.")
    return ExitCode.DONE


def _move(options: ModelsOptions, console: Console, token: CancelToken) -> int:
    done = [0]

    def count(size: int) -> None:
        done[0] += size
        console.progress(f"Moving: {size_words(done[0])} copied", passing=True)

    console.result(str(keeping.moved_to(options.path, count, token)))
    return ExitCode.DONE


def _where(options: ModelsOptions, console: Console, _token: CancelToken) -> int:
    if not options.models:
        console.result(str(models_folder()))
        return ExitCode.DONE
    item = shelf.item_of(options.models[0])
    if item.folder is None:
        raise ModelError(_absent(item))
    console.result(str(item.folder))
    return ExitCode.DONE
