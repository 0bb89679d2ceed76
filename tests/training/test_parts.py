from __future__ import annotations

import torch

from desktop_app.training.parts import InstructedDenoiser, given_a_photo, small_unet
from desktop_app.training.settings import SmallModel
from tests.engines.diffusion.tiny import HIDDEN, make_text_encoder, make_unet

SMALL = SmallModel((16, 32), (False, True), text_width=32)


def test_a_unet_given_a_photo_that_is_black_does_what_it_did() -> None:
    unet = make_unet(in_channels=4).eval()
    assert unet.conv_in.bias is not None
    torch.nn.init.normal_(unet.conv_in.bias)
    noisy, text = torch.randn(2, 4, 8, 8), torch.randn(2, 7, HIDDEN)
    with torch.no_grad():
        before = unet(noisy, 3, text).sample
        sees = given_a_photo(unet)
        nothing = sees(torch.cat([noisy, torch.zeros_like(noisy)], 1), 3, text).sample
        # New channels weigh nothing yet, so any photo changes nothing either.
        photo = sees(torch.cat([noisy, torch.randn_like(noisy)], 1), 3, text).sample
    assert sees.config["in_channels"] == 8
    assert torch.allclose(before, nothing, atol=1e-6)
    assert torch.allclose(before, photo, atol=1e-6)


def test_a_unet_that_sees_a_photo_already_is_left_alone() -> None:
    unet = make_unet()
    convolution = unet.conv_in
    assert given_a_photo(unet).conv_in is convolution


def test_a_frozen_text_encoder_gets_no_gradients_and_a_fresh_one_does() -> None:
    for trains_text in (False, True):
        text_encoder = make_text_encoder()
        denoiser = InstructedDenoiser(small_unet(SMALL, 4), text_encoder, trains_text=trains_text)
        latents, tokens = torch.randn(1, 4, 8, 8), torch.zeros(1, 5, dtype=torch.int64)
        denoiser(latents, latents, torch.tensor([1]), tokens).mean().backward()
        has_gradients = any(p.grad is not None for p in text_encoder.parameters())
        assert has_gradients is trains_text
