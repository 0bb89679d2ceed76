"""OpenRaster: pictures in layers for painting programs.

Source: OpenRaster file layout and layer stack specifications, version 0.0.5 (openraster.org).
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from desktop_app.core.errors import UsageError
from desktop_app.core.events import Layer
from desktop_app.core.photo import RgbImage
from desktop_app.imaging.atomic import atomic_write
from desktop_app.imaging.names import printable
from desktop_app.imaging.png import encode_png
from desktop_app.imaging.thumbnails import thumbnail

_THUMBNAIL_PX = 256
_TIME = (1980, 1, 1, 0, 0, 0)  # the same layers give the same file


def save_layers(
    path: Path,
    layers: Sequence[Layer],
    picture: RgbImage,
    *,
    overwrite: bool = False,
    icc_profile: bytes | None = None,
) -> None:
    """Save layers as an OpenRaster file that Krita, GIMP and MyPaint open.

    Args:
        path: a name that ends in .ora.
        layers: bottom first, all of the size of `picture`.
        picture: (height, width, 3) uint8, all layers merged.
        overwrite: whether a file that is there already may be replaced.
        icc_profile: the colour space of all of it; None for sRGB.

    Raises:
        UsageError: the name does not end in .ora.
        AlreadyThere: there is such a file and `overwrite` is off.
        PhotoError: it cannot be written there.
        OutOfMemory: there is not enough memory.
    """
    if path.suffix.lower() != ".ora":
        raise UsageError(f"Layers are saved as OpenRaster; end “{printable(path.name)}” in .ora.")
    if any(layer.rgb.shape != picture.shape for layer in layers):
        raise ValueError("all layers must have the picture's size")
    with (
        atomic_write(path, overwrite=overwrite) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        _add(archive, "mimetype", b"image/openraster")  # first and stored: it tells what this is
        _add(archive, "stack.xml", _stack(layers, picture).encode())
        for index, layer in enumerate(layers):
            _add(archive, _layer_file(index), encode_png(layer.rgb, layer.alpha, icc_profile))
        _add(archive, "mergedimage.png", encode_png(picture, None, icc_profile))
        small = thumbnail(picture, None, _THUMBNAIL_PX)
        _add(archive, "Thumbnails/thumbnail.png", encode_png(small, None, icc_profile))


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _TIME), data)


def _layer_file(index: int) -> str:
    return f"data/layer{index}.png"


def _stack(layers: Sequence[Layer], picture: RgbImage) -> str:
    """Return the layer stack, the top layer first."""
    height, width = picture.shape[:2]
    lines = [
        f"<layer name={quoteattr(layer.name)} src={quoteattr(_layer_file(index))}"
        ' x="0" y="0" opacity="1.0" visibility="visible"'
        f" composite-op={quoteattr(layer.op.value)}/>"
        for index, layer in reversed(list(enumerate(layers)))
    ]
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<image version="0.0.3" w="{width}" h="{height}">\n<stack>\n'
        + "\n".join(lines)
        + "\n</stack>\n</image>\n"
    )
