"""Weights into modules: the same as diffusers' own loader, and nothing but weights."""

from __future__ import annotations

import inspect
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPTextConfig

from desktop_app.core.errors import JobCancelled, ModelError
from desktop_app.engines.diffusion.loading import Parts, load_parts
from desktop_app.models.configs import completed
from desktop_app.models.layout import read_layout
from desktop_app.models.making import stored
from tests.engines.diffusion import tiny

MODULES = ("unet", "vae", "text_encoder")
UNET = Path("unet", "diffusion_pytorch_model.safetensors")
VAE = Path("vae", "diffusion_pytorch_model.safetensors")
TEXT = Path("text_encoder", "model.safetensors")
CHECKER = Path("safety_checker", "model.safetensors")

Change = Callable[[dict[str, torch.Tensor]], None]


def _ignore(*seen: object) -> None:
    pass


def load(folder: Path, **changes: Any) -> Parts:
    """Load the model in `folder` in float32, the safety checker too."""
    settings: dict[str, Any] = {
        "unet_dtype": torch.float32,
        "vae_dtype": torch.float32,
        "text_dtype": torch.float32,
        "device": torch.device("cpu"),
        "on_bytes": _ignore,
        "check_cancelled": lambda: None,
        "with_safety_checker": True,
    }
    return load_parts(read_layout(folder), **(settings | changes))


def diffusers_load(folder: Path, **settings: Any) -> StableDiffusionInstructPix2PixPipeline:
    """Load the model in `folder` as diffusers does."""
    pipeline: StableDiffusionInstructPix2PixPipeline
    pipeline = StableDiffusionInstructPix2PixPipeline.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, **settings
    )
    return pipeline


def assert_same_weights(one: nn.Module, other: nn.Module) -> None:
    """Fail where two modules differ by a bit, in weights or in buffers that no file has."""
    mine, theirs = one.state_dict(), other.state_dict()
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        assert value.dtype == theirs[name].dtype, name
        assert torch.equal(value, theirs[name]), name
    buffers = dict(other.named_buffers())
    assert {name for name, _ in one.named_buffers()} == buffers.keys()
    assert all(torch.equal(value, buffers[name]) for name, value in one.named_buffers())


def assert_same(parts: Parts, pipeline: StableDiffusionInstructPix2PixPipeline) -> None:
    """Fail where `parts` are not what `pipeline` holds."""
    for name in MODULES:
        assert type(getattr(parts, name)) is type(getattr(pipeline, name))
        assert_same_weights(getattr(parts, name), getattr(pipeline, name))
    ids = {}
    for side in (parts, pipeline):
        tokenizer: Any = side.tokenizer
        ids[side.__class__] = tokenizer(
            ["a tooned Car, ünïcode 漫画!", "", "too " * 99],
            padding="max_length",
            max_length=tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        ).input_ids
    mine, theirs = ids.values()
    assert torch.equal(mine, theirs)
    with torch.no_grad():
        encoder: Any = pipeline.text_encoder
        assert parts.text_encoder is not None
        assert torch.equal(parts.text_encoder(mine)[0], encoder(theirs)[0])


def copy(folder: Path, tmp_path: Path) -> Path:
    """Return a copy of a model that a test may damage."""
    return Path(shutil.copytree(folder, tmp_path / "model"))


def rewrite(path: Path, change: Change) -> None:
    """Change the tensors in a safetensors file."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def edit(path: Path, **values: Any) -> None:
    """Change values in a JSON file."""
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | values), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(
        tiny.make_pipeline(with_safety_checker=True), tmp_path_factory.mktemp("models") / "safe"
    )


@pytest.fixture(scope="module")
def pickled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pipeline = tiny.make_pipeline(seed=1)
    return tiny.save(
        pipeline, tmp_path_factory.mktemp("models") / "pickled", False, tokenizer_json=False
    )


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail any test in which anything tries to reach the network."""
    tried = []

    def connect(*args: object) -> NoReturn:
        tried.append(args)
        raise OSError("there is no network in tests")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    yield
    assert not tried


# The same as diffusers.


