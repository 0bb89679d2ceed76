from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from desktop_app.core.cancel import CancelToken
from desktop_app.models.layout import read_layout
from desktop_app.training import unet
from desktop_app.training.parts import small_unet
from desktop_app.training.reporting import Silence
from desktop_app.training.settings import Stage
from tests.training.small import SMALL, log_of, unet_settings

pytest.importorskip("peft", reason="the extra [lora] is not installed")


def test_adapters_change_nothing_at_first_and_melt_in_without_a_trace() -> None:
    from desktop_app.training.lora import add_adapters, melt_in

    torch.manual_seed(0)
    model: Any = small_unet(SMALL, 4).eval()
    sample, text = torch.randn(1, 8, 8, 8), torch.randn(1, 5, SMALL.text_width)
    names = list(model.state_dict())
    with torch.no_grad():
        before = model(sample, 3, text).sample
        add_adapters(model, 2, torch.float32)
        assert torch.allclose(model(sample, 3, text).sample, before, atol=1e-6)
        for name, parameter in model.named_parameters():
            assert parameter.requires_grad is ("lora" in name)
            if "lora_B" in name:
                parameter.normal_(std=0.1)
        styled = model(sample, 3, text).sample
        assert not torch.allclose(styled, before, atol=1e-3)
        melt_in(model)
        assert torch.allclose(model(sample, 3, text).sample, styled, atol=1e-5)
    assert list(model.state_dict()) == names


def test_a_style_is_learnt_beside_a_model_and_what_comes_is_a_model(
    data: Path, vae_folder: Path, tmp_path: Path
) -> None:
    unet.run(unet_settings(data, tmp_path / "base", vae_folder), Silence(), CancelToken())
    base = tmp_path / "base" / "model"
    settings = replace(
        unet_settings(data, tmp_path / "run", vae_folder),
        vae=None,
        base=base,
        rank=2,
        stages=(Stage(32, 2, 2),),
    )
    unet.run(settings, Silence(), CancelToken())
    assert [line["step"] for line in log_of(tmp_path / "run")] == [1, 2]
    weights = load_file(tmp_path / "run" / "adapters" / "pytorch_lora_weights.safetensors")
    assert all("lora" in name for name in weights)
    layout = read_layout(tmp_path / "run" / "model")
    assert layout.scheduler.config["prediction_type"] == "v_prediction"
