"""Which photos there are and where each one's files go, decided before the first is opened."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop_app.cli.options import CartoonizeOptions
from desktop_app.core.errors import ToonroomError, UsageError
from desktop_app.imaging.names import printable
from desktop_app.imaging.opening import is_photo_name, list_photos
from desktop_app.imaging.saving import SAVE_SUFFIXES

DEFAULT_SUFFIX = ".png"
_LONGEST_NAME_BYTES = 255
_PREVIEW_ENDING_BYTES = 40
"""What a preview's name has behind its label: number, stage and ending."""


@dataclass(frozen=True)
class Job:
    """One photo.

    Attributes:
        photo: the file, as it was given or found; a folder where there is a `problem` with it.
        result: the picture to write.
        layers: the file for its layers, used with --layers.
        previews: what names of preview files begin with: folder and label; None without
            --previews.
        problem: why it cannot be done, if that is known already.
    """

    photo: Path
    result: Path
    layers: Path
    previews: Path | None = None
    problem: ToonroomError | None = None


@dataclass(frozen=True)
class _Found:
    photo: Path
    below: Path = Path()
    """Where it lies below the folder that was given."""
    problem: ToonroomError | None = None


def plan(options: CartoonizeOptions) -> list[Job]:
    """Return what is to be done, in the order in which the photos were given.

    Raises:
        UsageError: OUT does not fit the photos.
    """
    given = [Path(name) for name in options.photos]
    out = Path(options.out)
    one_photo = len(given) == 1 and not _is_gallery(given[0], options.recursive)
    if one_photo and not _means_folder(options.out):
        _check_file(out)
        return list(_jobs([_Found(given[0])], options, out.parent, out.name))
    _check_folder(out, one_photo)
    return list(_jobs(_gather(given, options), options, out, None))


def is_folder(path: Path) -> bool:
    """Return whether `path` is a folder; a name that cannot even be asked about is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_gallery(path: Path, recursive: bool) -> bool:
    """Return whether `path` is a folder to look into, not one that was taken for a photo."""
    if not is_folder(path):
        return False
    try:
        return not is_photo_name(path) or bool(list_photos(path, recursive))
    except ToonroomError:
        return False


def _means_folder(out: str) -> bool:
    """Return whether OUT is to be a folder though there is one photo."""
    path = Path(out)
    if is_folder(path) or out.endswith(("/", os.sep)):
        return True
    return not path.suffix and not os.path.lexists(path)


def _check_file(out: Path) -> None:
    if out.suffix.lower() not in SAVE_SUFFIXES:
        raise UsageError(
            f"“{printable(out)}” has no ending that Toonroom can write; use one of"
            f" {', '.join(SAVE_SUFFIXES)}, or end OUT with a slash for a folder."
        )


def _check_folder(out: Path, one_photo: bool) -> None:
    if is_folder(out):
        return
    why = "" if one_photo else "; several photos, or a folder of them, need a folder"
    if os.path.lexists(out):
        raise UsageError(f"“{printable(out)}” is there and is no folder{why}.")
    if not one_photo and out.suffix.lower() in SAVE_SUFFIXES:
        raise UsageError(f"“{printable(out)}” is the name of a picture{why}.")


def _gather(given: Iterable[Path], options: CartoonizeOptions) -> Iterator[_Found]:
    """Yield every photo once: a file as it was given, those of a folder in order."""
    own = [Path(options.out)] + ([options.previews] if options.previews else [])
    seen: set[str] = set()
    for path in given:
        for found in (
            _look_into(path, options.recursive, own)
            if _is_gallery(path, options.recursive)
            else [_Found(path)]
        ):
            key = os.path.abspath(found.photo)  # noqa: PTH100 - links stay apart, '..' goes
            if key not in seen:
                seen.add(key)
                yield found


def _look_into(folder: Path, recursive: bool, own: Iterable[Path]) -> list[_Found]:
    """Return the photos in `folder`, but what lies in the folders that we write to ourselves."""
    try:
        photos = list_photos(folder, recursive)
        top = folder.resolve()
        ours = [o for o in (path.resolve() for path in own) if o != top and o.is_relative_to(top)]
    except ToonroomError as error:
        return [_Found(folder, problem=error)]
    if ours:
        photos = [p for p in photos if not any(p.parent.resolve().is_relative_to(o) for o in ours)]
    if not photos:
        deeper = "" if recursive else "; --recursive looks into its subfolders too"
        problem = UsageError(f"There is no photo in the folder “{printable(folder)}”{deeper}.")
        return [_Found(folder, problem=problem)]
    return [_Found(photo, photo.parent.relative_to(folder)) for photo in photos]


def _jobs(
    found: Iterable[_Found], options: CartoonizeOptions, folder: Path, name: str | None
) -> Iterator[Job]:
    """Give each photo names of its own; `name` is the result's where it was said."""
    items = list(found)
    photos = {_identity(item.photo) for item in items}
    results, layers, previews = _Names(photos), _Names(photos), _Names(photos)
    for item in items:
        place = folder / item.below
        if item.problem:
            yield Job(item.photo, place, place, problem=item.problem)
            continue
        own = item.photo.name
        if item.photo.suffix.lower() not in SAVE_SUFFIXES:
            own = item.photo.stem + DEFAULT_SUFFIX
        result = place / name if name else results.free(place / own, item.photo)
        label = options.previews and previews.free(
            options.previews / item.below / result.stem, ending_bytes=_PREVIEW_ENDING_BYTES
        )
        layers_file = place / f"{result.stem}.ora"
        yield Job(item.photo, result, layers.free(layers_file), label)


def _identity(path: Path) -> str:
    """Return what is the same for two names of one file."""
    return os.path.realpath(path).casefold()  # file systems may take A for a


class _Names:
    """Names that are taken: by a file planned before, or by a photo that is still to be read."""

    def __init__(self, photos: Iterable[str]) -> None:
        self._taken: set[str] = set()
        self._photos = set(photos)

    def free(self, wanted: Path, own_photo: Path | None = None, *, ending_bytes: int = 0) -> Path:
        """Take and return `wanted`, or the first of NAME-2, NAME-3, ... that is free.

        The name of `own_photo` counts as free: replacing it is for --overwrite to allow. A name
        that no disk takes is shortened, so that `ending_bytes` more have room too.
        """
        own = own_photo and _identity(own_photo)
        path, number = _fitting(wanted, "", ending_bytes), 1
        while (key := _identity(path)) in self._taken or (key in self._photos and key != own):
            number += 1
            path = _fitting(wanted, f"-{number}", ending_bytes)
        self._taken.add(key)
        return path


def _fitting(wanted: Path, addition: str, ending_bytes: int) -> Path:
    """Return `wanted` with `addition` behind its stem, shortened to what disks take."""
    stem, suffix = (wanted.name, "") if ending_bytes else (wanted.stem, wanted.suffix)
    room = _LONGEST_NAME_BYTES - ending_bytes - len(os.fsencode(addition + suffix))
    while len(stem) > 1 and len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return wanted.with_name(f"{stem}{addition}{suffix}")
