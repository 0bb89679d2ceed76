"""The options of `toonroom models`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.cli.manual import MODELS
from desktop_app.cli.options import Parser, make_parser

TASKS = ("list", "get", "import", "verify", "remove", "move", "where")


@dataclass(frozen=True)
class ModelsOptions:
    """What `toonroom models` was asked.

    Attributes:
        task: one of TASKS.
        models: ids, where the task takes some.
        path: file or folder, where the task takes one.
        new_id: what an imported model is to be called; None for the name of its file.
        for_good: whether a model may be deleted where there is no bin.
        as_json: whether what is found is printed as JSON.
        quiet: whether only errors are said.
    """

    task: str
    models: tuple[str, ...] = ()
    path: Path = Path()
    new_id: str | None = None
    for_good: bool = False
    as_json: bool = False
    quiet: bool = False


def parse_models(argv: list[str]) -> ModelsOptions:
    """Return what was asked; no task is "list".

    Raises:
        SystemExit: after --help was printed.
        UsageError: something is wrong with it.
    """
    task = argv[0] if argv else "list"
    if task == "--json":
        task, argv = "list", ["list", *argv]
    if task not in TASKS:
        parser = make_parser("toonroom models", MODELS)
        parser.usage = f"toonroom models [{'|'.join(TASKS)}] ..."
        parser.parse_known_args(argv)  # answers --help
        parser.error(f"one of {', '.join(TASKS)} is wanted, not '{task}'")
    parser = make_parser(f"toonroom models {task}", MODELS)
    _add(parser, task)
    found = vars(parser.parse_args(argv[1:]))
    models = found.get("models") or ()
    return ModelsOptions(
        task,
        models=(models,) if isinstance(models, str) else tuple(models),
        path=found.get("path") or Path(),
        new_id=found.get("new_id"),
        for_good=bool(found.get("for_good")),
        as_json=bool(found.get("json")),
        quiet=bool(found.get("quiet")),
    )


def _add(parser: Parser, task: str) -> None:
    add = parser.add_argument
    if task in ("list", "verify"):
        add("--json", action="store_true", help="print one object for each model")
    if task in ("get", "remove"):
        add("models", metavar="ID", help="the model")
    if task in ("verify", "where"):
        add("models", nargs="*" if task == "verify" else "?", metavar="ID", help="default: all")
    if task in ("import", "move"):
        add("path", type=Path, metavar="PATH" if task == "import" else "FOLDER")
    if task == "import":
        add("--id", dest="new_id", metavar="ID", help="default: the name of the file or folder")
    if task == "remove":
        add("--for-good", action="store_true", help="delete it where there is no bin")
    add("--quiet", action="store_true", help="no progress and no remarks, only errors")
