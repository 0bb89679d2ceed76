"""The UNet, whole or with the features of its low-resolution half taken from an earlier step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class StagedUNet:
    """Runs a UNet whole, or only its outer levels.

    The features that go up from the inner levels to the outer ones change slowly from step to
    step, so that a step may take those of an earlier one (Ma et al., "DeepCache", CVPR 2024).

    Attributes:
        one_by_one: whether rows are computed one after the other, which needs less memory.
        can_skip: whether this UNet can do without its inner levels.
    """

    def __init__(self, unet: Any, level: int) -> None:
        """Wrap a UNet2DConditionModel.

        Args:
            unet: the model.
            level: how many levels, the largest first, are computed at each step.
        """
        self.one_by_one = False
        self._unet = unet
        self._level = level
        self.can_skip = 0 < level < len(unet.up_blocks) and _is_plain(unet)
        self._deep: Tensor | None = None
        self._caught: list[Tensor] = []

    def __call__(self, sample: Tensor, timestep: Tensor, text: Tensor, *, deep: bool) -> Tensor:
        """Return the model's output for each row.

        Args:
            sample: (rows, channels, height, width), noisy latents and photo latents.
            timestep: scalar.
            text: (rows, tokens, features).
            deep: whether the inner levels are computed. Where not, what the first rows of the last
                whole pass gave is used again.
        """
        if not deep and self.can_skip and self._deep is not None:
            return self._shallow(sample, timestep, text, self._deep[: len(sample)])
        if self.one_by_one and len(sample) > 1:
            return self._row_by_row(sample, timestep, text)
        out, self._deep = self._whole(sample, timestep, text)
        return out

    @property
    def in_channels(self) -> int:
        """How many channels `sample` has."""
        return int(self._unet.config.in_channels)

    def forget(self) -> None:
        """Forget the features of earlier steps: another run begins."""
        self._deep = None

    def _row_by_row(self, sample: Tensor, timestep: Tensor, text: Tensor) -> Tensor:
        outs: list[Tensor] = []
        deeps: list[Tensor | None] = []
        for row in range(len(sample)):
            one = slice(row, row + 1)
            out, deep = self._whole(sample[one], timestep, text[one])
            outs.append(out)
            deeps.append(deep)
        self._deep = deeps[0]
        return torch.cat(outs)

    def _whole(
        self, sample: Tensor, timestep: Tensor, text: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        if not self.can_skip:
            return self._plain(sample, timestep, text), None
        block = self._unet.up_blocks[-self._level]
        hook = block.register_forward_pre_hook(self._catch, with_kwargs=True)
        try:
            return self._plain(sample, timestep, text), self._caught.pop()
        finally:
            hook.remove()
            self._caught.clear()

    def _plain(self, sample: Tensor, timestep: Tensor, text: Tensor) -> Tensor:
        out: Tensor = self._unet(sample, timestep, encoder_hidden_states=text, return_dict=False)[0]
        return out

    def _catch(self, _block: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._caught.append(args[0] if args else kwargs["hidden_states"])

    def _shallow(self, sample: Tensor, timestep: Tensor, text: Tensor, deep: Tensor) -> Tensor:
        """Do what UNet2DConditionModel.forward does, without the inner levels."""
        unet = self._unet
        if unet.config.center_input_sample:
            sample = 2 * sample - 1.0
        time = unet.time_embedding(unet.get_time_embed(sample=sample, timestep=timestep))
        if unet.config.addition_embed_type == "text":
            time = time + unet.add_embedding(text)
        hidden = unet.conv_in(sample)
        skips: tuple[Tensor, ...] = (hidden,)
        for block in unet.down_blocks[: self._level]:
            hidden, more = _run(block, hidden, time, text)
            skips += more
        ups = unet.up_blocks[-self._level :]
        # What goes across to the outer levels; the last one is for the levels that are left out.
        skips = skips[: sum(len(block.resnets) for block in ups)]
        hidden = deep
        for block in ups:
            count = len(block.resnets)
            skips, own = skips[:-count], skips[-count:]
            size = skips[-1].shape[2:] if skips else None
            hidden = _run(
                block, hidden, time, text, res_hidden_states_tuple=own, upsample_size=size
            )
        if unet.conv_norm_out is not None:
            hidden = unet.conv_act(unet.conv_norm_out(hidden))
        out: Tensor = unet.conv_out(hidden)
        return out


def _run(block: Any, hidden: Tensor, time: Tensor, text: Tensor, **more: Any) -> Any:
    if getattr(block, "has_cross_attention", False):
        more["encoder_hidden_states"] = text
    return block(hidden_states=hidden, temb=time, **more)


def _is_plain(unet: Any) -> bool:
    """Return whether nothing but time and text goes into the UNet."""
    config = unet.config
    extras = (
        "class_embed_type",
        "encoder_hid_dim_type",
        "time_cond_proj_dim",
    )
    return (
        all(getattr(config, name, None) is None for name in extras)
        and config.addition_embed_type in (None, "text")
        and unet.time_embed_act is None
        and len(unet.up_blocks) == len(unet.down_blocks)
        and all(
            len(up.resnets) == len(down.resnets) + 1
            for up, down in zip(reversed(unet.up_blocks), unet.down_blocks, strict=True)
        )
    )
