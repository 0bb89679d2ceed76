"""The UNet in parts: what is used again is what was computed, row by row as all at once."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from desktop_app.engines.diffusion.unet import StagedUNet
from tests.engines.diffusion import tiny

FOUR_LEVELS: dict[str, Any] = {
    "block_out_channels": (32, 32, 64, 64),
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
}
TEXT_WITH_TIME: dict[str, Any] = {
    "addition_embed_type": "text",
    "addition_embed_type_num_heads": 4,
    "resnet_time_scale_shift": "scale_shift",
}
STEP = torch.tensor(500)


def inputs(rows: int, height: int = 24, width: int = 40) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    sample = torch.randn(rows, 8, height, width, generator=draw)
    return sample, torch.randn(rows, 7, tiny.HIDDEN, generator=draw)


@pytest.fixture(autouse=True)
def _inference() -> Any:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("size", [(24, 40), (21, 13)])
@pytest.mark.parametrize("more", [{}, TEXT_WITH_TIME])
def test_the_inner_levels_of_the_same_step_give_the_same(
    level: int, size: tuple[int, int], more: dict[str, Any]
) -> None:
    unet = tiny.make_unet(**FOUR_LEVELS, **more).eval()
    staged = StagedUNet(unet, level)
    assert staged.can_skip
    sample, text = inputs(2, *size)
    whole = staged(sample, STEP, text, deep=True)
    assert torch.equal(whole, unet(sample, STEP, encoder_hidden_states=text).sample)
    assert torch.allclose(staged(sample, STEP, text, deep=False), whole, atol=1e-5)


def test_only_the_outer_levels_are_computed() -> None:
    unet = tiny.make_unet(**FOUR_LEVELS).eval()
    staged = StagedUNet(unet, 2)
    sample, text = inputs(3)
    staged(sample, STEP, text, deep=True)
    ran: list[str] = []
    for name in ("down_blocks", "up_blocks"):
        for number, block in enumerate(getattr(unet, name)):
            block.register_forward_hook(lambda *_args, at=f"{name} {number}": ran.append(at))
    unet.mid_block.register_forward_hook(lambda *_args: ran.append("middle"))
    other = torch.randn(1, 8, 24, 40)
    first = staged(other, torch.tensor(400), text[:1], deep=False)
    assert ran == ["down_blocks 0", "down_blocks 1", "up_blocks 2", "up_blocks 3"]
    assert first.shape == (1, 4, 24, 40)
    assert not torch.allclose(first, staged(other, torch.tensor(400), text[:1], deep=True))


def test_what_was_forgotten_is_computed() -> None:
    unet = tiny.make_unet(**FOUR_LEVELS).eval()
    staged = StagedUNet(unet, 1)
    sample, text = inputs(1)
    staged(torch.zeros_like(sample), STEP, text, deep=True)
    staged.forget()
    expected = unet(sample, STEP, encoder_hidden_states=text).sample
    assert torch.equal(staged(sample, STEP, text, deep=False), expected)


def test_row_by_row_is_all_at_once() -> None:
    staged = StagedUNet(tiny.make_unet(**FOUR_LEVELS).eval(), 1)
    sample, text = inputs(3)
    together = staged(sample, STEP, text, deep=True)
    again = staged(sample[:1], STEP, text[:1], deep=False)
    staged.one_by_one = True
    assert torch.allclose(staged(sample, STEP, text, deep=True), together, atol=1e-5)
    assert torch.allclose(staged(sample[:1], STEP, text[:1], deep=False), again, atol=1e-5)


@pytest.mark.parametrize("level", [0, 2, 5])
def test_a_unet_without_inner_levels_is_always_whole(level: int) -> None:
    unet = tiny.make_unet().eval()
    staged = StagedUNet(unet, level)
    assert not staged.can_skip
    sample, text = inputs(1)
    staged(torch.zeros_like(sample), STEP, text, deep=True)
    expected = unet(sample, STEP, encoder_hidden_states=text).sample
    assert torch.equal(staged(sample, STEP, text, deep=False), expected)


def test_a_pass_that_is_broken_off_leaves_no_hook_behind() -> None:
    unet = tiny.make_unet(**FOUR_LEVELS).eval()
    staged = StagedUNet(unet, 1)
    sample, text = inputs(1)

    def fail(*_args: Any) -> None:
        raise KeyboardInterrupt

    hook = unet.mid_block.register_forward_hook(fail)
    with pytest.raises(KeyboardInterrupt):
        staged(sample, STEP, text, deep=True)
    hook.remove()
    assert not any(block._forward_pre_hooks for block in unet.up_blocks)
    assert staged(sample, STEP, text, deep=True).shape == (1, 4, 24, 40)
