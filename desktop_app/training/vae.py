"""`toonroom train vae`: a small autoencoder for photos and cartoons.

It is diffusers' AutoencoderTiny: no posterior, so its latents are its mode. Its `forward` rounds
latents to bytes; here the decoder is given what the encoder gives, with a little noise, which keeps
latents smooth: a denoiser's small mistakes must not become visible ones.

Source: the architecture is TAESD's (Bohan, "Tiny AutoEncoder for Stable Diffusion", 2023).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from torch import Tensor, nn
from torch.nn import functional

from desktop_app.core.cancel import CancelToken
from desktop_app.engines.diffusion.loading import quiet
from desktop_app.training.averages import RunningAverage
from desktop_app.training.crops import (
    centre,
    chance_at,
    draw_crops,
    noise_at,
    read_rgb,
    to_tensor,
)
from desktop_app.training.dataset import TEST, TRAIN, holds_out, read_pairs
from desktop_app.training.latents import DECODER, mode_of
from desktop_app.training.parts import load_vae
from desktop_app.training.reporting import Reporter
from desktop_app.training.runs import Run, set_rate, stage_at
from desktop_app.training.settings import VaeSettings

WARM_UP_STEPS = 100
DECAY_SHARE = 0.3
VALIDATE_EVERY = 200
VALIDATION_PICTURES = 24
VALIDATION_SIDE_PX = 256

_LAST_OF_A_BLOCK = ".conv.4"
_EDGES, _TINT, _COLOUR, _SPREAD = 0.5, 0.5, 2.0, 0.1


def run(settings: VaeSettings, reporter: Reporter, token: CancelToken) -> str:
    """Train, or go on with it, and return a sentence on what came of it.

    Raises:
        JobCancelled: the token was cancelled; a checkpoint was written.
        UsageError: the data set or the run's folder does not fit.
        PhotoError: something cannot be read or written.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    with quiet():
        figures = _Training(settings, reporter, token).train()
    pictures = "it has not seen" if holds_out(settings.data) else "that it was trained on"
    return f"{settings.out / 'vae'}: {figures['psnr']:.2f} dB on pictures {pictures}"


def make_vae(settings: VaeSettings) -> AutoencoderTiny:
    """Return a fresh autoencoder; the settings' seed decides its weights.

    There is no normalisation in it: with PyTorch's own first weights little would come through.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015; the last convolution of each
    residual block is 0 at first, as in Goyal et al., "Accurate, Large Minibatch SGD", 2017.
    """
    levels = len(settings.encoder_blocks)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        vae: AutoencoderTiny = AutoencoderTiny(
            encoder_block_out_channels=(settings.encoder_channels,) * levels,
            decoder_block_out_channels=(settings.decoder_channels,) * levels,
            num_encoder_blocks=settings.encoder_blocks,
            num_decoder_blocks=settings.decoder_blocks,
            latent_channels=settings.latent_channels,
        )
        for name, module in vae.named_modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
                if name.endswith(_LAST_OF_A_BLOCK):
                    nn.init.zeros_(module.weight)
    return vae


def _with_its_encoder(folder: Path) -> Any:
    """Return an autoencoder whose decoder can be trained.

    Raises:
        ModelError: it is missing or broken.
    """
    vae = load_vae(folder)
    for name, parameter in vae.named_parameters():
        parameter.requires_grad_(name.startswith(DECODER))
    return vae


