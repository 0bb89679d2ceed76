from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPTokenizer

from desktop_app.core.errors import ModelError, UsageError
from desktop_app.models import importing, library, store
from desktop_app.models.clip_words import vocabulary, write_vocabulary
from desktop_app.models.importing import configs_folder, import_model
from desktop_app.models.jobs import ConvertCheckpoint
from desktop_app.models.layout import read_layout
from desktop_app.models.making import checkpoint
from desktop_app.models.making.stored import StoredTensor
from desktop_app.models.plans import WHOLE_FILES
from tests.engines.diffusion import tiny
from tests.models import ldm
from tests.models.endings import assert_rounded, everything

PARTS = ("unet", "vae", "text_encoder")

pytestmark = pytest.mark.usefixtures("in_this_process")


def test_a_folder_is_taken_in(pickled: Path) -> None:
    before = everything(pickled)
    seen: list[tuple[int, int]] = []
    model = import_model(pickled, on_progress=lambda done, total: seen.append((done, total)))
    assert model == "cartoonizer"
    assert everything(pickled) == before
    layout = library.find(model)
    assert layout.folder == store.place_of(model)
    manifest = store.read_manifest(layout.folder)
    assert manifest is not None
    assert manifest.origin == store.Origin(str(pickled))
    assert seen[-1][0] == seen[-1][1] > 0


