"""A trained model in diffusers' layout: what the engine and diffusers' own pipeline load."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)
from transformers.utils.logging import disable_progress_bar

from desktop_app.core.photo import RgbImage
from desktop_app.engines.diffusion.preview import fitted_matrix
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.models.extras import EXTRAS_NAME
from desktop_app.training.crops import to_tensor
from desktop_app.training.latents import mode_of
from desktop_app.training.parts import Parts
from desktop_app.training.sampling import scheduler_for
from desktop_app.training.text import save_tokenizer


def save_model(
    folder: Path,
    parts: Parts,
    pictures: Sequence[RgbImage],
    about: dict[str, Any],
) -> None:
    """Write a model in half precision, so that it can be loaded from `folder`.

    Args:
        folder: made where it is not there yet; files of the same names are replaced.
        parts: on any device; they stay as they are.
        pictures: squares of one size, to measure what latents look like for the previews.
        about: title, note and defaults for `toonroom.json`.
    """
    half = {
        name: copy.deepcopy(module).to("cpu", torch.float16).eval()
        for name, module in (
            ("unet", parts.unet),
            ("vae", parts.vae),
            ("text_encoder", parts.text_encoder),
        )
    }
    kind: Any = StableDiffusionInstructPix2PixPipeline  # parts may be left out, whatever it says
    pipeline = kind(
        **half,
        tokenizer=parts.tokenizer,
        scheduler=scheduler_for(parts.objective),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    disable_progress_bar()  # type: ignore[no-untyped-call]
    pipeline.save_pretrained(folder)
    _widen(folder / "text_encoder" / "config.json")
    save_tokenizer(parts.tokenizer, folder / "tokenizer")
    extras = {**about, "preview": _preview(parts.vae, pictures)}
    text = json.dumps(extras, ensure_ascii=False, indent=1) + "\n"
    write_bytes_atomically(folder / EXTRAS_NAME, text.encode(), overwrite=True)


def _widen(config: Path) -> None:
    """Have a text encoder loaded in single precision where nobody says otherwise.

    That is what diffusers takes for the other parts, but transformers takes what a configuration
    names, and parts of two kinds cannot work together.
    """
    values = json.loads(config.read_text(encoding="utf-8"))
    values["dtype"] = "float32"
    text = json.dumps(values, indent=2, sort_keys=True) + "\n"
    write_bytes_atomically(config, text.encode(), overwrite=True)


@torch.no_grad()
def _preview(vae: Any, pictures: Sequence[RgbImage]) -> dict[str, Any]:
    """Return the linear map from latents to colours that is least wrong over all pictures."""
    latents = [
        mode_of(vae.encode(to_tensor(picture[None]).to(vae.device, vae.dtype)))
        for picture in pictures
    ]
    row = torch.cat(latents, 3).to("cpu", torch.float32) * float(vae.config.scaling_factor)
    matrix = fitted_matrix(row, np.ascontiguousarray(np.hstack(list(pictures))))
    rounded = [[round(float(value), 5) for value in values] for values in matrix]
    return {"matrix": rounded[:-1], "bias": rounded[-1]}
