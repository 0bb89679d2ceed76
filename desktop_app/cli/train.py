"""`toonroom train`: what it was asked, and the training room that does it.

The training room brings torch, which the rest of the command line never loads: it is imported by
name, when its command is known to make sense.
"""

from __future__ import annotations

import importlib
from typing import Any

from desktop_app.cli.console import Console
from desktop_app.cli.stopping import Stopping
from desktop_app.cli.train_options import parse_train
from desktop_app.core.errors import ExitCode, ToonroomError
from desktop_app.training.settings import DataSettings, EvaluateSettings, UNetSettings, VaeSettings

_NEEDS = "{name} is not installed; training needs Toonroom installed from source, with {extra}."
_NOT_IN_APP = "This app comes without its training room; install Toonroom from source to train."


def train(argv: list[str]) -> int:
    """Do what was asked and return the exit status.

    Raises:
        UsageError: the options make no sense.
        ToonroomError: it cannot be done; the sentence says why.
        JobCancelled: it was ended by a signal; a checkpoint was written.
    """
    settings, quiet = parse_train(argv)
    with Stopping() as stopping:
        from desktop_app import logs

        logs.set_up()
        console = Console(quiet)
        try:
            done = _room(settings)(settings, console, stopping.token)
            if done:
                console.result(done)
        except ModuleNotFoundError as error:
            name = (error.name or "a library").partition(".")[0]
            if name == "desktop_app":
                raise ToonroomError(_NOT_IN_APP) from error
            extra = "the extra [lora]" if name == "peft" else "all that it depends on"
            raise ToonroomError(_NEEDS.format(name=name, extra=extra)) from error
    return ExitCode.DONE


def _room(settings: object) -> Any:
    """Return what does the work: (settings, reporter, token) -> what was done, in a sentence."""
    module = {
        DataSettings: "make_data",
        VaeSettings: "vae",
        UNetSettings: "unet",
        EvaluateSettings: "evaluate",
    }[type(settings)]
    return importlib.import_module(f"desktop_app.training.{module}").run
