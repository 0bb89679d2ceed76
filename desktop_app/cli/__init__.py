"""Toonroom without a window: the composition root of the command line."""

from __future__ import annotations

from desktop_app.core.errors import ExitCode, ToonroomError

COMMANDS = ("cartoonize", "doctor", "models", "train")


def handles(arguments: list[str]) -> bool:
    """Return whether these arguments are for `main`; else they are photos for the window."""
    return bool(arguments) and (
        arguments[0] in COMMANDS or any(argument.startswith("-") for argument in arguments)
    )


def main(argv: list[str]) -> int:
    """Run one command and return its exit status; nothing is raised.

    Args:
        argv: the arguments, without the program's name.
    """
    from desktop_app.cli.console import Console, prepare_streams

    prepare_streams()
    console = Console()
    try:
        return _dispatch(argv)
    except SystemExit as end:  # argparse, after it has printed what -h or --version asks for
        return int(end.code or 0)
    except ToonroomError as error:
        console.error(str(error))
        return error.code
    except KeyboardInterrupt:
        console.error("Interrupted.")
        return ExitCode.INTERRUPTED
    except MemoryError:
        console.error("There is not enough memory for this.")
        return ExitCode.OUT_OF_MEMORY
    except Exception as error:  # the process boundary: people get a sentence
        console.unexpected("toonroom", error)
        return ExitCode.PHOTO_FAILED


def _dispatch(argv: list[str]) -> int:
    command, rest = (argv[0], argv[1:]) if argv else ("", [])
    if command not in COMMANDS:
        from desktop_app.cli.options import parse_top

        parse_top(argv)
        return ExitCode.DONE
    if command == "cartoonize":
        from desktop_app.cli.options import parse_cartoonize

        options = parse_cartoonize(rest)
        from desktop_app.cli.cartoonize import cartoonize  # brings NumPy: after --help

        return cartoonize(options)
    if command == "doctor":
        from desktop_app.cli.doctor import doctor
        from desktop_app.cli.options import parse_doctor

        return doctor(parse_doctor(rest))
    if command == "train":
        from desktop_app.cli.train import train

        return train(rest)
    from desktop_app.cli.models import models
    from desktop_app.cli.models_options import parse_models

    return models(parse_models(rest))
