"""From a Request and a model to every value that a run needs. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.events import Defaults
from desktop_app.core.extent import Extent
from desktop_app.core.request import Request
from desktop_app.engines.diffusion.guidance import Weights, row_weights
from desktop_app.engines.diffusion.modes import Savings, mode_of
from desktop_app.engines.diffusion.schedulers import MODEL_SCHEDULER, find_scheduler
from desktop_app.models.layout import ModelLayout

TEXT_GUIDANCE = 7.5
IMAGE_GUIDANCE = 1.5
SIDE_MULTIPLE_PX = 8
SMALLEST_WORKING_PX = 256
"""Photos below that are enlarged for the model, in modes that may: models saw nothing smaller. A
model may wish for more."""
LARGEST_WORKING_PX = 4_096


@dataclass(frozen=True)
class RunPlan:
    """Every value that a run needs, none of them left open.

    Attributes:
        instruction: what should happen.
        negative: what should not be seen.
        seed: of the noise.
        steps: as the scheduler is asked for; it may ask the model more or less often.
        scheduler: name of a class in diffusers; None for the model's own.
        text_guidance: s_T.
        image_guidance: s_I.
        weights: of the rows, as both scales give them.
        savings: what is left out.
        needs_fp32: whether nothing less will do.
        safety_check: whether the model's safety checker looks at the picture.
    """

    instruction: str
    negative: str
    seed: int
    steps: int
    scheduler: str | None
    text_guidance: float
    image_guidance: float
    weights: Weights
    savings: Savings
    needs_fp32: bool
    safety_check: bool


def defaults_of(request: Request, layout: ModelLayout | None) -> Defaults:
    """Return what is taken where `request` says None; the model's own wishes come first.

    The exact mode follows diffusers, which knows no such wishes.
    """
    mode = mode_of(request.mode)
    wishes = Defaults() if layout is None or mode.is_exact else layout.defaults
    # A draft is short whatever the model likes best.
    steps = min(wishes.steps, mode.steps) if wishes.steps else mode.steps
    return Defaults(
        steps=steps,
        text_guidance=TEXT_GUIDANCE if wishes.text_guidance is None else wishes.text_guidance,
        image_guidance=IMAGE_GUIDANCE if wishes.image_guidance is None else wishes.image_guidance,
        scheduler=wishes.scheduler or mode.scheduler,
        working_size_px=min(wishes.working_size_px or mode.working_size_px, mode.working_size_px),
        smallest_working_px=wishes.smallest_working_px or SMALLEST_WORKING_PX,
    )


def plan_of(request: Request, layout: ModelLayout) -> RunPlan:
    """Return what `request` asks for with everything it leaves open filled in.

    Raises:
        UsageError: it names a scheduler that is not there.
    """
    mode = mode_of(request.mode)
    found = defaults_of(request, layout)
    text = _first(request.text_guidance, found.text_guidance, TEXT_GUIDANCE)
    image = _first(request.image_guidance, found.image_guidance, IMAGE_GUIDANCE)
    name = request.scheduler or found.scheduler or MODEL_SCHEDULER
    return RunPlan(
        instruction=request.instruction,
        negative=request.negative,
        seed=request.seed,
        steps=request.steps or found.steps or mode.steps,
        scheduler=None if name == MODEL_SCHEDULER else find_scheduler(name).class_name,
        text_guidance=text,
        image_guidance=image,
        weights=row_weights(text, image, as_diffusers=mode.is_exact),
        savings=mode.savings,
        needs_fp32=mode.is_exact,
        safety_check=request.safety_check and layout.safety_checker is not None,
    )


def working_extent(request: Request, photo: Extent, defaults: Defaults) -> Extent:
    """Return the size that the photo is brought to for the model, of the photo's own shape.

    A size that was asked for is rounded to 8. Else photos are never enlarged, except those that
    are smaller than what models have seen, or the model wishes for, and those not in the exact
    mode.
    """
    mode = mode_of(request.mode)
    if request.working_size_px is not None:
        side = round(request.working_size_px / SIDE_MULTIPLE_PX) * SIDE_MULTIPLE_PX
        return _with_long_side(photo, min(LARGEST_WORKING_PX, max(SIDE_MULTIPLE_PX, side)))
    side = defaults.working_size_px or mode.working_size_px
    smallest = (defaults.smallest_working_px or SMALLEST_WORKING_PX) if mode.enlarges else 1
    return _with_long_side(photo, min(side, max(smallest, photo.long_side)))


def side_multiple(layout: ModelLayout) -> int:
    """Return what each side of the photo must be a multiple of for a model, in pixels."""
    return max(SIDE_MULTIPLE_PX, layout.scale_factor)


def padded_extent(extent: Extent, multiple_px: int) -> Extent:
    """Return `extent` with each side rounded up to a multiple."""
    return Extent(
        -(-extent.width // multiple_px) * multiple_px,
        -(-extent.height // multiple_px) * multiple_px,
    )


def _with_long_side(photo: Extent, side_px: int) -> Extent:
    return photo if photo.long_side == side_px else photo.with_long_side(side_px)


def _first(wanted: float | None, default: float | None, otherwise: float) -> float:
    if wanted is not None:
        return wanted
    return otherwise if default is None else default
