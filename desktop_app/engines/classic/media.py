"""How a picture is put on paper: paint, ink, pencil, watercolour, pastel, screentone.

Every medium gives the same three layers, bottom first: flats, shading, lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from desktop_app.core.events import BlendOp, Layer, Upsampling
from desktop_app.core.looks import Look
from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.engines.classic.flow import FloatImage, blurred, pixel_grid, smoothstep
from desktop_app.engines.classic.study import Study
from desktop_app.engines.classic.tones import Toned


@dataclass(frozen=True, eq=False)
class Sheet:
    """Everything a medium works from.

    Attributes:
        study: the photo.
        look: colours of ink and paper.
        parameters: effective values by name.
        toned: colours and tones.
        lines: (height, width) float32 in 0..1, how much ink lies on each pixel.
        seed: makes paper and strokes.
    """

    study: Study
    look: Look
    parameters: Mapping[str, float]
    toned: Toned
    lines: FloatImage
    seed: int

    def noise(self) -> FloatImage:
        """Return white noise, (height, width) float32, mean 0, deviation 1."""
        return np.random.default_rng(self.seed).standard_normal(self.study.shape, np.float32)

    def grain(self, size: float) -> FloatImage:
        """Return soft noise whose spots are `size` units across, mean 0, deviation 1."""
        return _normal(blurred(self.noise(), max(0.4, size * self.study.unit_px)))


_LEAST_DOT_PITCH_PX = 8.0
"""Small photos are worked on at twice their size: half of it must still be a dot."""

Layers = tuple[Layer, ...]


def compose(sheet: Sheet) -> Layers:
    """Put the picture on paper in the look's medium."""
    return MEDIA[sheet.look.medium](sheet)


def _paint(sheet: Sheet) -> Layers:
    return (
        _flats(sheet.toned.flats),
        _shading(_grey_rgb(sheet.toned.shading)),
        _lines(sheet, sheet.lines),
    )


def _ink(sheet: Sheet) -> Layers:
    """Flat colour under ink: shadows are hatched, and the deepest filled with black."""
    light = blurred(sheet.toned.lightness, sheet.study.unit_px)
    blacks = 1.0 - smoothstep(light, 15.0, 19.0)
    darkness = 1.0 - smoothstep(light, 19.0, 42.0)
    hatching = _stripes(sheet, spacing=5.0, angle=0.7, thickness=0.55 * darkness)
    hatching *= smoothstep(darkness, 0.02, 0.2)
    ink = np.maximum(np.maximum(sheet.lines, blacks), 0.8 * hatching)
    return (
        _flats(sheet.toned.flats),
        _shading(_grey_rgb(sheet.toned.shading)),
        _lines(sheet, np.asarray(ink, np.float32)),
    )


def _pencil(sheet: Sheet) -> Layers:
    """Strokes of graphite, denser where it is dark, with the paper's tooth showing through."""
    tooth = sheet.grain(0.5)
    darkness = smoothstep(1.0 - sheet.toned.lightness / np.float32(100.0), 0.05, 0.95)
    strokes = _hatched_noise(sheet, 0.85) + 0.45 * smoothstep(darkness, 0.45, 0.7) * (
        _hatched_noise(sheet, -0.7)
    )
    amount = np.float32(0.15 + 1.1 * sheet.parameters["shading"])
    roughness = np.float32(0.9 * sheet.parameters["grain"])
    laid = darkness * amount * (1.0 + roughness * (0.4 * strokes + 0.3 * tooth))
    laid = np.clip(laid, 0.0, 0.9)[:, :, None]
    graphite = _rgb_of(sheet.look.line_colour).astype(np.float32)
    if sheet.parameters["monochrome"] >= 0.5:
        pigment: FloatImage = np.broadcast_to(graphite, (*laid.shape[:2], 3))
    else:
        pigment = sheet.toned.flats.astype(np.float32) * np.float32(0.85)
    shading = 255.0 + (pigment - 255.0) * laid
    lines = sheet.lines * np.clip(1.0 + roughness * 0.35 * tooth, 0.0, 1.0)
    return (
        _flats(_sheet_of_paper(sheet)),
        _shading(shading.astype(np.uint8), Upsampling.SMOOTH),
        _lines(sheet, lines),
    )