def test_safetensors_are_what_diffusers_loads(folder: Path) -> None:
    parts = load(folder)
    pipeline = diffusers_load(folder)
    assert_same(parts, pipeline)
    assert parts.safety_checker is not None
    assert_same_weights(parts.safety_checker, pipeline.safety_checker)
    theirs: Any = pipeline.feature_extractor
    assert parts.feature_extractor is not None
    assert parts.feature_extractor.to_dict() == theirs.to_dict()


def test_pickles_are_what_diffusers_loads(pickled: Path) -> None:
    assert not list(pickled.rglob("*.safetensors"))
    assert_same(load(pickled), diffusers_load(pickled, use_safetensors=False))


@pytest.mark.parametrize("safe", [True, False])
def test_shards_are_what_diffusers_loads(tmp_path: Path, safe: bool) -> None:
    folder = tiny.save(tiny.make_pipeline(seed=2), tmp_path / "m", safe, max_shard_size="900KB")
    assert len(read_layout(folder).unet.weights) > 2
    assert_same(load(folder), diffusers_load(folder, use_safetensors=safe))


def test_weights_of_mixed_dtypes_all_get_the_one_asked_for(folder: Path, tmp_path: Path) -> None:
    folder = copy(folder, tmp_path)

    def halve(tensors: dict[str, torch.Tensor]) -> None:
        for name in list(tensors)[::2]:
            tensors[name] = tensors[name].half()

    for path in (UNET, TEXT):
        rewrite(folder / path, halve)
    edit(folder / "text_encoder" / "config.json", dtype="float16")
    assert_same(load(folder), diffusers_load(folder))


def test_variants_in_half_precision_are_found(tmp_path: Path) -> None:
    pipeline = tiny.make_pipeline(seed=3).to(torch.float16)
    folder = tiny.save(pipeline, tmp_path / "m", variant="fp16", max_shard_size="900KB")
    assert_same(load(folder), diffusers_load(folder, variant="fp16"))


def test_the_small_vae_is_what_diffusers_loads(tmp_path: Path) -> None:
    pipeline = tiny.make_pipeline(vae="tiny", latent_channels=8, vae_levels=4)
    folder = tiny.save(pipeline, tmp_path / "m")
    parts = load(folder)
    assert_same(parts, diffusers_load(folder))
    assert parts.layout.scale_factor == pipeline.vae_scale_factor == 8


def test_folders_of_2023_are_what_diffusers_loads(folder: Path, tmp_path: Path) -> None:
    folder = copy(folder, tmp_path)
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def old_attention(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if ".attentions." in name]:
            start, _, rest = name.partition(".attentions.0.")
            for new, was in old.items():
                rest = rest.replace(f"{new}.", f"{was}.")
            tensors[f"{start}.attentions.0.{rest}"] = tensors.pop(name)
        assert any("proj_attn" in name for name in tensors)

    def old_text(tensors: dict[str, torch.Tensor]) -> None:
        for name in list(tensors):
            tensors[f"text_model.{name}"] = tensors.pop(name)
        tensors["text_model.embeddings.position_ids"] = torch.arange(77).expand(1, -1).contiguous()

    rewrite(folder / VAE, old_attention)
    rewrite(folder / TEXT, old_text)
    index = json.loads((folder / "model_index.json").read_text())
    index["feature_extractor"][1] = "CLIPFeatureExtractor"
    edit(folder / "model_index.json", **index)
    edit(
        folder / "feature_extractor" / "preprocessor_config.json",
        feature_extractor_type="CLIPFeatureExtractor",
        size=30,
        crop_size=30,
    )
    added = {"__type": "AddedToken", "lstrip": False, "normalized": True, "rstrip": False}
    (folder / "tokenizer" / "tokenizer.json").unlink()
    edit(
        folder / "tokenizer" / "tokenizer_config.json",
        bos_token={**added, "content": tiny.START, "single_word": False},
        unk_token={**added, "content": tiny.END, "single_word": False},
        add_prefix_space=False,
        do_lower_case=True,
        name_or_path="openai/clip-vit-large-patch14",
        special_tokens_map_file="./special_tokens_map.json",
    )
    parts = load(folder)
    pipeline = diffusers_load(folder)
    assert_same(parts, pipeline)
    theirs: Any = pipeline.feature_extractor
    assert parts.feature_extractor is not None
    assert parts.feature_extractor.to_dict() == theirs.to_dict()


