"""Set everything up, then run Toonroom or its checks.

    python3 packaging/bootstrap.py app [ARGS]     run toonroom ARGS
    python3 packaging/bootstrap.py test [ARGS]    run every check; ARGS go to pytest

Standard library only. This file is kept to what any Python 3 can read, so that one that is too
old gets a sentence instead of a traceback; the work is in provision.py, libraries.py, checks.py.
"""

import os
import sys

OLDEST_PYTHON = (3, 11)
HELP = """usage: python3 packaging/bootstrap.py app [ARGS]     set up, then run toonroom ARGS
       python3 packaging/bootstrap.py test [ARGS]    set up, then run every check"""


def newer_python() -> str:
    """Return the path of a Python on this machine that is new enough, or ""."""
    import shutil
    import subprocess

    for minor in (13, 12, 11, 14):
        path = shutil.which("python3.%d" % minor)  # noqa: UP031 - read by old Pythons too
        # A version manager leaves a command for each Python that it could have: try it.
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return path
    return ""


def main() -> int:
    """Run the command that `sys.argv` names and return its exit status."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        newer = newer_python()
        if newer:
            os.execv(newer, [newer, os.path.abspath(__file__)] + sys.argv[1:])  # noqa: PTH100, RUF005
        found = ".".join(str(part) for part in sys.version_info[:3])
        print("Toonroom needs Python 3.11 or newer; this is Python " + found + ".", file=sys.stderr)
        return 2
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    if here not in sys.path:  # Python leaves it out in its safe-path mode
        sys.path.insert(0, here)
    from launch import launch

    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in ("-h", "--help"):
        print(HELP)
        return 0
    if command not in ("app", "test"):
        print(HELP, file=sys.stderr)
        return 2
    return launch(command, sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
