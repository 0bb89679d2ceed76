"""A model's folder in the layout of diffusers: what it holds, checked before it is loaded.

This runs in the process of the window: it imports no torch, and reads no weights but their headers.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop_app.core.errors import ModelError
from desktop_app.core.events import Defaults
from desktop_app.models.configs import (
    AGAIN,
    Config,
    VaeShape,
    check_safety_checker,
    check_text_encoder,
    check_unet,
    check_vae,
    completed,
    is_file,
    is_folder,
    is_plain_name,
    read_json,
    shown,
)
from desktop_app.models.extras import EXTRAS_NAME, Extras, read_extras
from desktop_app.models.finding import INDEX_NAME, find_index, people_name
from desktop_app.models.weight_files import DIFFUSERS_STEMS, TRANSFORMERS_STEMS, find_weights

log = logging.getLogger(__name__)

_KNOWN = {
    "unet": ("diffusers", {"UNet2DConditionModel"}),
    "vae": ("diffusers", {"AutoencoderKL", "AutoencoderTiny"}),
    "text_encoder": ("transformers", {"CLIPTextModel"}),
    "tokenizer": ("transformers", {"CLIPTokenizer", "CLIPTokenizerFast"}),
    "scheduler": ("diffusers", set[str]()),  # any: only its configuration is used
    "safety_checker": ("stable_diffusion", {"StableDiffusionSafetyChecker"}),
    "feature_extractor": (
        "transformers",
        {
            "CLIPFeatureExtractor",
            "CLIPImageProcessor",
            "CLIPImageProcessorFast",
            "CLIPImageProcessorPil",
        },
    ),
}
_CONFIG_NAMES = {
    "scheduler": "scheduler_config.json",
    "feature_extractor": "preprocessor_config.json",
}
_STEMS = {
    "unet": DIFFUSERS_STEMS,
    "vae": DIFFUSERS_STEMS,
    "text_encoder": TRANSFORMERS_STEMS,
    "safety_checker": TRANSFORMERS_STEMS,
}
_TOKENIZER_NAMES = (
    "tokenizer.json",
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
_SDXL_PARTS = ("text_encoder_2", "tokenizer_2")


@dataclass(frozen=True)
class Component:
    """One part of a model.

    Attributes:
        name: its key in model_index.json, and the name of its folder.
        folder: where its files are.
        class_name: the class that model_index.json names.
        library: the library of that class.
        config: what its configuration says, with the library's defaults for what decides sizes;
            empty for a tokenizer.
        weights: the files to load; empty for a tokenizer, a scheduler and a preprocessor.
        size_bytes: of the weights together, on disk.
        numbers: how many numbers the weights are.
    """

    name: str
    folder: Path
    class_name: str
    library: str
    config: Mapping[str, Any] = field(hash=False)
    weights: tuple[Path, ...] = ()
    size_bytes: int = 0
    numbers: int = 0

    @property
    def config_path(self) -> Path:
        """The file that `config` was read from."""
        return self.folder / _CONFIG_NAMES.get(self.name, "config.json")

    def files(self) -> tuple[Path, ...]:
        """Return every file that loading the component reads."""
        if self.name == "tokenizer":
            paths = (self.folder / name for name in _TOKENIZER_NAMES)
            return tuple(path for path in paths if is_file(path))
        return (self.config_path, *self.weights)


@dataclass(frozen=True)
class ModelLayout:
    """A model that can be loaded, as far as can be told without loading it.

    Attributes:
        folder: the folder that model_index.json is in, absolute.
        extras: what the model's own `toonroom.json` says.
        fingerprint: changes whenever one of the files does: names, sizes, times.
    """

    folder: Path
    unet: Component
    vae: Component
    text_encoder: Component
    tokenizer: Component
    scheduler: Component
    safety_checker: Component | None
    feature_extractor: Component | None
    extras: Extras
    vae_shape: VaeShape
    fingerprint: str

    @property
    def latent_channels(self) -> int:
        """How many channels the latents have."""
        return self.vae_shape.latent_channels

    @property
    def scale_factor(self) -> int:
        """How many pixels of the picture, along each side, one latent stands for."""
        return self.vae_shape.scale_factor

    @property
    def weight_bytes(self) -> int:
        """How large all its weights are, as they lie on disk."""
        return sum(component.size_bytes for component in self.components())

    @property
    def title(self) -> str:
        """What people read."""
        return self.extras.title or people_name(self.folder)

    @property
    def note(self) -> str:
        """One sentence: what it is good at, and what not; "" where nothing is known."""
        return self.extras.note

    @property
    def defaults(self) -> Defaults:
        """What its makers recommend."""
        return self.extras.defaults

    @property
    def preview_matrix(self) -> tuple[tuple[float, ...], ...] | None:
        """What each latent channel adds to red, green and blue; None where nobody measured it."""
        return self.extras.preview_matrix

    @property
    def preview_bias(self) -> tuple[float, ...] | None:
        """What is added to red, green and blue; None where there is no matrix."""
        return self.extras.preview_bias

    def components(self) -> tuple[Component, ...]:
        """Return all the parts that are here."""
        parts = (
            self.unet,
            self.vae,
            self.text_encoder,
            self.tokenizer,
            self.scheduler,
            self.safety_checker,
            self.feature_extractor,
        )
        return tuple(part for part in parts if part is not None)


def read_layout(folder: Path) -> ModelLayout:
    """Return what is in `folder`, which may also be one of the hub's cache, or hold the model's.

    Raises:
        ModelError: it holds no model that this app can use; the sentence says why.
    """
    folder = find_index(folder)
    path = folder / INDEX_NAME
    index = _read_index(path)
    unet = _component(folder, index, "unet")
    vae = _component(folder, index, "vae")
    text_encoder = _component(folder, index, "text_encoder")
    shape = check_vae(Config(vae.config_path, vae.config), vae.class_name)
    _check_fit(folder, unet, shape, text_encoder)
    checker, extractor = _safety(folder, index)
    # The weights last: what can be said without them is said without opening them.
    parts = {
        "unet": _with_weights(unet),
        "vae": _with_weights(vae),
        "text_encoder": _with_weights(text_encoder),
        "tokenizer": _component(folder, index, "tokenizer"),
        "scheduler": _component(folder, index, "scheduler"),
    }
    files = [path, folder / EXTRAS_NAME]
    for part in (*parts.values(), checker, extractor):
        files += part.files() if part is not None else ()
    return ModelLayout(
        folder,
        **parts,
        safety_checker=checker,
        feature_extractor=extractor,
        extras=read_extras(folder, shape.latent_channels),
        vae_shape=shape,
        fingerprint=_fingerprint(folder, files),
    )


def _read_index(path: Path) -> dict[str, Any]:
    index = read_json(path)
    for name, value in index.items():
        if isinstance(value, list) and not is_plain_name(name):
            raise ModelError(f"{path} names a part {shown(name)}, which is no folder of the model.")
    for name in _SDXL_PARTS:
        if _entry(index, name) is not None:
            raise ModelError(
                f"{path} describes an SDXL model, which Toonroom does not support;"
                " choose an InstructPix2Pix model based on Stable Diffusion 1 or 2."
            )
    return index


def _entry(index: Mapping[str, Any], name: str) -> tuple[str, str] | None:
    """Return library and class of the component `name`, None where the model has none."""
    value = index.get(name)
    if isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value):
        return value[0], value[1]
    return None


def _component(folder: Path, index: Mapping[str, Any], name: str) -> Component:
    """Return the component `name`, its class and files checked, without its weights."""
    path = folder / INDEX_NAME
    entry = _entry(index, name)
    if entry is None:
        raise ModelError(f"{path} names no {name}, which the model needs; {AGAIN}.")
    library, class_name = entry
    wanted_library, classes = _KNOWN[name]
    if library != wanted_library or (classes and class_name not in classes):
        named = shown(f"{library}.{class_name}")
        raise ModelError(
            f"{path} wants the class {named} as {name}, which Toonroom does not support;"
            " choose another model."
        )
    place = folder / name
    if not is_folder(place):
        raise ModelError(f"The folder {place} is missing; {AGAIN}.")
    if name == "tokenizer":
        _check_tokenizer(place)
        return Component(name, place, class_name, library, {})
    config = read_json(place / _CONFIG_NAMES.get(name, "config.json"))
    return Component(name, place, class_name, library, completed(config, class_name))


def _check_tokenizer(place: Path) -> None:
    here = {name for name in _TOKENIZER_NAMES if is_file(place / name)}
    if "tokenizer.json" not in here and not {"vocab.json", "merges.txt"} <= here:
        raise ModelError(
            f"There is no tokenizer.json in {place}, nor vocab.json with merges.txt; {AGAIN}."
        )


def _with_weights(part: Component) -> Component:
    weights, size = find_weights(part.folder, _STEMS[part.name])
    return replace(part, weights=weights, size_bytes=size.size_bytes, numbers=size.numbers)


def _check_fit(folder: Path, unet: Component, vae: VaeShape, text_encoder: Component) -> None:
    """Check that the parts fit each other, and that photos can be given to the UNet."""
    shape = check_unet(Config(unet.config_path, unet.config))
    wanted, latents = 2 * vae.latent_channels, vae.latent_channels
    if shape.in_channels != wanted:
        kind = {
            latents: "a text-to-image model, not an InstructPix2Pix one",
            wanted + 1: "an inpainting model, not an InstructPix2Pix one",
        }.get(shape.in_channels, "no InstructPix2Pix model")
        raise ModelError(
            f"The model in {folder} is {kind}: its UNet takes {shape.in_channels} channels where"
            f" {wanted} are wanted; choose another model."
        )
    if shape.out_channels != latents:
        raise ModelError(
            f"{unet.config_path} does not fit the VAE: the UNet gives {shape.out_channels}"
            f" channels, the VAE takes {latents}; {AGAIN}."
        )
    width = check_text_encoder(Config(text_encoder.config_path, text_encoder.config))
    if shape.text_width != width:
        raise ModelError(
            f"{unet.config_path} does not fit the text encoder: it wants texts of"
            f" {shape.text_width} numbers a word, the text encoder gives {width}; {AGAIN}."
        )


def _safety(folder: Path, index: Mapping[str, Any]) -> tuple[Component | None, Component | None]:
    """Return safety checker and preprocessor; the first is of no use without the second."""
    try:
        extractor = _component(folder, index, "feature_extractor")
    except ModelError as error:
        log.info("no preprocessor for a safety checker: %s", error)
        return None, None
    try:
        checker = _component(folder, index, "safety_checker")
        check_safety_checker(Config(checker.config_path, checker.config))
        return _with_weights(checker), extractor
    except ModelError as error:
        log.info("no safety checker: %s", error)
        return None, extractor


def _fingerprint(folder: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for line in _stamps(folder, files):
        digest.update(f"{line}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _stamps(folder: Path, files: list[Path]) -> Iterator[str]:
    for path in sorted(files):
        try:
            about = path.stat()
        except OSError:  # toonroom.json need not be there
            continue
        name = path.relative_to(folder).as_posix()
        yield f"{name}\0{about.st_size}\0{about.st_mtime_ns}"
