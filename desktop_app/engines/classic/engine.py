"""The classic engine: cartoons by image processing."""

from __future__ import annotations

import cv2
import numpy as np

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Capabilities, Estimate, OnStep
from desktop_app.core.events import Interpretation, Layer, Rendering, StepPreview, Upsampling
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.engines.classic.grammar import interpret
from desktop_app.engines.classic.looks import load_looks
from desktop_app.engines.classic.parameters import SPECS
from desktop_app.imaging.finishing import resized


class ClassicEngine:
    """Cartoons by image processing, without weights."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities("classic", "Classic", load_looks(), SPECS, uses_seed=True)

    def interpret(self, request: Request) -> Interpretation:
        return interpret(request.instruction, load_looks(), request.parameters)

    def estimate(self, request: Request, extent: Extent) -> Estimate:
        return Estimate(0.5 + 0.2e-6 * extent.pixels, 300_000_000 + 20 * extent.pixels)

    def load(self, request: Request, token: CancelToken) -> None:
        token.raise_if_cancelled()

    def run(
        self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken
    ) -> Rendering:
        size = min(photo.extent.long_side, request.working_size_px or 1024)
        small = resized(photo.pixels, photo.extent.with_long_side(size))
        token.raise_if_cancelled()
        flats = np.asarray(cv2.edgePreservingFilter(small, sigma_s=20, sigma_r=0.3), np.uint8)
        on_step(StepPreview(request.job_id, 1, 2, "Smoothing", flats.copy(), 0.2))
        token.raise_if_cancelled()
        grey = cv2.cvtColor(flats, cv2.COLOR_RGB2GRAY)
        edges = cv2.GaussianBlur(cv2.Canny(grey, 60, 140), (3, 3), 0)
        lines = np.zeros_like(small)
        layers = (
            Layer("flats", flats),
            Layer("lines", lines, np.asarray(edges, np.uint8), upsampling=Upsampling.CRISP),
        )
        on_step(StepPreview(request.job_id, 2, 2, "Drawing lines", flats.copy(), 0.0))
        return Rendering(layers)

    def unload(self) -> None:
        return