def test_a_safety_checker_of_transformers_4_loads(folder: Path, tmp_path: Path) -> None:
    now = load(folder).safety_checker
    folder = copy(folder, tmp_path)

    def old(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if name.startswith("vision_model.")]:
            tensors[f"vision_model.{name}"] = tensors.pop(name)
        tensors["vision_model.vision_model.embeddings.position_ids"] = torch.arange(5)[None]

    rewrite(folder / CHECKER, old)
    path = folder / "safety_checker" / "config.json"
    vision = json.loads(path.read_text())["vision_config"]
    edit(path, vision_config={**vision, "hidden_size": 768}, vision_config_dict=vision)
    then = load(folder).safety_checker
    assert now is not None
    assert then is not None
    assert_same_weights(then, now)


def test_the_defaults_that_are_filled_in_are_those_of_the_libraries() -> None:
    kinds = {
        "UNet2DConditionModel": UNet2DConditionModel,
        "AutoencoderKL": AutoencoderKL,
        "AutoencoderTiny": AutoencoderTiny,
    }
    for name, kind in kinds.items():
        known = inspect.signature(kind.__init__).parameters
        for key, value in completed({}, name).items():
            theirs = known[key if key in known else f"decoder_{key}"].default
            assert value == (list(theirs) if isinstance(theirs, tuple) else theirs), (name, key)
    config = CLIPTextConfig()
    for key, value in completed({}, "CLIPTextModel").items():
        assert value == getattr(config, key)


def test_pickles_of_before_torch_1_6_load(pickled: Path, tmp_path: Path) -> None:
    expected = load(pickled)
    folder = copy(pickled, tmp_path)
    path = folder / "unet" / "diffusion_pytorch_model.bin"
    torch.save(torch.load(path), path, _use_new_zipfile_serialization=False)
    assert_same_weights(load(folder).unet, expected.unet)


# What the caller asked for.


def test_each_part_has_its_own_dtype(folder: Path) -> None:
    parts = load(
        folder, unet_dtype=torch.bfloat16, vae_dtype=torch.float32, text_dtype=torch.float16
    )
    expected = load(folder)
    dtypes = {"unet": torch.bfloat16, "vae": torch.float32, "text_encoder": torch.float16}
    for name, dtype in dtypes.items():
        module = getattr(parts, name)
        original = getattr(expected, name).state_dict()
        assert module.dtype == dtype
        assert all(
            torch.equal(value, original[key].to(dtype))
            for key, value in module.state_dict().items()
        )
    assert parts.text_encoder is not None
    assert parts.text_encoder.embeddings.position_ids.dtype == torch.int64


def test_parts_are_ready_to_run(folder: Path) -> None:
    parts = load(folder)
    for name in (*MODULES, "safety_checker"):
        module = getattr(parts, name)
        assert not any(inner.training for inner in module.modules())
        assert not any(parameter.requires_grad for parameter in module.parameters())
        assert not any(value.is_meta for value in (*module.parameters(), *module.buffers()))
    assert parts.scheduler_config["_class_name"] == "PNDMScheduler"
    assert parts.scheduler_config["beta_end"] == 0.012


def test_the_class_of_the_scheduler_is_that_of_model_index(folder: Path, tmp_path: Path) -> None:
    folder = copy(folder, tmp_path)
    edit(folder / "model_index.json", scheduler=["diffusers", "DDIMScheduler"])
    assert load(folder).scheduler_config["_class_name"] == "DDIMScheduler"


def test_a_safety_checker_is_left_out_unless_asked_for(folder: Path) -> None:
    parts = load(folder, with_safety_checker=False)
    assert parts.safety_checker is None
    assert parts.feature_extractor is None


def test_weights_do_not_hang_on_their_files(folder: Path, tmp_path: Path) -> None:
    folder = copy(folder, tmp_path)
    unet = load(folder).unet
    before = {name: value.clone() for name, value in unet.state_dict().items()}
    path = folder / UNET
    path.write_bytes(b"\0" * path.stat().st_size)
    assert all(torch.equal(value, before[name]) for name, value in unet.state_dict().items())


