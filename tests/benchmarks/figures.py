"""How well the classic engine draws: boundary F, flatness and colour difference over a set.

    python tests/benchmarks/figures.py --scenes DIR --boundaries DIR [--limit N] [--look ID]
        [--instruction TEXT] [--set NAME=VALUE] [--baseline] [--one-to-one] [--save DIR]

Scenes are photos; a boundary map has its scene's name and size, is grey, and says for each pixel
which share of the people who outlined the scene drew a boundary there (255 = all of them).

Boundary F: the dark lines of the finished picture are what a black-hat (7 x 7 ellipse) of its 8-bit
grey leaves above a threshold, thinned. Precision is the share of thinned pixels within 4.3 px of
anybody's boundary; recall is the share of boundary pixels, each weighted by its share of people,
within 4.3 px of a thinned pixel. Hits are summed over the set, and one threshold serves all of it:
the one with the best F = 2PR / (P + R).
Source: Martin, Fowlkes and Malik 2004, without their one-to-one matching (--one-to-one has it).

Flatness: share of pixels whose CIE L* gradient (Sobel 3 x 3 divided by 4) is under 0.5.
Colour difference: mean CIE76 difference of photo and picture, both blurred with sigma = 8 px.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script

from desktop_app.core.photo import GreyImage, RgbImage
from desktop_app.core.request import DEFAULT_INSTRUCTION, Request
from desktop_app.engines.classic.engine import ClassicEngine
from tests.benchmarks.common import read_rgb, run, stylized

TOLERANCE_PX = 4.3
THRESHOLDS = (2, 4, 6, 8, 10, 12, 14, 16, 19, 22, 25, 28, 32, 36, 40, 45, 50, 56, 63, 70, 80, 95)
_FLAT_GRADIENT = 0.5
_BLUR_PX = 8.0

Counts = NDArray[np.float64]
"""(thresholds, 4) float64: thinned pixels that hit, thinned pixels, share found, share in all."""


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of one picture, or the sums of several.

    Attributes:
        counts: what `boundary_counts` returned, summed.
        flatness: summed over the pictures.
        colour_difference: summed over the pictures.
        pictures: how many.
    """

    counts: Counts
    flatness: float
    colour_difference: float
    pictures: int = 1

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.counts + other.counts,
            self.flatness + other.flatness,
            self.colour_difference + other.colour_difference,
            self.pictures + other.pictures,
        )

    def __str__(self) -> str:
        f_score, precision, recall, threshold = best_f(self.counts)
        return (
            f"F {f_score:.3f} (threshold {threshold}, P {precision:.3f}, R {recall:.3f})"
            f"  flatness {self.flatness / self.pictures:.3f}"
            f"  dE {self.colour_difference / self.pictures:.2f}  [{self.pictures} pictures]"
        )


def line_strength(picture: RgbImage) -> GreyImage:
    """Return the black-hat of the picture's grey: how much darker thin dark things are."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, ellipse), np.uint8)


def thinned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the lines of `mask`, one pixel wide."""
    return np.asarray(cv2.ximgproc.thinning(mask.astype(np.uint8) * 255) > 0)


def boundary_counts(
    picture: RgbImage,
    share: GreyImage,
    thresholds: Iterable[int] = THRESHOLDS,
    *,
    one_to_one: bool = False,
) -> Counts:
    """Return for each threshold how many pixels hit and how many there are.

    Args:
        picture: (height, width, 3) uint8, the finished picture.
        share: (height, width) uint8, the boundary map; 255 where everybody drew a boundary.
        thresholds: grey levels that the black-hat must exceed.
        one_to_one: match each pixel at most once, as the benchmark of Martin et al. does; the map
            is thinned for it.
    """
    if picture.shape[:2] != share.shape:
        raise ValueError(f"a picture of {picture.shape[:2]} has no map of {share.shape}")
    strength = line_strength(picture)
    weight = share / 255.0
    count = _matched if one_to_one else _near
    rows = [count(thinned(strength > threshold), weight) for threshold in thresholds]
    return np.array(rows, np.float64)


def _near(lines: NDArray[np.bool_], weight: NDArray[np.float64]) -> tuple[float, ...]:
    to_boundary = _distance_px(weight > 0)
    to_line = _distance_px(lines)
    hits = np.count_nonzero(to_boundary[lines] <= TOLERANCE_PX)
    found = weight[to_line <= TOLERANCE_PX].sum()
    return float(hits), float(np.count_nonzero(lines)), float(found), float(weight.sum())


def _distance_px(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away, np.float32)


