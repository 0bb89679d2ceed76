from __future__ import annotations

import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from desktop_app.core.errors import ModelError
from desktop_app.models import converting, disk
from desktop_app.models.converting import convert_folder
from desktop_app.models.layout import read_layout
from desktop_app.models.plans import WHOLE_FILES
from tests.engines.diffusion import tiny
from tests.models.endings import assert_rounded, everything

UNET = "unet/diffusion_pytorch_model.bin"
TEXT = "text_encoder/pytorch_model.bin"
PARTS = ("unet", "vae", "text_encoder", "safety_checker")

pytestmark = pytest.mark.usefixtures("in_this_process")


def test_pickles_become_halves_in_safetensors(
    pickled: Path, tmp_path: Path, tiny_pipeline: Any
) -> None:
    before = everything(pickled)
    seen: list[tuple[int, int]] = []
    made = tmp_path / "new" / "made"
    convert_folder(pickled, made, on_progress=lambda done, total: seen.append((done, total)))
    for name in PARTS:
        assert_rounded(made / WHOLE_FILES[name], getattr(tiny_pipeline, name))
    layout = read_layout(made)
    assert layout.weight_bytes < 0.52 * read_layout(pickled).weight_bytes
    assert layout.safety_checker is not None
    assert not list(made.rglob("*.bin")) + list(made.rglob("*.part"))
    assert everything(pickled) == before
    total = read_layout(pickled).weight_bytes
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)
    assert {total for _, total in seen} == {total}


