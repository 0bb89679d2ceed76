"""What the app remembers between two starts, as one JSON file that people can read."""

from __future__ import annotations

import json
import logging
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from desktop_app.core.request import DEFAULT_INSTRUCTION

log = logging.getLogger(__name__)

VERSION = 1
THEMES = ("system", "light", "dark")
COMPARE_MODES = ("off", "hold_before", "split")
DEVICES = ("auto", "cpu", "cuda", "mps")
MAX_RECENT = 20
MAX_MODEL_FOLDERS = 8
MAX_IDLE_MIN = 240
MAX_FILE_BYTES = 1 << 20
"""No settings of ours are ever this long; a longer file is not read at all."""


@dataclass(frozen=True)
class Settings:
    """What the app remembers. Change it with `dataclasses.replace`.

    Attributes:
        engine: id of the engine that was last picked.
        look: id of the look that was last picked; "" for the engine's default.
        model: id or folder of the model that was last picked; "" for the engine's default.
        model_folders: folders that models were last picked from, the newest first.
        instruction: what the instruction field last said.
        recent_instructions: the last instructions that were run, the newest first.
        theme: one of THEMES.
        compare: one of COMPARE_MODES.
        split: where the before/after divider stands, 0 (left) to 1 (right).
        develop_live: whether to develop again as the artist adjusts.
        show_more: whether the seldom used controls of the develop panel are shown.
        models_seen: whether the artist was told that there are models to be had.
        idle_unload_min: minutes without a run after which a model is let go; 0 for never.
        device: what a model is to compute on, one of DEVICES.
        keep_exif: whether saved pictures carry the photo's camera and date.
        keep_gps: whether they also carry where it was taken.
        save_format: file ending of saved pictures, without the dot.
        last_open_folder: where photos were last opened from; "" for none yet.
        last_save_folder: where pictures were last saved to; "" for none yet.
        window_geometry: QWidget.saveGeometry() in base64.
        window_state: QMainWindow.saveState() in base64.
    """

    engine: str = "classic"
    look: str = ""
    model: str = ""
    model_folders: tuple[str, ...] = ()
    instruction: str = DEFAULT_INSTRUCTION
    recent_instructions: tuple[str, ...] = ()
    theme: str = "system"
    compare: str = "off"
    split: float = 0.5
    develop_live: bool = True
    show_more: bool = False
    models_seen: bool = False
    idle_unload_min: int = 10
    device: str = "auto"
    keep_exif: bool = True
    keep_gps: bool = True
    save_format: str = "png"
    last_open_folder: str = ""
    last_save_folder: str = ""
    window_geometry: str = ""
    window_state: str = ""

    def with_recent(self, instruction: str) -> tuple[str, ...]:
        """Return `recent_instructions` with `instruction` moved to the front."""
        others = [text for text in self.recent_instructions if text != instruction]
        return (instruction, *others)[:MAX_RECENT]

    def with_model_folder(self, folder: str) -> tuple[str, ...]:
        """Return `model_folders` with `folder` at the front.

        A folder whose name is no text is not among them: it could not be read back, and the
        others with it.
        """
        others = tuple(text for text in self.model_folders if text != folder)
        try:
            _text(folder)
        except ValueError:
            return others
        return (folder, *others)[:MAX_MODEL_FOLDERS]


def load(path: Path) -> Settings:
    """Return the settings kept in `path`; never raises.

    A key with a damaged value falls back to its default. A file that is damaged as a whole is put
    aside with the ending `.damaged`, so that nothing a person wrote into it is lost.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError("too long")
        values = json.loads(path.read_bytes().decode("utf-8-sig"))
        if not isinstance(values, dict):
            raise TypeError("a JSON object is wanted")
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        log.warning("settings %s cannot be read: %s", path, error)
        return Settings()
    except (ValueError, TypeError, RecursionError) as error:
        _put_aside(path, error)
        return Settings()
    return _from_values(values)


def save(path: Path, settings: Settings) -> bool:
    """Write `settings` to `path`, whole or not at all; return whether that worked.

    Never raises: settings are saved while the window closes, where nobody could do anything.
    """
    values = {"version": VERSION, **asdict(settings)}
    # ensure_ascii, because folder names may hold bytes that are no text in any encoding.
    data = json.dumps(values, ensure_ascii=True, indent=2).encode("ascii") + b"\n"
    try:
        _write_atomically(path, data)
    except OSError as error:
        log.warning("settings %s cannot be written: %s", path, error)
        return False
    return True


def _from_values(values: dict[str, object]) -> Settings:
    kept: dict[str, object] = {}
    for field in fields(Settings):
        if field.name not in values:
            continue
        try:
            kept[field.name] = _READERS[field.name](values[field.name])
        except (TypeError, ValueError, OverflowError) as error:
            log.warning("setting %s is damaged, its default is used: %s", field.name, error)
    unknown = values.keys() - {field.name for field in fields(Settings)} - {"version"}
    if unknown:
        log.info("unknown settings are dropped: %s", ", ".join(sorted(unknown))[:200])
    return Settings(**kept)  # type: ignore[arg-type]  # each reader gives its field's type


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text is wanted, not {type(value).__name__}")
    value.encode("utf-8")  # half a surrogate pair is no text: a ValueError
    if "\0" in value:
        raise ValueError("text with a zero character")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is wanted, not {type(value).__name__}")
    return value


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise TypeError(f"a number is wanted, not {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number) or not 0.0 <= number <= 1.0:
        raise ValueError(f"a number within 0 and 1 is wanted, not {number}")
    return number


def _texts(most: int) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise TypeError(f"a list is wanted, not {type(value).__name__}")
        return tuple(_text(item) for item in value)[:most]

    return read


def _whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"a whole number is wanted, not {type(value).__name__}")
        if not least <= value <= most:
            raise ValueError(f"a number within {least} and {most} is wanted")
        return value

    return read


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in choices or not isinstance(value, str):
            raise ValueError(f"one of {', '.join(choices)} is wanted")
        return value

    return read


_READERS: dict[str, Callable[[object], object]] = {
    "engine": _text,
    "look": _text,
    "model": _text,
    "model_folders": _texts(MAX_MODEL_FOLDERS),
    "instruction": _text,
    "recent_instructions": _texts(MAX_RECENT),
    "theme": _one_of(THEMES),
    "compare": _one_of(COMPARE_MODES),
    "split": _share,
    "develop_live": _flag,
    "show_more": _flag,
    "models_seen": _flag,
    "idle_unload_min": _whole(0, MAX_IDLE_MIN),
    "device": _one_of(DEVICES),
    "keep_exif": _flag,
    "keep_gps": _flag,
    "save_format": _text,
    "last_open_folder": _text,
    "last_save_folder": _text,
    "window_geometry": _text,
    "window_state": _text,
}


def _put_aside(path: Path, reason: Exception) -> None:
    aside = path.with_name(path.name + ".damaged")
    log.warning("settings %s are damaged (%s) and put aside as %s", path, reason, aside.name)
    try:
        path.replace(aside)
    except OSError as error:
        log.warning("settings %s cannot be put aside: %s", path, error)


def _write_atomically(path: Path, data: bytes) -> None:
    path = path.resolve()  # settings kept elsewhere through a link stay there
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
