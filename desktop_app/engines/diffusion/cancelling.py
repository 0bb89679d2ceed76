"""Ending a run in the middle of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.attention_processor import Attention
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.unets.unet_2d_blocks import AutoencoderTinyBlock
from torch import nn

CHECKED = (ResnetBlock2D, BasicTransformerBlock, AutoencoderTinyBlock, Attention)
"""Modules that a token is looked at before: some dozens in a UNet, each a fraction of a step."""


@contextmanager
def cancellable(modules: list[nn.Module], check: Callable[[], None]) -> Iterator[None]:
    """Have `check` called before each larger part of `modules`; what it raises ends the run."""

    def before(_module: nn.Module, _args: Any) -> None:
        check()

    hooks = [
        part.register_forward_pre_hook(before)
        for module in modules
        for part in module.modules()
        if isinstance(part, CHECKED)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
