"""A small data set, a small autoencoder and a small run, for all tests of the training room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from desktop_app.core.cancel import CancelToken
from desktop_app.core.photo import RgbImage
from desktop_app.training import unet
from desktop_app.training.dataset import Pair, write_pairs
from desktop_app.training.reporting import Silence
from desktop_app.training.vae import make_vae
from tests.training.small import unet_settings, vae_settings

SIDE_PX = 64


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data set of 6 photos (2 held out), each a pair in two looks and one to be kept."""
    folder = tmp_path_factory.mktemp("data")
    chance = np.random.default_rng(0)
    for split, count in (("train", 4), ("test", 2)):
        pairs = []
        for number in range(count):
            photo = chance.integers(256, size=(8, 12, 3)).astype(np.uint8)
            place = folder / split / "photos" / f"p{number}.png"
            _save(place, photo)
            for look in ("cartoon", "manga"):
                edited = folder / split / look / f"p{number}.png"
                _save(edited, photo // 2 if look == "manga" else 255 - photo)
                pairs.append(Pair(place, edited, "Cartoonize it", look))
            pairs.append(Pair(place, place, "Keep it", "keep"))
        write_pairs(folder / split, pairs)
    return folder


def _save(path: Path, pixels: RgbImage) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    large = Image.fromarray(pixels).resize((96, SIDE_PX), Image.Resampling.BILINEAR)
    large.save(path)


@pytest.fixture(scope="session")
def vae_folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained autoencoder that makes pictures 4 times smaller."""
    folder = tmp_path_factory.mktemp("vae")
    make_vae(vae_settings(data, folder)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def trained(data: Path, vae_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that is done."""
    out = tmp_path_factory.mktemp("run")
    unet.run(unet_settings(data, out, vae_folder), Silence(), CancelToken())
    return out
