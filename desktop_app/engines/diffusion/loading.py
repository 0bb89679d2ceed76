"""A checked model folder into modules that can run. Runs in the child's process; no network.

Modules are built from their configurations and filled from our own list of files: nothing is looked
up, nothing falls back, every floating-point number has the dtype that was asked for.
"""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from torch import nn
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
)

from desktop_app.core.errors import ModelError
from desktop_app.engines.diffusion.tensor_files import Rename, fill
from desktop_app.models.layout import Component, ModelLayout
from desktop_app.models.making.stored import errors_of

# Names that checkpoints of 2022 and 2023 have, of the attention in a VAE.
_OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
_UNUSED_IN_TEXT = {"text_projection.weight", "logit_scale"}

# What we take from the configurations of CLIP. Others could change what comes out of the modules,
# or have code for their attention fetched from the net.
_TOWER_KEYS = (
    "hidden_size",
    "intermediate_size",
    "projection_dim",
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_act",
    "layer_norm_eps",
)
_TEXT_KEYS = (
    *_TOWER_KEYS,
    "vocab_size",
    "max_position_embeddings",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
)
_VISION_KEYS = (*_TOWER_KEYS, "num_channels", "image_size", "patch_size")

_Module = TypeVar("_Module", bound=nn.Module)


@dataclass
class Parts:
    """A model in memory: everything is in evaluation mode and needs no gradients.

    Attributes:
        unet: takes noise and photo latents.
        vae: AutoencoderKL or AutoencoderTiny.
        text_encoder: None once it was let go, where memory is short.
        tokenizer: its `model_max_length` is what the text encoder can take.
        scheduler_config: as it is on disk, with `_class_name` as model_index.json has it.
        safety_checker: in the text encoder's dtype; None where the model has none, or it was not
            asked for.
        feature_extractor: what the safety checker wants pictures to go through.
        layout: where all that came from.
    """

    unet: UNet2DConditionModel
    vae: AutoencoderKL | AutoencoderTiny
    text_encoder: CLIPTextModel | None
    tokenizer: CLIPTokenizer
    scheduler_config: dict[str, Any]
    safety_checker: StableDiffusionSafetyChecker | None
    feature_extractor: CLIPImageProcessorPil | None
    layout: ModelLayout


def load_parts(
    layout: ModelLayout,
    *,
    unet_dtype: torch.dtype,
    vae_dtype: torch.dtype,
    text_dtype: torch.dtype,
    device: torch.device,
    on_bytes: Callable[[int, int], None],
    check_cancelled: Callable[[], None],
    with_safety_checker: bool,
) -> Parts:
    """Return the model of `layout`, loaded.

    Args:
        layout: what `desktop_app.models` found.
        unet_dtype: floating-point type of the UNet, whatever the files have.
        vae_dtype: that of the VAE.
        text_dtype: that of the text encoder and the safety checker.
        device: where the modules will be.
        on_bytes: told as it goes how many bytes of all the files are done, and of how many.
        check_cancelled: called before each tensor; what it raises ends the loading.
        with_safety_checker: whether to load the safety checker where the model brings one.

    Raises:
        ModelError: a file is damaged, or does not fit the others; the sentence names it.
        MemoryError: or torch.OutOfMemoryError: it does not fit into memory.
    """
    checker = layout.safety_checker if with_safety_checker else None
    extractor = layout.feature_extractor if checker is not None else None
    parts = [layout.text_encoder, layout.unet, layout.vae, *([checker] if checker else [])]
    filler = _Filler(sum(part.size_bytes for part in parts), device, on_bytes, check_cancelled)
    with quiet():
        # What is small and may be broken comes first.
        tokenizer = _tokenizer(layout)
        text_encoder = filler.text_encoder(layout.text_encoder, text_dtype)
        unet = filler.unet(layout.unet, unet_dtype)
        vae = filler.vae(layout.vae, vae_dtype)
        return Parts(
            unet=unet,
            vae=vae,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
            scheduler_config=scheduler_config(layout),
            safety_checker=None if checker is None else filler.safety_checker(checker, text_dtype),
            feature_extractor=None if extractor is None else _preprocessor(extractor),
            layout=layout,
        )