def test_large_files_are_mapped_anew_now_and_then(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def counted(path: str, **settings: Any) -> Any:
        opened.append(path)
        return safe_open(path, **settings)

    expected = load(folder)
    monkeypatch.setattr(stored, "_MAPPED_BYTES", 1 << 20)
    monkeypatch.setattr(stored, "safe_open", counted)
    assert_same_weights(load(folder).unet, expected.unet)
    assert 3 <= opened.count(str(folder / UNET)) <= 6


def test_progress_grows_to_all_the_bytes(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    load(folder, on_bytes=lambda done, total: seen.append((done, total)))
    total = read_layout(folder).weight_bytes
    assert {total for _, total in seen} == {total}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (total, total)
    assert len(seen) > 300


def test_cancelling_ends_it_between_two_tensors(folder: Path) -> None:
    calls: list[tuple[int, int]] = []

    def check() -> None:
        if len(calls) == 40:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        load(folder, on_bytes=lambda *seen: calls.append(seen), check_cancelled=check)
    assert len(calls) == 40


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no"),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"),
    ],
)
def test_memory_that_runs_out_is_no_fault_of_the_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def to_empty(*args: object, **settings: object) -> NoReturn:
        raise error

    monkeypatch.setattr(nn.Module, "to_empty", to_empty)
    wanted = torch.OutOfMemoryError if isinstance(error, torch.OutOfMemoryError) else MemoryError
    with pytest.raises(wanted):
        load(folder)


