"""What the engine's modes cost in likeness: each beside a picture for which nothing was left out.

The reference takes many steps in full precision, with the same seed. Beside the modes that ship
stands what people get elsewhere: diffusers' own pipeline, with the model's scheduler and 20 steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from desktop_app.core.photo import RgbImage
from desktop_app.core.request import Request
from desktop_app.training.dataset import Pair
from desktop_app.training.figures import psnr, ssim
from desktop_app.training.latents import Subject
from desktop_app.training.phrases import KEEP

STOCK_STEPS = 20
SHIPPED = ("balanced", "fast", "draft")

_WORST_SHARE = 0.05


def compared(
    make: Callable[[Subject, Request], RgbImage],
    subjects: Sequence[Subject],
    request: Request,
    reference_steps: int,
    tell: Callable[[str], None],
) -> dict[str, dict[str, float]]:
    """Return for each way how near it comes to the reference, over one picture of each photo.

    Photos take turns with what they become.

    Args:
        make: makes the picture of a photo that a request asks for.
        subjects: photos and what they can become.
        request: what all pictures have in common. Its guidances have to be told: where they are
            left open, modes differ in them.
        reference_steps: how many steps the reference takes.
        tell: is told how it goes on.

    Returns:
        By the way's name: psnr and ssim, their means over the worst twentieth of the pictures (one
        at least) as worst_psnr and worst_ssim, and mean seconds.
    """
    exact = replace(request, mode="exact", scheduler="model")
    ways = {
        f"stock, {STOCK_STEPS} steps": replace(exact, steps=STOCK_STEPS),
        **{mode: replace(request, mode=mode, steps=None) for mode in SHIPPED},
    }
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for number, subject in enumerate(subjects):
        instruction = _asked(subject, number).instruction
        wanted = replace(exact, steps=reference_steps, instruction=instruction)
        reference = make(subject, wanted)
        for name, way in ways.items():
            start = time.perf_counter()
            picture = make(subject, replace(way, instruction=instruction))
            seconds = time.perf_counter() - start
            found[name].append((psnr(picture, reference), ssim(picture, reference), seconds))
        tell(f"modes: {number + 1} of {len(subjects)} photos")
    return {name: _summary(np.array(figures)) for name, figures in found.items()}


def _asked(subject: Subject, number: int) -> Pair:
    changed = [pair for pair in subject.pairs if pair.look != KEEP] or list(subject.pairs)
    return changed[number % len(changed)]


def _summary(figures: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, float]:
    """Return means of (pictures, 3) figures: psnr, ssim, seconds."""
    worst = np.sort(figures, axis=0)[: max(1, round(_WORST_SHARE * len(figures)))].mean(axis=0)
    mean = figures.mean(axis=0)
    return {
        "psnr": float(mean[0]),
        "ssim": float(mean[1]),
        "worst_psnr": float(worst[0]),
        "worst_ssim": float(worst[1]),
        "seconds": float(mean[2]),
    }
