"""What a model makes of a few photos that it has not seen, while it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from desktop_app.core.photo import RgbImage
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.training.crops import centre, read_rgb, to_tensor
from desktop_app.training.dataset import TEST, Pair, holds_out, read_pairs
from desktop_app.training.figures import psnr, ssim
from desktop_app.training.folders import make_folder
from desktop_app.training.latents import Subject, mode_of, subjects_of
from desktop_app.training.phrases import load_phrases
from desktop_app.training.sampling import sample
from desktop_app.training.settings import UNetSettings

PHOTOS, SIDE_PX, STEPS, SEED = 3, 256, 4, 0


class Validation:
    """Shows the same photos with the same noise each time. Does nothing where none are held out."""

    def __init__(
        self, settings: UNetSettings, parts: Any, denoiser: Any, device: torch.device
    ) -> None:
        """Args: denoiser: the module that is trained, as it is when `figures` is called."""
        self._settings = settings
        self._parts = parts
        self._denoiser = denoiser
        self._device = device
        self._subjects = _some(settings.data)

    def figures(self, step: int) -> dict[str, float]:
        """Return figures, and write a sheet: per photo one row, itself and what became of it.

        `right`: share of the results that are nearest to the target that was asked for, among all
        targets of their photo.
        """
        rows, psnrs, ssims, gains, rights = [], [], [], [], []
        for subject in self._subjects:
            photo = square(subject.photo)
            targets = [square(pair.edited) for pair in subject.pairs]
            results = self._results(photo, [_standard(pair) for pair in subject.pairs])
            rows += [np.hstack([photo, *results]), np.hstack([photo, *targets])]
            for index, (result, target) in enumerate(zip(results, targets, strict=True)):
                distances = [psnr(result, other) for other in targets]
                rights.append(float(np.argmax(distances) == index))
                psnrs.append(distances[index])
                ssims.append(ssim(result, target))
                gains.append(ssims[-1] - ssim(photo, target))
        if not rows:
            return {}
        self._write(step, np.vstack(rows))
        figures = {"psnr": psnrs, "ssim": ssims, "gain": gains, "right": rights}
        return {name: float(np.mean(values)) for name, values in figures.items()}

    @torch.no_grad()
    def _results(self, photo: RgbImage, instructions: list[str]) -> list[RgbImage]:
        vae = self._parts.vae
        latents = mode_of(vae.encode(to_tensor(photo[None]).to(self._device)))
        was_training = self._denoiser.training
        self._denoiser.eval()
        sampled = sample(
            self._denoiser,
            self._parts.tokenizer,
            latents.expand(len(instructions), -1, -1, -1),
            instructions,
            objective=self._parts.objective,
            steps=STEPS,
            text_guidance=1.0,
            seed=SEED,
        )
        self._denoiser.train(was_training)
        return _pixels(vae.decode(sampled / vae.config.scaling_factor).sample)

    def _write(self, step: int, sheet: RgbImage) -> None:
        folder = self._settings.out / "pictures"
        make_folder(folder)
        encoded = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))[1]
        path = folder / f"step-{step:08d}.png"
        write_bytes_atomically(path, encoded.tobytes(), overwrite=True)


def _some(data: Path) -> list[Subject]:
    if not holds_out(data):
        return []
    subjects = subjects_of(read_pairs(data, TEST))
    return subjects[:: max(1, len(subjects) // PHOTOS)][:PHOTOS]


def square(path: Path) -> RgbImage:
    """Return what is in the middle of a picture, SIDE_PX wide."""
    picture = read_rgb(path)
    cut = centre(picture, min(picture.shape[:2]))
    side = (SIDE_PX, SIDE_PX)
    return np.asarray(cv2.resize(cut, side, interpolation=cv2.INTER_AREA), np.uint8)


def _standard(pair: Pair) -> str:
    phrases = load_phrases()
    return phrases.standard(pair.look) if pair.look in phrases.phrases else pair.instruction


def _pixels(decoded: Tensor) -> list[RgbImage]:
    values = (decoded.clamp(-1.0, 1.0) + 1.0).mul(127.5).round().to(torch.uint8)
    return [np.ascontiguousarray(picture) for picture in values.permute(0, 2, 3, 1).cpu().numpy()]