def _watercolour(sheet: Sheet) -> Layers:
    """Washes: pigment gathers at the rims of areas and in the hollows of the paper.

    Source: Bousseau et al., "Interactive Watercolor Rendering with Temporal Coherence and
    Abstraction", NPAR 2006: a colour C of pigment density d is C - (C - C^2)(d - 1).
    """
    unit, grain = sheet.study.unit_px, np.float32(sheet.parameters["grain"])
    washed = blurred(sheet.toned.picture.astype(np.float32), 0.7 * unit)
    grey = np.asarray(cv2.cvtColor(washed, cv2.COLOR_RGB2GRAY), np.float32)
    # at the darker side of an edge, where a wash dries last
    rim = np.clip((blurred(grey, 2.0 * unit) - grey) / np.float32(16.0), 0.0, 1.0)
    pools = 0.7 * sheet.grain(22.0) + 0.25 * sheet.grain(6.0)
    tooth = sheet.grain(0.55)
    density = 1.0 + grain * (0.2 * pools + 0.07 * tooth) + 0.5 * rim
    colour = washed / np.float32(255.0)
    colour = colour - (colour - colour * colour) * (density[:, :, None] - 1.0)
    paper = _rgb_of(sheet.look.paper_colour).astype(np.float32)
    flats = np.clip(colour, 0.0, 1.0) * paper
    hollow = 1.0 - grain * 0.05 * np.clip(tooth, -2.0, 2.0)
    shading = np.clip(hollow * 252.0, 0.0, 255.0).astype(np.uint8)
    return (
        _flats(flats.astype(np.uint8)),
        _shading(_grey_rgb(shading), Upsampling.SMOOTH),
        _lines(sheet, sheet.lines * np.clip(1.0 + 0.4 * grain * tooth, 0.3, 1.0)),
    )


def _pastel(sheet: Sheet) -> Layers:
    """Chalk dragged along the forms: it catches on the paper's tooth and misses the hollows."""
    unit, grain = sheet.study.unit_px, np.float32(sheet.parameters["grain"])
    along = sheet.study.flow.smooth_along(sheet.noise(), (unit, 2 * unit, 4 * unit, 6 * unit))
    catch = _normal(0.35 * _normal(along) + sheet.grain(0.55))
    colour = sheet.toned.picture.astype(np.float32)
    colour *= (1.0 + 0.06 * grain * _normal(along))[:, :, None]
    missed = smoothstep(-catch, 0.0, 2.6) * np.float32(0.55) * grain
    paper = _rgb_of(sheet.look.paper_colour).astype(np.float32)
    flats = colour + (paper - colour) * missed[:, :, None]
    chalk = sheet.lines * np.clip(1.0 - 0.8 * missed, 0.0, 1.0)
    return (
        _flats(np.clip(flats, 0.0, 255.0).astype(np.uint8), Upsampling.SMOOTH),
        _shading(np.full((*flats.shape[:2], 3), 255, np.uint8)),
        _lines(sheet, blurred(chalk, 0.4 * unit)),
    )


def _screentone(sheet: Sheet) -> Layers:
    """Black and white: solid blacks, dots for what lies between, paper for the rest."""
    light = sheet.toned.lightness
    blacks = 1.0 - smoothstep(light, 15.0, 20.0)
    darkness = np.clip((74.0 - light) / 62.0, 0.0, 1.0)
    dots = _dots(sheet, spacing=3.2, darkness=np.asarray(0.72 * darkness, np.float32))
    dots *= np.float32(sheet.parameters["grain"])
    tone = np.maximum(dots, blacks)
    paper = _sheet_of_paper(sheet)
    if sheet.parameters["monochrome"] < 0.5:
        paper = np.asarray(cv2.addWeighted(sheet.toned.flats, 0.6, paper, 0.4, 0.0), np.uint8)
    ink = _rgb_of(sheet.look.line_colour)
    return (
        _flats(paper),
        Layer(
            "shading",
            _filled(sheet, ink),
            _to_alpha(tone),
            BlendOp.OVER,
            Upsampling.CRISP,
        ),
        _lines(sheet, sheet.lines),
    )


