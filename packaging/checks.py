"""Every check of the project, one after the other, pytest last."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

# Run by the interpreter, as scripts of an environment break when it is moved.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", ".")),
    ("mypy", ("-m", "mypy")),
    ("lint-imports", ("-c", LINT_IMPORTS)),
)


def run_checks(
    python: Path,
    root: Path,
    pytest_arguments: Sequence[str],
    checks: Sequence[tuple[str, tuple[str, ...]]] = CHECKS,
) -> int:
    """Run all checks, show what each one found, and return 0 when every one passed.

    pytest comes last and writes to the terminal itself, so that its closing line ends the output.
    """
    failed = [name for name, command in checks if not _passes(name, [str(python), *command], root)]
    if failed:
        print(f"failed so far: {', '.join(failed)}", flush=True)
    pytest = [str(python), "-P", "-m", "pytest", *pytest_arguments]
    status = subprocess.call(pytest, cwd=root)
    return status or (1 if failed else 0)


def _passes(name: str, command: Sequence[str], root: Path) -> bool:
    start = time.monotonic()
    run = subprocess.run(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    passed = run.returncode == 0
    print(f"{'ok    ' if passed else 'FAILED'} {name} ({time.monotonic() - start:.1f} s)")
    if not passed:
        print(run.stdout.rstrip())
    print(end="", flush=True)
    return passed
