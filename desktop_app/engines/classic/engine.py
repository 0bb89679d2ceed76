"""The classic engine: cartoons by image processing."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Capabilities, Estimate, ModelInfo, OnStep
from desktop_app.core.events import Interpretation, Layer, Rendering, StepPreview
from desktop_app.core.extent import Extent
from desktop_app.core.looks import Look
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.classic.flats import flatten, smooth_edges_kept
from desktop_app.engines.classic.grammar import completions, interpret
from desktop_app.engines.classic.lines import Pen, draw_lines
from desktop_app.engines.classic.looks import load_looks
from desktop_app.engines.classic.media import Sheet, compose
from desktop_app.engines.classic.parameters import SPECS
from desktop_app.engines.classic.study import Study, StudyDesk, working_extent
from desktop_app.engines.classic.tones import corrected, tone
from desktop_app.imaging.finishing import composed

STAGES: tuple[tuple[str, float], ...] = (
    ("Smoothing", 0.02),
    ("Finding edges", 0.20),
    ("Flattening colours", 0.43),
    ("Setting tones", 0.25),
    ("Drawing lines", 0.07),
    ("Putting it on paper", 0.03),
)
"""What happens, in order, and which share of the time before finishing each takes."""

_SECONDS_PER_WORKING_PIXEL = 0.5e-6
_SECONDS_PER_PIXEL = 0.15e-6
_WORKING_BYTES_PER_PIXEL = 220
_BYTES_PER_PIXEL = 16
_DETAILS = {"paint": 0.3, "ink": 0.8, "pencil": 1.0, "watercolour": 0.5, "pastel": 0.5}


class ClassicEngine:
    """Cartoons by image processing, without weights. Keeps what it learnt of the last photo."""

    def __init__(self) -> None:
        self._desk = StudyDesk()

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        looks = load_looks()
        return Capabilities(
            "classic", "Classic", looks, SPECS, uses_seed=True, phrases=completions(looks)
        )

    @property
    def device(self) -> None:
        """Nobody needs to know."""

    def models(self) -> tuple[ModelInfo, ...]:
        """Return nothing: it needs no model."""
        return ()

    def interpret(self, request: Request) -> Interpretation:
        """Return what `run` would understand of `request`."""
        return interpret(request.instruction, load_looks(), request.parameters)

    def estimate(self, request: Request, extent: Extent) -> Estimate:
        """Return what `run` and the finishing would take for a photo of `extent`."""
        working = working_extent(extent, request.working_size_px).pixels
        final = extent.pixels
        if request.size_px is not None:
            final = extent.with_long_side(request.size_px).pixels
        seconds = working * _SECONDS_PER_WORKING_PIXEL + final * _SECONDS_PER_PIXEL
        memory = working * _WORKING_BYTES_PER_PIXEL + (final + extent.pixels) * _BYTES_PER_PIXEL
        return Estimate(seconds, memory)

    def load(self, request: Request, on_step: OnStep, token: CancelToken) -> None:
        """Do nothing: there is nothing to load."""
        del request, on_step
        token.raise_if_cancelled()

    def run(self, request: Request, photo: Photo, on_step: OnStep, token: CancelToken) -> Rendering:
        """Turn `photo` into flats, shading and lines."""
        extent = working_extent(photo.extent, request.working_size_px)
        study = self._desk.study(photo, extent)
        estimate = self.estimate(request, photo.extent)
        run = _Run(request, study, extent, estimate, on_step, token)
        return run.develop(self.interpret(request))

    def unload(self) -> None:
        """Forget the last photo."""
        self._desk.clear()


class _Run:
    """One run, stage by stage."""

    def __init__(
        self,
        request: Request,
        study: Study,
        extent: Extent,
        estimate: Estimate,
        on_step: OnStep,
        token: CancelToken,
    ) -> None:
        self._request = request
        self._study = study
        self._extent = extent
        self._estimate = estimate
        self._on_step = on_step
        self._token = token
        self._start = time.perf_counter()
        self._step = 0

    def develop(self, understood: Interpretation) -> Rendering:
        study, parameters = self._study, understood.parameters
        look = _look_of(understood)
        # the first look at a large photo is a small one, so that it comes at once
        self._done(smooth_edges_kept(study.reduced, 1.0))
        smooth = smooth_edges_kept(study.rgb, study.unit_px)
        # computed here, so that the time is counted where it is spent
        study.evidence, study.faces  # noqa: B018
        self._done(smooth)
        flat = flatten(study, smooth, parameters["detail"])
        self._done(flat.astype(np.uint8))
        toned = tone(corrected(flat, parameters, look.medium == "paint"), parameters, self._seed)
        self._done(toned.picture)
        details = _DETAILS.get(look.medium, 0.8)
        lines = draw_lines(study, Pen(parameters["line_amount"], parameters["line_width"], details))
        self._done(toned.picture)
        layers = compose(Sheet(study, look, parameters, toned, lines, self._seed))
        layers = tuple(self._cropped(layer) for layer in layers)
        rendering = Rendering(layers)
        self._done(composed(rendering.layers))
        return rendering

    @property
    def _seed(self) -> int:
        return self._request.seed

    def _cropped(self, layer: Layer) -> Layer:
        alpha = None if layer.alpha is None else self._photo_part(layer.alpha)
        return replace(layer, rgb=self._photo_part(layer.rgb), alpha=alpha)

    def _photo_part(self, image: RgbImage) -> RgbImage:
        """Return `image` without what was added to short sides."""
        return np.ascontiguousarray(image[: self._extent.height, : self._extent.width])

    def _done(self, picture: RgbImage) -> None:
        """Show the picture after a stage and go on, unless the run was cancelled."""
        self._token.raise_if_cancelled()
        self._step += 1
        share = sum(part for _, part in STAGES[: self._step])
        elapsed = time.perf_counter() - self._start
        working = elapsed / share * (1.0 - share)
        finishing = self._estimate.seconds * 0.3
        preview = StepPreview(
            job_id=self._request.job_id,
            step=self._step,
            total=len(STAGES),
            stage=STAGES[self._step - 1][0],
            image=self._photo_part(picture).copy(),
            eta_s=working + finishing,
        )
        self._on_step(preview)
        self._token.raise_if_cancelled()


def _look_of(understood: Interpretation) -> Look:
    looks = load_looks()
    return next((look for look in looks if look.look_id == understood.look), looks[0])
