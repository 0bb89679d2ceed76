"""Model folders: what is read from them, and one clear sentence for each that is broken."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import ModelError
from desktop_app.core.events import Defaults
from desktop_app.models.layout import ModelLayout, read_layout
from tests.models.folders import (
    CHECKER,
    FILES,
    INDEX,
    TEXT,
    UNET,
    VAE,
    edit,
    make_folder,
    write_json,
    write_pickle,
    write_safetensors,
)

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3438167540\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "cartoonizer")


def refusal(folder: Path) -> str:
    """Return the sentence that `folder` is refused with."""
    with pytest.raises(ModelError) as caught:
        read_layout(folder)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


# What is read.


def test_a_whole_folder_is_read(folder: Path) -> None:
    layout = read_layout(folder)
    assert layout.folder == folder
    assert layout.title == "cartoonizer"
    assert layout.note == ""
    assert layout.defaults == Defaults()
    assert (layout.latent_channels, layout.scale_factor) == (4, 8)
    assert layout.unet.weights == (folder / UNET,)
    assert layout.unet.size_bytes == (folder / UNET).stat().st_size
    assert layout.text_encoder.config["hidden_size"] == 768
    assert layout.scheduler.class_name == "PNDMScheduler"
    assert layout.scheduler.config["beta_end"] == 0.012
    assert layout.tokenizer.config == {}
    assert layout.safety_checker is not None
    assert layout.safety_checker.weights == (folder / CHECKER,)
    assert layout.feature_extractor is not None
    assert layout.feature_extractor.config == {"size": 224}
    parts = (layout.unet, layout.vae, layout.text_encoder, layout.safety_checker)
    assert layout.weight_bytes == sum(part.size_bytes for part in parts)
    assert (layout.preview_matrix, layout.preview_bias) == (None, None)


def test_it_can_be_sent_to_another_process(folder: Path) -> None:
    layout = read_layout(folder)
    assert pickle.loads(pickle.dumps(layout)) == layout
    assert hash(layout) == hash(read_layout(folder))


def test_reading_it_loads_no_library_of_tensors() -> None:
    code = (
        "import sys, desktop_app.models.library;"
        "print(sorted({'torch', 'diffusers', 'transformers', 'safetensors', 'PySide6'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("name", ["safety_checker", "feature_extractor"])
@pytest.mark.parametrize("value", [[None, None], None, "x", [1, 2, 3], ["mine", "MyOwn"]])
def test_a_model_may_have_no_safety_checker(folder: Path, name: str, value: Any) -> None:
    write_json(folder / "model_index.json", {**INDEX, name: value})
    layout = read_layout(folder)
    assert layout.safety_checker is None


@pytest.mark.parametrize(
    "name", ["safety_checker/config.json", CHECKER, "feature_extractor/preprocessor_config.json"]
)
def test_a_safety_checker_without_its_files_is_none(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert read_layout(folder).safety_checker is None


def test_a_safety_checker_that_would_take_for_ever_is_none(folder: Path) -> None:
    path = folder / "safety_checker" / "config.json"
    for vision in ({"num_hidden_layers": 10**9}, "big"):
        edit(path, vision_config=vision)
        assert read_layout(folder).safety_checker is None


def test_the_small_vae_is_known(folder: Path) -> None:
    edit(folder / "model_index.json", vae=["diffusers", "AutoencoderTiny"])
    write_json(
        folder / "vae" / "config.json",
        {
            "latent_channels": 4,
            "encoder_block_out_channels": [64, 64, 64],
            "decoder_block_out_channels": [64, 64, 64],
            "num_encoder_blocks": [1, 3, 3],
            "num_decoder_blocks": [3, 3, 1],
        },
    )
    assert read_layout(folder).scale_factor == 4
    write_json(folder / "vae" / "config.json", {"block_out_channels": "as diffusers writes it"})
    layout = read_layout(folder)
    assert layout.scale_factor == 8
    assert layout.vae.config["block_out_channels"] == [64, 64, 64, 64]
    assert layout.vae.config["scaling_factor"] == 1.0
    for values in ({"upsampling_scaling_factor": 4}, {"encoder_block_out_channels": [64]}):
        write_json(folder / "vae" / "config.json", values)
        assert str(folder / "vae" / "config.json") in refusal(folder)


def test_a_level_of_the_small_vae_may_have_no_blocks(folder: Path) -> None:
    edit(folder / "model_index.json", vae=["diffusers", "AutoencoderTiny"])
    path = folder / "vae" / "config.json"
    widths = {"encoder_block_out_channels": [32] * 3, "decoder_block_out_channels": [48] * 3}
    blocks = {"num_encoder_blocks": [0, 1, 3], "num_decoder_blocks": [3, 2, 0]}
    write_json(path, {**widths, **blocks})
    assert read_layout(folder).scale_factor == 4
    for broken in ([-1, 1, 3], [False, 1, 3], [0, 1]):
        write_json(path, {**widths, **blocks, "num_encoder_blocks": broken})
        assert "num_encoder_blocks" in refusal(folder)


def test_what_configurations_leave_out_is_filled_in(folder: Path) -> None:
    write_json(folder / "unet" / "config.json", {"in_channels": 8, "cross_attention_dim": 768})
    layout = read_layout(folder)
    assert layout.unet.config["block_out_channels"] == [320, 640, 1280, 1280]
    assert layout.unet.config["up_block_types"][0] == "UpBlock2D"
    assert layout.vae.config["scaling_factor"] == 0.18215
    assert layout.text_encoder.config["max_position_embeddings"] == 77


def test_a_scheduler_of_any_class_will_do(folder: Path) -> None:
    edit(folder / "model_index.json", scheduler=["diffusers", "NewestScheduler"])
    assert read_layout(folder).scheduler.class_name == "NewestScheduler"


def test_a_tokenizer_may_be_one_file(folder: Path) -> None:
    for name in ("vocab.json", "merges.txt"):
        (folder / "tokenizer" / name).unlink()
    assert "nor vocab.json with merges.txt" in refusal(folder)
    write_json(folder / "tokenizer" / "tokenizer.json", {})
    read_layout(folder)


# Where the model lies.


def test_the_only_model_in_a_folder_is_meant(folder: Path) -> None:
    (folder.parent / "pictures").mkdir()
    assert read_layout(folder.parent).folder == folder
    make_folder(folder.parent / "other")
    assert "several models" in refusal(folder.parent)


def test_the_caches_of_the_hub_are_understood(tmp_path: Path) -> None:
    root = tmp_path / "models--timbrooks--instruct-pix2pix"
    old, new = (make_folder(root / "snapshots" / name) for name in ("aaaa", "bbbb"))
    os.utime(old, (1, 1))
    assert read_layout(root).folder == new
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("aaaa")
    assert read_layout(root).folder == old
    assert read_layout(root).title == "timbrooks/instruct-pix2pix"
    assert read_layout(root / "snapshots" / "bbbb").title == "timbrooks/instruct-pix2pix"
    for odd in ("../../..", "\xff", "", "cccc"):
        (root / "refs" / "main").write_text(odd, encoding="latin-1")
        assert read_layout(root).folder == new
    for snapshot in (old, new):
        (snapshot / "model_index.json").unlink()
    assert "no whole model" in refusal(root)


def test_links_to_the_blobs_of_the_hub_are_followed(tmp_path: Path) -> None:
    snapshot = make_folder(tmp_path / "m" / "snapshots" / "aaaa")
    blobs = tmp_path / "m" / "blobs"
    blobs.mkdir()
    for number, name in enumerate([UNET, VAE, "unet/config.json", "model_index.json"]):
        (snapshot / name).rename(blobs / str(number))
        (snapshot / name).symlink_to(os.path.relpath(blobs / str(number), (snapshot / name).parent))
    layout = read_layout(tmp_path / "m")
    assert layout.unet.size_bytes == (blobs / "0").stat().st_size
    (blobs / "0").unlink()
    assert f"{snapshot / UNET} leads to a file that is not there" in refusal(tmp_path / "m")


def test_what_is_no_folder_of_a_model_is_said(tmp_path: Path) -> None:
    assert f"There is no folder {tmp_path / 'none'}" in refusal(tmp_path / "none")
    assert f"There is no model in {tmp_path}" in refusal(tmp_path)
    single = tmp_path / "cartoonizer.safetensors"
    single.touch()
    assert f"{single} is a file; a folder in diffusers layout" in refusal(single)
    assert "There is no folder" in refusal(tmp_path / ("x" * 5000))
    assert "There is no folder" in refusal(Path("a\0b"))


# model_index.json.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[]", "does not hold a JSON object"),
        (b"1" * 5000, "not valid JSON"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * (1 << 20) + b"{}", "far too large"),
        (POINTER, "placeholder of Git LFS"),
    ],
)
@pytest.mark.parametrize("name", ["model_index.json", "unet/config.json"])
def test_a_broken_json_file_is_named(folder: Path, name: str, content: bytes, said: str) -> None:
    (folder / name).write_bytes(content)
    sentence = refusal(folder)
    assert said in sentence
    assert str(folder / name) in sentence


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    path = folder / "model_index.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    read_layout(folder)


@pytest.mark.parametrize("name", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_a_part_that_is_missing_is_named(folder: Path, name: str) -> None:
    for value in (None, [None, None], "UNet", [1, 2], ["diffusers"]):
        write_json(folder / "model_index.json", {**INDEX, name: value})
        assert f"{folder / 'model_index.json'} names no {name}" in refusal(folder)
    write_json(folder / "model_index.json", INDEX)
    (folder / name).rename(folder / "elsewhere")
    assert f"The folder {folder / name} is missing" in refusal(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("unet", ["diffusers", "UNet3DConditionModel"]),
        ("unet", ["evil", "UNet2DConditionModel"]),
        ("vae", ["diffusers", "AutoencoderDC"]),
        ("text_encoder", ["transformers", "T5EncoderModel"]),
        ("tokenizer", ["transformers", "T5Tokenizer"]),
        ("scheduler", ["evil", "PNDMScheduler"]),
    ],
)
def test_a_class_that_is_not_known_is_named(folder: Path, name: str, value: list[str]) -> None:
    edit(folder / "model_index.json", **{name: value})
    sentence = refusal(folder)
    assert ".".join(value) in sentence
    assert "does not support" in sentence


@pytest.mark.parametrize("name", ["../unet", "/etc", "a\\b", "..", "", "C:x"])
def test_no_part_may_lie_outside_the_folder(folder: Path, name: str) -> None:
    edit(folder / "model_index.json", **{name: ["diffusers", "UNet2DConditionModel"]})
    assert "no folder of the model" in refusal(folder)


def test_sdxl_is_not_supported(folder: Path) -> None:
    edit(folder / "model_index.json", text_encoder_2=["transformers", "CLIPTextModel"])
    assert "SDXL" in refusal(folder)


# Configurations.


def test_a_text_to_image_model_is_told_from_ours(folder: Path) -> None:
    edit(folder / "unet" / "config.json", in_channels=4)
    assert "is a text-to-image model" in refusal(folder)
    assert "takes 4 channels where 8 are wanted" in refusal(folder)
    edit(folder / "unet" / "config.json", in_channels=9)
    assert "is an inpainting model" in refusal(folder)
    edit(folder / "unet" / "config.json", in_channels=3)
    assert "is no InstructPix2Pix model" in refusal(folder)


def test_parts_that_do_not_fit_each_other_are_named(folder: Path) -> None:
    edit(folder / "unet" / "config.json", out_channels=8)
    assert "the UNet gives 8 channels, the VAE takes 4" in refusal(folder)
    edit(folder / "unet" / "config.json", out_channels=4, cross_attention_dim=1024)
    assert "1024 numbers a word, the text encoder gives 768" in refusal(folder)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("unet", "in_channels", "8"),
        ("unet", "in_channels", True),
        ("unet", "in_channels", 0),
        ("unet", "block_out_channels", []),
        ("unet", "block_out_channels", [64] * 9),
        ("unet", "block_out_channels", 64),
        ("unet", "block_out_channels", [64, -1]),
        ("unet", "layers_per_block", 10**9),
        ("unet", "layers_per_block", [2, "2"]),
        ("unet", "layers_per_block", [2, 2]),
        ("unet", "attention_head_dim", [8] * 5),
        ("unet", "transformer_layers_per_block", [[1]] * 4),
        ("unet", "cross_attention_dim", [768] * 4),
        ("unet", "down_block_types", ["DownBlock2D"]),
        ("unet", "up_block_types", [1, 2, 3, 4]),
        ("unet", "norm_eps", float("nan")),
        ("unet", "class_embed_type", "projection"),
        ("unet", "addition_embed_type", "text_time"),
        ("vae", "in_channels", 4),
        ("vae", "scaling_factor", float("inf")),
        ("vae", "scaling_factor", 10**400),
        ("vae", "scaling_factor", 0),
        ("vae", "block_out_channels", {}),
        ("vae", "latent_channels", 4.0),
        ("text_encoder", "hidden_size", [768]),
        ("text_encoder", "num_hidden_layers", 10**6),
        ("text_encoder", "vocab_size", -1),
    ],
)
def test_a_value_that_makes_no_sense_is_named(
    folder: Path, name: str, key: str, value: Any
) -> None:
    path = folder / name / "config.json"
    edit(path, **{key: value})
    sentence = refusal(folder)
    assert str(path) in sentence
    assert key in sentence


# Weights.


def test_the_best_of_several_files_is_taken(folder: Path) -> None:
    place = folder / "unet"
    whole = place / "diffusion_pytorch_model.safetensors"
    half = place / "diffusion_pytorch_model.fp16.safetensors"
    pickled = place / "diffusion_pytorch_model.bin"
    half_pickled = place / "diffusion_pytorch_model.fp16.bin"
    write_safetensors(half)
    write_pickle(pickled)
    write_pickle(half_pickled)
    write_safetensors(place / "diffusion_pytorch_model.non_ema.safetensors")
    for path in (whole, half, pickled, half_pickled):
        assert read_layout(folder).unet.weights == (path,)
        path.unlink()
    assert f"There are no weights in {place}" in refusal(folder)


def test_pickles_alone_will_do(folder: Path) -> None:
    for name in (UNET, VAE, TEXT, CHECKER):
        path = folder / name
        path.unlink()
        stem = "diffusion_pytorch_model" if "diffusion" in name else "pytorch_model"
        write_pickle(path.with_name(f"{stem}.bin"))
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x02\x8a\nl\xfc")
    assert read_layout(folder).text_encoder.weights[0].name == "pytorch_model.bin"


@pytest.mark.parametrize(
    "index",
    [
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
        "diffusion_pytorch_model.fp16.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.fp16.index.json",
    ],
)
def test_shards_are_read_from_their_index(folder: Path, index: str) -> None:
    place = folder / "unet"
    (folder / UNET).unlink()
    names = [f"part-{number}-of-2.safetensors" for number in (1, 2)]
    write_json(place / index, {"weight_map": {"a": names[1], "b": names[0], "c": names[1]}})
    for name in names:
        write_safetensors(place / name)
    assert read_layout(folder).unet.weights == tuple(place / name for name in names)
    (place / names[0]).unlink()
    assert f"{place / names[0]} is missing" in refusal(folder)


@pytest.mark.parametrize(
    "places",
    [None, [], {}, {"a": 1}, {"a": "../vae/x.safetensors"}, {"a": "/x.safetensors"}, {"a": "b.py"}],
)
def test_an_index_that_lists_no_files_beside_it_is_named(folder: Path, places: Any) -> None:
    (folder / UNET).unlink()
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    write_json(index, {"weight_map": places})
    assert str(index) in refusal(folder)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def _header(header: object) -> Callable[[Path], None]:
    return lambda path: write_safetensors(path, header)


def _bytes(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_cut, "is cut off (0.000 of 0.000 MB); download it again"),
        (_lengthen, "is longer than its header says"),
        (_bytes(b""), "is empty; download it again"),
        (_bytes(b"{}"), "is not a safetensors file"),
        (_bytes(b"<!DOCTYPE html><title>404"), "is not a safetensors file"),
        (_bytes(struct.pack("<Q", 99) + b"{"), "is cut off within its first part"),
        (_bytes(struct.pack("<Q", 2**63) + b"{}"), "is not a safetensors file"),
        (_bytes(struct.pack("<Q", 9) + b'{"a": [1]'), "is damaged"),
        (_bytes(struct.pack("<Q", 4) + b"{\xff\xff}"), "is damaged"),
        (_bytes(struct.pack("<Q", 50_001) + b"{" + b'"":[' * 12_500), "is damaged"),
        (_header({"a": 1}), "is damaged"),
        (_header({"a": {"data_offsets": [0, 1, 2]}}), "is damaged"),
        (_header({"a": {"data_offsets": [0, "64"]}}), "is damaged"),
        (_header({"a": {"data_offsets": [64, 0]}}), "is damaged"),
        (_header({"a": {"data_offsets": [0, 64]}}), "is damaged"),
        (_header({"a": {"shape": 9, "data_offsets": [0, 64]}}), "is damaged"),
        (_header({"a": {"shape": [1e400], "data_offsets": [0, 64]}}), "is damaged"),
        (_header({"a": {"shape": [-9, -9], "data_offsets": [0, 64]}}), "is damaged"),
        (_header({"a": {"shape": [10**400], "data_offsets": [0, 64]}}), "is damaged"),
        (_bytes(POINTER), "placeholder of Git LFS"),
    ],
)
def test_a_file_of_weights_that_is_not_whole_is_named(
    folder: Path, damage: Callable[[Path], None], said: str
) -> None:
    damage(folder / UNET)
    sentence = refusal(folder)
    assert said in sentence
    assert str(folder / UNET) in sentence


def test_how_much_of_a_download_is_missing_is_said(folder: Path) -> None:
    header = {"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 3_438_000_000]}}
    write_safetensors(folder / UNET, header, data_bytes=12_000_000)
    assert "is cut off (12 of 3438 MB); download it again" in refusal(folder)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_cut, "is cut off or damaged"),
        (_bytes(b""), "is empty"),
        (_bytes(b"hello"), "is not a file of weights"),
        (_bytes(POINTER), "is only a placeholder of Git LFS"),
    ],
)
def test_a_pickle_that_is_not_whole_is_named(
    folder: Path, damage: Callable[[Path], None], said: str
) -> None:
    (folder / UNET).unlink()
    path = folder / "unet" / "diffusion_pytorch_model.bin"
    write_pickle(path)
    damage(path)
    assert f"{path} {said}" in refusal(folder)


# toonroom.json.

EXTRAS: dict[str, Any] = {
    "title": "Starter",
    "note": "Draws cartoons.",
    "defaults": {
        "steps": 12,
        "text_guidance": 3,
        "image_guidance": 1.2,
        "scheduler": "ddim",
        "working_size_px": 256,
        "smallest_working_px": 128,
    },
    "preview": {"matrix": [[0.1, 0.2, 0.3]] * 4, "bias": [0, 0, 1]},
}


def read_with(folder: Path, extras: object) -> ModelLayout:
    """Return the layout of `folder` with another toonroom.json."""
    write_json(folder / "toonroom.json", extras)
    return read_layout(folder)


def test_what_we_say_of_our_own_models_is_read(folder: Path) -> None:
    layout = read_with(folder, EXTRAS)
    assert (layout.title, layout.note) == ("Starter", "Draws cartoons.")
    assert layout.defaults == Defaults(None, 12, 3.0, 1.2, "ddim", 256, 128)
    assert layout.preview_matrix == ((0.1, 0.2, 0.3),) * 4
    assert layout.preview_bias == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", 3),
        ("title", " "),
        ("title", "x" * 81),
        ("title", "\ud800"),
        ("title", "a\0b"),
        ("note", ["x"]),
        ("defaults", []),
        ("defaults", {"steps": 0}),
        ("defaults", {"steps": 1.5}),
        ("defaults", {"steps": True}),
        ("defaults", {"steps": float("inf")}),
        ("defaults", {"text_guidance": float("nan")}),
        ("defaults", {"image_guidance": 10**400}),
        ("defaults", {"scheduler": 3}),
        ("defaults", {"working_size_px": "256"}),
        ("preview", []),
        ("preview", {"matrix": [[0, 0, 0]] * 3}),
        ("preview", {"matrix": [[0, 0]] * 4}),
        ("preview", {"matrix": [[0, 0, "1"]] * 4}),
        ("preview", {"matrix": [[0, 0, float("nan")]] * 4}),
        ("preview", {"matrix": [[0, 0, 0]] * 4, "bias": 0}),
    ],
)
def test_what_is_damaged_there_is_left_out(
    folder: Path, caplog: pytest.LogCaptureFixture, key: str, value: Any
) -> None:
    layout = read_with(folder, {**EXTRAS, key: value})
    whole = read_with(folder, EXTRAS)
    assert layout.extras != whole.extras
    assert "is left out" in caplog.text
    if key != "title":
        assert layout.title == "Starter"
    if key == "defaults" and isinstance(value, dict):
        assert layout.defaults == Defaults()
    if key == "preview":
        assert (layout.preview_matrix, layout.preview_bias) == (None, None)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 99_999])
def test_a_toonroom_json_that_is_none_is_left_out(folder: Path, content: bytes) -> None:
    (folder / "toonroom.json").write_bytes(content)
    assert read_layout(folder).title == "cartoonizer"


# The fingerprint.


@pytest.mark.parametrize(
    "name",
    [UNET, CHECKER, "model_index.json", "vae/config.json", "tokenizer/merges.txt"],
)
def test_the_fingerprint_changes_with_every_file(folder: Path, name: str) -> None:
    before = read_layout(folder).fingerprint
    assert before == read_layout(folder).fingerprint
    assert len(before) == 64
    os.utime(folder / name, (1, 1))
    assert read_layout(folder).fingerprint != before


def test_the_fingerprint_sees_files_come_and_go(folder: Path) -> None:
    before = read_layout(folder).fingerprint
    (folder / "readme.md").touch()
    assert read_layout(folder).fingerprint == before
    assert read_with(folder, {}).fingerprint != before


# Garbage.

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["diffusers", "transformers", "UNet2DConditionModel", "..", 4, 8, 768]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.sampled_from([*INDEX, "in_channels"]), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = {name: list(content) for name, content in {"model_index.json": INDEX, **FILES}.items()}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_but_a_model_error_comes_of_garbage(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "garbage"
    if not folder.exists():
        make_folder(folder)
    name = data.draw(st.sampled_from(list(KEYS)))
    path = folder / name
    before = path.read_bytes()
    garbage = data.draw(
        st.binary()
        | JSON.map(lambda value: json.dumps(value).encode())
        | st.tuples(st.sampled_from(KEYS[name]), JSON).map(
            lambda change: json.dumps(json.loads(before) | {change[0]: change[1]}).encode()
        )
    )
    try:
        path.write_bytes(garbage)
        sentence = refusal_of(folder)
    finally:
        path.write_bytes(before)
    assert "\n" not in sentence
    assert sentence.encode() is not None  # no halved letters


def refusal_of(folder: Path) -> str:
    """Return the sentence that `folder` is refused with, "" where it is not."""
    try:
        read_layout(folder)
    except ModelError as error:
        return str(error)
    return ""


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=200), length=st.none() | st.integers(0, 300))
def test_nothing_but_a_model_error_comes_of_garbage_for_weights(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, length: int | None
) -> None:
    folder = tmp_path_factory.getbasetemp() / "garbage-weights"
    if not folder.exists():
        make_folder(folder)
    start = b"" if length is None else struct.pack("<Q", length)
    (folder / UNET).write_bytes(start + content)
    with pytest.raises(ModelError):
        read_layout(folder)
