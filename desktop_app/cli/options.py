"""The command line's options, and what is made of them."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from desktop_app import __version__
from desktop_app.cli.manual import CARTOONIZE, DOCTOR, TOP
from desktop_app.core.errors import UsageError
from desktop_app.core.request import DEFAULT_INSTRUCTION, MAX_SEED, MODES, Request

LARGEST_SIDE_PX = 16_384
SMALLEST_WORKING_SIDE_PX = 16
MOST_STEPS = 1_000
LARGEST_GUIDANCE = 100.0
LONGEST_INSTRUCTION = 10_000
DEVICES = ("auto", "cpu", "cuda", "mps")
DEFAULT_DEVICE = "auto"
_GUARD = "\0"
"""No argument of a program can hold it."""


@dataclass(frozen=True)
class CartoonizeOptions:
    """What `toonroom cartoonize` was asked.

    Attributes:
        photos: files and folders, as they were given.
        out: file or folder, as it was given.
        request: what to do with each photo.
        layers: whether to write the layers too.
        previews: folder for every step's preview, or None.
        device: one of DEVICES.
        recursive: whether folders are searched to the bottom.
        overwrite: whether files that are there may be replaced.
        resume: whether photos are left out whose result is there.
        quiet: whether only errors are said.
        as_json: whether results are printed as JSON.
    """

    photos: tuple[str, ...]
    out: str
    request: Request
    layers: bool = False
    previews: Path | None = None
    device: str = DEFAULT_DEVICE
    recursive: bool = False
    overwrite: bool = False
    resume: bool = False
    quiet: bool = False
    as_json: bool = False


@dataclass(frozen=True)
class DoctorOptions:
    """What `toonroom doctor` was asked.

    Attributes:
        as_json: whether findings are printed as JSON.
        gpu: whether to look for graphics cards, which takes seconds.
    """

    as_json: bool = False
    gpu: bool = False


class Parser(argparse.ArgumentParser):
    """A parser that raises what is wrong as one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{message} (see {self.prog} --help)")


def parse_top(argv: list[str]) -> None:
    """Answer --help and --version; anything else that comes here is wrong.

    Raises:
        SystemExit: after the answer was printed.
        UsageError: there is no such option.
    """
    parser = make_parser("toonroom", TOP)
    parser.usage = "toonroom [PHOTO...] | COMMAND ... | --version | --help"
    parser.add_argument("--version", action="version", version=f"toonroom {__version__}")
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help=argparse.SUPPRESS)
    parser.parse_args(argv)
    parser.error(
        "options come after a command; a photo whose name begins with a dash needs ./ before it"
    )


def parse_doctor(argv: list[str]) -> DoctorOptions:
    """Return the options of `toonroom doctor`."""
    parser = make_parser("toonroom doctor", DOCTOR)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--gpu", action="store_true", help="look for graphics cards (seconds)")
    arguments = parser.parse_args(argv)
    return DoctorOptions(as_json=arguments.json, gpu=arguments.gpu)


def parse_cartoonize(argv: list[str]) -> CartoonizeOptions:
    """Return the options of `toonroom cartoonize`.

    Raises:
        SystemExit: after --help was printed.
        UsageError: something is wrong with them.
    """
    parser = _cartoonize_parser()
    found = parser.parse_intermixed_args(_guarded(argv))
    found.photos = [name.removeprefix(_GUARD) for name in found.photos]
    if "" in found.photos:
        parser.error("a photo cannot have an empty name")
    if not found.out:
        parser.error("-o/--out cannot be empty; name a file or a folder")
    if found.previews == "":
        parser.error("--previews cannot be empty; name a folder")
    engine = found.engine or ("diffusion" if found.model else "classic")
    if engine == "classic" and found.model:
        parser.error("--model is for the diffusion engine; leave out --engine classic or --model")
    request = Request(
        instruction=found.instruction,
        engine=engine,
        model=found.model,
        mode=found.mode,
        seed=found.seed,
        steps=found.steps,
        text_guidance=found.text_guidance,
        image_guidance=found.image_guidance,
        scheduler=found.scheduler,
        negative=found.negative,
        safety_check=found.safety_check,
        working_size_px=found.working_size,
        size_px=found.size,
    )
    return CartoonizeOptions(
        photos=tuple(found.photos),
        out=found.out,
        request=request,
        layers=found.layers,
        previews=Path(found.previews) if found.previews else None,
        device=found.device,
        recursive=found.recursive,
        overwrite=found.overwrite,
        resume=found.resume,
        quiet=found.quiet,
        as_json=found.json,
    )


