"""Layers as painting programs open them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import UsageError
from desktop_app.core.events import BlendOp, Layer
from desktop_app.imaging.atomic import AlreadyThere
from desktop_app.imaging.openraster import save_layers


@pytest.fixture
def layers(quarters: NDArray[np.uint8]) -> tuple[Layer, ...]:
    """Return flats, shading and lines."""
    alpha = np.full((48, 64), 90, np.uint8)
    return (
        Layer("flats", quarters),
        Layer("shading", quarters, op=BlendOp.MULTIPLY),
        Layer('li<n>es & "more" 写真', np.zeros_like(quarters), alpha),
    )


def test_the_archive(
    tmp_path: Path, layers: tuple[Layer, ...], quarters: NDArray[np.uint8]
) -> None:
    path = tmp_path / "a.ora"
    save_layers(path, layers, quarters)
    data = path.read_bytes()
    assert data[30:54] == b"mimetypeimage/openraster"  # readable without unpacking
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        root = ElementTree.fromstring(archive.read("stack.xml"))
        assert (root.tag, root.get("w"), root.get("h")) == ("image", "64", "48")
        found = root.findall("./stack/layer")
        assert [layer.get("name") for layer in found] == [
            'li<n>es & "more" 写真',
            "shading",
            "flats",
        ]
        assert [layer.get("composite-op") for layer in found] == [
            "svg:src-over",
            "svg:multiply",
            "svg:src-over",
        ]
        for element, layer in zip(found, reversed(layers), strict=True):
            source = element.get("src")
            assert source is not None
            image = Image.open(io.BytesIO(archive.read(source)))
            assert np.array_equal(np.asarray(image.convert("RGB")), layer.rgb)
            assert ("A" in image.mode) == (layer.alpha is not None)
        merged = Image.open(io.BytesIO(archive.read("mergedimage.png")))
        assert np.array_equal(np.asarray(merged), quarters)
        small = Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png")))
        assert max(small.size) <= 256


def test_the_thumbnail_of_a_large_picture(tmp_path: Path) -> None:
    picture = np.zeros((900, 1800, 3), np.uint8)
    save_layers(tmp_path / "a.ora", [Layer("flats", picture)], picture)
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        small = Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png")))
    assert small.size == (256, 128)


def test_the_profile_is_in_every_layer(
    tmp_path: Path, layers: tuple[Layer, ...], quarters: NDArray[np.uint8]
) -> None:
    save_layers(tmp_path / "a.ora", layers, quarters, icc_profile=b"a profile")
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        for name in archive.namelist():
            if name.endswith(".png"):
                assert b"iCCP" in archive.read(name)


def test_refusals(tmp_path: Path, layers: tuple[Layer, ...], quarters: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match=r"\.ora"):
        save_layers(tmp_path / "a.psd", layers, quarters)
    with pytest.raises(ValueError, match="size"):
        save_layers(tmp_path / "a.ora", layers, quarters[:10])
    save_layers(tmp_path / "a.ora", layers, quarters)
    with pytest.raises(AlreadyThere):
        save_layers(tmp_path / "a.ora", layers, quarters)
    save_layers(tmp_path / "a.ora", layers, quarters, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.ora"]
