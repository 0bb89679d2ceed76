"""Writing finished pictures. Called off the GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.core.errors import ToonroomError
from desktop_app.core.events import Result
from desktop_app.core.photo import Photo
from desktop_app.imaging import exif
from desktop_app.imaging.finishing import blended, full_layers
from desktop_app.imaging.opening import open_photo
from desktop_app.imaging.saving import save_picture
from desktop_app.session.darkroom import PhotoItem
from desktop_app.session.history import History
from desktop_app.settings.store import Settings


@dataclass(frozen=True)
class Kept:
    """What a saved picture keeps of its photo.

    Attributes:
        exif: camera and date.
        gps: and where it was taken.
    """

    exif: bool = True
    gps: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Kept:
        """Return what the artist chose."""
        return cls(settings.keep_exif, settings.keep_gps)


@dataclass(frozen=True, eq=False)
class Finished:
    """A result with all that is needed to write it."""

    item_id: str
    name: str
    photo: Photo
    result: Result
    amount: float


def finished_of(item: PhotoItem | None) -> Finished | None:
    """Return an item's finished picture; None while it is not in memory."""
    if item is None or item.result is None or item.photo is None:
        return None
    amount = item.request.blend if item.request is not None else 1.0
    return Finished(item.item_id, item.name, item.photo, item.result, amount)


def default_name(name: str, look: str | None) -> str:
    """Return what a picture of a photo is called, without its ending."""
    return f"{Path(name).stem}-{look or 'cartoon'}"


def write_picture(path: Path, finished: Finished, kept: Kept, overwrite: bool) -> Path:
    """Write a finished picture, blended as asked, with its settings in it.

    Raises:
        ToonroomError: it cannot be written.
    """
    result, photo = finished.result, finished.photo
    picture = blended(result.picture, photo, finished.amount)
    request = replace(result.request, blend=finished.amount)
    save_picture(
        path,
        picture,
        photo if kept.gps else _without_place(photo),
        alpha=result.alpha,
        request=request,
        overwrite=overwrite,
        keep_exif=kept.exif,
    )
    return path


def _without_place(photo: Photo) -> Photo:
    """Return a photo that does not say where it was taken."""
    if photo.exif is None:
        return photo
    try:
        block = exif.tidied(exif.parse(photo.exif), keep_gps=False)
    except ValueError:
        block = None  # what cannot be read cannot be known to be without it
    return replace(photo, exif=block)


def is_same_file(path: Path, other: Path | None) -> bool:
    """Return whether both name the same file that is there."""
    try:
        return other is not None and path.exists() and path.samefile(other)
    except OSError:
        return False


def write_layers(path: Path, finished: Finished) -> Path:
    """Write a finished picture's layers as OpenRaster.

    Raises:
        ToonroomError: they cannot be written.
    """
    # Imported here: the XML library behind it would slow every start down by a tenth.
    from desktop_app.imaging.openraster import save_layers

    result, photo = finished.result, finished.photo
    layers = full_layers(result.rendering, photo, result.request)
    picture = blended(result.picture, photo, 1.0)
    save_layers(path, layers, picture, overwrite=True, icc_profile=photo.icc_profile)
    return path


@dataclass(frozen=True)
class Summary:
    """How writing several pictures went."""

    folder: Path
    written: int
    failures: tuple[str, ...]

    def sentence(self) -> str:
        """Return how it went."""
        pictures = "picture" if self.written == 1 else "pictures"
        sentence = f"{self.written} {pictures} saved to {self.folder}"
        if self.failures:
            sentence += f"; {len(self.failures)} failed: {self.failures[0]}"
        return sentence


def write_all(
    folder: Path, items: Sequence[PhotoItem], history: History, ending: str, kept: Kept
) -> Summary:
    """Write the pictures of `items`; nothing is overwritten, and one that fails stops none."""
    written, failures = 0, []
    for item in items:
        try:
            finished = finished_of(item) or _fetched(item, history)
            stem = default_name(finished.name, finished.result.interpretation.look)
            write_picture(_free_path(folder, stem, ending), finished, kept, False)
            written += 1
        except ToonroomError as error:
            failures.append(str(error))
        except Exception as error:  # one picture that fails must not stop the others
            failures.append(f"{item.name}: {error}")
    return Summary(folder, written, tuple(failures))


def _fetched(item: PhotoItem, history: History) -> Finished:
    """Return a finished picture that is not in memory, read again."""
    result = item.result
    if result is None:
        entry = history.entry(item.entry_id or "")
        if entry is None:
            raise ToonroomError(f"The picture of {item.name} is gone; develop it again.")
        result = history.read_result(entry)
    photo = item.photo
    if photo is None:
        if item.path is None:
            raise ToonroomError(f"{item.name} cannot be read any more; open it again.")
        photo = open_photo(item.path)
    amount = item.request.blend if item.request is not None else 1.0
    return Finished(item.item_id, item.name, photo, result, amount)


def _free_path(folder: Path, stem: str, ending: str) -> Path:
    path = folder / f"{stem}.{ending}"
    number = 2
    while path.exists():
        path = folder / f"{stem} {number}.{ending}"
        number += 1
    return path
