"""Where in a folder that somebody named the model itself lies."""

from __future__ import annotations

import os
from pathlib import Path

from desktop_app.core.errors import ModelError
from desktop_app.models.configs import AGAIN, is_file, is_folder

INDEX_NAME = "model_index.json"
CHECKPOINT_SUFFIXES = (".safetensors", ".ckpt")
"""How the names of files end that are a whole model each."""

_WANTED = "a folder in diffusers layout, one with a model_index.json, is wanted"


def find_index(folder: Path) -> Path:
    """Return the absolute path of the folder that model_index.json is in.

    That is `folder` itself, or the snapshot where it is one of the hub's cache, or the only folder
    in it that holds a model.

    Raises:
        ModelError: there is no such folder, or none of a model.
    """
    folder = absolute(folder)
    if is_file(folder):
        raise ModelError(f"{folder} is a file; {_WANTED}.")
    if not is_folder(folder):
        raise ModelError(f"There is no folder {folder}; {_WANTED}.")
    if _has_index(folder):
        return folder
    snapshots = folder / "snapshots"
    if is_folder(snapshots):
        found = _snapshot(folder, snapshots)
        if found is None:
            raise ModelError(f"There is no whole model in {snapshots}; {AGAIN}.")
        return found
    inner = [path for path in _folders(folder) if _has_index(path)]
    if len(inner) == 1:
        return inner[0]
    if inner:
        names = ", ".join(path.name for path in inner[:5])
        raise ModelError(f"There are several models in {folder} ({names}); name one of them.")
    raise ModelError(f"There is no model in {folder}; {_WANTED}.")


def absolute(folder: Path) -> Path:
    """Return `folder` from the root on, without dots, its links as they are."""
    return Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() follows the links of the hub


def people_name(folder: Path) -> str:
    """Return what people call the model in `folder`: its name, or the hub's in a cache of the hub.

    `models--timbrooks--instruct-pix2pix/snapshots/31519b5c` is "timbrooks/instruct-pix2pix".
    """
    if folder.parent.name == "snapshots":
        folder = folder.parent.parent
    prefix, _, rest = folder.name.partition("--")
    return rest.replace("--", "/") if prefix == "models" and rest else folder.name or str(folder)


def _snapshot(folder: Path, snapshots: Path) -> Path | None:
    """Return the snapshot that `main` means, or else the newest."""
    try:
        main = (folder / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        main = ""
    here = {path.name: path for path in _folders(snapshots) if _has_index(path)}
    newest = max(here.values(), key=_changed_ns, default=None)
    return here.get(main, newest)


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _has_index(folder: Path) -> bool:
    # A link to a blob that is gone counts: the sentence about it says more.
    return os.path.lexists(folder / INDEX_NAME)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if is_folder(path))
    except OSError as error:
        raise ModelError(f"{folder} cannot be read: {error.strerror}.") from error
