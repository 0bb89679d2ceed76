"""Colour areas: everything between two boundaries becomes one colour, or nearly.

Source: Min et al., "Fast Global Image Smoothing Based on Weighted Least Squares", TIP 2014, run
several times, each time guided by what the last one made (as in Zhang et al., "Rolling Guidance
Filter", ECCV 2014) and by the drawn boundaries, which nothing may flow across.
"""

from __future__ import annotations

import cv2
import numpy as np

from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.engines.classic.flow import FloatImage, blurred, smoothstep
from desktop_app.engines.classic.lines import Pen, draw_contours
from desktop_app.engines.classic.study import Study

_FIXED_POINT = 64
_ROUNDS = 3
_STRENGTH, _RANGE = 60.0, 9.0
_USUAL_DEVIATION = 20.0
"""Of L* over a photo."""
_FILLING_SPREAD = 5.0
_BARRIER = 200.0
_FACE_DETAIL = 0.15
_BARRIER_PEN = Pen(amount=0.6)


def smooth_edges_kept(rgb: RgbImage, unit_px: float) -> RgbImage:
    """Return `rgb` without its finest texture, (height, width, 3) uint8."""
    diameter = 2 * round(1.2 * unit_px) + 1
    smooth = cv2.bilateralFilter(rgb, diameter, 20.0, 1.2 * unit_px)
    return np.asarray(smooth, np.uint8)


def flatten(study: Study, smooth: RgbImage, detail: float) -> FloatImage:
    """Return the colour areas, (height, width, 3) float32 in 0..255, faces in finer detail.

    Args:
        study: the photo.
        smooth: what `smooth_edges_kept` made of it.
        detail: 0..1, how small a colour difference may be and still separate two areas.
    """
    flat = _flattened(study, smooth, detail)
    for box, face in study.faces:
        finer = _flattened(
            face, smooth_edges_kept(face.rgb, face.unit_px), min(1.0, detail + _FACE_DETAIL)
        )
        flat[box.part] += (finer - flat[box.part]) * box.mask()[:, :, None]
    return flat


def _flattened(study: Study, smooth: RgbImage, detail: float) -> FloatImage:
    barrier = (draw_contours(study, _BARRIER_PEN) * np.float32(_BARRIER)).astype(np.uint8)
    strength = _STRENGTH * study.unit_px * study.unit_px
    # in a photo of low contrast smaller differences matter
    contrast = float(study.lightness.std()) / _USUAL_DEVIATION
    colour_range = _RANGE * (0.5 + detail) * min(1.1, max(0.5, contrast))
    source = smooth.astype(np.int16) * _FIXED_POINT
    current = smooth
    for _ in range(_ROUNDS):
        guide = _guide(current, barrier)
        smoother = cv2.ximgproc.fastGlobalSmootherFilter(guide, source, strength, colour_range)
        source = np.asarray(smoother, np.int16)
        current = np.clip(source / np.float32(_FIXED_POINT) + 0.5, 0, 255).astype(np.uint8)
        colour_range *= 0.7
    flat: FloatImage = source.astype(np.float32) / np.float32(_FIXED_POINT)
    np.clip(flat, 0.0, 255.0, out=flat)
    flat += _speck_filling(study, current, detail)
    np.clip(flat, 0.0, 255.0, out=flat)
    flat += _features(study, flat, smooth)
    return flat


def _guide(rgb: RgbImage, barrier: GreyImage) -> RgbImage:
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)
    chroma = lab[:, :, 1].astype(np.int16) + lab[:, :, 2] - 128
    planes = (lab[:, :, 0], barrier, np.clip(chroma, 0, 255).astype(np.uint8))
    return np.dstack(planes)


def _speck_filling(study: Study, flat: RgbImage, detail: float) -> FloatImage:
    """Return what closes the dark specks of `flat` that are no line's: they read as dirt."""
    side = 2 * round(3.5 * study.unit_px) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    missing = cv2.morphologyEx(flat, cv2.MORPH_BLACKHAT, kernel)
    no_line = 1.0 - smoothstep(study.evidence, -3.5, -2.0)
    share = no_line * (1.0 - study.prominence) * np.float32(min(1.0, 2.0 * (1.0 - detail)))
    filling = np.asarray(missing * share[:, :, None], np.float32)
    # what many specks darkened together, as in a texture or a dither, stays as dark on the whole
    return filling - blurred(filling, _FILLING_SPREAD * study.unit_px)


def _features(study: Study, flat: FloatImage, smooth: RgbImage) -> FloatImage:
    """Return what gives back eyes, letters and the like where they were smoothed away."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(1.5 * study.unit_px) + 1,) * 2)
    strong = study.prominence * smoothstep(np.abs(study.fine_darkness), 3.0, 6.0)
    mask = blurred(np.asarray(cv2.dilate(strong, kernel), np.float32), 0.7 * study.unit_px)
    missing = smooth.astype(np.float32) - flat
    return np.asarray(missing * mask[:, :, None], np.float32)
