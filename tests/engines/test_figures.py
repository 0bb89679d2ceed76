"""The benchmark's figures, on made pictures whose figures are known."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    """The benchmark, imported by its path as a script is."""
    path = ROOT / "tests" / "benchmarks" / "figures.py"
    spec = importlib.util.spec_from_file_location("benchmark_figures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _picture_with_line(x: int, ink: int = 0, width_px: int = 2) -> np.ndarray:
    picture = np.full((80, 120, 3), 200, np.uint8)
    picture[10:70, x : x + width_px] = ink
    return picture


def _map_with_line(x: int, share: int = 255) -> np.ndarray:
    boundary = np.zeros((80, 120), np.uint8)
    boundary[10:70, x] = share
    return boundary


def test_a_line_on_the_boundary_is_found(figures: ModuleType) -> None:
    counts = figures.boundary_counts(_picture_with_line(50), _map_with_line(50))
    f_score, precision, recall, _ = figures.best_f(counts)
    assert (f_score, precision, recall) == (1.0, 1.0, 1.0)


def test_the_tolerance_is_a_little_over_four_pixels(figures: ModuleType) -> None:
    line = _picture_with_line(50, width_px=1)
    assert figures.best_f(figures.boundary_counts(line, _map_with_line(54)))[0] == 1.0
    assert figures.best_f(figures.boundary_counts(line, _map_with_line(55)))[0] < 0.1


def test_recall_weighs_a_boundary_by_its_share(figures: ModuleType) -> None:
    boundary = _map_with_line(50) + _map_with_line(90, share=51)
    f_score, precision, recall, _ = figures.best_f(
        figures.boundary_counts(_picture_with_line(50), boundary)
    )
    assert precision == 1.0
    assert recall == pytest.approx(255 / (255 + 51))
    assert f_score == pytest.approx(2 * recall / (1 + recall))


def test_precision_counts_lines_that_nobody_drew(figures: ModuleType) -> None:
    picture = np.minimum(_picture_with_line(50), _picture_with_line(90))
    _, precision, recall, _ = figures.best_f(figures.boundary_counts(picture, _map_with_line(50)))
    assert precision == pytest.approx(0.5, abs=0.02)
    assert recall == 1.0


def test_one_threshold_serves_the_whole_set(figures: ModuleType) -> None:
    """A faint right line and a dark wrong one: what a threshold gains here it loses there."""
    right = figures.boundary_counts(_picture_with_line(50, ink=170), _map_with_line(50))
    wrong = figures.boundary_counts(_picture_with_line(90), _map_with_line(50))
    assert figures.best_f(right)[0] == 1.0
    assert figures.best_f(wrong)[0] == 0.0
    assert figures.best_f(right + wrong)[0] == pytest.approx(0.5, abs=0.02)


def test_light_lines_and_empty_pictures_count_nothing(figures: ModuleType) -> None:
    light = np.full((80, 120, 3), 90, np.uint8)
    light[10:70, 50:52] = 255
    for picture in (light, np.full((80, 120, 3), 90, np.uint8)):
        assert figures.best_f(figures.boundary_counts(picture, _map_with_line(10)))[0] == 0.0
    nothing = np.zeros((80, 120), np.uint8)
    assert figures.best_f(figures.boundary_counts(_picture_with_line(50), nothing))[0] == 0.0


def test_one_to_one_matching_is_stricter(figures: ModuleType) -> None:
    """Two lines by one boundary: each pixel of it can be found only once."""
    picture = np.minimum(_picture_with_line(48, width_px=1), _picture_with_line(53, width_px=1))
    boundary = _map_with_line(50)
    loose = figures.best_f(figures.boundary_counts(picture, boundary))
    strict = figures.best_f(figures.boundary_counts(picture, boundary, one_to_one=True))
    assert loose[1] == 1.0
    assert strict[1] == pytest.approx(0.5, abs=0.05)
    assert strict[2] == pytest.approx(1.0, abs=0.05)


def test_maps_of_another_size_are_refused(figures: ModuleType) -> None:
    with pytest.raises(ValueError, match="no map of"):
        figures.boundary_counts(_picture_with_line(50), np.zeros((10, 10), np.uint8))


def test_flatness_is_the_share_without_a_gradient(figures: ModuleType) -> None:
    flat = np.full((100, 100, 3), 120, np.uint8)
    assert figures.flatness(flat) == 1.0
    half = flat.copy()
    half[:, 50:] = np.arange(0, 250, 5, dtype=np.uint8)[None, :, None]  # over 1 L* a pixel
    assert figures.flatness(half) == pytest.approx(0.5, abs=0.06)
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    assert figures.flatness(noise) < 0.1


def test_the_gradient_is_sobel_by_four(
    figures: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sobel's weights add up to 8, so that a slope of s a pixel has a gradient of 2 s."""
    monkeypatch.setattr(figures, "_lab", lambda lab: lab)
    for slope, share in ((0.24, 1.0), (0.26, 0.0)):
        lightness = np.tile(20 + slope * np.arange(400, dtype=np.float32), (40, 1))
        lab = np.dstack([lightness, np.zeros_like(lightness), np.zeros_like(lightness)])
        assert figures.flatness(lab) == pytest.approx(share, abs=0.01)  # but for the borders


def test_colour_difference_ignores_texture_and_sees_colour(figures: ModuleType) -> None:
    photo = np.full((120, 120, 3), (180, 120, 60), np.uint8)
    assert figures.colour_difference(photo, photo) == 0.0
    checks = photo.copy()
    checks[::2, ::2] += 8
    checks[1::2, ::2] -= 8
    assert figures.colour_difference(photo, checks) < 0.3
    grey = np.full_like(photo, 132)
    assert figures.colour_difference(photo, grey) > 30
    black, white = np.zeros_like(photo), np.full_like(photo, 255)
    assert figures.colour_difference(black, white) == pytest.approx(100.0, abs=0.1)


def test_pairs_are_scenes_that_have_a_map(figures: ModuleType, tmp_path: Path) -> None:
    scenes, maps = tmp_path / "scenes", tmp_path / "maps"
    scenes.mkdir()
    maps.mkdir()
    for name in ("b.jpg", "a.png", "lonely.jpg"):
        (scenes / name).touch()
    for name in ("a.png", "b.png", "other.png"):
        (maps / name).touch()
    pairs = figures.pairs_of(scenes, maps)
    assert [(s.name, m.name) for s, m in pairs] == [("a.png", "a.png"), ("b.jpg", "b.png")]
