"""Options that several tasks of `toonroom train` have."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from desktop_app.cli.options import Parser, whole_number
from desktop_app.core.errors import UsageError
from desktop_app.core.request import MAX_SEED
from desktop_app.training.settings import Stage

MANY = 100_000_000


def add_stages(parser: Parser, default: str | None) -> None:
    """Add --stages."""
    parser.add_argument(
        "--stages",
        type=stages,
        default=None if default is None else stages(default),
        metavar="CROPxBATCHxSTEPS,...",
        help="side of the crops in pixels, crops a step, steps",
    )


def add_run(parser: Parser, checkpoint_every: int | None) -> None:
    """Add what every training run has."""
    add = parser.add_argument
    add("--seed", type=whole_number(0, MAX_SEED), default=0, metavar="N", help="default: 0")
    every = whole_number(1, MANY)
    add("--checkpoint-every", type=every, default=checkpoint_every, metavar="N", help="steps")


def add_common(parser: Parser) -> None:
    """Add what every task has."""
    add = parser.add_argument
    add("--threads", type=whole_number(1, 1024), metavar="N", help="cores to use (default: all)")
    add("--quiet", action="store_true", help="no progress and no remarks, only errors")


def counts(text: str) -> tuple[int, ...]:
    """Return the whole numbers in an argument such as 0,1,3: one for each level."""
    found = counts_from(0)(text)
    if len(found) < 2:
        raise argparse.ArgumentTypeError(f"numbers such as 0,1,3 are wanted, not '{text}'")
    return found


def counts_from(least: int) -> Callable[[str], tuple[int, ...]]:
    """Return what reads whole numbers, none below `least`, from an argument such as 256,512."""

    def convert(text: str) -> tuple[int, ...]:
        try:
            found = tuple(int(part) for part in text.split(","))
        except ValueError:
            found = ()
        if not found or min(found) < least:
            raise argparse.ArgumentTypeError(
                f"whole numbers from {least}, with commas between them, are wanted, not '{text}'"
            )
        return found

    return convert


def stages(text: str) -> tuple[Stage, ...]:
    """Return the stages in an argument."""
    try:
        return tuple(Stage.parse(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"stages are written CROPxBATCHxSTEPS, with commas between them, not '{text}'"
        ) from error


def numbers(text: str) -> tuple[float, ...]:
    """Return the numbers above 0 and up to 1 in an argument such as 1,0.5."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0.0 < value <= 1.0 for value in found):
        raise argparse.ArgumentTypeError(f"numbers such as 1,0.5 are wanted, not '{text}'")
    return found