def _matched(lines: NDArray[np.bool_], weight: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the counts of a largest one-to-one matching."""
    spatial: Any = importlib.import_module("scipy.spatial")
    graph: Any = importlib.import_module("scipy.sparse.csgraph")
    boundary = thinned(weight > 0)
    weights = weight[boundary]
    machine, human = np.argwhere(lines), np.argwhere(boundary)
    if not len(machine) or not len(human):
        return 0.0, float(len(machine)), 0.0, float(weights.sum())
    pairs = spatial.cKDTree(machine).sparse_distance_matrix(
        spatial.cKDTree(human), TOLERANCE_PX, output_type="coo_matrix"
    )
    pairs.data[:] = 1.0  # a distance of 0 would mean no edge
    partner = graph.maximum_bipartite_matching(pairs.tocsr(), perm_type="column")
    taken = partner[partner >= 0]
    found = weights[taken].sum()
    return float(len(taken)), float(len(machine)), float(found), float(weights.sum())


def best_f(
    counts: Counts, thresholds: Iterable[int] = THRESHOLDS
) -> tuple[float, float, float, int]:
    """Return the best F over the thresholds with its precision, recall and threshold."""
    hits, drawn, found, wanted = counts.T
    precision = np.divide(hits, drawn, out=np.zeros_like(hits), where=drawn > 0)
    recall = np.divide(found, wanted, out=np.zeros_like(found), where=wanted > 0)
    both = precision + recall
    f_score = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
    best = int(f_score.argmax())
    threshold = tuple(thresholds)[best]
    return float(f_score[best]), float(precision[best]), float(recall[best]), threshold


def flatness(picture: RgbImage) -> float:
    """Return the share of pixels whose L* hardly changes."""
    lightness = np.ascontiguousarray(_lab(picture)[..., 0])
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0, ksize=3) / 4
    down = cv2.Sobel(lightness, cv2.CV_32F, 0, 1, ksize=3) / 4
    return float(np.mean(np.hypot(across, down) < _FLAT_GRADIENT))


def colour_difference(photo: RgbImage, picture: RgbImage) -> float:
    """Return the mean CIE76 difference of both, blurred."""
    blurred = [
        cv2.GaussianBlur(image.astype(np.float32), (0, 0), _BLUR_PX) for image in (photo, picture)
    ]
    difference = _lab(blurred[0]) - _lab(blurred[1])
    return float(np.mean(np.sqrt(np.sum(difference**2, axis=2))))


def _lab(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return CIE Lab of sRGB values up to 255: L* from 0 to 100."""
    scaled = np.asarray(image, np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab), np.float32)


def figures_of(
    photo: RgbImage, picture: RgbImage, share: GreyImage, *, one_to_one: bool = False
) -> Figures:
    """Return the three figures of one picture."""
    counts = boundary_counts(picture, share, one_to_one=one_to_one)
    return Figures(counts, flatness(picture), colour_difference(photo, picture))


def pairs_of(scenes: Path, boundaries: Path, limit: int | None = None) -> list[tuple[Path, Path]]:
    """Return (scene, boundary map) for every map that has its scene, in order of name."""
    photos = {path.stem: path for path in scenes.iterdir() if path.is_file()}
    maps = sorted(boundaries.glob("*.png"))
    return [(photos[path.stem], path) for path in maps if path.stem in photos][:limit]


def _score(
    pair: tuple[Path, Path], request: Request | None, one_to_one: bool, save: Path | None
) -> Figures:
    cv2.setNumThreads(1)
    scene, boundary = pair
    photo = read_rgb(scene)
    with Image.open(boundary) as image:
        share = np.array(image.convert("L"))
    picture = stylized(photo) if request is None else run(ClassicEngine(), photo, request).picture
    if save is not None:
        Image.fromarray(np.hstack([photo, picture])).save(save / f"{scene.stem}.png")
    return figures_of(photo, picture, share, one_to_one=one_to_one)


def evaluate(
    pairs: list[tuple[Path, Path]],
    request: Request | None,
    *,
    one_to_one: bool = False,
    save: Path | None = None,
    processes: int = 2,
) -> Figures:
    """Return the summed figures of the engine over `pairs`; of OpenCV's stylization for None."""
    task = partial(_score, request=request, one_to_one=one_to_one, save=save)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        results = list(pool.imap_unordered(task, pairs, chunksize=4))
    return sum(results[1:], start=results[0])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scenes", type=Path, required=True, help="folder of photos")
    parser.add_argument("--boundaries", type=Path, required=True, help="folder of boundary maps")
    parser.add_argument("--limit", type=int, help="how many scenes, evenly spread")
    parser.add_argument("--instruction", default=DEFAULT_INSTRUCTION)
    parser.add_argument("--look", default="", help="id of a look, instead of an instruction")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--baseline", action="store_true", help="OpenCV's stylization as well")
    parser.add_argument("--one-to-one", action="store_true", help="match each pixel only once")
    parser.add_argument("--save", type=Path, help="folder for photo and picture side by side")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Print the figures."""
    arguments = _arguments()
    pairs = pairs_of(arguments.scenes, arguments.boundaries)
    if arguments.limit:
        pairs = pairs[:: max(1, len(pairs) // arguments.limit)][: arguments.limit]
    if not pairs:
        sys.exit("No scene has a boundary map of its name.")
    if arguments.save:
        arguments.save.mkdir(parents=True, exist_ok=True)
    by_hand = {name: float(value) for name, _, value in (s.partition("=") for s in arguments.set)}
    wanted = arguments.look.replace("_", " ") or arguments.instruction
    request = Request(instruction=wanted, parameters=by_hand)
    score = partial(evaluate, pairs, one_to_one=arguments.one_to_one, processes=arguments.processes)
    print(f"{wanted!r:32} {score(request, save=arguments.save)}", flush=True)
    if arguments.baseline:
        print(f"{'OpenCV stylization':32} {score(None)}")


if __name__ == "__main__":
    main()