def test_nothing_is_printed_and_loggers_keep_their_levels(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = [logging.getLogger(name).level for name in ("diffusers", "transformers")]
    load(folder)
    assert [logging.getLogger(name).level for name in ("diffusers", "transformers")] == before
    assert capfd.readouterr() == ("", "")


def test_importing_it_says_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import desktop_app.engines.diffusion.loading"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# What is damaged, or hostile.


class Hostile:
    """Runs something where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_hostile_pickle_is_not_run(pickled: Path, tmp_path: Path, zipped: bool) -> None:
    folder = copy(pickled, tmp_path)
    path = folder / "vae" / "diffusion_pytorch_model.bin"
    trap = tmp_path / "trap"
    torch.save({"a": Hostile(trap)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match="holds more than weights; it was not loaded") as caught:
        load(folder)
    assert str(path) in str(caught.value)
    assert not trap.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"a": "text"},
        {"a": torch.zeros(2).to_sparse()},
        {1: torch.zeros(2)},
        [torch.zeros(2)],
        {},
        {"state_dict": {"a": torch.zeros(2)}},
    ],
)
def test_a_pickle_of_anything_but_tensors_is_refused(
    pickled: Path, tmp_path: Path, content: object
) -> None:
    folder = copy(pickled, tmp_path)
    path = folder / "vae" / "diffusion_pytorch_model.bin"
    torch.save(content, path)
    with pytest.raises(ModelError, match="holds more than weights"):
        load(folder)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_damaged_pickle_is_named(pickled: Path, tmp_path: Path, zipped: bool) -> None:
    folder = copy(pickled, tmp_path)
    path = folder / "vae" / "diffusion_pytorch_model.bin"
    if zipped:
        data = bytearray(path.read_bytes())
        start = data.index(b"data.pkl") + 80
        data[start : start + 400] = b"\xa5" * 400
        path.write_bytes(data)
    else:
        torch.save(torch.load(path), path, _use_new_zipfile_serialization=False)
        path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert str(path) in str(caught.value)
    assert "more than weights" not in str(caught.value)


def test_a_file_that_is_cut_off_after_it_was_checked_is_named(folder: Path, tmp_path: Path) -> None:
    folder = copy(folder, tmp_path)
    layout = read_layout(folder)
    path = folder / UNET
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelError) as caught:
        load_parts(
            layout,
            unet_dtype=torch.float32,
            vae_dtype=torch.float32,
            text_dtype=torch.float32,
            device=torch.device("cpu"),
            on_bytes=_ignore,
            check_cancelled=lambda: None,
            with_safety_checker=False,
        )
    assert str(path) in str(caught.value)


def _add(tensors: dict[str, torch.Tensor]) -> None:
    tensors["a.stranger"] = torch.zeros(2)


def _drop(tensors: dict[str, torch.Tensor]) -> None:
    del tensors["conv_in.weight"]


def _reshape(tensors: dict[str, torch.Tensor]) -> None:
    tensors["conv_in.weight"] = torch.zeros(32, 4, 3, 3)


def _count(tensors: dict[str, torch.Tensor]) -> None:
    tensors["conv_in.bias"] = torch.zeros(32, dtype=torch.int8)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_add, "a.stranger has no place in it"),
        (_drop, "conv_in.weight is missing"),
        (_reshape, r"shape of conv_in.weight is \[32, 4, 3, 3\], not \[32, 8, 3, 3\]"),
        (_count, "conv_in.bias holds whole numbers"),
        (dict.clear, "is missing"),
    ],
)
def test_weights_that_do_not_fit_are_named(
    folder: Path, tmp_path: Path, change: Change, fault: str
) -> None:
    folder = copy(folder, tmp_path)
    rewrite(folder / UNET, change)
    with pytest.raises(ModelError, match=fault) as caught:
        load(folder)
    assert f"{folder / UNET} does not fit its configuration" in str(caught.value)


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("unet", {"down_block_types": ["Unknown", "DownBlock2D"]}),
        ("unet", {"down_block_types": 3}),
        ("unet", {"act_fn": "import os"}),
        ("unet", {"norm_num_groups": 7}),
        ("unet", {"num_attention_heads": 4}),
        ("unet", {"norm_eps": "small"}),
        ("unet", {"norm_num_groups": "7"}),
        ("vae", {"up_block_types": []}),
        ("vae", {"sample_size": None}),
        ("text_encoder", {"num_attention_heads": 5}),
        ("text_encoder", {"hidden_act": "nothing"}),
        ("safety_checker", {"vision_config": {"image_size": "big"}}),
    ],
)
def test_a_configuration_that_builds_nothing_is_named(
    folder: Path, tmp_path: Path, part: str, values: dict[str, Any]
) -> None:
    folder = copy(folder, tmp_path)
    edit(folder / part / "config.json", **values)
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert str(folder / part) in str(caught.value)


def test_a_configuration_cannot_have_code_fetched(folder: Path, tmp_path: Path) -> None:
    expected = load(folder)
    folder = copy(folder, tmp_path)
    edit(
        folder / "text_encoder" / "config.json",
        attn_implementation="kernels-community/evil",
        _attn_implementation="kernels-community/evil",
        return_dict=False,
        auto_map={"AutoModel": "evil--evil.Evil"},
        quantization_config={"quant_method": "bitsandbytes"},
    )
    edit(folder / "unet" / "config.json", quantization_config={}, _class_name=["evil", "Evil"])
    parts = load(folder)
    assert parts.text_encoder is not None
    assert expected.text_encoder is not None
    assert_same_weights(parts.text_encoder, expected.text_encoder)
    with torch.no_grad():
        ids = torch.arange(77)[None]
        encoders = (parts.text_encoder, expected.text_encoder)
        outputs = [encoder(ids).last_hidden_state for encoder in encoders]
    assert torch.equal(*outputs)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"model": {"type": "BPE"}}', "\0" * 99])
def test_a_damaged_tokenizer_is_named(folder: Path, tmp_path: Path, content: str) -> None:
    folder = copy(folder, tmp_path)
    (folder / "tokenizer" / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert str(folder / "tokenizer") in str(caught.value)


def test_a_tokenizer_that_knows_more_words_than_the_encoder_is_named(
    folder: Path, tmp_path: Path
) -> None:
    folder = copy(folder, tmp_path)
    (folder / "tokenizer" / "tokenizer.json").unlink()
    edit(folder / "tokenizer" / "vocab.json", far=99_999)
    with pytest.raises(ModelError, match="word number 99999"):
        load(folder)


def test_a_tokenizer_that_says_no_length_gets_that_of_the_encoder(
    folder: Path, tmp_path: Path
) -> None:
    folder = copy(folder, tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / "tokenizer" / name).unlink()
    assert load(folder).tokenizer.model_max_length == 77


def test_a_panic_in_rust_names_the_file(tmp_path: Path) -> None:
    class PanicException(BaseException):
        pass

    with (
        pytest.raises(ModelError, match="is damaged"),
        stored.errors_of(tmp_path / "tokenizer.json"),
    ):
        raise PanicException
    with pytest.raises(KeyboardInterrupt), stored.errors_of(tmp_path):
        raise KeyboardInterrupt
