"""The pictures' latents, computed once: what denoisers are trained on.

For each photo and scale there is one file: (1 + targets, channels, height, width) float16, the
photo first. With flips, a photo is mirrored at every second scale, the first or the second by its
name: each picture is there once, and both ways of looking are learnt.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import PhotoError, UsageError
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.names import printable
from desktop_app.imaging.scaling import resized
from desktop_app.training.crops import read_rgb, to_tensor
from desktop_app.training.dataset import Pair
from desktop_app.training.folders import make_folder
from desktop_app.training.reporting import Reporter

DECODER = ("decoder.", "post_quant_conv.")
"""How the names of an autoencoder's weights begin that have no say in latents."""

_ATTEMPTS = 1000


@dataclass(frozen=True)
class Subject:
    """A photo and everything that it can become.

    Attributes:
        photo: its file.
        pairs: what it can become; target n is array n + 1 of its latents.
    """

    photo: Path
    pairs: tuple[Pair, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """The photo, and what it can become."""
        return (self.photo, *(pair.edited for pair in self.pairs))

    @cached_property
    def name(self) -> str:
        """The photo's name, and what changes when one of the files does."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(f"{file.parent.name}/{file.name} {file.stat().st_size}\n".encode())
        return f"{self.photo.stem}-{digest.hexdigest()[:8]}"


def subjects_of(pairs: Sequence[Pair]) -> list[Subject]:
    """Return the photos of `pairs`, in order of their names."""
    found: dict[Path, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.original, []).append(pair)
    return [Subject(photo, tuple(own)) for photo, own in sorted(found.items())]


@dataclass(frozen=True)
class Drawn:
    """One crop of one pair.

    Attributes:
        photo: (channels, side, side) float32, unscaled.
        target: the same of what the photo becomes.
        pair: what it is of.
    """

    photo: Tensor
    target: Tensor
    pair: Pair


class LatentStore:
    """Latents on disk, made when they are missing."""

    def __init__(
        self,
        folder: Path,
        subjects: Sequence[Subject],
        vae: Any,
        scales: Sequence[float],
        *,
        flips: bool,
    ) -> None:
        """Args: vae: in evaluation mode, where it is to compute; its weights name the folder."""
        self._folder = folder / _fingerprint(vae)
        self._subjects = list(subjects)
        self._vae = vae
        self._scales = tuple(scales)
        self._flips = flips
        self._factor: int = 2 ** (len(vae.config.block_out_channels) - 1)

    @property
    def factor(self) -> int:
        """How many pixels along each side one latent stands for."""
        return self._factor

    def prepare(self, reporter: Reporter, token: CancelToken) -> None:
        """Compute what is missing; can be ended at any time and started again.

        Raises:
            JobCancelled: the token was cancelled.
            PhotoError: a picture cannot be read, or latents cannot be written.
        """
        make_folder(self._folder)
        for number, subject in enumerate(self._subjects):
            token.raise_if_cancelled()
            for index in range(len(self._scales)):
                path = self._path(subject, index)
                if not path.exists():
                    self._make(path, subject, index)
            if (number + 1) % 50 == 0:
                reporter.progress(f"latents: {number + 1} of {len(self._subjects)} photos")

    def draw(
        self, count: int, side: int, weights: dict[str, float], chance: np.random.Generator
    ) -> list[Drawn]:
        """Return `count` crops that are `side` latents wide, of pairs and places at random.

        Args:
            count: how many.
            side: of the crops, in latents.
            weights: how often a look is drawn; 1 where it is not named.
            chance: what everything is drawn from.

        Raises:
            UsageError: no picture is as large.
        """
        drawn: list[Drawn] = []
        for _ in range(_ATTEMPTS * count):
            subject = self._subjects[int(chance.integers(len(self._subjects)))]
            scale = int(chance.integers(len(self._scales)))
            share = np.array([weights.get(pair.look, 1.0) for pair in subject.pairs])
            index = int(chance.choice(len(share), p=share / share.sum()))
            place = chance.random(2)
            latents = _read(self._path(subject, scale))
            height, width = latents.shape[-2:]
            if min(height, width) < side:
                continue
            y, x = (int(p * (n - side + 1)) for p, n in zip(place, (height, width), strict=True))
            photo, target = (
                torch.from_numpy(latents[row, :, y : y + side, x : x + side].astype(np.float32))
                for row in (0, index + 1)
            )
            drawn.append(Drawn(photo, target, subject.pairs[index]))
            if len(drawn) == count:
                return drawn
        raise UsageError(
            f"Hardly a picture is large enough for crops of {side * self._factor} px; choose"
            " smaller ones, or make the data set with a larger --size."
        )

    def _mirrors(self, subject: Subject, scale: int) -> bool:
        return self._flips and (int(subject.name[-1], 16) + scale) % 2 == 1

    def _path(self, subject: Subject, scale: int) -> Path:
        flips = "f" if self._flips else ""
        return self._folder / f"{subject.name}-{self._scales[scale]:g}{flips}.npy"

    @torch.no_grad()
    def _make(self, path: Path, subject: Subject, scale: int) -> None:
        files = subject.files
        mirrored = self._mirrors(subject, scale)
        known: dict[Path, NDArray[np.float16]] = {}
        for file in files:
            if file not in known:
                picture = self._at_scale(read_rgb(file), self._scales[scale], mirrored=mirrored)
                tensor = to_tensor(picture[None]).to(self._vae.device, self._vae.dtype)
                known[file] = mode_of(self._vae.encode(tensor))[0].cpu().numpy().astype(np.float16)
        if len({latents.shape for latents in known.values()}) > 1:
            raise PhotoError(
                f"“{printable(subject.photo)}” and its targets differ in size; make the data set"
                " again."
            )
        buffer = io.BytesIO()
        np.save(buffer, np.stack([known[file] for file in files]))
        write_bytes_atomically(path, buffer.getvalue(), overwrite=True)

    def _at_scale(self, picture: RgbImage, scale: float, *, mirrored: bool) -> RgbImage:
        height, width = picture.shape[:2]
        small = resized(picture, Extent(width, height).scaled(scale))
        height, width = (n // self._factor * self._factor for n in small.shape[:2])
        part = small[:height, :width]
        return np.asarray(cv2.flip(part, 1) if mirrored else part, np.uint8)


def _read(path: Path) -> NDArray[np.float16]:
    """Return latents that are read where they are needed.

    They are opened anew each time: thousands of open files are more than systems allow.
    """
    try:
        latents: NDArray[np.float16] = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise PhotoError(f"“{printable(path)}” is damaged; remove it and start again.") from error
    return latents


def mode_of(encoded: Any) -> Tensor:
    """Return what an autoencoder's `encode` gave: the mode of the posterior, unscaled."""
    latents: Tensor = (
        encoded.latent_dist.mode() if hasattr(encoded, "latent_dist") else encoded.latents
    )
    return latents


def _fingerprint(vae: Any) -> str:
    """Return what tells one autoencoder's encoder from another."""
    digest = hashlib.sha256()
    for name, tensor in sorted(vae.state_dict().items()):
        if not name.startswith(DECODER):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().to(torch.float32).numpy().tobytes())
    return digest.hexdigest()[:16]
