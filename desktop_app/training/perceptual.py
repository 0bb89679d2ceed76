"""LPIPS, where its package and its weights are there: nothing is ever fetched for it.

Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR
2018.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from desktop_app.core.photo import RgbImage
from desktop_app.training.crops import to_tensor

_BACKBONES = "alexnet-owt-*.pth"

Distance = Callable[[RgbImage, RgbImage], float]


def lpips_distance() -> Distance | None:
    """Return LPIPS with AlexNet, for two (height, width, 3) uint8 pictures; None without it."""
    try:
        import lpips
    except ModuleNotFoundError:
        return None
    if not any((Path(torch.hub.get_dir()) / "checkpoints").glob(_BACKBONES)):
        return None
    network = lpips.LPIPS(net="alex", verbose=False).eval()

    @torch.no_grad()
    def distance(picture: RgbImage, other: RgbImage) -> float:
        pair = to_tensor(np.stack([picture, other]))
        return float(network(pair[:1], pair[1:]))

    return distance
