"""From an engine's layers at its working size to a picture at the photo's own size.

Everything goes strip by strip on all cores, so that memory stays near the picture's own size.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np

from desktop_app.core.cancel import CancelToken
from desktop_app.core.events import BlendOp, Layer, Rendering, Upsampling
from desktop_app.core.extent import Extent
from desktop_app.core.photo import GreyImage, Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.imaging.scaling import plane_for, resized
from desktop_app.imaging.strips import strips

_PLAIN_ENLARGEMENT = 1.25
"""Up to this factor nothing is gained by guidance: the composed picture is resized."""


@dataclass(frozen=True, eq=False)
class Finished:
    """A picture at its final size.

    Attributes:
        picture: (height, width, 3) uint8, in the photo's colour space.
        alpha: (height, width) uint8, or None where the photo has no transparency.
    """

    picture: RgbImage
    alpha: GreyImage | None


def finished_extent(photo: Photo, request: Request) -> Extent:
    """Return the size that `request` asks for."""
    if request.size_px is None:
        return photo.extent
    return photo.extent.with_long_side(request.size_px)


def finish(rendering: Rendering, photo: Photo, request: Request, token: CancelToken) -> Finished:
    """Bring `rendering` to the size that `request` asks for, and give the alpha back.

    The picture is the cartoon alone; `blended` mixes the photo in.

    Raises:
        JobCancelled: the token was cancelled.
    """
    extent = finished_extent(photo, request)
    alpha = None if photo.alpha is None else resized(photo.alpha, extent)
    if extent.long_side <= _PLAIN_ENLARGEMENT * rendering.extent.long_side:
        return Finished(resized(composed(rendering.layers), extent), alpha)
    guide = resized(photo.pixels, extent)
    picture: RgbImage = np.empty((extent.height, extent.width, 3), np.uint8)
    layers = _merged(rendering.layers)
    planes = [plane_for(layer, photo, extent) for layer in layers]

    def paint(first: int, last: int) -> None:
        token.raise_if_cancelled()
        strip_guide = guide[first:last]
        below: RgbImage | None = None
        for layer, plane in zip(layers, planes, strict=True):
            rgb, coverage = plane.strip(strip_guide, first, last)
            below = rgb if below is None else _lay_over(below, rgb, coverage, layer.op)
        assert below is not None
        picture[first:last] = below

    _in_strips(extent, paint)
    return Finished(picture, alpha)


def composed(layers: Sequence[Layer]) -> RgbImage:
    """Return the layers laid over each other, bottom first, at their own size."""
    picture = layers[0].rgb
    for layer in layers[1:]:
        picture = _lay_over(picture, layer.rgb, layer.alpha, layer.op)
    return picture


def full_layers(rendering: Rendering, photo: Photo, request: Request) -> tuple[Layer, ...]:
    """Return the layers of `rendering` at the size that `request` asks for, bottom first."""
    extent = finished_extent(photo, request)
    guide = resized(photo.pixels, extent)
    return tuple(_full_layer(layer, photo, guide, extent) for layer in rendering.layers)


def blended(picture: RgbImage, photo: Photo, amount: float) -> RgbImage:
    """Return `amount` of the picture over 1 - `amount` of the photo, at the picture's size.

    `amount` 1 gives `picture` itself.
    """
    if amount >= 1.0:
        return picture
    height, width = picture.shape[:2]
    below = resized(photo.pixels, Extent(width, height))
    return cv2.addWeighted(picture, amount, below, 1.0 - amount, 0.0).astype(np.uint8, copy=False)


def _merged(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers with every run of opaque guided ones made one: they are enlarged alike."""
    merged: list[Layer] = []
    for layer in layers:
        last = merged[-1] if merged else None
        alike = last is not None and all(
            one.upsampling is Upsampling.GUIDED and one.alpha is None for one in (last, layer)
        )
        if last is not None and alike:
            merged[-1] = replace(last, rgb=_lay_over(last.rgb, layer.rgb, None, layer.op))
        else:
            merged.append(layer)
    return merged


def _full_layer(layer: Layer, photo: Photo, guide: RgbImage, extent: Extent) -> Layer:
    height, width = layer.rgb.shape[:2]
    if extent.long_side <= _PLAIN_ENLARGEMENT * max(height, width):
        alpha = None if layer.alpha is None else resized(layer.alpha, extent)
        return replace(layer, rgb=resized(layer.rgb, extent), alpha=alpha)
    plane = plane_for(layer, photo, extent)
    rgb: RgbImage = np.empty((extent.height, extent.width, 3), np.uint8)
    alpha = None
    if layer.alpha is not None:
        alpha = np.empty((extent.height, extent.width), np.uint8)

    def fill(first: int, last: int) -> None:
        rgb[first:last], strip_alpha = plane.strip(guide[first:last], first, last)
        if alpha is not None and strip_alpha is not None:
            alpha[first:last] = strip_alpha

    _in_strips(extent, fill)
    return replace(layer, rgb=rgb, alpha=alpha)


def _in_strips(extent: Extent, work: Callable[[int, int], None]) -> None:
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda s: work(s.start, s.stop), strips(extent.width, extent.height)))


def _lay_over(below: RgbImage, rgb: RgbImage, alpha: GreyImage | None, op: BlendOp) -> RgbImage:
    if op is BlendOp.MULTIPLY:
        rgb = np.asarray(cv2.multiply(below, rgb, scale=1.0 / 255.0), np.uint8)
    if alpha is None:
        return rgb
    weight = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    covered = cv2.multiply(rgb, weight, scale=1.0 / 255.0)
    rest = cv2.multiply(below, cv2.bitwise_not(weight), scale=1.0 / 255.0)
    return np.asarray(cv2.add(covered, rest), np.uint8)
