"""Contact sheets: many pictures on one."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from desktop_app.core.photo import RgbImage

_JPEG_QUALITY = 92
_GAP_PX = 4


def contact_sheet(rows: Sequence[Sequence[RgbImage]]) -> bytes:
    """Return a JPEG file with the pictures in rows, each in the corner of a place of its own."""
    height = max(picture.shape[0] for row in rows for picture in row) + _GAP_PX
    width = max(picture.shape[1] for row in rows for picture in row) + _GAP_PX
    columns = max(len(row) for row in rows)
    sheet = np.full((height * len(rows), width * columns, 3), 255, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            place = sheet[y * height :, x * width :]
            place[: picture.shape[0], : picture.shape[1]] = picture
    bgr = cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)
    encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return encoded.tobytes()
