"""Processes of the app's own that compute without a window: how they settle in, why they ended."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import parent_process, resource_tracker
from pathlib import Path

from desktop_app.core.paths import log_file

_LARGEST_LOG_BYTES = 1 << 20
_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def settle_in(log_name: str) -> None:
    """Make this process one that computes and nothing else; called before torch is imported.

    Args:
        log_name: of the file, among the app's logs, that whatever is printed goes to.
    """
    # When other programs are busy, OpenMP's threads that spin while they wait slow everything
    # down tenfold; a short spin costs an idle machine little. Read when torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ[name] = "1"
    # A terminal's Ctrl-C is for the app, which cancels the job.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _write_to_log(log_name)
    die_with_parent()


def die_with_parent() -> None:
    """Have Linux end this process with the app's, even in the middle of native code.

    A thread that listens to the app does so everywhere, once Python gets its turn.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    parent = parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os._exit(0)  # it was gone before we asked


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep what a terminal tells all its processes from one that is started meanwhile.

    Ctrl-C and a terminal that is closed are for the app, which ends its child. Until it has
    settled in, the child would die of them with a traceback. The tracker, which clears away the
    shared memory of processes that were killed, is in the same danger.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        resource_tracker.ensure_running()  # it unblocks Ctrl-C, so that has to come later
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def oom_kills() -> int:
    """Return how many processes Linux has ended for want of memory since the machine started."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/vmstat").read_text("ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _write_to_log(name: str) -> None:
    """Lead what libraries print, and traces of native crashes, to a file: stdout is not ours."""
    path = log_file().with_name(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_long = path.exists() and path.stat().st_size > _LARGEST_LOG_BYTES
        file = path.open("wb" if is_long else "ab")
    except OSError:
        file = Path(os.devnull).open("wb")  # noqa: SIM115 - it is for the whole process
    for descriptor in (1, 2):
        os.dup2(file.fileno(), descriptor)
    for stream, descriptor in (("stdout", 1), ("stderr", 2)):
        file_of = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", closefd=False)
        setattr(sys, stream, file_of)
    faulthandler.enable()