def _guarded(argv: list[str]) -> list[str]:
    """Return the arguments with those behind "--" made to look unlike options.

    WORKAROUND https://github.com/python/cpython/issues/125355: parse_intermixed_args forgets the
    "--" and takes photos whose names begin with a dash for options.
    """
    if "--" not in argv:
        return argv
    at = argv.index("--")
    return [*argv[:at], *(_GUARD + name for name in argv[at + 1 :])]


def _cartoonize_parser() -> Parser:
    parser = make_parser("toonroom cartoonize", CARTOONIZE)
    add = parser.add_argument
    add("photos", nargs="+", metavar="PHOTO|FOLDER", help="photos, or folders of photos")
    add("-o", "--out", required=True, metavar="OUT", help="file for one photo, else folder")
    _add_picture_options(parser)
    _add_diffusion_options(parser.add_argument_group("the diffusion engine"))
    files = parser.add_argument_group("files")
    add = files.add_argument
    add("--layers", action="store_true", help="write the layers too (OpenRaster, .ora)")
    add("--previews", metavar="FOLDER", help="write every step's preview there as a PNG")
    add("--recursive", action="store_true", help="search folders to the bottom")
    add("--overwrite", action="store_true", help="replace files that are there")
    add("--resume", action="store_true", help="leave out photos whose result is there already")
    add("--quiet", action="store_true", help="no progress and no remarks, only errors")
    add("--json", action="store_true", help="print one JSON object per photo")
    return parser


def _add_picture_options(parser: Parser) -> None:
    add = parser.add_argument_group("the picture").add_argument
    add(
        "-i",
        "--instruction",
        type=_instruction,
        default=DEFAULT_INSTRUCTION,
        metavar="TEXT",
        help="what should happen (default: %(default)s)",
    )
    add("--engine", choices=("classic", "diffusion"), help="default: classic")
    add(
        "--size",
        type=_size,
        metavar="N|photo",
        help="longest side of the result in pixels (default: photo, the photo's own size)",
    )
    add(
        "--working-size",
        type=whole_number(SMALLEST_WORKING_SIDE_PX, LARGEST_SIDE_PX),
        metavar="N",
        help="longest side that the engine works at, in pixels",
    )
    add("--seed", type=whole_number(0, MAX_SEED), default=0, metavar="N", help="default: 0")


def _add_diffusion_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    guidance = number(0.0, LARGEST_GUIDANCE)
    add("--model", metavar="ID|FOLDER", help="a model's id, or a folder in diffusers layout")
    add("--mode", choices=MODES, default="balanced", help="default: balanced")
    add("--steps", type=whole_number(1, MOST_STEPS), metavar="N", help="denoising steps")
    add("--text-guidance", type=guidance, metavar="X", help="how much the words count")
    add("--image-guidance", type=guidance, metavar="X", help="how much the photo counts")
    add("--scheduler", type=_scheduler, metavar="NAME", help="the sampler, e.g. dpm++2m or ddim")
    add("--negative", type=_instruction, default="", metavar="TEXT", help="what not to show")
    add("--safety-check", action="store_true", help="let the model's safety checker look")
    add("--device", choices=DEVICES, default=DEFAULT_DEVICE, help="default: auto")


def make_parser(program: str, manual: str) -> Parser:
    """Return a parser whose description is the manual's first paragraph."""
    description, _, epilogue = manual.partition("\n\n")
    return Parser(
        prog=program,
        description=description,
        epilog=epilogue or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _instruction(text: str) -> str:
    if len(text) > LONGEST_INSTRUCTION:
        raise argparse.ArgumentTypeError(
            f"the instruction has {len(text)} characters; {LONGEST_INSTRUCTION} are enough"
        )
    # Bytes that are no text would break the file that the instruction is written into.
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _scheduler(text: str) -> str:
    from desktop_app.engines.diffusion.schedulers import canonical_name  # brings NumPy

    return canonical_name(text)


def _size(text: str) -> int | None:
    return None if text == "photo" else whole_number(1, LARGEST_SIDE_PX, " or 'photo'")(text)


def whole_number(minimum: int, maximum: int, otherwise: str = "") -> Callable[[str], int]:
    """Return what reads a whole number of that range from an argument."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = minimum - 1
        if not minimum <= value <= maximum:
            raise argparse.ArgumentTypeError(
                f"a whole number from {minimum} to {maximum}{otherwise} is wanted, not '{text}'"
            )
        return value

    return convert


def number(minimum: float, maximum: float) -> Callable[[str], float]:
    """Return what reads a number of that range from an argument."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not minimum <= value <= maximum:  # false for nan
            raise argparse.ArgumentTypeError(
                f"a number from {minimum:g} to {maximum:g} is wanted, not '{text}'"
            )
        return value

    return convert