def test_diffusers_loads_what_was_made_without_a_word(
    pickled: Path, tmp_path: Path, tiny_pipeline: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    make_old(pickled)
    made = tmp_path / "made"
    convert_folder(pickled, made)
    capfd.readouterr()
    loaded: Any = type(tiny_pipeline).from_pretrained(made, local_files_only=True)
    said = [line for line in capfd.readouterr().err.splitlines() if not is_progress(line)]
    assert said == []
    for name in PARTS:
        for key, value in getattr(tiny_pipeline, name).state_dict().items():
            assert torch.equal(getattr(loaded, name).state_dict()[key], value.half().float()), key


OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def make_old(folder: Path) -> None:
    """Have weights of 2023: other names in the VAE's attention, and positions with numbers."""
    path = folder / "vae" / "diffusion_pytorch_model.bin"
    tensors = torch.load(path)
    for new, old in OLD_NAMES.items():
        tensors = {name.replace(f".{new}.", f".{old}."): v for name, v in tensors.items()}
    torch.save(tensors, path)
    path = folder / TEXT
    tensors = torch.load(path)
    tensors = {f"text_model.{name.removeprefix('text_model.')}": v for name, v in tensors.items()}
    tensors["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    torch.save(tensors, path)


def is_progress(line: str) -> bool:
    return "it/s]" in line or "?it/s" in line or not line.strip() or "torchvision" in line


def test_shards_become_one_file(tiny_pipeline: Any, tmp_path: Path) -> None:
    source = tiny.save(tiny_pipeline, tmp_path / "shards", max_shard_size="500KB")
    assert len(read_layout(source).unet.weights) > 2
    convert_folder(source, tmp_path / "made")
    layout = read_layout(tmp_path / "made")
    assert [path.name for path in layout.unet.weights] == ["diffusion_pytorch_model.safetensors"]
    assert_rounded(layout.unet.weights[0], tiny_pipeline.unet)


def test_the_format_before_zips_is_read_too(
    pickled: Path, tmp_path: Path, tiny_pipeline: Any
) -> None:
    torch.save(torch.load(pickled / UNET), pickled / UNET, _use_new_zipfile_serialization=False)
    convert_folder(pickled, tmp_path / "made")
    assert_rounded(tmp_path / "made" / WHOLE_FILES["unet"], tiny_pipeline.unet)


def test_a_part_with_numbers_too_large_for_halves_stays_in_single_precision(
    pickled: Path, tmp_path: Path
) -> None:
    path = pickled / "vae" / "diffusion_pytorch_model.bin"
    tensors = torch.load(path)
    tensors["decoder.conv_in.bias"][0] = 70_000.0
    tensors["encoder.conv_in.bias"][0] = float("inf")
    torch.save(tensors, path)
    seen: list[int] = []
    convert_folder(pickled, tmp_path / "made", on_progress=lambda done, _: seen.append(done))
    vae = load_file(tmp_path / "made" / WHOLE_FILES["vae"])
    assert {value.dtype for value in vae.values()} == {torch.float32}
    assert vae["decoder.conv_in.bias"][0] == 70_000.0
    unet = load_file(tmp_path / "made" / WHOLE_FILES["unet"])
    assert {value.dtype for value in unet.values()} == {torch.float16}
    assert seen == sorted(seen)


def test_infinity_is_no_reason_to_keep_single_precision(pickled: Path, tmp_path: Path) -> None:
    tensors = torch.load(pickled / UNET)
    tensors["conv_in.bias"][0] = float("inf")
    torch.save(tensors, pickled / UNET)
    convert_folder(pickled, tmp_path / "made")
    unet = load_file(tmp_path / "made" / WHOLE_FILES["unet"])
    assert {value.dtype for value in unet.values()} == {torch.float16}


def test_what_is_fine_is_left_as_it_is_without_a_process(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert_folder(pickled, tmp_path / "first")
    monkeypatch.delattr(converting, "run_in_process")
    convert_folder(tmp_path / "first", tmp_path / "second")
    for name in WHOLE_FILES.values():
        assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


def test_halves_of_a_variant_get_the_plain_name(tiny_pipeline: Any, tmp_path: Path) -> None:
    source = tiny.save(tiny_pipeline, tmp_path / "variant", variant="fp16")
    convert_folder(source, tmp_path / "made")
    for name in PARTS:
        assert (tmp_path / "made" / WHOLE_FILES[name]).is_file()


def test_a_safety_checker_that_is_gone_is_not_named(pickled: Path, tmp_path: Path) -> None:
    shutil.rmtree(pickled / "safety_checker")
    convert_folder(pickled, tmp_path / "made")
    index = json.loads((tmp_path / "made" / "model_index.json").read_text())
    assert index["safety_checker"] == [None, None]
    assert index["requires_safety_checker"] is False


def test_card_and_licence_come_along_and_nothing_else(pickled: Path, tmp_path: Path) -> None:
    (pickled / "README.md").write_text("card")
    (pickled / "LICENSE").write_text("terms")
    (pickled / "malware.py").write_text("print()")
    (pickled / "unet" / "other.bin").write_bytes(b"?")
    convert_folder(pickled, tmp_path / "made")
    here = set(everything(tmp_path / "made"))
    assert {"README.md", "LICENSE"} <= here
    assert not here & {"malware.py", "unet/other.bin"}


class Hostile:
    """Writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._path),)


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_pickle_that_does_something_is_refused(
    pickled: Path, tmp_path: Path, is_zip: bool
) -> None:
    proof = tmp_path / "proof"
    content = {"a": torch.zeros(2), "b": Hostile(proof)}
    torch.save(content, pickled / UNET, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(ModelError, match="holds more than weights; it was not loaded"):
        convert_folder(pickled, tmp_path / "made")
    assert not proof.exists()
    assert not list((tmp_path / "made").rglob("*.safetensors"))


def test_a_bare_pickle_is_refused(pickled: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    (pickled / UNET).write_bytes(pickle.dumps(Hostile(proof), protocol=2))
    with pytest.raises(ModelError, match=r"unet.*(damaged|more than weights)"):
        convert_folder(pickled, tmp_path / "made")
    assert not proof.exists()


def test_an_archive_that_unpacks_to_more_than_it_is_is_refused(
    pickled: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(pickled / UNET, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 10_000_000)
        archive.writestr("../../outside", b"x")
    with pytest.raises(ModelError, match=r"unet.*damaged"):
        convert_folder(pickled, tmp_path / "made")
    assert not list(tmp_path.rglob("outside"))


def test_tensors_that_share_memory_cannot_become_more_than_the_file(
    pickled: Path, tmp_path: Path
) -> None:
    torch.save({"a": torch.zeros(1).expand(10_000_000, 1_000)}, pickled / UNET)
    with pytest.raises(ModelError, match="holds more than weights"):
        convert_folder(pickled, tmp_path / "made")


def test_originals_go_one_by_one_where_that_is_wanted(
    pickled: Path, tmp_path: Path, tiny_pipeline: Any
) -> None:
    save_file(
        {k: v.half().contiguous() for k, v in tiny_pipeline.vae.state_dict().items()},
        pickled / "vae" / "diffusion_pytorch_model.safetensors",
    )
    made = tmp_path / "made"
    convert_folder(pickled, made, removes_originals=True)
    assert read_layout(made).safety_checker is not None
    assert [path.name for path in pickled.rglob("*.safetensors")] == []
    assert [path.parent.name for path in pickled.rglob("*.bin")] == ["vae"]  # it was not read
    assert (pickled / "model_index.json").is_file()
    before = everything(made)
    convert_folder(pickled, made, removes_originals=True)
    assert everything(made) == before


def test_a_damaged_plan_is_none(pickled: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    convert_folder(pickled, made)
    for text in ("", "[]", "{}", '{"version": 1, "source": 3, "parts": [7], "others": 1}'):
        (tmp_path / "made.json").write_text(text)
        convert_folder(pickled, made)
        assert read_layout(made).unet.weights


def test_a_disk_too_small_is_told_before_anything_is_written(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1))  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=r"Converting the model needs .* with 0\.1 MB free"):
        convert_folder(pickled, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_whatever_goes_wrong_beyond_that_is_a_sentence(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"a": torch.zeros(2, dtype=torch.complex64)}, pickled / UNET)
    with pytest.raises(ModelError, match="numbers of an unknown kind"):
        convert_folder(pickled, tmp_path / "made")
