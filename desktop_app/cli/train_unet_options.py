"""The options of `toonroom train unet`."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from desktop_app.cli.manual import TRAIN_LORA, TRAIN_UNET
from desktop_app.cli.options import Parser, make_parser, number, whole_number
from desktop_app.cli.train_shared import (
    MANY,
    add_common,
    add_run,
    add_stages,
    counts,
    numbers,
    stages,
)
from desktop_app.training.settings import Dropout, SmallModel, UNetSettings

PREDICTIONS = {"v": "v_prediction", "epsilon": "epsilon"}

_BASE = UNetSettings(Path(), Path(), stages("256x8x15000"))
"""The original's recipe, for Stable Diffusion 1."""

_FRESH = replace(
    _BASE,
    stages=stages("128x16x8000,256x8x4000"),
    learning_rate=5e-4,
    warm_up=300,
    decay=0.3,
    ema=0.999,
    prediction="v_prediction",
    min_snr=5.0,
    start_share=0.4,
    scales=(1.0, 0.75, 0.5),
)
"""What suits a small model that learns from nothing."""


_STYLE = replace(
    _BASE,
    stages=stages("256x4x1500"),
    learning_rate=1e-4,
    warm_up=50,
    ema=0.99,
    rank=8,
    checkpoint_every=250,
    validate_every=250,
)
"""What suits a style learnt from a few pairs."""


def parse_unet(argv: list[str]) -> tuple[UNetSettings, bool]:
    """Return the settings, and whether only errors are said."""
    parser = _parser("unet", TRAIN_UNET)
    add = parser.add_argument
    add("--vae", type=Path, metavar="FOLDER", help="the autoencoder; default: that of --base")
    add("--base", type=Path, metavar="FOLDER", help="a Stable Diffusion 1 model to start from")
    _add_small(parser)
    found = parser.parse_args(argv)
    if found.base is None and found.vae is None:
        parser.error("name an autoencoder with --vae, or a model to start from with --base")
    if len(found.channels) != len(found.attention):
        parser.error("--channels and --attention must have as many levels")
    small = _small(found.channels, found.attention, found.layers, found.text_width)
    default = _FRESH if found.base is None else _BASE
    return _settings(replace(default, vae=found.vae, base=found.base, small=small), found)


def parse_lora(argv: list[str]) -> tuple[UNetSettings, bool]:
    """Return the settings, and whether only errors are said."""
    parser = _parser("lora", TRAIN_LORA)
    add = parser.add_argument
    add("--base", type=Path, required=True, metavar="FOLDER", help="the model that learns a style")
    add("--rank", type=whole_number(1, 1024), default=_STYLE.rank, metavar="N", help="default: 8")
    found = parser.parse_args(argv)
    return _settings(replace(_STYLE, base=found.base, rank=found.rank), found)


def _parser(task: str, manual: str) -> Parser:
    parser = make_parser(f"toonroom train {task}", manual)
    add = parser.add_argument
    add("--data", required=True, type=Path, metavar="DATA", help="the data set")
    add("-o", "--out", required=True, type=Path, metavar="RUN", help="folder of the run")
    _add_learning(parser)
    add("--title", metavar="TEXT", help="what the model is called where people choose one")
    add("--note", metavar="TEXT", help="a sentence: what it is good at, and what not")
    add_run(parser, None)
    add_common(parser)
    return parser


def _settings(default: UNetSettings, found: argparse.Namespace) -> tuple[UNetSettings, bool]:
    given = {
        name: value for name, value in vars(found).items() if name in _PLAIN and value is not None
    }
    settings = replace(
        default,
        data=found.data,
        out=found.out,
        dropout=Dropout(found.text_dropout, found.image_dropout, found.both_dropout),
        **given,
    )
    if found.prediction is not None:
        settings = replace(settings, prediction=PREDICTIONS[found.prediction])
    if found.min_snr is not None:
        settings = replace(settings, min_snr=found.min_snr or None)
    return replace(settings, flips=settings.flips and not found.no_flips), found.quiet


_PLAIN = (
    *("stages", "learning_rate", "warm_up", "decay", "weight_decay", "ema", "clip", "scales"),
    *(
        "start_share",
        "accumulate",
        "mixed_precision",
        "cache",
        "seed",
        "checkpoint_every",
        "validate_every",
    ),
    *("threads", "title", "note"),
)
"""Options that are settings of the same name; what is not given is as the model likes it."""


def _add_small(parser: Parser) -> None:
    add = parser.add_argument_group("a fresh small model").add_argument
    small = SmallModel()
    add("--channels", type=counts, default=small.channels, metavar="A,B,...", help="of each level")
    attention = tuple(int(reads) for reads in small.attention)
    add("--attention", type=counts, default=attention, metavar="0,1,...", help="levels that read")
    add("--layers", type=whole_number(1, 8), default=small.layers, metavar="N")
    add("--text-width", type=whole_number(8, 4096), default=small.text_width, metavar="N")


def _small(
    channels: tuple[int, ...], attention: tuple[int, ...], layers: int, text_width: int
) -> SmallModel:
    return SmallModel(channels, tuple(bool(reads) for reads in attention), layers, text_width)


def _add_learning(parser: Parser) -> None:
    add_stages(parser, None)
    add = parser.add_argument_group("learning (the defaults depend on the model)").add_argument
    share = number(0.0, 1.0)
    add("--learning-rate", type=share, metavar="X", help="of AdamW")
    add("--warm-up", type=whole_number(0, MANY), metavar="N", help="steps until it is reached")
    add("--decay", type=share, metavar="X", help="share of the steps over which it falls")
    add("--weight-decay", type=share, metavar="X")
    add("--ema", type=share, metavar="X", help="of the running average of the weights")
    add("--clip", type=number(0.0, 1e6), metavar="X", help="largest norm of the gradient")
    dropout = Dropout()
    add("--text-dropout", type=share, default=dropout.text, metavar="X", help="default: 0.05")
    add("--image-dropout", type=share, default=dropout.image, metavar="X", help="default: 0.05")
    add("--both-dropout", type=share, default=dropout.both, metavar="X", help="default: 0.05")
    add("--prediction", choices=tuple(PREDICTIONS), help="of a fresh model")
    add("--min-snr", type=number(0.0, 1e6), metavar="X", help="gamma of Min-SNR; 0 for none")
    add("--start-share", type=share, metavar="X", help="of the pairs that are seen as noise alone")
    add("--no-flips", action="store_true", help="never mirror pictures")
    add("--scales", type=numbers, metavar="A,B,...", help="how much pictures are reduced")
    add("--accumulate", type=whole_number(1, 4096), metavar="N", help="parts of a batch")
    add("--mixed-precision", choices=("no", "fp16", "bf16"), help="default: no")
    add("--cache", type=Path, metavar="FOLDER", help="latents of the pictures; default: in RUN")
    add("--validate-every", type=whole_number(1, MANY), metavar="N", help="steps")
