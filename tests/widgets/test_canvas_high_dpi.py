"""100 % is one photo pixel on one pixel of the screen, on every screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from desktop_app.widgets.canvas import Canvas, CompareMode

app = QApplication([])
canvas = Canvas()
canvas.resize(301, 203)
canvas.show()
ratio = canvas.devicePixelRatioF()
pixels = np.random.default_rng(1).integers(0, 256, (900, 1000, 4), dtype=np.uint8)
photo = QImage(pixels.data, 1000, 900, 4000, QImage.Format.Format_RGB32).copy()
canvas.set_photo([photo])
canvas.zoom_actual()
shown = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
shown.setDevicePixelRatio(1.0)
rect = canvas._view.rect()
part = photo.copy(-round(rect.x()), -round(rect.y()), shown.width() - 2, shown.height() - 2)
assert shown.copy(0, 0, shown.width() - 2, shown.height() - 2) == part, "not one to one"
canvas.zoom_fit()
area = canvas.picture_rect()
assert area.width() <= 301 and area.height() <= 203
assert abs(canvas.zoom - min((301 - 40) / 1000, (203 - 40) / 900) * ratio) < 0.01
print(ratio, shown.width())
"""


@pytest.mark.parametrize("factor", ["1", "2", "1.5"])
def test_100_percent_is_exact_at_every_scale(factor: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": factor,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[0]) == float(factor)