def scheduler_config(layout: ModelLayout) -> dict[str, Any]:
    """Return the scheduler's configuration as it is on disk, with the class that is meant."""
    return {**layout.scheduler.config, "_class_name": layout.scheduler.class_name}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries from telling people of keys and defaults that we have looked at."""
    loggers = [logging.getLogger(name) for name in ("diffusers", "transformers")]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


class _Filler:
    """Builds modules and fills them, and counts the bytes over all of them."""

    def __init__(
        self,
        total_bytes: int,
        device: torch.device,
        on_bytes: Callable[[int, int], None],
        check_cancelled: Callable[[], None],
    ) -> None:
        self._total_bytes = total_bytes
        self._done_bytes = 0
        self._device = device
        self._on_bytes = on_bytes
        self._check_cancelled = check_cancelled

    def unet(self, part: Component, dtype: torch.dtype) -> UNet2DConditionModel:
        """Return the UNet."""
        unet: UNet2DConditionModel = self._diffusers(UNet2DConditionModel, part, dtype)
        return unet

    def vae(self, part: Component, dtype: torch.dtype) -> AutoencoderKL | AutoencoderTiny:
        """Return the VAE, of the class that model_index.json names."""
        kind = AutoencoderTiny if part.class_name == "AutoencoderTiny" else AutoencoderKL
        vae: AutoencoderKL | AutoencoderTiny = self._diffusers(kind, part, dtype)
        return vae

    def text_encoder(self, part: Component, dtype: torch.dtype) -> CLIPTextModel:
        """Return the text encoder."""
        config = _only(_TEXT_KEYS, part.config)
        module = self._build(part, lambda: CLIPTextModel(CLIPTextConfig(**config)))
        self._fill(module, part, dtype, _text_name)
        return module

    def safety_checker(self, part: Component, dtype: torch.dtype) -> StableDiffusionSafetyChecker:
        """Return the safety checker."""
        module = self._build(part, lambda: StableDiffusionSafetyChecker(_clip_config(part.config)))
        self._fill(module, part, dtype, _safety_name)
        return module

    def _diffusers(self, kind: Any, part: Component, dtype: torch.dtype) -> Any:
        # Only what the class takes: anything else in a stranger's file is of no use here.
        config = _only(inspect.signature(kind.__init__).parameters, part.config)
        module = self._build(part, lambda: kind.from_config(config))
        self._fill(module, part, dtype, _old_attention(module))
        return module

    def _build(self, part: Component, build: Callable[[], _Module]) -> _Module:
        self._check_cancelled()
        with errors_of(part.config_path), torch.device("meta"):
            return build()

    def _fill(self, module: nn.Module, part: Component, dtype: torch.dtype, rename: Rename) -> None:
        before = self._done_bytes

        def count(size_bytes: int) -> None:
            # Headers and what is skipped are no tensors, so a component ends on its own sum.
            done = min(self._done_bytes + size_bytes, before + part.size_bytes)
            self._done_bytes = done
            self._on_bytes(done, self._total_bytes)

        fill(
            module,
            part.weights,
            rename=rename,
            dtype=dtype,
            device=self._device,
            on_bytes=count,
            check_cancelled=self._check_cancelled,
        )
        with errors_of(part.config_path):
            _number_positions(module)
        module.eval().requires_grad_(False)
        self._done_bytes = before + part.size_bytes
        self._on_bytes(self._done_bytes, self._total_bytes)


def _only(keys: Iterable[str], config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: config[key] for key in keys if key in config}


def _clip_config(config: Mapping[str, Any]) -> CLIPConfig:
    """Return what the safety checker is built from; its text half plays no part."""
    kept = _only(["projection_dim"], config)
    # Configurations of 2022 say it twice, and mean the second.
    for key in ("vision_config", "vision_config_dict"):
        if config.get(key) is not None:
            kept[key] = _only(_VISION_KEYS, config[key])
    return CLIPConfig(**kept)


def _old_attention(module: nn.Module) -> Rename:
    """Return the renaming of the attention that diffusers once called by other names.

    `_from_deprecated_attn_block` is diffusers' own mark; its loader renames the same.
    """
    marked = [
        path
        for path, inner in module.named_modules()
        if getattr(inner, "_from_deprecated_attn_block", False)
    ]
    renamed = {
        f"{path}.{old}.{kind}": f"{path}.{new}.{kind}"
        for path in marked
        for old, new in _OLD_ATTENTION.items()
        for kind in ("weight", "bias")
    }
    return lambda name: renamed.get(name, name)


def _text_name(name: str) -> str | None:
    # transformers 4 wrote the prefix, and before 4.31 the positions, which are 0, 1, 2, ...
    name = name.removeprefix("text_model.")
    unused = name in _UNUSED_IN_TEXT or name.endswith(".position_ids")
    return None if unused else name


def _safety_name(name: str) -> str | None:
    if name.endswith(".position_ids"):
        return None
    doubled = "vision_model.vision_model."  # transformers 4
    return f"vision_model.{name.removeprefix(doubled)}" if name.startswith(doubled) else name


def _number_positions(module: nn.Module) -> None:
    """Write 0, 1, 2, ... into the buffers that are in no file; to_empty left them as they came."""
    stored = set(module.state_dict())
    for name, buffer in module.named_buffers():
        if name in stored:
            continue
        if not name.endswith("position_ids"):
            raise ValueError(f"nothing is known about {name}")
        positions = torch.arange(buffer.shape[-1], device=buffer.device, dtype=buffer.dtype)
        buffer.copy_(positions.expand_as(buffer))


def _tokenizer(layout: ModelLayout) -> CLIPTokenizer:
    """Return the tokenizer, tried once, so that a broken one shows now."""
    folder = layout.tokenizer.folder
    words = int(layout.text_encoder.config["vocab_size"])
    most = int(layout.text_encoder.config["max_position_embeddings"])
    with errors_of(folder):
        tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
        # Folders without tokenizer_config.json say nothing, which means 10 ** 30.
        tokenizer.model_max_length = min(tokenizer.model_max_length, most)
        numbers = tokenizer("a photo", padding="max_length", truncation=True).input_ids
    if len(numbers) != tokenizer.model_max_length:
        raise ModelError(f"The tokenizer in {folder} is damaged; download the model again.")
    largest = max(max(numbers), max(tokenizer.get_vocab().values()))
    if largest >= words or min(numbers) < 0:
        raise ModelError(
            f"The tokenizer in {folder} does not fit the text encoder: it has a word number"
            f" {largest}, the text encoder knows {words} words; download the model again."
        )
    return tokenizer


def _preprocessor(part: Component) -> CLIPImageProcessorPil:
    with errors_of(part.config_path):
        processor = CLIPImageProcessorPil.from_dict(dict(part.config))
    if not isinstance(processor, CLIPImageProcessorPil):
        raise ModelError(f"{part.config_path} is damaged; download the model again.")
    return processor
