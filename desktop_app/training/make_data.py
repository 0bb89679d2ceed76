"""`toonroom train data`: photos and a teacher, or an artist's own pairs, become a data set.

Each picture is written whole or not at all, and what is there already is not made again: the
command can be ended at any time and started again.
"""

from __future__ import annotations

import io
import random
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import PhotoError, UsageError
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.classic.engine import ClassicEngine
from desktop_app.engines.develop import develop
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.files import list_photos
from desktop_app.imaging.finishing import finished_extent
from desktop_app.imaging.names import printable
from desktop_app.imaging.opening import open_photo
from desktop_app.imaging.scaling import resized
from desktop_app.training.dataset import TEST, TRAIN, Pair, write_pairs
from desktop_app.training.folders import make_folder
from desktop_app.training.phrases import KEEP, load_phrases
from desktop_app.training.reporting import Reporter
from desktop_app.training.settings import SETTINGS_NAME, DataSettings, written
from desktop_app.training.splits import Listed, listed, split

PHOTOS = "photos"
PNG_COMPRESSION = 3

_METADATA_EVERY = 25
_NO_GRAIN = ", no grain"
"""Grain has nothing to do with what is on a photo: a model can only make up another one."""


def run(settings: DataSettings, reporter: Reporter, token: CancelToken) -> str:
    """Make the data set and return a sentence on it; see `make_data`."""
    count = make_data(settings, reporter, token)
    return f"{settings.out}: {count} pairs"


def make_data(settings: DataSettings, reporter: Reporter, token: CancelToken) -> int:
    """Make the data set and return how many pairs it has.

    Raises:
        JobCancelled: the token was cancelled; what was made stays.
        UsageError: there is nothing to make it from.
        PhotoError: a folder cannot be read, or a picture cannot be written.
    """
    if settings.threads is not None:
        cv2.setNumThreads(settings.threads)
    maker = _Maker(settings, reporter, token)
    train, test = split(listed(_paths(settings)), settings.held_out)
    if not train:
        raise UsageError("All photos would be held out; hold out fewer of them.")
    count = maker.make(TRAIN, train)
    if not count:
        raise UsageError("None of the photos could be used.")
    count += maker.make(TEST, test)
    text = written(settings).encode()
    write_bytes_atomically(settings.out / SETTINGS_NAME, text, overwrite=True)
    return count


def _paths(settings: DataSettings) -> list[Path]:
    """Return the photos that the settings name."""
    places = settings.photos if settings.before is None else (settings.before,)
    paths: list[Path] = []
    for place in places:
        paths += list_photos(place, recursive=True) if place.is_dir() else [place]
    for path in paths:
        if not path.exists():
            raise PhotoError(f"There is no photo or folder “{printable(path)}”.")
    if not paths:
        names = ", ".join(f"“{printable(place)}”" for place in places)
        raise UsageError(f"There are no photos in {names}.")
    return paths


class _Maker:
    """Makes the pairs of one photo after the other."""

    def __init__(self, settings: DataSettings, reporter: Reporter, token: CancelToken) -> None:
        self._settings = settings
        self._reporter = reporter
        self._token = token
        self._teacher = ClassicEngine()
        self._phrases = load_phrases()

    def make(self, name: str, photos: list[Listed]) -> int:
        """Make one split and return how many pairs it has."""
        folder = self._settings.out / name
        pairs: list[Pair] = []
        try:
            for number, photo in enumerate(photos, 1):
                self._token.raise_if_cancelled()
                try:
                    pairs += self._pairs(folder, photo)
                except _Unusable as error:
                    self._reporter.note(f"{error} It is left out.")
                if number % _METADATA_EVERY == 0:
                    _write(folder, pairs)
                    self._reporter.progress(f"{name}: {number} of {len(photos)} photos")
        finally:
            if pairs:
                _write(folder, pairs)
        return len(pairs)

    def _pairs(self, folder: Path, photo: Listed) -> list[Pair]:
        """Return the pairs of a photo; made where they are not there yet."""
        if self._settings.before is not None:
            return [self._own_pair(folder, photo)]
        original = folder / PHOTOS / f"{photo.name}.png"
        targets = {look: folder / look / f"{photo.name}.png" for look in self._settings.looks}
        if not all(path.exists() for path in (original, *targets.values())):
            self._teach(_opened(photo.path), original, targets)
        # One draw for each pair, as in the original; training draws anew all the same.
        chance = random.Random(photo.digest)
        pairs = [
            Pair(original, path, self._phrases.draw(look, chance), look)
            for look, path in targets.items()
        ]
        if self._settings.keep:
            pairs.append(Pair(original, original, self._phrases.draw(KEEP, chance), KEEP))
        return pairs

    def _teach(self, photo: Photo, original: Path, targets: dict[str, Path]) -> None:
        """Write the photo and what the teacher makes of it."""
        for look, path in targets.items():
            instruction = self._phrases.standard(look)
            if not self._settings.grain:
                instruction += _NO_GRAIN
            request = Request(instruction, size_px=self._settings.size_px)
            if path.exists():
                continue
            result = develop(self._teacher, request, photo, _ignored, self._token)
            _save(path, result.picture)
        extent = finished_extent(photo, Request(size_px=self._settings.size_px))
        if not original.exists():
            _save(original, resized(photo.pixels, extent))

    def _own_pair(self, folder: Path, photo: Listed) -> Pair:
        """Return the pair that an artist made, both pictures at the photo's size."""
        assert self._settings.after is not None
        same = [p for p in list_photos(self._settings.after, True) if p.stem == photo.path.stem]
        if not same:
            place = printable(self._settings.after)
            raise _Unusable(f"“{printable(photo.path)}” has no picture of its name in “{place}”.")
        original = folder / "before" / f"{photo.name}.png"
        edited = folder / "after" / f"{photo.name}.png"
        before, after = _opened(photo.path), _opened(same[0])
        ratio = before.extent.width / before.extent.height
        other = after.extent.width / after.extent.height
        if abs(ratio / other - 1.0) > 0.02:
            raise _Unusable(
                f"“{printable(same[0])}” has another shape than “{printable(photo.path)}”."
            )
        extent = finished_extent(before, Request(size_px=self._settings.size_px))
        _save(original, resized(before.pixels, extent))
        _save(edited, resized(after.pixels, extent))
        return Pair(original, edited, self._settings.instruction)


class _Unusable(Exception):  # noqa: N818 - a fact about a photo
    """A photo is of no use; the sentence says why."""


def _opened(path: Path) -> Photo:
    try:
        photo = open_photo(path)
    except PhotoError as error:
        raise _Unusable(str(error)) from error
    return Photo(_on_white(photo))


def _on_white(photo: Photo) -> RgbImage:
    """Return the photo's pixels; where it is transparent, white."""
    if photo.alpha is None:
        return photo.pixels
    share = photo.alpha[:, :, None].astype(np.float32) / np.float32(255.0)
    mixed = photo.pixels * share + np.float32(255.0) * (1.0 - share)
    return np.asarray(np.rint(mixed), np.uint8)


def _save(path: Path, pixels: RgbImage) -> None:
    make_folder(path.parent)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG", compress_level=PNG_COMPRESSION)
    write_bytes_atomically(path, data.getvalue(), overwrite=True)


def _write(folder: Path, pairs: list[Pair]) -> None:
    if pairs:
        write_pairs(folder, pairs)


def _ignored(step: object) -> None:
    del step
