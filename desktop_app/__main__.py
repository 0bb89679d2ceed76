"""The one way in: `toonroom`, `python -m desktop_app`, the double-clicked bundle."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys


def main() -> int:
    """Run the window or a command, as `sys.argv` says, and return the exit status."""
    # First of all: in a bundle, a worker process starts as another copy of the app.
    multiprocessing.freeze_support()
    _occupy_closed_descriptors()
    from desktop_app import cli

    arguments = sys.argv[1:]
    return cli.main(arguments) if cli.handles(arguments) else _open_window(arguments)


def _open_window(photos: list[str]) -> int:
    from desktop_app.cli.console import Console
    from desktop_app.cli.display import LIBRARIES_ADVICE, display_problem

    console = Console()
    problem = display_problem(os.environ)
    if problem:
        console.error(problem)
        return 1
    from desktop_app import logs

    logs.set_up()
    # All that is made while the window is built stays: looking for garbage would only cost time.
    gc.disable()
    try:
        from desktop_app import app

        return app.main([sys.argv[0], *photos])
    except ImportError as error:
        console.unexpected("the window", error)
        console.error(LIBRARIES_ADVICE)
    except Exception as error:  # the process boundary: people get a sentence
        console.unexpected("the window", error)
    return 1


def _occupy_closed_descriptors() -> None:
    """Open the null device where a standard stream was closed.

    Else the next file that is opened gets the stream's number, and what anybody prints ends up in
    a picture.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one


if __name__ == "__main__":
    sys.exit(main())
