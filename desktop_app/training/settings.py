"""What each command of the training room was asked. No torch: the command line builds them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DataSettings:
    """What `toonroom train data` was asked.

    Attributes:
        out: folder of the data set.
        photos: files and folders of photos that the classic engine draws; none for own pairs.
        before: folder of an artist's photos, or None.
        after: folder of what became of them, under the same names; with `before` alone.
        instruction: how the artist's change is asked for; with `before` alone.
        looks: ids of the looks to teach.
        keep: whether "keep the photo as it is" is taught too.
        held_out: how many photos are kept from training.
        size_px: longest side of the pictures; None for each photo's own size.
        threads: how many cores OpenCV takes; None for all.
    """

    out: Path
    photos: tuple[Path, ...] = ()
    before: Path | None = None
    after: Path | None = None
    instruction: str = ""
    looks: tuple[str, ...] = ()
    keep: bool = True
    held_out: int = 0
    size_px: int | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Stage:
    """A part of a training run.

    Attributes:
        crop_px: side of the crops, in pixels of the picture.
        batch: how many crops a step sees, over all processes and accumulations.
        steps: how many steps the stage has.
    """

    crop_px: int
    batch: int
    steps: int

    @classmethod
    def parse(cls, text: str) -> Stage:
        """Return the stage that is written CROPxBATCHxSTEPS.

        Raises:
            ValueError: it is written otherwise.
        """
        crop, batch, steps = (int(part) for part in text.lower().split("x"))
        if min(crop, batch, steps) < 1:
            raise ValueError("each number must be at least 1")
        return cls(crop, batch, steps)

    def __str__(self) -> str:
        return f"{self.crop_px}x{self.batch}x{self.steps}"


@dataclass(frozen=True)
class VaeSettings:
    """What `toonroom train vae` was asked.

    Attributes:
        data: the data set.
        out: folder of the run: checkpoints, log, and in the end the autoencoder.
        stages: what to do, in order.
        encoder_channels: width of the encoder.
        decoder_channels: width of the decoder, which has more to invent.
        latent_channels: how many numbers stand for a patch.
        encoder_blocks: residual blocks of each level of the encoder, the largest level first.
        decoder_blocks: those of the decoder, the smallest level first.
        learning_rate: of AdamW, after warming up.
        noise: standard deviation of the noise on latents that the decoder learns to bear.
        seed: of weights, crops and noise.
        checkpoint_every: steps between two checkpoints.
        threads: how many cores to use; None for all.
    """

    data: Path
    out: Path
    stages: tuple[Stage, ...]
    encoder_channels: int = 32
    decoder_channels: int = 48
    latent_channels: int = 8
    encoder_blocks: tuple[int, ...] = (0, 1, 3)
    decoder_blocks: tuple[int, ...] = (3, 2, 0)
    learning_rate: float = 1e-3
    noise: float = 0.1
    seed: int = 0
    checkpoint_every: int = 100
    threads: int | None = None


def written(settings: Any) -> str:
    """Return settings as JSON, for the folder of the run and the model card."""
    return json.dumps(asdict(settings), default=str, indent=1, sort_keys=True) + "\n"
