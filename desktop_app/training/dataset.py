"""Pairs with instructions on disk: the imagefolder layout that Hugging Face's `datasets` reads.

    DATA/train/metadata.jsonl     one object a line, see `Pair`
    DATA/train/photos/NAME.png
    DATA/train/LOOK/NAME.png
    DATA/test/...                 the same, held out from all training

Keys that end with `_file_name` are pictures to `datasets` (`load_dataset("imagefolder", ...)`),
which calls them `original_image` and `edited_image`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import PhotoError, UsageError
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.names import printable

TRAIN, TEST = "train", "test"
METADATA_NAME = "metadata.jsonl"


@dataclass(frozen=True)
class Pair:
    """A photo, what becomes of it, and how that is asked for.

    Attributes:
        original: the photo's file.
        edited: the target's file; the photo's own where it is to be kept.
        instruction: one way to ask for it.
        look: id of a look that has paraphrases, or ""; where it has, they are drawn instead.
    """

    original: Path
    edited: Path
    instruction: str
    look: str = ""


def write_pairs(folder: Path, pairs: Iterable[Pair]) -> None:
    """Write the metadata of one split; the pictures lie in `folder` already.

    Raises:
        PhotoError: it cannot be written.
    """
    lines = [
        json.dumps(
            {
                "original_image_file_name": pair.original.relative_to(folder).as_posix(),
                "edited_image_file_name": pair.edited.relative_to(folder).as_posix(),
                "edit_prompt": pair.instruction,
                "look": pair.look,
            },
            ensure_ascii=False,
        )
        for pair in pairs
    ]
    text = "".join(f"{line}\n" for line in lines)
    path = folder / METADATA_NAME
    write_bytes_atomically(path, text.encode("utf-8", "backslashreplace"), overwrite=True)


def read_pairs(data: Path, split: str) -> tuple[Pair, ...]:
    """Return the pairs of one split, in the file's order.

    Raises:
        UsageError: there is no data set, or it is empty.
        PhotoError: the metadata is damaged, or a picture is missing.
    """
    folder = data / split
    path = folder / METADATA_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no data set in “{printable(data)}” ({split}/{METADATA_NAME} is missing);"
            " make one with toonroom train data."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise PhotoError(f"“{printable(path)}” cannot be read: {error}.") from error
    pairs = tuple(
        _pair(folder, path, number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    )
    if not pairs:
        raise UsageError(f"The data set in “{printable(folder)}” is empty.")
    for picture in {pair.original for pair in pairs} | {pair.edited for pair in pairs}:
        if not picture.is_file():
            raise PhotoError(f"“{printable(picture)}” is missing from the data set; make it again.")
    return pairs


def holds_out(data: Path) -> bool:
    """Return whether photos of a data set are held out from training."""
    return (data / TEST / METADATA_NAME).is_file()


def _pair(folder: Path, path: Path, number: int, line: str) -> Pair:
    try:
        values = json.loads(line)
        original, edited = values["original_image_file_name"], values["edited_image_file_name"]
        return Pair(
            folder / original, folder / edited, str(values["edit_prompt"]), values.get("look") or ""
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PhotoError(
            f"“{printable(path)}” is damaged in line {number}: an object with"
            " original_image_file_name, edited_image_file_name and edit_prompt is wanted."
        ) from error
