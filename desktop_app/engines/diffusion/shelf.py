"""The model that is in memory, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import diffusers
import torch
from diffusers.schedulers.scheduling_utils import SchedulerMixin

from desktop_app.core.errors import ModelError, UsageError
from desktop_app.engines.diffusion.conditioning import Encoders
from desktop_app.engines.diffusion.device import ChosenDevice
from desktop_app.engines.diffusion.loading import Parts, load_parts
from desktop_app.engines.diffusion.memory import free_cached_memory
from desktop_app.engines.diffusion.plan import RunPlan
from desktop_app.models.layout import ModelLayout

OnBytes = Callable[[int, int], None]
Check = Callable[[], None]


@dataclass(eq=False)
class Loaded:
    """A model in memory.

    Attributes:
        layout: what it was loaded from.
        dtype: its precision.
        parts: its modules.
        encoders: what they have encoded already.
    """

    layout: ModelLayout
    dtype: torch.dtype
    parts: Parts
    encoders: Encoders = field(default_factory=Encoders)


class Shelf:
    """Holds the one model that was used last, in the precision that was asked for last."""

    def __init__(self, chosen: ChosenDevice) -> None:
        self._chosen = chosen
        self._loaded: Loaded | None = None

    def model(
        self,
        layout: ModelLayout,
        dtype: torch.dtype,
        *,
        texts: list[str],
        with_safety_checker: bool,
        on_bytes: OnBytes,
        check: Check,
    ) -> Loaded:
        """Return a model, loaded now unless it is here; it can encode `texts`, or has done so.

        Raises:
            JobCancelled: `check` said so.
            ModelError: it is broken.
        """
        there = self._loaded
        serves = (
            there is not None
            and there.layout.fingerprint == layout.fingerprint
            and there.dtype == dtype
            and (there.parts.text_encoder is not None or there.encoders.knows(texts))
            and (there.parts.safety_checker is not None or not with_safety_checker)
        )
        if there is not None and not serves:
            there = None
            self.clear()
        if there is None:
            parts = load_parts(
                layout,
                unet_dtype=dtype,
                vae_dtype=dtype,
                text_dtype=dtype,
                device=self._chosen.device,
                on_bytes=on_bytes,
                check_cancelled=check,
                with_safety_checker=with_safety_checker,
            )
            if self._chosen.device.type == "cuda":
                modules: tuple[Any, ...] = (parts.unet, parts.vae)
                for module in modules:
                    module.to(memory_format=torch.channels_last)
            there = self._loaded = Loaded(layout, dtype, parts)
        return there

    def clear(self) -> None:
        """Give the memory back."""
        self._loaded = None
        free_cached_memory()


def make_scheduler(layout: ModelLayout, config: dict[str, Any], plan: RunPlan) -> Any:
    """Return the scheduler that a plan asks for, its timesteps set.

    Another scheduler than the model's own is made from that one's configuration, as diffusers'
    users do it: values that the model left at their defaults stay the other's defaults.

    Raises:
        ModelError: the model's own scheduler is none that can be used.
        UsageError: the scheduler cannot take so many steps.
    """
    own_class: Any = getattr(diffusers, layout.scheduler.class_name, None)
    if SchedulerMixin not in getattr(own_class, "__mro__", ()):
        raise ModelError(
            f"“{layout.folder}” names a scheduler that is not known here"
            f" ({layout.scheduler.class_name}); choose another one."
        )
    try:
        scheduler = own_class.from_config(config)
        if plan.scheduler is not None and plan.scheduler != layout.scheduler.class_name:
            scheduler = getattr(diffusers, plan.scheduler).from_config(scheduler.config)
    except ImportError as error:  # diffusers names a library for special sigmas that is not here
        raise ModelError(
            f"The scheduler of “{layout.folder}” needs what is not part of Toonroom ({error});"
            " choose another one."
        ) from error
    except (TypeError, ValueError, KeyError, ArithmeticError, NotImplementedError) as error:
        raise ModelError(
            f"The scheduler’s configuration in “{layout.scheduler.folder}” is damaged ({error});"
            " get the model again."
        ) from error
    try:
        scheduler.set_timesteps(plan.steps, device="cpu")
    except (TypeError, ValueError, IndexError, ArithmeticError, AssertionError) as error:
        name = type(scheduler).__name__.removesuffix("Scheduler")
        raise UsageError(
            f"The scheduler {name} cannot take {plan.steps} steps with this model; choose another"
            " number or scheduler."
        ) from error
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)
    return scheduler
