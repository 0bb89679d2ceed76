"""The options of `toonroom train`, and what is made of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from desktop_app.cli.manual import TRAIN, TRAIN_DATA, TRAIN_VAE
from desktop_app.cli.options import LARGEST_SIDE_PX, make_parser, number, whole_number
from desktop_app.cli.train_evaluate_options import parse_evaluate
from desktop_app.cli.train_shared import MANY, add_common, add_run, add_stages, counts
from desktop_app.cli.train_unet_options import parse_lora, parse_unet
from desktop_app.training.settings import DataSettings, EvaluateSettings, UNetSettings, VaeSettings

TASKS = ("data", "vae", "unet", "lora", "evaluate")
LOOKS = ("cartoon", "comic_ink", "pencil_sketch", "watercolour", "poster", "pastel", "manga")

Settings = DataSettings | VaeSettings | UNetSettings | EvaluateSettings


def parse_train(argv: list[str]) -> tuple[Settings, bool]:
    """Return the settings of one task, and whether only errors are said.

    Raises:
        SystemExit: after --help was printed.
        UsageError: something is wrong with them.
    """
    task = argv[0] if argv else ""
    if task not in TASKS:
        parser = make_parser("toonroom train", TRAIN)
        parser.usage = f"toonroom train {'|'.join(TASKS)} ..."
        parser.parse_known_args(argv)  # answers --help
        parser.error(f"one of {', '.join(TASKS)} is wanted, not '{task}'")
    parsers: dict[str, Callable[[list[str]], tuple[Settings, bool]]] = {
        "data": _data,
        "vae": _vae,
        "unet": parse_unet,
        "lora": parse_lora,
        "evaluate": parse_evaluate,
    }
    return parsers[task](argv[1:])


def _data(argv: list[str]) -> tuple[Settings, bool]:
    parser = make_parser("toonroom train data", TRAIN_DATA)
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO|FOLDER", help="what the teacher draws")
    add("-o", "--out", required=True, type=Path, metavar="DATA", help="folder of the data set")
    add("--looks", type=_looks, default=LOOKS, metavar="A,B", help="default: all seven")
    add("--no-keep", action="store_true", help="do not teach to keep the photo as it is")
    add("--no-grain", action="store_true", help="looks without paper, strokes and screens of dots")
    own = parser.add_argument_group("an artist's own pairs, in place of photos and teacher")
    own.add_argument("--before", type=Path, metavar="FOLDER", help="the photos")
    own.add_argument("--after", type=Path, metavar="FOLDER", help="their targets, same names")
    own.add_argument("-i", "--instruction", default="", metavar="TEXT", help="how to ask for it")
    add("--held-out", type=whole_number(0, MANY), default=0, metavar="N", help="default: 0")
    add("--size", type=whole_number(64, LARGEST_SIDE_PX), metavar="N", help="longest side")
    add_common(parser)
    found = parser.parse_args(argv)
    own_pairs = (found.before, found.after, found.instruction.strip() or None)
    if any(own_pairs):
        if not all(own_pairs) or found.photos:
            parser.error("--before, --after and --instruction belong together, without PHOTO")
    elif not found.photos:
        parser.error("name photos, or --before, --after and --instruction")
    settings = DataSettings(
        out=found.out,
        photos=tuple(found.photos),
        before=found.before,
        after=found.after,
        instruction=found.instruction.strip(),
        looks=found.looks,
        keep=not found.no_keep,
        grain=not found.no_grain,
        held_out=found.held_out,
        size_px=found.size,
        threads=found.threads,
    )
    return settings, found.quiet


def _vae(argv: list[str]) -> tuple[Settings, bool]:
    parser = make_parser("toonroom train vae", TRAIN_VAE)
    add = parser.add_argument
    default = VaeSettings(Path(), Path(), ())
    add("--data", required=True, type=Path, metavar="DATA", help="the data set")
    add("-o", "--out", required=True, type=Path, metavar="RUN", help="folder of the run")
    add_stages(parser, "64x24x2000,128x12x4000")
    add("--base", type=Path, metavar="FOLDER", help="an autoencoder whose decoder alone learns on")
    wide = whole_number(4, 1024)
    add("--encoder-channels", type=wide, default=default.encoder_channels, metavar="N")
    add("--decoder-channels", type=wide, default=default.decoder_channels, metavar="N")
    add("--latent-channels", type=whole_number(1, 64), default=8, metavar="N")
    add("--encoder-blocks", type=counts, default=default.encoder_blocks, metavar="A,B,C")
    add("--decoder-blocks", type=counts, default=default.decoder_blocks, metavar="A,B,C")
    add("--learning-rate", type=number(0.0, 1.0), default=default.learning_rate, metavar="X")
    add("--noise", type=number(0.0, 1.0), default=default.noise, metavar="X")
    add("--ema", type=number(0.0, 1.0), default=default.ema, metavar="X")
    add_run(parser, default.checkpoint_every)
    add_common(parser)
    found = parser.parse_args(argv)
    if len(found.encoder_blocks) != len(found.decoder_blocks):
        parser.error("--encoder-blocks and --decoder-blocks must have as many levels")
    settings = VaeSettings(
        data=found.data,
        out=found.out,
        stages=found.stages,
        base=found.base,
        encoder_channels=found.encoder_channels,
        decoder_channels=found.decoder_channels,
        latent_channels=found.latent_channels,
        encoder_blocks=found.encoder_blocks,
        decoder_blocks=found.decoder_blocks,
        learning_rate=found.learning_rate,
        noise=found.noise,
        ema=found.ema,
        seed=found.seed,
        checkpoint_every=found.checkpoint_every,
        threads=found.threads,
    )
    return settings, found.quiet


def _looks(text: str) -> tuple[str, ...]:
    looks = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [look for look in looks if look not in LOOKS]
    if unknown or not looks:
        raise argparse.ArgumentTypeError(f"looks are {', '.join(LOOKS)}, not '{text}'")
    return looks
