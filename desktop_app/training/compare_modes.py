"""What the engine's modes cost in likeness: each beside a picture for which nothing was left out.

The reference takes many steps in full precision, with the same seed. Beside the modes that ship
stands what people get elsewhere: diffusers' own pipeline, with the model's scheduler and 20 steps.
Modes take the steps that they are made for, and those that the model wishes for. What is near to
the reference need not be near to what the model was taught, so that is measured too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from desktop_app.core.photo import RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.modes import mode_of
from desktop_app.training.dataset import Pair
from desktop_app.training.figures import psnr, ssim
from desktop_app.training.latents import Subject
from desktop_app.training.phrases import KEEP

STOCK_STEPS = 20
SHIPPED = ("balanced", "fast", "draft")

_WORST_SHARE = 0.05


def ways_of(request: Request, wished: Mapping[str, int]) -> dict[str, Request]:
    """Return what is compared, by name.

    Args:
        request: what all pictures have in common. Its guidances have to be told: where they are
            left open, modes differ in them.
        wished: how many steps the model wishes for, by mode that ships.
    """
    exact = replace(request, mode="exact", scheduler="model", steps=STOCK_STEPS)
    ways = {f"stock, {STOCK_STEPS} steps": exact}
    for mode in SHIPPED:
        for steps in dict.fromkeys((mode_of(mode).steps, wished[mode])):
            ways[f"{mode}, {steps} step{'s' * (steps != 1)}"] = replace(
                request, mode=mode, steps=steps
            )
    return ways


def compared(
    make: Callable[[Subject, Request], RgbImage],
    taught: Callable[[Pair], RgbImage],
    subjects: Sequence[Subject],
    ways: Mapping[str, Request],
    reference: Request,
    tell: Callable[[str], None],
) -> dict[str, dict[str, float]]:
    """Return for each way how near it comes to the reference, over one picture of each photo.

    Photos take turns with what they become.

    Args:
        make: makes the picture of a photo that a request asks for.
        taught: returns the teacher's picture, of the same size.
        subjects: photos and what they can become.
        ways: see `ways_of`.
        reference: what the picture is asked for with that nothing is left out of.
        tell: is told how it goes on.

    Returns:
        By the way's name: psnr and ssim, their means over the worst twentieth of the pictures (one
        at least) as worst_psnr and worst_ssim, taught_ssim to the teacher's picture, and mean
        seconds.
    """
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in ways}
    for number, subject in enumerate(subjects):
        pair = _asked(subject, number)
        target = taught(pair)
        exact = make(subject, replace(reference, instruction=pair.instruction))
        for name, way in ways.items():
            start = time.perf_counter()
            picture = make(subject, replace(way, instruction=pair.instruction))
            seconds = time.perf_counter() - start
            near = (psnr(picture, exact), ssim(picture, exact))
            found[name].append((*near, ssim(picture, target), seconds))
        tell(f"modes: {number + 1} of {len(subjects)} photos")
    return {name: _summary(np.array(figures)) for name, figures in found.items()}


def _asked(subject: Subject, number: int) -> Pair:
    changed = [pair for pair in subject.pairs if pair.look != KEEP] or list(subject.pairs)
    return changed[number % len(changed)]


def _summary(figures: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, float]:
    """Return means of (pictures, 4) figures: psnr, ssim, taught_ssim, seconds."""
    worst = np.sort(figures, axis=0)[: max(1, round(_WORST_SHARE * len(figures)))].mean(axis=0)
    mean = figures.mean(axis=0)
    return {
        "psnr": float(mean[0]),
        "ssim": float(mean[1]),
        "worst_psnr": float(worst[0]),
        "worst_ssim": float(worst[1]),
        "taught_ssim": float(mean[2]),
        "seconds": float(mean[3]),
    }
