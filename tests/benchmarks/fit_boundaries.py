"""Fit the coefficients of `engines.classic.boundaries` to what people drew.

    python tests/benchmarks/fit_boundaries.py --scenes DIR --boundaries DIR [--hold-out 100]

Prints the coefficients, and the boundary F of thinned ridges on the scenes held out.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script

from desktop_app.engines.classic.boundaries import boundary_cues
from desktop_app.engines.classic.flow import FloatImage, Flow, pixel_grid

TOLERANCE_PX = 4.3
CANDIDATES_PER_SCENE = 2500
THRESHOLDS = np.linspace(0.02, 0.6, 59)
Scene = tuple[Path, Path]


def main() -> None:
    """Fit, print, check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--boundaries", type=Path, required=True)
    parser.add_argument("--hold-out", type=int, default=100)
    options = parser.parse_args()
    maps = sorted(options.boundaries.glob("*.png"))
    scenes = [(options.scenes / f"{m.stem}.jpg", m) for m in maps]
    order = np.random.default_rng(0).permutation(len(scenes))
    held_out = [scenes[i] for i in order[: options.hold_out]]
    used = [scenes[i] for i in order[options.hold_out :]]
    with ProcessPoolExecutor(2) as pool:
        samples = list(pool.map(sample, used))
        cues = np.concatenate([cue for cue, _ in samples])
        shares = np.concatenate([share for _, share in samples])
        weights, intercept = fit(cues, shares)
        names = list(boundary_cues(np.zeros((32, 32, 3), np.uint8))[0])
        for name, weight in zip(names, weights, strict=True):
            print(f'    "{name}": {weight:.4g},')
        print(f"INTERCEPT = {intercept:.4g}")
        tasks = [(scene, weights, intercept) for scene in held_out]
        counts = np.add.reduce(list(pool.map(check, tasks)))
    precision = counts[:, 0] / np.maximum(counts[:, 1], 1)
    recall = counts[:, 2] / counts[:, 3]
    f = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    best = int(f.argmax())
    print(
        f"held out: F {f[best]:.3f} at {THRESHOLDS[best]:.2f}"
        f" (precision {precision[best]:.3f}, recall {recall[best]:.3f})"
    )


def read(scene: Scene) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return photo and boundary map."""
    photo = cv2.imread(str(scene[0]))
    drawn = cv2.imread(str(scene[1]), cv2.IMREAD_GRAYSCALE)
    assert photo is not None
    assert drawn is not None
    rgb = np.asarray(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB), np.uint8)
    return rgb, np.asarray(drawn, np.uint8)


def sample(scene: Scene) -> tuple[FloatImage, FloatImage]:
    """Return cues at ridges of the contrast, and the share of people who drew a line there."""
    rgb, drawn = read(scene)
    cues, contrast, flow = boundary_cues(rgb)
    near = cv2.dilate(drawn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    found = np.flatnonzero(is_ridge(flow, contrast) & (contrast > 0.02))
    count = min(CANDIDATES_PER_SCENE, len(found))
    chosen = np.random.default_rng(1).choice(found, count, replace=False)
    stack = np.stack([cue.reshape(-1)[chosen] for cue in cues.values()], 1)
    return stack, (near.reshape(-1)[chosen] / 255.0).astype(np.float32)


def is_ridge(flow: Flow, image: FloatImage) -> NDArray[np.bool_]:
    """Return where `image` is not smaller than one pixel across the edge on both sides."""
    x, y = pixel_grid(image.shape[1], image.shape[0])
    one, other = (
        cv2.remap(image, x + side * flow.across_x, y + side * flow.across_y, cv2.INTER_LINEAR)
        for side in (np.float32(1.0), np.float32(-1.0))
    )
    return np.asarray((image >= one) & (image >= other))


def fit(cues: FloatImage, shares: FloatImage) -> tuple[NDArray[np.float64], float]:
    """Return weights and intercept of a logistic regression, by Newton's method, ridge 2e-4."""
    mean, spread = cues.mean(0), cues.std(0)
    design = np.column_stack([(cues - mean) / spread, np.ones(len(cues))]).astype(np.float64)
    penalty = np.full(design.shape[1], 4e-4 * len(cues))
    penalty[-1] = 0.0
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-design @ beta))
        slope = design.T @ (shares - p) - penalty * beta
        curvature = (design * (p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        change = np.linalg.solve(curvature, slope)
        beta += change
        if np.abs(change).max() < 1e-8:
            break
    weights = beta[:-1] / spread
    return weights, float(beta[-1] - (weights * mean).sum())


def check(task: tuple[Scene, NDArray[np.float64], float]) -> NDArray[np.float64]:
    """Return, per threshold: hits and all of what was found, hits and all of what was drawn."""
    scene, weights, intercept = task
    rgb, drawn = read(scene)
    cues, contrast, flow = boundary_cues(rgb)
    evidence = np.add.reduce([w * c for w, c in zip(weights, cues.values(), strict=True)])
    probability = (1.0 / (1.0 + np.exp(-evidence - intercept))).astype(np.float32)
    probability = np.asarray(cv2.GaussianBlur(probability, (0, 0), 1.0), np.float32)
    ridges = np.where(is_ridge(flow, probability) & (contrast > 0.01), probability, 0.0)
    far_from_drawn = cv2.distanceTransform((drawn == 0).astype(np.uint8), cv2.DIST_L2, 5)
    weight = drawn / 255.0
    rows = []
    for threshold in THRESHOLDS:
        lines = cv2.ximgproc.thinning((ridges >= threshold).astype(np.uint8) * 255) > 0
        away = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, 5)
        hits = (far_from_drawn[lines] <= TOLERANCE_PX).sum()
        rows.append((hits, lines.sum(), (weight * (away <= TOLERANCE_PX)).sum(), weight.sum()))
    return np.array(rows, np.float64)


if __name__ == "__main__":
    main()
