"""Which files of a repository are wanted."""

from __future__ import annotations

import pytest

from desktop_app.models.catalogue import DEFAULT_FILES
from desktop_app.models.selection import choose

SMALL = (
    "feature_extractor/preprocessor_config.json",
    "model_index.json",
    "safety_checker/config.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json",
    "vae/config.json",
)
BESIDE = (
    ".gitattributes",
    "README.md",
    "images/example.png",
    "instruct-pix2pix-00-22000.ckpt",
    "instruct-pix2pix-00-22000.safetensors",
    "pytorch_model.bin",
    "unet/deeper/config.json",
    "unet/diffusion_flax_model.msgpack",
    "unet/diffusion_pytorch_model.non_ema.bin",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "unet/diffusion_pytorch_model.non_ema.safetensors.index.json",
    "unet/optimizer.bin",
)


def weights(*paths: str) -> set[str]:
    """Return what is chosen besides the small files."""
    chosen = choose((*SMALL, *BESIDE, *paths), DEFAULT_FILES)
    assert list(chosen) == sorted(chosen)
    assert set(SMALL) <= set(chosen)
    return set(chosen) - set(SMALL)


def kinds(stem: str) -> list[str]:
    """Return names of weights, the best first."""
    return [f"{stem}{kind}" for kind in (".fp16.safetensors", ".safetensors", ".fp16.bin", ".bin")]


@pytest.mark.parametrize("first", range(4))
def test_of_each_part_the_best_weights_are_taken(first: int) -> None:
    unet = kinds("unet/diffusion_pytorch_model")[first:]
    text = [*kinds("text_encoder/model")[:2], *kinds("text_encoder/pytorch_model")[2:]][first:]
    assert weights(*unet, *text, "vae/diffusion_pytorch_model.bin") == {
        unet[0],
        text[0],
        "vae/diffusion_pytorch_model.bin",
    }


@pytest.mark.parametrize(
    "index",
    [
        "diffusion_pytorch_model.fp16.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
        "diffusion_pytorch_model.safetensors.fp16.index.json",
    ],
)
def test_shards_come_with_their_list(index: str) -> None:
    half = {
        f"unet/{index}",
        "unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
        "unet/diffusion_pytorch_model-00002-of-00002.fp16.safetensors",
    }
    whole = {
        "unet/diffusion_pytorch_model.safetensors.index.json",
        "unet/diffusion_pytorch_model-00001-of-00001.safetensors",
    }
    assert weights(*half, *whole) == half
    assert weights(*whole) == whole


def test_patterns_say_what_may_be_taken() -> None:
    paths = (
        "model_index.json",
        "unet/config.json",
        "a.json",
        "unet/model.bin",
        "unet/model.safetensors",
    )
    assert choose(paths, ["model_index.json", "unet/*.bin"]) == (
        "model_index.json",
        "unet/model.bin",
    )
    assert choose(paths, ["*"]) == ("a.json", "model_index.json")
