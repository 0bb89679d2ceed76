"""The running average of weights: smoother than the weights of any one step."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class RunningAverage:
    """Follows the parameters that are trained.

    Source: Ho et al., "Denoising Diffusion Probabilistic Models", 2020, section 4; the warm-up is
    that of diffusers' EMAModel.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], most: float) -> None:
        """Args: most: the largest share that is kept of the average at a step."""
        self._followed: list[Tensor] = [p for p in parameters if p.requires_grad]
        self._most = most
        self.values = [p.detach().clone() for p in self._followed]

    def update(self, step: int) -> None:
        """Take the parameters in after step number `step`, from 0."""
        kept = min(self._most, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self.values, self._followed, 1.0 - kept)

    def swap(self) -> None:
        """Put the average where the parameters are, and keep those; again to undo it."""
        with torch.no_grad():
            for value, parameter in zip(self.values, self._followed, strict=True):
                kept = parameter.detach().clone()
                parameter.copy_(value)
                value.copy_(kept)

    def load(self, values: list[Tensor]) -> None:
        """Take back what a checkpoint held."""
        for value, kept in zip(self.values, values, strict=True):
            value.copy_(kept)
