"""What the process that converts weights is asked to do, and what it says. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import ExitCode


@dataclass(frozen=True)
class Part:
    """The weights of a component that are to be written anew.

    Attributes:
        name: the component's, as in model_index.json.
        sources: the files that hold its weights now.
        target: the safetensors file to write.
    """

    name: str
    sources: tuple[Path, ...]
    target: Path


@dataclass(frozen=True)
class ConvertParts:
    """Write the weights of these components anew, one after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class ConvertCheckpoint:
    """Write what a single file holds as a model's components; those that are there are left.

    Attributes:
        path: the file, of Stability's layout.
        configs: a model folder without weights: what the components are like.
        target: the folder to write into.
    """

    path: Path
    configs: Path
    target: Path


Job = ConvertParts | ConvertCheckpoint


@dataclass(frozen=True)
class Progress:
    """So many bytes of the weights were dealt with, of so many that there are."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class PartDone:
    """The weights of a component are written, checked and on the disk."""

    name: str


@dataclass(frozen=True)
class Done:
    """All is done."""


@dataclass(frozen=True)
class Failed:
    """It went wrong.

    Attributes:
        sentence: for people.
        code: says of which kind the error is.
        details: for the log; "" where the sentence says it all.
    """

    sentence: str
    code: ExitCode
    details: str = ""


Message = Progress | PartDone | Done | Failed
