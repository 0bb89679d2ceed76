"""Colours and tones: a small palette, soft lightness steps, and the artist's corrections.

Source: soft luminance quantisation, Winnemöller, Olsen and Gooch, "Real-Time Video Abstraction",
SIGGRAPH 2006.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.engines.classic.flow import FloatImage

_SHADOW_END = 40.0
_SHADOW_LIFT = 12.0
_BRIGHTNESS_REACH = 0.5
_SAMPLES = 6000
_LIGHTNESS_WEIGHT = 0.8
_STEP_SHARPNESS = 4.0
_PALETTE_SOFTNESS = 2.2
_SHADING_GAIN = 1.7
_TABLE_SIDE = 32


@dataclass(frozen=True, eq=False)
class Toned:
    """Colour areas with their tones.

    Attributes:
        flats: (height, width, 3) uint8: lit colours.
        shading: (height, width) uint8: what the flats are multiplied with, 255 = fully lit.
        lightness: (height, width) float32: CIE L* of both together.
    """

    flats: RgbImage
    shading: GreyImage
    lightness: FloatImage

    @property
    def picture(self) -> RgbImage:
        """Flats times shading, (height, width, 3) uint8."""
        grey = cv2.cvtColor(self.shading, cv2.COLOR_GRAY2RGB)
        return np.asarray(cv2.multiply(self.flats, grey, scale=1.0 / 255.0), np.uint8)


def corrected(flat: FloatImage, parameters: Mapping[str, float], lift: bool) -> FloatImage:
    """Return `flat` as CIE Lab with the artist's brightness, contrast and vividness.

    Args:
        flat: (height, width, 3) float32, 0..255.
        parameters: "brightness", "contrast", "vividness" and "monochrome" are read.
        lift: whether the deepest shadows are raised, so that ink still shows on them.
    """
    lab = cv2.cvtColor(flat / np.float32(255.0), cv2.COLOR_RGB2Lab)
    light = 50.0 + (lab[:, :, 0] - 50.0) * np.float32(parameters["contrast"])
    light = np.clip(light, 0.0, 100.0)
    brightness = np.float32(parameters["brightness"] * _BRIGHTNESS_REACH)
    light += brightness * (100.0 - light if brightness > 0 else light)
    if lift:
        depth = np.clip(1.0 - light / np.float32(_SHADOW_END), 0.0, 1.0)
        light += np.float32(_SHADOW_LIFT) * depth * depth
    lab[:, :, 0] = light
    vividness = 0.0 if parameters["monochrome"] >= 0.5 else parameters["vividness"]
    lab *= np.array([1.0, vividness, vividness], np.float32)
    return np.asarray(lab, np.float32)


def tone(lab: FloatImage, parameters: Mapping[str, float], seed: int) -> Toned:
    """Reduce colours to a palette and lightness to steps.

    Args:
        lab: (height, width, 3) float32 CIE Lab.
        parameters: "colours", "tone_steps" and "shading" are read.
        seed: where the search for a palette starts.
    """
    palette = find_palette(lab, round(parameters["colours"]), seed)
    pulled = _pulled_to(lab, palette)
    stepped = soft_steps(np.ascontiguousarray(lab[:, :, 0]), round(parameters["tone_steps"]))
    base = pulled[:, :, 0]
    modelling = np.float32(_SHADING_GAIN * parameters["shading"])
    light = np.clip(base + modelling * (stepped - base), 0.0, 100.0)
    lit = pulled.copy()
    lit[:, :, 0] = np.maximum(base, light)
    shaded = pulled
    shaded[:, :, 0] = light
    flats, target = to_rgb(lit), to_rgb(shaded)
    ratio = (_luma(target) + 1.0) / (_luma(flats) + 1.0)
    shading = np.clip(ratio * 255.0 + 0.5, 0, 255).astype(np.uint8)
    return Toned(flats, shading, np.ascontiguousarray(light))


def soft_steps(light: FloatImage, steps: int) -> FloatImage:
    """Return `light` (0..100) drawn to the centres of `steps` equal steps, with soft transitions.

    A transition is as wide as the lightness takes to climb a quarter of a step: narrow at edges,
    broad and unseen in a slow gradient such as a sky.
    """
    width = np.float32(100.0 / steps)
    position = light / width - np.float32(0.5)
    below = np.floor(position)
    t = np.clip((position - below - 0.5) * np.float32(_STEP_SHARPNESS) + 0.5, 0.0, 1.0)
    stepped = below + 0.5 + t * t * (3.0 - 2.0 * t)
    return np.asarray(np.clip(stepped * width, 0.0, 100.0), np.float32)


def find_palette(lab: FloatImage, colours: int, seed: int) -> NDArray[np.float32]:
    """Return at most `colours` colours that stand for the picture, (n, 3) float32 Lab."""
    pixels = lab.reshape(-1, 3)
    sample = pixels[:: max(1, len(pixels) // _SAMPLES)].copy()
    sample[:, 0] *= np.float32(_LIGHTNESS_WEIGHT)
    distinct = len(np.unique(np.round(sample), axis=0))
    count = max(1, min(colours, distinct))
    cv2.setRNGSeed(seed & 0x7FFFFFFF)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 12, 0.3)
    _, _, centres = cv2.kmeans(sample, count, np.empty(0), stop, 1, cv2.KMEANS_PP_CENTERS)
    palette = np.asarray(centres, np.float32)
    palette[:, 0] /= np.float32(_LIGHTNESS_WEIGHT)
    return palette


def to_rgb(lab: FloatImage) -> RgbImage:
    """Return CIE Lab as (height, width, 3) uint8 sRGB, clipped to the gamut."""
    rgb = np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), np.float32)
    return np.asarray(np.clip(rgb * np.float32(255.0) + np.float32(0.5), 0, 255), np.uint8)


def _pulled_to(lab: FloatImage, palette: NDArray[np.float32]) -> FloatImage:
    """Return every pixel as the palette colour nearest to it, blended only where two are as near.

    The blend is a softmax over squared distances, which is a quantisation with soft transitions
    in all three dimensions. It is tabulated once and looked up for each pixel.
    """
    nodes = np.linspace(0, 255, _TABLE_SIDE).astype(np.float32) / np.float32(255.0)
    blue, green, red = np.meshgrid(nodes, nodes, nodes, indexing="ij")  # red runs fastest
    colours = np.stack([red, green, blue], -1).reshape(1, -1, 3)
    scale = np.array([_LIGHTNESS_WEIGHT, 1.0, 1.0], np.float32)
    points = cv2.cvtColor(colours, cv2.COLOR_RGB2Lab)[0] * scale
    centres = palette * scale
    # |x - c|^2 without |x|^2, which every centre shares
    nearness = 2.0 * points @ centres.T - np.square(centres).sum(1)
    nearness -= nearness.max(1, keepdims=True)
    weights = np.exp(nearness / np.float32(2.0 * _PALETTE_SOFTNESS**2))
    weights /= weights.sum(1, keepdims=True)
    palette_rgb = np.clip(cv2.cvtColor(palette[None], cv2.COLOR_Lab2RGB)[0], 0.0, 1.0)
    table = np.ascontiguousarray((weights @ palette_rgb).astype(np.float32))
    lookup = ImageFilter.Color3DLUT(_TABLE_SIDE, table)
    image = Image.fromarray(to_rgb(lab)).filter(lookup)
    return np.asarray(cv2.cvtColor(_as_float(np.asarray(image)), cv2.COLOR_RGB2Lab), np.float32)


def _luma(rgb: RgbImage) -> FloatImage:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def _as_float(rgb: RgbImage) -> FloatImage:
    return rgb.astype(np.float32) / np.float32(255.0)