def test_a_snapshot_of_the_hub_is_taken_in_with_its_repositorys_name(
    pickled: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "models--somebody--instruct-cartoon"
    blobs, snapshot = cache / "blobs", cache / "snapshots" / "31519b5c"
    blobs.mkdir(parents=True)
    for number, path in enumerate(sorted(p for p in pickled.rglob("*") if p.is_file())):
        link = snapshot / path.relative_to(pickled)
        link.parent.mkdir(parents=True, exist_ok=True)
        path.rename(blobs / str(number))
        link.symlink_to(blobs / str(number))
    assert import_model(cache) == "instruct-cartoon"
    assert library.find("instruct-cartoon").title == "somebody/instruct-cartoon"
    assert not any(path.is_symlink() for path in store.place_of("instruct-cartoon").rglob("*"))
    assert read_layout(cache).unet.weights[0].is_symlink()


@pytest.mark.parametrize("kind", ["single_file", "ckpt"])
def test_a_single_file_becomes_a_folder(
    kind: str, tiny_configs: Path, tiny_pipeline: Any, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(kind)
    seen: list[tuple[int, int]] = []
    model = import_model(
        path, configs=tiny_configs, on_progress=lambda done, total: seen.append((done, total))
    )
    place = store.place_of(model)
    for name in PARTS:
        assert_rounded(place / WHOLE_FILES[name], getattr(tiny_pipeline, name))
    assert library.find(model).title == path.stem
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


def test_diffusers_loads_what_came_of_a_single_file(
    single_file: Path, tiny_configs: Path, tiny_pipeline: Any
) -> None:
    place = store.place_of(import_model(single_file, configs=tiny_configs))
    loaded: Any = type(tiny_pipeline).from_pretrained(place, local_files_only=True)
    for name in PARTS:
        for key, value in getattr(tiny_pipeline, name).state_dict().items():
            assert torch.equal(getattr(loaded, name).state_dict()[key], value.half().float()), key


def test_single_precision_is_kept_where_half_cannot_hold_the_numbers(
    tiny_tensors: ldm.Tensors, tiny_configs: Path, tmp_path: Path
) -> None:
    name = "first_stage_model.encoder.conv_in.bias"
    tensors = {**tiny_tensors, name: torch.full_like(tiny_tensors[name], 1e6)}
    save_file(tensors, tmp_path / "a.safetensors")
    place = store.place_of(import_model(tmp_path / "a.safetensors", configs=tiny_configs))
    layout = read_layout(place)
    assert layout.vae.size_bytes > 3.9 * layout.vae.numbers
    assert layout.unet.size_bytes < 2.1 * layout.unet.numbers


def test_what_a_tool_left_in_a_checkpoint_is_passed_over(
    ckpt: Path, tiny_configs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = type(sys)("pytorch_lightning.callbacks.model_checkpoint")
    kind = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = kind  # type: ignore[attr-defined]
    content = torch.load(ckpt)
    with monkeypatch.context() as patch:
        for name in ("pytorch_lightning", "pytorch_lightning.callbacks", module.__name__):
            patch.setitem(sys.modules, name, module)
        torch.save({**content, "callbacks": {kind: {"best": 1.0}, "one": kind()}}, ckpt)
    assert import_model(ckpt, configs=tiny_configs) == "trained"


def test_names_that_are_taken_get_a_number(pickled: Path, tmp_path: Path) -> None:
    assert import_model(pickled) == "cartoonizer"
    first = everything(store.place_of("cartoonizer"))
    assert import_model(pickled) == "cartoonizer-2"
    with store.claimed("cartoonizer-3"):
        assert import_model(pickled) == "cartoonizer-4"
    assert everything(store.place_of("cartoonizer")) == first
    starter = Path(shutil.copytree(pickled, tmp_path / "starter"))
    assert import_model(starter) == "starter-2"


def test_a_model_can_be_replaced_by_its_id(pickled: Path) -> None:
    assert import_model(pickled, "mine") == "mine"
    (pickled / "toonroom.json").write_text('{"title": "New"}')
    assert import_model(pickled, "mine") == "mine"
    assert library.find("mine").title == "New"
    with store.claimed("mine"), pytest.raises(ModelError, match="Another Toonroom is at work"):
        import_model(pickled, "mine")


def test_a_model_cannot_replace_itself(pickled: Path) -> None:
    place = store.place_of(import_model(pickled, "mine"))
    before = everything(place)
    with pytest.raises(UsageError, match="there is nothing to import"):
        import_model(place, "mine")
    assert everything(place) == before
    assert import_model(place) == "mine-2"


@pytest.mark.parametrize("model", ["a/b", "", ".hidden", "..", "x" * 200, "starter"])
def test_ids_that_cannot_be_are_refused(pickled: Path, model: str) -> None:
    with pytest.raises(UsageError):
        import_model(pickled, model)


@pytest.mark.parametrize(
    "name",
    ["zwei Wörter – Käse 🧀 (v1.5)", "漫画" * 40, "CON", "a" * 200, "..hidden", "🧀"],
)
def test_names_of_all_kinds_work(pickled: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner" / name
    folder.parent.mkdir()
    try:
        pickled.rename(folder)
    except OSError:
        pytest.skip("no such name here")
    model = import_model(folder)
    assert store.place_of(model).is_dir()
    assert library.find(model).title


def refused(path: Path, configs: Path, home: Path) -> str:
    """Return why a model is refused, once it is sure that nothing of it is here."""
    content = path.read_bytes() if path.is_file() else b""
    with pytest.raises(ModelError) as caught:
        import_model(path, configs=configs)
    assert [p for p in home.rglob("*") if p.is_file() and p.suffix not in (".lock", ".log")] == []
    assert path.read_bytes() == content if content else True
    return str(caught.value)


def unet_with(channels: int) -> Callable[[ldm.Tensors], ldm.Tensors]:
    """Return what changes how many channels the UNet of a single file takes."""
    name = "model.diffusion_model.input_blocks.0.0.weight"
    return lambda tensors: {**tensors, name: torch.zeros(32, channels, 3, 3)}


def without(start: str) -> Callable[[ldm.Tensors], ldm.Tensors]:
    return lambda tensors: {k: v for k, v in tensors.items() if not k.startswith(start)}


def only(start: str) -> Callable[[ldm.Tensors], ldm.Tensors]:
    return lambda tensors: {k: v for k, v in tensors.items() if k.startswith(start)}


def named(name: str, *shape: int) -> Callable[[ldm.Tensors], ldm.Tensors]:
    return lambda _: {name: torch.zeros(*shape)}


def with_one(name: str, *shape: int) -> Callable[[ldm.Tensors], ldm.Tensors]:
    return lambda tensors: {**tensors, name: torch.zeros(*shape)}


ATTENTION = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
REFUSALS = [
    (unet_with(4), "text-to-image model, not an InstructPix2Pix one: its UNet takes 4 channels"),
    (unet_with(5), "a depth map"),
    (unet_with(9), "an inpainting model"),
    (unet_with(7), "is no InstructPix2Pix model: its UNet takes 7"),
    (with_one("conditioner.embedders.0.x", 1), "is an SDXL model"),
    (with_one(ATTENTION, 8, 1024), "based on Stable Diffusion 2"),
    (with_one(ATTENTION, 8, 640), "not based on Stable Diffusion 1"),
    (without("first_stage_model."), "holds no VAE"),
    (without("cond_stage_model."), "holds no text encoder"),
    (only("first_stage_model."), "is a VAE alone"),
    (named("decoder.mid.block_1.x", 1), "is a VAE alone"),
    (only("cond_stage_model."), "is a text encoder alone"),
    (named("lora_unet_down_blocks_0.lora_up.weight", 4, 4), "is a LoRA"),
    (named("control_model.x", 4), "is a ControlNet"),
    (named("emb_params", 4, 768), "is an embedding"),
    (named("double_blocks.0.x", 4), "is a Flux model"),
    (
        named("down_blocks.0.resnets.0.time_emb_proj.weight", 4),
        "choose the whole folder, or choose",
    ),
    (named("weight", 4), "holds no model that Toonroom knows"),
    (with_one("model.diffusion_model.input_blocks.0.1.weight", 4), "not built like"),
    (without("model.diffusion_model.time_embed.0.bias"), "not built like Stable Diffusion 1"),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSALS)
@pytest.mark.parametrize("ending", ["safetensors", "ckpt"])
def test_a_file_of_another_kind_is_refused(
    change: Callable[[ldm.Tensors], ldm.Tensors],
    sentence: str,
    ending: str,
    tiny_tensors: ldm.Tensors,
    tiny_configs: Path,
    tmp_path: Path,
    toonroom_home: Path,
) -> None:
    path = tmp_path / f"other.{ending}"
    if ending == "ckpt":
        torch.save({"state_dict": change(tiny_tensors)}, path)
    else:
        save_file(change(tiny_tensors), path)
    said = refused(path, tiny_configs, toonroom_home)
    assert sentence in said
    assert str(path) in said


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.safetensors", b"<!DOCTYPE html><html>", "is a web page"),
        ("a.ckpt", b"\n<html lang='en'>", "is a web page"),
        ("a.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        ("a.ckpt", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        ("a.safetensors", b"", "is empty"),
        ("a.safetensors", b"\x10\0\0\0\0\0\0\0{", "cut off"),
        ("a.safetensors", b"photo" * 50, "not a safetensors file"),
        ("a.ckpt", b"photo" * 50, "not a file of weights"),
        ("a.ckpt", b"\x80\x02", "damaged"),
        ("a.ckpt", zipped("../../evil", "/evil"), "damaged"),
        ("a.zip", zipped("../../evil"), "Archives must be unpacked first"),
        ("model_index.json", b"{}", "choose a folder in diffusers layout"),
    ],
)
def test_what_is_no_model_is_refused(
    name: str, content: bytes, sentence: str, tmp_path: Path, toonroom_home: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert sentence in refused(path, configs_folder(), toonroom_home)
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", ["single_file", "ckpt"])
def test_a_file_that_is_cut_off_is_refused(
    kind: str, tiny_configs: Path, toonroom_home: Path, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(kind)
    path.write_bytes(path.read_bytes()[:-1000])
    assert "cut off" in refused(path, tiny_configs, toonroom_home)


def test_what_is_not_there_is_told(tmp_path: Path, toonroom_home: Path) -> None:
    assert "There is no file" in refused(tmp_path / "none", configs_folder(), toonroom_home)
    assert "There is no model in" in refused(tmp_path, configs_folder(), toonroom_home)


def test_a_folder_of_another_kind_is_refused(pickled: Path, toonroom_home: Path) -> None:
    path = pickled / "unet" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"in_channels": 4}))
    assert "text-to-image" in refused(pickled, configs_folder(), toonroom_home)


def test_whatever_fails_leaves_nothing(
    pickled: Path, toonroom_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(importing, "write_json", fail)
    with pytest.raises(ModelError, match="Input/output error"):
        import_model(pickled)
    left = [path.name for path in (toonroom_home / "models" / ".workshop").iterdir()]
    assert left == ["cartoonizer.lock"]


def test_the_configs_that_come_along_are_those_of_stable_diffusion_1() -> None:
    configs = configs_folder()
    modules: dict[str, Any] = {}
    with torch.device("meta"):
        for name in PARTS:
            modules[name] = checkpoint.build(name, configs)
    tensors = ldm.checkpoint(*modules.values())
    # As many as v1-5-pruned-emaonly.safetensors has, and `betas`.
    assert len(tensors) == 686 + 248 + 197 + 1
    stored = {
        name: StoredTensor(name, Path("x"), tuple(v.shape), v.dtype, v.nbytes, lambda v=v: v)  # type: ignore[misc]
        for name, v in tensors.items()
    }
    parts = checkpoint.parts_of(ConvertCheckpoint(Path("x"), configs, Path("y")), stored)
    assert {name: len(pieces) for name, pieces in parts.items()} == {
        "unet": 686,
        "vae": 248,
        "text_encoder": 196,
    }


def test_the_configs_that_come_along_make_a_model_that_can_be_read(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(configs_folder(), tmp_path / "sd1"))
    write_vocabulary(folder / "tokenizer" / "merges.txt", folder / "tokenizer" / "vocab.json")
    for name in PARTS:
        save_file({"a": torch.zeros(1)}, folder / WHOLE_FILES[name])
    layout = read_layout(folder)
    assert (layout.latent_channels, layout.scale_factor) == (4, 8)
    assert layout.safety_checker is None


def test_words_have_the_numbers_that_clip_gave_them(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(configs_folder() / "tokenizer", tmp_path / "tokenizer"))
    write_vocabulary(folder / "merges.txt", folder / "vocab.json")
    assert len(vocabulary(folder / "merges.txt")) == 49_408
    tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    numbers = tokenizer("a photo of a cat", padding="max_length").input_ids
    assert numbers[:8] == [49_406, 320, 1125, 539, 320, 2368, 49_407, 49_407]
    assert len(numbers) == 77


def test_importing_loads_no_library_of_tensors() -> None:
    code = (
        "import sys, desktop_app.models.importing;"
        "print(sorted({'torch', 'diffusers', 'transformers', 'safetensors', 'PySide6'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_model_that_was_trained_here_keeps_what_it_says_of_itself(
    tiny_pipeline: Any, tmp_path: Path
) -> None:
    folder = tiny.save(tiny_pipeline, tmp_path / "ours")
    (folder / "toonroom.json").write_text('{"title": "Ours", "note": "Small.", "preview": null}')
    layout = library.find(import_model(folder))
    assert (layout.title, layout.note) == ("Ours", "Small.")
