"""`toonroom train evaluate`: figures and contact sheets on photos that were held out.

Pictures are made by the engine that ships, in a mode that ships. Each is asked for with the
paraphrase that the data set holds, and compared with the teacher's picture, with doing nothing, and
with what the teacher made of the same photo in the other looks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Engine
from desktop_app.core.errors import UsageError
from desktop_app.core.extent import Extent
from desktop_app.core.photo import Photo, RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.develop import develop
from desktop_app.engines.registry import EngineOptions, create_engine
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.imaging.names import printable
from desktop_app.imaging.scaling import resized
from desktop_app.models.library import find
from desktop_app.training.card import write_card
from desktop_app.training.compare_modes import SHIPPED, STOCK_STEPS, compared, ways_of
from desktop_app.training.crops import read_rgb
from desktop_app.training.dataset import TEST, Pair, holds_out, read_pairs
from desktop_app.training.figures import psnr, ssim, tint
from desktop_app.training.folders import make_folder
from desktop_app.training.latents import Subject, subjects_of
from desktop_app.training.perceptual import lpips_distance
from desktop_app.training.phrases import KEEP
from desktop_app.training.reporting import Reporter
from desktop_app.training.settings import EvaluateSettings
from desktop_app.training.sheets import contact_sheet

SHEET_PHOTOS = 6


@dataclass(frozen=True)
class Score:
    """How one picture fared.

    Attributes:
        size_px: longest side.
        photo: the photo's name.
        look: what was asked for; "" for an artist's own pairs.
        instruction: in which words.
        psnr: to the teacher's picture, in dB.
        ssim: to the teacher's picture.
        nothing_psnr: what the photo itself would have had.
        nothing_ssim: the same.
        photo_ssim: of the result to the photo: how much was kept.
        tint: how far its mean colour is from the teacher's, in steps of 8 bits.
        nearest: the look whose picture the result is nearest to, by PSNR. The photo itself is
            among them only where it was to be kept.
        unchanged: whether the photo itself, which was not to be kept, is nearer still.
        seconds: how long it took.
        lpips: to the teacher's picture; None where it cannot be measured.
    """

    size_px: int
    photo: str
    look: str
    instruction: str
    psnr: float
    ssim: float
    nothing_psnr: float
    nothing_ssim: float
    photo_ssim: float
    tint: float
    nearest: str
    unchanged: bool
    seconds: float
    lpips: float | None


def run(settings: EvaluateSettings, reporter: Reporter, token: CancelToken) -> str:
    """Evaluate a model and return a sentence on its figures.

    Raises:
        JobCancelled: the token was cancelled.
        UsageError: the data set holds nothing out.
        ModelError: the model is missing or broken.
        PhotoError: something cannot be read or written.
    """
    if not holds_out(settings.data):
        raise UsageError(
            f"The data set in “{printable(settings.data)}” holds no photos out; make it with"
            " --held-out N."
        )
    options = EngineOptions(settings.device, idle_s=None)
    engine = create_engine("diffusion", lambda: options)
    try:
        summary = _Evaluation(settings, engine, reporter, token).summary()
    finally:
        engine.unload()
    path = settings.out / "figures.json"
    _write(path, json.dumps(summary, ensure_ascii=False, indent=1).encode())
    if settings.card:
        write_card(find(settings.model).folder, summary, asdict(settings))
    sizes = summary["sizes"]
    told = "; ".join(f"{size} px: {_told(of['all'])}" for size, of in sizes.items())
    return f"{path}: {told}"


class _Evaluation:
    def __init__(
        self, settings: EvaluateSettings, engine: Engine, reporter: Reporter, token: CancelToken
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._reporter = reporter
        self._token = token
        self._subjects = subjects_of(read_pairs(settings.data, TEST))[: settings.photos]
        self._lpips = lpips_distance()
        if self._lpips is None:
            reporter.note("LPIPS is left out: the package lpips or its weights are not here.")

    def summary(self) -> dict[str, Any]:
        """Return everything that is worth knowing, and write scores, sheets and curve."""
        scores: list[Score] = []
        for size_px in self._settings.sizes_px:
            rows: list[list[RgbImage]] = []
            for number, subject in enumerate(self._subjects, 1):
                own, pictures = self._judged(subject, size_px, self._request())
                scores += own
                if number <= SHEET_PHOTOS:
                    rows += pictures
                self._reporter.progress(f"{size_px} px: {number} of {len(self._subjects)} photos")
            _write(self._settings.out / f"sheet-{size_px}.jpg", contact_sheet(rows))
        lines = "".join(json.dumps(asdict(score), ensure_ascii=False) + "\n" for score in scores)
        _write(self._settings.out / "scores.jsonl", lines.encode("utf-8", "backslashreplace"))
        sizes = {}
        for size_px in self._settings.sizes_px:
            here = [score for score in scores if score.size_px == size_px]
            looks = dict.fromkeys(score.look for score in here)
            by_look = {look: mean_of([s for s in here if s.look == look]) for look in looks}
            sizes[str(size_px)] = {"all": mean_of(_changed(here)), **by_look}
        return {"sizes": sizes, "guidance": self._curve(), "modes": self._modes()}

    def _curve(self) -> dict[str, dict[str, float]]:
        """Return figures for each pair of guidances, as in figure 8 of InstructPix2Pix."""
        found = {}
        size_px = min(self._settings.sizes_px)
        for image in self._settings.image_grid:
            for text in self._settings.text_grid:
                request = self._request()
                request = replace(request, text_guidance=text, image_guidance=image)
                scores: list[Score] = []
                for subject in self._subjects[: self._settings.grid_photos]:
                    scores += self._judged(subject, size_px, request)[0]
                found[f"text {text:g}, image {image:g}"] = mean_of(_changed(scores))
        return found

    def _modes(self) -> dict[str, dict[str, float]]:
        """Return what the engine's modes cost, with the guidances asked for, at the first size."""
        settings = self._settings
        subjects = self._subjects[: settings.mode_photos]
        if not subjects:
            return {}
        size_px = settings.sizes_px[0]
        # Shortcuts may matter more where there is little work, so no picture is enlarged here.
        request = replace(self._request(), working_size_px=size_px)
        own = self._engine.interpret(request).defaults
        text, image = request.text_guidance, request.image_guidance
        text = own.text_guidance if text is None else text
        image = own.image_guidance if image is None else image
        request = replace(request, text_guidance=text, image_guidance=image, steps=None)
        wished = {
            mode: self._engine.interpret(replace(request, mode=mode)).defaults.steps or STOCK_STEPS
            for mode in SHIPPED
        }
        reference = replace(
            request, mode="exact", scheduler="model", steps=settings.reference_steps
        )

        def make(subject: Subject, request: Request) -> RgbImage:
            return self._made(_at_size(subject.photo, size_px), request)

        def taught(pair: Pair) -> RgbImage:
            return _at_size(pair.edited, size_px)

        ways, tell = ways_of(request, wished), self._reporter.progress
        return compared(make, taught, subjects, ways, reference, tell)

    def _made(self, photo: RgbImage, request: Request) -> RgbImage:
        return develop(self._engine, request, Photo(photo), _ignored, self._token).picture

    def _request(self) -> Request:
        settings = self._settings
        return Request(
            engine="diffusion",
            model=settings.model,
            mode=settings.mode,
            seed=settings.seed,
            steps=settings.steps,
            text_guidance=settings.text_guidance,
            image_guidance=settings.image_guidance,
        )

    def _judged(
        self, subject: Subject, size_px: int, request: Request
    ) -> tuple[list[Score], list[list[RgbImage]]]:
        """Return scores of all that a photo can become, and two rows of a sheet."""
        photo = _at_size(subject.photo, size_px)
        targets = [_at_size(pair.edited, size_px) for pair in subject.pairs]
        scores, results = [], []
        for pair, target in zip(subject.pairs, targets, strict=True):
            start = time.perf_counter()
            asked = replace(request, instruction=pair.instruction)
            result = self._made(photo, asked)
            seconds = time.perf_counter() - start
            results.append(result)
            nearest = _nearest(result, pair, subject.pairs, targets)
            score = _score(size_px, pair, photo, target, result, nearest, seconds)
            if self._lpips is not None:
                score = replace(score, lpips=self._lpips(result, target))
            scores.append(score)
        return scores, [[photo, *results], [photo, *targets]]


