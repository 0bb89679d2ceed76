"""Runs of a few seconds, and what they say of themselves."""

from __future__ import annotations

import json
from pathlib import Path

from desktop_app.training.settings import SmallModel, Stage, UNetSettings, VaeSettings

SMALL = SmallModel((16, 32), (False, True), text_width=16, text_layers=1, lessons=2)


def vae_settings(data: Path, out: Path) -> VaeSettings:
    """Return a run of six steps."""
    return VaeSettings(
        data,
        out,
        (Stage(16, 2, 3), Stage(32, 1, 3)),
        encoder_channels=4,
        decoder_channels=4,
        latent_channels=4,
        encoder_blocks=(0, 1, 1),
        decoder_blocks=(1, 1, 0),
        checkpoint_every=2,
    )


def unet_settings(data: Path, out: Path, vae: Path) -> UNetSettings:
    """Return a run of six steps."""
    return UNetSettings(
        data,
        out,
        (Stage(32, 2, 6),),
        vae=vae,
        small=SMALL,
        prediction="v_prediction",
        min_snr=5.0,
        checkpoint_every=2,
        validate_every=4,
    )


def log_of(folder: Path) -> list[dict[str, float]]:
    """Return the lines of a run's log."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
