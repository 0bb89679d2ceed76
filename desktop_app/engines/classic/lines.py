"""Line drawing: contours where people see boundaries, and details where the photo has fine lines.

Contours are the ridges of the boundary evidence, found to a fraction of a pixel, drawn with a pen
whose width follows the evidence, so that lines taper. Details (eyes, mouths, creases) are
the flow-based difference of Gaussians.

Source: ridges by their analytic offset, Steger, "An Unbiased Detector of Curvilinear Structures",
TPAMI 1998; difference of Gaussians along the flow, Kang, Lee and Chui, "Coherent Line Drawing",
NPAR 2007; its soft threshold, Winnemöller, Kyprianidis and Olsen, "XDoG", Computers & Graphics
2012.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from desktop_app.engines.classic.flow import FloatImage, blurred, smoothstep
from desktop_app.engines.classic.study import Study

_FAINTEST_EVIDENCE = -2.6
"""Log odds at which a line begins to be drawn where the line amount is a half."""
_AMOUNT_RANGE = 3.0
_FULL_WIDTH_RANGE = 1.6
_HAIRLINE, _PEN = 0.35, 0.75
_FLATTEST_RIDGE = 0.004
_RIM_SIGMA_PX = 0.7
_LEAST_MASS, _LEAST_LENGTH = 30.0, 8.0


@dataclass(frozen=True)
class Pen:
    """How lines are drawn.

    Attributes:
        amount: 0..1, how faint an edge may be and still get a line.
        width: 1 = the usual pen.
        details: 0..1, how dark the fine lines are beside the contours.
    """

    amount: float = 0.5
    width: float = 1.0
    details: float = 0.5


def draw_lines(study: Study, pen: Pen) -> FloatImage:
    """Return how much ink lies on each pixel, (height, width) float32 in 0..1.

    Faces that are small in the picture are drawn with a finer pen.
    """
    lines = _drawn(study, pen)
    for box, face in study.faces:
        finer = _drawn(face, pen)
        lines[box.part] += (finer - lines[box.part]) * box.mask()
    return lines


def _drawn(study: Study, pen: Pen) -> FloatImage:
    contours = without_fragments(study, draw_contours(study, pen))
    if pen.details <= 0.0:
        return contours
    details = draw_details(study, pen) * np.float32(pen.details)
    return np.asarray(np.maximum(contours, details), np.float32)


def draw_contours(study: Study, pen: Pen) -> FloatImage:
    """Return the coverage of the contours, (height, width) float32 in 0..1."""
    evidence, flow, unit = study.evidence, study.flow, np.float32(study.unit_px)
    x, y = flow.across_x, flow.across_y
    slope = _derivative(evidence, 1, 0) / 8.0 * x + _derivative(evidence, 0, 1) / 8.0 * y
    bend = (
        _derivative(evidence, 2, 0) / 4.0 * x * x
        + _derivative(evidence, 1, 1) / 2.0 * x * y
        + _derivative(evidence, 0, 2) / 4.0 * y * y
    )
    is_crest = bend < -_FLATTEST_RIDGE / unit
    offset_px = np.abs(slope) / np.maximum(-bend, np.float32(1e-4))
    faintest = _FAINTEST_EVIDENCE + (0.5 - pen.amount) * _AMOUNT_RANGE
    weight = smoothstep(evidence, faintest, faintest + _FULL_WIDTH_RANGE)
    half_width = (_HAIRLINE + _PEN * weight) * unit * np.float32(pen.width)
    # a soft rim, two pixels wide: enlarging sharpens it again, and steps would show then
    coverage = np.clip(0.5 * (half_width - offset_px) + 0.5, 0.0, 1.0)
    fading = smoothstep(evidence, faintest - 0.1, faintest + 0.3)
    coverage = np.where(is_crest, coverage * fading, np.float32(0.0)).astype(np.float32)
    return blurred(coverage, _RIM_SIGMA_PX)


def draw_details(study: Study, pen: Pen) -> FloatImage:
    """Return the coverage of the fine dark lines, (height, width) float32 in 0..1."""
    strength = 2.0 - 1.6 * pen.amount
    lines = smoothstep(study.fine_darkness, strength, 3.0 * strength)
    return np.asarray(lines * study.prominence, np.float32)


def without_fragments(study: Study, coverage: FloatImage) -> FloatImage:
    """Return `coverage` without the strokes that are short and faint."""
    unit = study.unit_px
    inked = (coverage > 0.35).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    above = np.maximum(study.evidence + np.float32(3.4), 0.0)
    mass = np.bincount(labels.ravel(), weights=above.ravel(), minlength=count)
    length = np.maximum(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT])
    kept = (mass > _LEAST_MASS * unit * unit) & (length > _LEAST_LENGTH * unit)
    kept[0] = False
    mask = cv2.dilate(kept[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(coverage * mask, np.float32)


def _derivative(image: FloatImage, order_x: int, order_y: int) -> FloatImage:
    return np.asarray(cv2.Sobel(image, cv2.CV_32F, order_x, order_y), np.float32)
