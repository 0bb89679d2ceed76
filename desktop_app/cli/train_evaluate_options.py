"""The options of `toonroom train evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path

from desktop_app.cli.manual import TRAIN_EVALUATE
from desktop_app.cli.options import (
    DEFAULT_DEVICE,
    DEVICES,
    LARGEST_GUIDANCE,
    MOST_STEPS,
    make_parser,
    number,
    whole_number,
)
from desktop_app.cli.train_shared import MANY, counts_from
from desktop_app.core.request import MAX_SEED, MODES
from desktop_app.training.settings import EvaluateSettings

_MODES = "compare modes on N photos with a picture of --reference-steps (200); default: 0"


def parse_evaluate(argv: list[str]) -> tuple[EvaluateSettings, bool]:
    """Return the settings, and whether only errors are said."""
    parser = make_parser("toonroom train evaluate", TRAIN_EVALUATE)
    add = parser.add_argument
    guidance = number(0.0, LARGEST_GUIDANCE)
    add("--model", required=True, metavar="ID|FOLDER", help="what is evaluated")
    add("--data", required=True, type=Path, metavar="DATA", help="the data set")
    add("-o", "--out", required=True, type=Path, metavar="OUT", help="folder of the figures")
    add("--sizes", type=counts_from(64), default=(256, 512), metavar="A,B", help="longest sides")
    add("--photos", type=whole_number(1, MANY), metavar="N", help="only the first N photos")
    add("--mode", choices=MODES, default="balanced", help="default: balanced")
    add("--steps", type=whole_number(1, MOST_STEPS), metavar="N", help="denoising steps")
    add("--text-guidance", type=guidance, metavar="X")
    add("--image-guidance", type=guidance, metavar="X")
    add("--text-grid", type=_guidances, default=(), metavar="A,B", help="of the trade-off curve")
    add("--image-grid", type=_guidances, default=(1.0,), metavar="A,B", help="of it too")
    add("--grid-photos", type=whole_number(1, MANY), default=4, metavar="N", help="default: 4")
    add("--mode-photos", type=whole_number(0, MANY), default=0, metavar="N", help=_MODES)
    add("--reference-steps", type=whole_number(1, MOST_STEPS), default=200, metavar="N")
    add("--seed", type=whole_number(0, MAX_SEED), default=0, metavar="N", help="default: 0")
    add("--device", choices=DEVICES, default=DEFAULT_DEVICE, help="default: auto")
    add("--card", action="store_true", help="write the figures into the model's card")
    add("--remarks", metavar="TEXT", default="", help="what else the card says")
    add("--quiet", action="store_true", help="no progress and no remarks, only errors")
    found = vars(parser.parse_args(argv))
    quiet = bool(found.pop("quiet"))
    return EvaluateSettings(sizes_px=found.pop("sizes"), **found), quiet


def _guidances(text: str) -> tuple[float, ...]:
    read = number(0.0, LARGEST_GUIDANCE)
    values = tuple(read(part) for part in text.split(",") if part.strip())
    if not values:
        raise argparse.ArgumentTypeError(f"numbers such as 1,2,4 are wanted, not '{text}'")
    return values
