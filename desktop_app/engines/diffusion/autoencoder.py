"""Pixels to latents and back, with what it takes when memory or precision run out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from desktop_app.core.photo import RgbImage
from desktop_app.engines.diffusion.memory import free_cached_memory, is_out_of_memory

_BLACK = 1.5 / 255.0


def pixels_to_tensor(pixels: RgbImage, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return (height, width, 3) uint8 as (1, 3, height, width) within -1 and 1."""
    # The batch is added first: strides decide how convolutions add up, and these are diffusers'.
    values = torch.from_numpy(np.ascontiguousarray(pixels)[None]).permute(0, 3, 1, 2)
    # To [0, 1] first and then to [-1, 1], as diffusers does: the last bits are the same.
    return (2.0 * (values.to(torch.float32) / 255.0) - 1.0).to(device, dtype)


def tensor_to_pixels(picture: Tensor) -> RgbImage:
    """Return a (1, 3, height, width) picture within 0 and 1 as (height, width, 3) uint8."""
    values = picture[0].permute(1, 2, 0).to("cpu", torch.float32).numpy()
    return np.ascontiguousarray((values * 255.0).round().astype(np.uint8))


def encode(vae: Any, picture: Tensor) -> Tensor:
    """Return the latents of a picture: the mode of the posterior, unscaled, as in training.

    Args:
        vae: AutoencoderKL or AutoencoderTiny.
        picture: (1, 3, height, width) within -1 and 1.
    """
    encoded = _Tiling(vae).attempt(lambda: vae.encode(picture))
    latents: Tensor = (
        encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
    )
    return latents


def decode(vae: Any, latents: Tensor) -> Tensor:
    """Return the picture of scaled latents: (1, 3, height, width) within 0 and 1.

    A half-precision autoencoder that overflows is asked again in full precision.
    """
    unscaled = latents / scaling_factor(vae)
    attempt = _Tiling(vae).attempt
    picture = attempt(lambda: vae.decode(unscaled, return_dict=False)[0])
    if not is_usable(picture) and vae.dtype != torch.float32 and is_finite(latents):
        before = vae.dtype
        vae.to(torch.float32)
        try:
            full = unscaled.to(torch.float32)
            picture = attempt(lambda: vae.decode(full, return_dict=False)[0])
        finally:
            vae.to(before)
    decoded: Tensor = (picture / 2 + 0.5).clamp(0, 1)
    return decoded


def scaling_factor(vae: Any) -> float:
    """Return what latents are multiplied by for the UNet."""
    return float(vae.config.scaling_factor)


def is_finite(values: Tensor) -> bool:
    """Return whether there is no infinity and nothing that is no number."""
    return bool(torch.isfinite(values).all())


def is_usable(picture: Tensor) -> bool:
    """Return whether a decoded picture, within -1 and 1, is one: finite and not all black."""
    return is_finite(picture) and bool((picture.max() + 1.0) / 2.0 > _BLACK)


class _Tiling:
    """Tries what an autoencoder is asked again tile by tile where memory runs out."""

    def __init__(self, vae: Any) -> None:
        self._vae = vae

    def attempt(self, work: Callable[[], Any]) -> Any:
        """Return what `work` returns."""
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # Outside of the handler, which keeps what is to be given back.
        free_cached_memory()
        self._vae.enable_tiling()
        try:
            return work()
        finally:
            self._vae.disable_tiling()
