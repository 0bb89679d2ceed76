"""Keeps one result after the other and says so; run by tests that kill it.

python -m tests.session.keep_forever FOLDER [COUNT]
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from desktop_app.session.history import History
from tests.session.makes import make_photo, make_result

MANY = 1_000_000
"""No entry is removed to make room: the tests count them."""


def main() -> None:
    """Tell each entry's identity and seed on stdout once it is kept."""
    history = History(Path(sys.argv[1]), max_entries=MANY, max_of_one_photo=MANY)
    photo = make_photo(Path("/photos/a.jpg"))
    seeds = range(int(sys.argv[2])) if len(sys.argv) > 2 else count()
    tell("ready")
    for seed in seeds:
        entry = history.keep(make_result(seed, 300, 200), photo)
        tell(f"{entry.entry_id} {seed}")


def tell(line: str) -> None:
    """Say `line` at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
