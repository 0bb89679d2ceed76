"""Where people see the boundaries of things.

Several cues are measured at every pixel and combined by a logistic function whose few
coefficients were fitted once (tests/benchmarks/fit_boundaries.py) to what people drew.

Source: the idea of combining brightness, colour and texture gradients by logistic regression is
Martin, Fowlkes and Malik, "Learning to Detect Natural Image Boundaries Using Local Brightness,
Color, and Texture Cues", TPAMI 2004; dividing by the surrounding contrast is the surround
inhibition of Grigorescu, Petkov and Westenberg, "Contour Detection Based on Nonclassical
Receptive Field Inhibition", TIP 2003; the data are BSDS500, Arbeláez et al., TPAMI 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from desktop_app.core.photo import RgbImage
from desktop_app.engines.classic.flow import FloatImage, Flow, blurred, gradient

LONG_SIDE_PX = 512
"""The size at which boundaries are looked for: the cues were fitted at 481 px."""

COEFFICIENTS: dict[str, float] = {
    "fine lightness": 1.974,
    "coarse green-red": 1.983,
    "coarse blue-yellow": 1.967,
    "texture": 2.368,
    "coarse texture": 4.199,
    "texture energy": 8.452,
    "near contrast": -2.607,
    "far contrast": 3.675,
    "contrast over near": -0.5505,
    "contrast over far": 1.736,
    "fine surround": -23.28,
}
INTERCEPT = -6.064

_LIGHTNESS, _CHROMA = 100.0, 60.0
_TENSOR_SIGMA_PX = 1.5
_MOST_EVIDENCE = 12.0


@dataclass(frozen=True, eq=False)
class Boundaries:
    """What is known about boundaries, at the size of the picture that was looked at.

    Attributes:
        probability: (height, width) float32 in 0..1: how likely somebody draws a line here.
        contrast: (height, width) float32, 0 and up: colour contrast at object scale, unjudged.
        flow: directions of the edges.
    """

    probability: FloatImage
    contrast: FloatImage
    flow: Flow


def find_boundaries(rgb: RgbImage) -> Boundaries:
    """Look for the boundaries that people would draw.

    Args:
        rgb: (height, width, 3) uint8, about LONG_SIDE_PX along its longer side.
    """
    cues, contrast, flow = boundary_cues(rgb)
    evidence = np.full(contrast.shape, INTERCEPT, np.float32)
    for name, cue in cues.items():
        evidence += np.float32(COEFFICIENTS[name]) * cue
    probability = 1.0 / (1.0 + np.exp(-np.clip(evidence, -_MOST_EVIDENCE, _MOST_EVIDENCE)))
    return Boundaries(np.asarray(probability, np.float32), contrast, flow)


def evidence_of(probability: FloatImage) -> FloatImage:
    """Return the log odds of `probability`, which must lie within 0 and 1, both excluded."""
    return np.asarray(np.log(probability / (1.0 - probability)), np.float32)


def boundary_cues(rgb: RgbImage) -> tuple[dict[str, FloatImage], FloatImage, Flow]:
    """Return the cues by name, the colour contrast at object scale, and the flow."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)
    light, green_red, blue_yellow = (
        np.ascontiguousarray(lab[:, :, 0]) / np.float32(_LIGHTNESS),
        np.ascontiguousarray(lab[:, :, 1]) / np.float32(_CHROMA),
        np.ascontiguousarray(lab[:, :, 2]) / np.float32(_CHROMA),
    )
    colour = {
        (name, sigma): gradient(channel, sigma)
        for name, channel in (("L", light), ("a", green_red), ("b", blue_yellow))
        for sigma in (2.0, 4.0)
    }
    flow = _flow_of(list(colour.values()))

    def across(pair: tuple[FloatImage, FloatImage]) -> FloatImage:
        return np.abs(pair[0] * flow.across_x + pair[1] * flow.across_y)

    contrast = np.add.reduce([across(pair) for pair in colour.values()])
    fine = across(gradient(light, 1.0))
    fine_texture, coarse_texture = _texture_energies(light)
    near, far = blurred(contrast, 4.0), blurred(contrast, 10.0)
    cues = {
        "fine lightness": np.sqrt(fine),
        "coarse green-red": np.sqrt(across(gradient(green_red, 8.0))),
        "coarse blue-yellow": np.sqrt(across(gradient(blue_yellow, 8.0))),
        "texture": np.sqrt(across(gradient(fine_texture, 4.0))),
        "coarse texture": np.sqrt(across(gradient(fine_texture, 8.0))),
        "texture energy": coarse_texture,
        "near contrast": near,
        "far contrast": far,
        "contrast over near": contrast / (near + np.float32(0.05)),
        "contrast over far": contrast / (far + np.float32(0.05)),
        "fine surround": blurred(fine, 6.0),
    }
    return cues, contrast, flow


def _flow_of(gradients: list[tuple[FloatImage, FloatImage]]) -> Flow:
    xx = np.add.reduce([x * x for x, _ in gradients])
    yy = np.add.reduce([y * y for _, y in gradients])
    xy = np.add.reduce([x * y for x, y in gradients])
    parts = (blurred(part, _TENSOR_SIGMA_PX) for part in (xx, yy, xy))
    return Flow.of_tensor(*parts)


def _texture_energies(light: FloatImage) -> tuple[FloatImage, FloatImage]:
    """Return the square roots of the fine and the coarser local band-pass energy."""
    once, twice = blurred(light, 1.5), blurred(light, 3.0)
    fine, coarse = np.abs(light - once), np.abs(once - twice)
    return np.sqrt(blurred(fine, 2.0)), np.sqrt(blurred(coarse, 3.0))
