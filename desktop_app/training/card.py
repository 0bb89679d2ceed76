"""The model card: what a model is, how it was made, and how it fared on what it had not seen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from desktop_app.core.errors import PhotoError
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.names import printable
from desktop_app.training.runs import LOG_NAME
from desktop_app.training.settings import SETTINGS_NAME

HISTORY_NAME = "training.json"
CARD_NAME = "README.md"

_CURVE_POINTS = 40
_COLUMNS = (
    *("psnr", "ssim", "nothing_psnr", "nothing_ssim", "photo_ssim", "tint"),
    *("right", "unchanged", "seconds"),
    "lpips",  # where it could be measured
)
_MODE_COLUMNS = ("psnr", "ssim", "worst_psnr", "worst_ssim", "taught_ssim", "seconds")
_LOCAL = {
    *("out", "data", "vae", "base", "cache", "threads", "model"),
    *("photos", "before", "after"),
}
"""Settings that say where things lay, which nobody else has."""

_HIDDEN = {*_LOCAL, "card", "remarks"}
"""What is not told of how a model was evaluated."""

_HEAD = """---
library_name: diffusers
pipeline_tag: image-to-image
tags: [instruct-pix2pix, cartoon]
---

# {title}

An InstructPix2Pix model that was trained with `toonroom train`, for Toonroom and for diffusers.

{note}
"""

_USE = """## Use

```python
from diffusers import StableDiffusionInstructPix2PixPipeline

pipeline = StableDiffusionInstructPix2PixPipeline.from_pretrained("path of this folder")
picture = pipeline(
    "Cartoonize the following image",
    image=photo,  # a PIL.Image.Image whose sides are multiples of 8
    num_inference_steps={steps},
    guidance_scale={text_guidance},
    image_guidance_scale={image_guidance},
).images[0]
```
"""
"""What the model wishes for is far from what diffusers takes where nobody says."""

_MODES = """### Modes

How near each mode comes to a picture of {steps} steps in full precision with the same seed; "worst"
are the means over the worst twentieth of the pictures, "taught" is how near it comes to what the
model was taught.
"""


def history_of(runs: Mapping[str, Path]) -> dict[str, Any]:
    """Return settings and curve of each run, by a name for it; those that are not there left out.

    Raises:
        PhotoError: a file of a run is damaged.
    """
    found = {}
    for name, folder in runs.items():
        try:
            settings = json.loads((folder / SETTINGS_NAME).read_text(encoding="utf-8"))
            log = folder / LOG_NAME  # a data set has none
            lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
            curve = _thinned([json.loads(line) for line in lines])
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise PhotoError(f"The run in “{printable(folder)}” is damaged: {error}.") from error
        kept = {key: value for key, value in settings.items() if key not in _LOCAL}
        found[name] = {"settings": kept, "curve": curve}
    return found


def write_card(model: Path, figures: Mapping[str, Any], asked: Mapping[str, Any]) -> Path:
    """Write the card of the model in a folder, and return its path.

    Args:
        model: the folder; its history and `toonroom.json` are read where they are there.
        figures: what `evaluate` found.
        asked: what `evaluate` was asked.

    Raises:
        PhotoError: it cannot be written.
    """
    about = _read(model / "toonroom.json")
    parts = [_HEAD.format(title=about.get("title", model.name), note=about.get("note", ""))]
    parts.append(str(asked.get("remarks", "")))
    if about.get("defaults"):
        parts.append(_USE.format_map(about["defaults"]))
    parts.append(_figures(figures, asked))
    for name, run in _read(model / HISTORY_NAME).items():
        parts.append(_run(name, run))
    path = model / CARD_NAME
    text = "\n".join(part.rstrip() + "\n" for part in parts if part)
    write_bytes_atomically(path, text.encode("utf-8", "backslashreplace"), overwrite=True)
    return path


def _figures(figures: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    how = ", ".join(
        f"{k} {v}" for k, v in asked.items() if k not in _HIDDEN and v not in (None, ())
    )
    lines = ["## Figures on photos that were held out", "", f"Asked: {how}.", ""]
    for size, looks in figures.get("sizes", {}).items():
        lines += [f"### {size} px", "", *_table("look", looks), ""]
    if figures.get("guidance"):
        lines += ["### Guidance", "", *_table("guidance", figures["guidance"]), ""]
    if figures.get("modes"):
        lines += [_MODES.format(steps=asked["reference_steps"])]
        lines += [*_table("mode", figures["modes"], _MODE_COLUMNS), ""]
    return "\n".join(lines)


def _table(
    first: str, rows: Mapping[str, Mapping[str, float]], wanted: Sequence[str] = _COLUMNS
) -> list[str]:
    columns = [name for name in wanted if all(name in row for row in rows.values())]
    lines = [f"| {first} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{row[column]:.3f}" for column in columns) + " |")
    return lines


def _run(name: str, run: Mapping[str, Any]) -> str:
    settings = json.dumps(run["settings"], indent=1, sort_keys=True)
    curve = run["curve"]
    lines = [f"## How it was made: {name}", "", "```json", settings, "```", ""]
    if not curve:
        return "\n".join(lines)
    keys = [key for key in curve[0] if key != "rate"]
    lines += [f"| {' | '.join(keys)} |", "|---" * len(keys) + "|"]
    lines += ["| " + " | ".join(f"{row[key]:.6g}" for key in keys) + " |" for row in curve]
    return "\n".join(lines)


def _thinned(lines: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Return some points of a log, each the mean of those since the one before."""
    size = max(1, len(lines) // _CURVE_POINTS)
    points = []
    for start in range(0, len(lines), size):
        group = lines[start : start + size]
        mean = {key: sum(line[key] for line in group) / len(group) for key in ("loss", "rate")}
        points.append({"step": group[-1]["step"], **mean})
    return points


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise PhotoError(f"“{printable(path)}” is damaged: {error}.") from error
    return values if isinstance(values, dict) else {}