class _Training:
    def __init__(self, settings: VaeSettings, reporter: Reporter, token: CancelToken) -> None:
        self._settings = settings
        self._run = Run(settings, reporter, token)
        self._paths = _pictures(settings.data, TRAIN)
        self._held_out = _held_out(settings.data)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        vae: Any = make_vae(settings) if settings.base is None else _with_its_encoder(settings.base)
        # Narrow convolutions are a quarter quicker with channels last.
        self._vae = vae.to(self._device, memory_format=torch.channels_last)
        self._trained = [p for p in self._vae.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._trained, settings.learning_rate, betas=(0.9, 0.99), weight_decay=0.0
        )
        self._average = RunningAverage(self._trained, settings.ema)

    def train(self) -> dict[str, float]:
        """Take the steps that are left, write the autoencoder and return its figures."""
        state = self._run.resumed()
        if state is not None:
            self._vae.load_state_dict(state["vae"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._average.load(state["average"])
        self._vae.train()
        self._run.go(self._step, self._state, self._validate, VALIDATE_EVERY)
        figures = self._validate(self._run.step)
        self._average.swap()
        if self._settings.base is None:
            self._vae.register_to_config(scaling_factor=1.0 / figures["spread"])
        self._vae.save_pretrained(self._run.folder / "vae")
        return figures

    def _step(self, number: int) -> dict[str, float]:
        settings = self._settings
        stage = stage_at(settings.stages, number)
        rate = set_rate(
            self._optimizer,
            settings.learning_rate,
            number,
            settings.stages,
            WARM_UP_STEPS,
            DECAY_SHARE,
        )
        chance = chance_at(settings.seed, number)
        pictures = draw_crops(self._paths, stage.crop_px, stage.batch, chance).to(self._device)
        latents = mode_of(self._vae.encode(pictures))
        noise = torch.randn(latents.shape, generator=noise_at(settings.seed, number))
        decoded = self._vae.decode(latents + settings.noise * noise.to(self._device)).sample
        loss, error = loss_of(decoded, pictures, latents)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()
        self._average.update(number)
        return {"loss": float(loss.detach()), "error": float(error.detach()), "rate": rate}

    def _state(self) -> dict[str, Any]:
        return {
            "vae": self._vae.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": self._average.values,
        }

    def _validate(self, _number: int) -> dict[str, float]:
        self._average.swap()
        try:
            return self._figures()
        finally:
            self._average.swap()

    @torch.no_grad()
    def _figures(self) -> dict[str, float]:
        """Return PSNR, the largest tint and the latents' spread on pictures held out.

        Tint: how far the mean colour of a picture is off, in steps of 8 bits.
        """
        errors, tints, latents = [], [], []
        for picture in self._held_out:
            there = picture.to(self._device)
            latent = mode_of(self._vae.encode(there))
            decoded = self._vae.decode(latent).sample.clamp(-1.0, 1.0)
            errors.append(float(functional.mse_loss(decoded, there)))
            tints.append(float((decoded - there).mean((0, 2, 3)).abs().max()))
            latents.append(latent.flatten())
        psnr = [10.0 * np.log10(4.0 / max(error, 1e-10)) for error in errors]
        spread = torch.cat(latents).square().mean().sqrt()
        return {
            "psnr": float(np.mean(psnr)),
            "worst_psnr": float(np.min(psnr)),
            "tint": 127.5 * max(tints),
            "spread": float(spread),
        }


def loss_of(decoded: Tensor, pictures: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss, and the mean absolute error that is a part of it.

    Besides the error of each value: that of differences between neighbours, so that lines stay
    sharp; that of means over 8 × 8 pixels, so that there is no tint; that of colours less their
    grey over 4 × 4 pixels, else lightness takes all channels and reds and greens are lost for long;
    and a mild pull of the latent channels towards mean 0, variance 1 and no correlation: noise
    schedules are made for that, and no channel says what others say already.
    """
    difference = decoded - pictures
    error = difference.abs().mean()
    across = (difference[..., :, 1:] - difference[..., :, :-1]).abs().mean()
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs().mean()
    tint = functional.avg_pool2d(difference, 8).abs().mean()
    colour = functional.avg_pool2d(difference - difference.mean(1, keepdim=True), 4).abs().mean()
    square = difference.square().mean()
    loss = error + square + _EDGES * (across + down) + _TINT * tint + _COLOUR * colour
    return loss + _SPREAD * _spread(latents), error


def _spread(latents: Tensor) -> Tensor:
    """Return how far (batch, channels, height, width) latents are from white: 0 where they are."""
    values = latents.movedim(1, 0).flatten(1)
    mean = values.mean(1, keepdim=True)
    covariance = (values - mean) @ (values - mean).T / values.shape[1]
    unit = torch.eye(len(values), device=values.device)
    return mean.square().mean() + (covariance - unit).square().mean()


def _pictures(data: Path, split: str) -> list[Path]:
    """Return every picture of a split, photos and targets."""
    pairs = read_pairs(data, split)
    return sorted({pair.original for pair in pairs} | {pair.edited for pair in pairs})


def _held_out(data: Path) -> list[Tensor]:
    """Return squares from the middle of pictures that are spread over the held-out ones.

    Where none are held out, over those of training.
    """
    paths = _pictures(data, TEST if holds_out(data) else TRAIN)
    chosen = paths[:: max(1, len(paths) // VALIDATION_PICTURES)][:VALIDATION_PICTURES]
    return [to_tensor(centre(read_rgb(path), VALIDATION_SIDE_PX)[None]) for path in chosen]
