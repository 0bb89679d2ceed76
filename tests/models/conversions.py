"""Processes that convert as the real one does, up to a point."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

from desktop_app.models import child, importing
from desktop_app.models.jobs import Job
from desktop_app.models.process import run_in_process


def dies_in_the_second_part(connection: Connection, job: Job) -> None:
    """End by force when all of the second file is written, but not read back."""
    _do_at_the_second_part(connection, job, lambda: os.kill(os.getpid(), signal.SIGKILL))


def hangs_in_the_second_part(connection: Connection, job: Job) -> None:
    """Never come to an end from there on."""
    _do_at_the_second_part(connection, job, lambda: threading.Event().wait())


def runs_out_of_memory(connection: Connection, job: Job) -> None:
    """Find that memory is too small."""
    with mock.patch.object(child, "do", side_effect=MemoryError):
        child.main(connection, job)


def fills_the_disk(connection: Connection, job: Job) -> None:
    """Find the disk full in the second file."""

    def fail() -> None:
        raise OSError(28, "No space left on device")

    _do_at_the_second_part(connection, job, fail)


def imports_and_hangs(path: Path, configs: Path) -> None:
    """Import a model in a process that is to be killed; tell the pid of what converts."""

    def run(job: Job, on_message: Callable[..., None], token: object) -> None:
        def tell(message: object) -> None:
            import multiprocessing

            if type(message).__name__ == "PartDone":
                print(multiprocessing.active_children()[0].pid, flush=True)  # noqa: T201

        run_in_process(job, tell, token, hangs_in_the_second_part)  # type: ignore[arg-type]

    with (
        mock.patch.object(importing, "run_in_process", run),
        mock.patch("desktop_app.models.converting.run_in_process", run),
    ):
        importing.import_model(path, configs=configs)


def _do_at_the_second_part(connection: Connection, job: Job, act: Callable[[], object]) -> None:
    from desktop_app.models.making import writing

    checked = writing._checksum_of
    count = 0

    def check(path: Path) -> int:
        nonlocal count
        count += 1
        if count == 2:
            act()
        return checked(path)

    with mock.patch.object(writing, "_checksum_of", check):
        child.main(connection, job)
