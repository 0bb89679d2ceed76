"""Puts a model that was trained where the app looks for its starter.

Usage: python packaging/starter.py MODEL

MODEL is what `toonroom train unet` made, with the card of `toonroom train evaluate --card`. Its
files are copied to resources/models/starter, and written down, so that `toonroom models verify`
can tell whether they are still what they were.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from desktop_app.core.errors import ModelError
from desktop_app.core.paths import resources
from desktop_app.models.layout import read_layout
from desktop_app.models.library import STARTER
from desktop_app.models.store import MANIFEST_NAME, Origin, size_bytes, write_manifest
from desktop_app.training.card import CARD_NAME, HISTORY_NAME

LIMIT_BYTES = 32_000_000
"""What a download of the app may grow by for it."""

ORIGIN = Origin("toonroom train", licence="MIT")


def put(model: Path, target: Path) -> None:
    """Put the model in the folder `model` into the folder `target`, in the place of any before it.

    Raises:
        ModelError: it is no model that the app can use, it says nothing of how it was made, or it
            is too large.
    """
    layout = read_layout(model)
    for name in (CARD_NAME, HISTORY_NAME):
        if not (layout.folder / name).is_file():
            raise ModelError(f"{layout.folder} has no {name}.")
    if size_bytes(layout.folder) > LIMIT_BYTES:
        raise ModelError(
            f"{layout.folder} takes {size_bytes(layout.folder):,} bytes of at most {LIMIT_BYTES:,}."
        )
    if layout.folder.resolve() != target.resolve():  # else its card alone may be another
        shutil.rmtree(target, ignore_errors=True)
        unwanted = shutil.ignore_patterns(MANIFEST_NAME)
        shutil.copytree(layout.folder, target, copy_function=_copy, ignore=unwanted)
    write_manifest(target, ORIGIN)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        description="Put a trained model where the app looks for its starter."
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="folder of the trained model")
    model: Path = parser.parse_args(arguments).model
    target = resources() / "models" / STARTER
    try:
        put(model, target)
    except (ModelError, OSError) as error:
        print(f"starter.py: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {size_bytes(target):,} bytes")
    return 0


def _copy(source: str, target: str) -> str:
    """Copy contents alone: some libraries write weights that only their owner may read."""
    return str(shutil.copyfile(source, target))


if __name__ == "__main__":
    sys.exit(main())
