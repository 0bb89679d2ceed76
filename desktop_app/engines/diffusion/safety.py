"""The safety checker that some models bring."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import Tensor

from desktop_app.core.photo import RgbImage

BLANKED = (
    "The model’s safety checker has blanked this picture; try another seed or instruction, or"
    " turn the checker off."
)


def is_blanked(pixels: RgbImage, picture: Tensor, checker: Any, extractor: Any) -> bool:
    """Return whether the checker lets nobody see this picture.

    Args:
        pixels: (height, width, 3) uint8, the picture.
        picture: the same as a (1, 3, height, width) tensor.
        checker: the model's StableDiffusionSafetyChecker.
        extractor: the model's CLIPImageProcessor.
    """
    weights = next(checker.parameters())
    seen = extractor([Image.fromarray(pixels)], return_tensors="pt").pixel_values
    with torch.inference_mode():
        # The checker writes into the pictures that it is given.
        _, blanked = checker(
            images=picture.clone(), clip_input=seen.to(weights.device, weights.dtype)
        )
    return bool(blanked[0])
