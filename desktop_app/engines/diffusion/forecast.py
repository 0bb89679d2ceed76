"""What models take on this machine, those that are not here yet too. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from desktop_app.core.events import Defaults
from desktop_app.core.extent import Extent
from desktop_app.core.paths import data_home
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.cost import (
    Work,
    autoencoder_kl,
    steps_work,
    unet_levels,
    work_of,
)
from desktop_app.engines.diffusion.guidance import row_weights
from desktop_app.engines.diffusion.machine import Machine, load_machine
from desktop_app.engines.diffusion.modes import MODES
from desktop_app.engines.diffusion.plan import (
    IMAGE_GUIDANCE,
    TEXT_GUIDANCE,
    padded_extent,
    plan_of,
    side_multiple,
)
from desktop_app.models.layout import ModelLayout

MACHINE_NAME = "machine.json"
SIDE_PX = 512

_FACTOR = 8
_LATENTS = 4
_UNET: Mapping[str, Any] = {
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "in_channels": 2 * _LATENTS,
    "out_channels": _LATENTS,
}
"""That of Stable Diffusion 1, given a photo to see. Source: its configuration."""
_VAE = ((128, 256, 512, 512), 2)
"""Channels and layers of its autoencoder."""


def known_machine() -> Machine:
    """Return what was measured on this machine so far."""
    return load_machine(data_home() / MACHINE_NAME)


def seconds_per_picture(defaults: Defaults, machine: Machine) -> float:
    """Return how long a model of Stable Diffusion 1's size would take for a picture of SIDE_PX.

    In the mode that is taken where nobody says, with the model loaded.

    Args:
        defaults: what the model's makers recommend.
        machine: what computes.
    """
    mode = MODES[0]
    work = _work(mode.savings.deep_level)
    text = TEXT_GUIDANCE if defaults.text_guidance is None else defaults.text_guidance
    image = IMAGE_GUIDANCE if defaults.image_guidance is None else defaults.image_guidance
    rows = len(row_weights(text, image, as_diffusers=mode.is_exact).rows)
    kinds = mode.savings.schedule(defaults.steps or mode.steps)
    steps = sum(work.step(kind, rows) for kind in kinds)
    return (steps + work.encode + work.decode) / machine.flops


def seconds_of(layout: ModelLayout, machine: Machine) -> float:
    """Return the same for a model that is here."""
    plan = plan_of(Request(engine="diffusion"), layout)
    side = padded_extent(Extent(SIDE_PX, SIDE_PX), side_multiple(layout))
    work = work_of(layout, side, plan.savings)
    return (steps_work(plan, layout, work) + work.encode + work.decode) / machine.flops


@lru_cache(maxsize=4)
def _work(deep_level: int) -> Work:
    side = SIDE_PX // _FACTOR
    levels = unet_levels(_UNET, (side, side), {})
    outer = sum(levels[: deep_level + 1])
    return Work(sum(levels), outer, *autoencoder_kl(*_VAE, (SIDE_PX, SIDE_PX), _LATENTS))