def mean_of(scores: Sequence[Score]) -> dict[str, float]:
    """Return the means of scores.

    `right` is the share whose nearest look was asked for, `unchanged` of those that are nearer to
    the photo than to it.
    """
    names = ("psnr", "ssim", "nothing_psnr", "nothing_ssim", "photo_ssim", "tint", "seconds")
    means = {name: float(np.mean([getattr(score, name) for score in scores])) for name in names}
    right = float(np.mean([score.nearest == score.look for score in scores]))
    unchanged = float(np.mean([score.unchanged for score in scores]))
    distances = [score.lpips for score in scores if score.lpips is not None]
    if distances:
        means["lpips"] = float(np.mean(distances))
    return {**means, "right": right, "unchanged": unchanged, "pictures": float(len(scores))}


def _changed(scores: list[Score]) -> list[Score]:
    """Return the scores of pictures that were to be changed."""
    return [score for score in scores if score.look != KEEP] or scores


def _score(
    size_px: int,
    pair: Pair,
    photo: RgbImage,
    target: RgbImage,
    result: RgbImage,
    nearest: str,
    seconds: float,
) -> Score:
    return Score(
        size_px,
        pair.original.stem,
        pair.look,
        pair.instruction,
        psnr(result, target),
        ssim(result, target),
        psnr(photo, target),
        ssim(photo, target),
        ssim(result, photo),
        tint(result, target),
        nearest,
        pair.look != KEEP and psnr(result, photo) > psnr(result, target),
        seconds,
        lpips=None,
    )


def _nearest(
    result: RgbImage, asked: Pair, pairs: Sequence[Pair], targets: Sequence[RgbImage]
) -> str:
    likeness = {
        pair.look: psnr(result, target)
        for pair, target in zip(pairs, targets, strict=True)
        if pair.look != KEEP or asked.look == KEEP
    }
    return max(likeness, key=likeness.__getitem__)


def _at_size(path: Path, size_px: int) -> RgbImage:
    """Return a picture whose longest side is `size_px`, and whose sides are multiples of 8."""
    picture = read_rgb(path)
    height, width = picture.shape[:2]
    extent = Extent(width, height).with_long_side(size_px)
    small = resized(picture, extent)
    return np.ascontiguousarray(small[: extent.height // 8 * 8, : extent.width // 8 * 8])


def _told(means: dict[str, float]) -> str:
    return (
        f"SSIM {means['ssim']:.3f} (the photo itself {means['nothing_ssim']:.3f}), PSNR"
        f" {means['psnr']:.2f} dB, right look {100 * means['right']:.1f} %"
    )


def _write(path: Path, data: bytes) -> None:
    make_folder(path.parent)
    write_bytes_atomically(path, data, overwrite=True)


def _ignored(step: object) -> None:
    del step
