"""What the model is told, encoded once and kept: words and photos."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from desktop_app.core.photo import RgbImage
from desktop_app.engines.diffusion.autoencoder import encode, pixels_to_tensor

_MOST_TEXTS = 64
_MOST_PHOTOS = 8


class Cache:
    """Keeps what was used last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, Tensor] = OrderedDict()

    def get(self, key: str, make: Callable[[], Tensor]) -> Tensor:
        """Return what is kept under `key`, made now where there is nothing."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def has(self, key: str) -> bool:
        """Return whether something is kept under `key`."""
        return key in self._kept


class Encoders:
    """Encodes words and photos for one loaded model; what was encoded once is kept."""

    def __init__(self) -> None:
        self._texts = Cache(_MOST_TEXTS)
        self._photos = Cache(_MOST_PHOTOS)

    def knows(self, texts: list[str]) -> bool:
        """Return whether no text encoder is needed for `texts`."""
        return all(self._texts.has(text) for text in texts)

    def text(self, words: str, tokenizer: Any, text_encoder: Any) -> Tensor:
        """Return (1, tokens, features) of `words`, cut off where the model stops reading."""
        return self._texts.get(words, lambda: _encoded_text(words, tokenizer, text_encoder))

    def photo(self, pixels: RgbImage, vae: Any) -> Tensor:
        """Return (1, channels, height, width) latents of `pixels`, unscaled."""

        def make() -> Tensor:
            return encode(vae, pixels_to_tensor(pixels, vae.device, vae.dtype))

        digest = hashlib.sha256(pixels.tobytes()).hexdigest()
        return self._photos.get(f"{pixels.shape} {digest}", make)


def is_cut_off(words: str, tokenizer: Any) -> bool:
    """Return whether the model reads only the beginning of `words`."""
    read = tokenizer(words, truncation=False, verbose=False).input_ids
    return len(read) > int(tokenizer.model_max_length)


def _encoded_text(words: str, tokenizer: Any, text_encoder: Any) -> Tensor:
    tokens = tokenizer(
        words,
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    device = next(text_encoder.parameters()).device
    mask = None
    if getattr(text_encoder.config, "use_attention_mask", False):
        mask = tokens.attention_mask.to(device)
    with torch.inference_mode():
        encoded: Tensor = text_encoder(tokens.input_ids.to(device), attention_mask=mask)[0]
    return encoded