MEDIA: dict[str, Callable[[Sheet], Layers]] = {
    "paint": _paint,
    "ink": _ink,
    "pencil": _pencil,
    "watercolour": _watercolour,
    "pastel": _pastel,
    "screentone": _screentone,
}


def _flats(rgb: RgbImage, upsampling: Upsampling = Upsampling.GUIDED) -> Layer:
    return Layer("flats", rgb, None, BlendOp.OVER, upsampling)


def _shading(rgb: RgbImage, upsampling: Upsampling = Upsampling.GUIDED) -> Layer:
    return Layer("shading", rgb, None, BlendOp.MULTIPLY, upsampling)


def _lines(sheet: Sheet, ink: FloatImage) -> Layer:
    alpha = _to_alpha(ink * np.float32(sheet.parameters["line_darkness"]))
    colour = _filled(sheet, _rgb_of(sheet.look.line_colour))
    return Layer("lines", colour, alpha, BlendOp.OVER, Upsampling.CRISP)


def _to_alpha(coverage: FloatImage) -> GreyImage:
    return np.asarray(np.clip(coverage * 255.0 + 0.5, 0, 255), np.uint8)


def _filled(sheet: Sheet, rgb: RgbImage) -> RgbImage:
    return np.ascontiguousarray(np.broadcast_to(rgb, (*sheet.study.shape, 3)))


def _sheet_of_paper(sheet: Sheet) -> RgbImage:
    return _filled(sheet, _rgb_of(sheet.look.paper_colour))


def _rgb_of(colour: str) -> RgbImage:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def _grey_rgb(grey: GreyImage) -> RgbImage:
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def _normal(noise: FloatImage) -> FloatImage:
    """Return `noise` with mean 0 and deviation 1."""
    return np.asarray((noise - noise.mean()) / (noise.std() + 1e-6), np.float32)


def _hatched_noise(sheet: Sheet, angle: float) -> FloatImage:
    """Return noise drawn out into strokes at `angle` radians, mean 0, deviation 1."""
    reach = max(3, round(7.0 * sheet.study.unit_px))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    end = (round(reach * np.cos(angle)), round(reach * np.sin(angle)))
    first, last = (reach - end[0], reach + end[1]), (reach + end[0], reach - end[1])
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_AA)
    drawn = cv2.filter2D(sheet.noise(), cv2.CV_32F, kernel / kernel.sum())
    return _normal(np.asarray(drawn, np.float32))


def _stripes(sheet: Sheet, spacing: float, angle: float, thickness: FloatImage) -> FloatImage:
    """Return the coverage of parallel lines whose share of the spacing is `thickness`."""
    height, width = sheet.study.shape
    x, y = pixel_grid(width, height)
    pitch = np.float32(max(4.0, spacing * sheet.study.unit_px))
    wobble = sheet.grain(12.0) * np.float32(0.12)
    phase = (x * np.float32(np.sin(angle)) + y * np.float32(np.cos(angle))) / pitch + wobble
    distance = np.abs(phase - np.round(phase))
    return np.asarray(np.clip((0.5 * thickness - distance) * pitch + 0.5, 0.0, 1.0), np.float32)


def _dots(sheet: Sheet, spacing: float, darkness: FloatImage) -> FloatImage:
    """Return the coverage of a screen of dots at 45 degrees that covers `darkness` of the paper."""
    height, width = sheet.study.shape
    x, y = pixel_grid(width, height)
    pitch = np.float32(max(_LEAST_DOT_PITCH_PX, spacing * sheet.study.unit_px))
    turn = np.float32(np.pi / pitch * np.sqrt(2.0))
    screen = 0.5 + 0.25 * (np.cos((x + y) * turn) + np.cos((x - y) * turn))
    steepness = pitch / np.float32(2.2)
    inked = np.clip((darkness - (1.0 - screen)) * steepness + 0.5, 0.0, 1.0)
    return np.asarray(inked * smoothstep(darkness, 0.04, 0.1), np.float32)
