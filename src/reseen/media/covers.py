"""A picture of which only shapes are left: 16 fields of light along its longer side."""

import cv2
import numpy as np

from reseen.domain.media import Pixels

FIELDS = 16
"""No face, no word and no body can be made out in so few: a face takes more than that by itself."""
DRAWN = 96
"""Pixels along the longer side, so that a browser need not smooth the fields itself."""


def draw_cover(pixels: Pixels, in_colour: bool) -> bytes:
    """A PNG; the picture itself cannot be had back from it."""
    height, width = pixels.shape[:2]
    few, many = (_size(width, height, side) for side in (FIELDS, DRAWN))
    fields = cv2.resize(pixels, few, interpolation=cv2.INTER_AREA)
    if not in_colour:
        fields = cv2.cvtColor(fields, cv2.COLOR_RGB2GRAY)
    drawn = cv2.resize(fields, many, interpolation=cv2.INTER_CUBIC)
    is_grey = drawn.ndim == 2
    _, encoded = cv2.imencode(".png", drawn if is_grey else np.ascontiguousarray(drawn[..., ::-1]))
    return encoded.tobytes()


def _size(width: int, height: int, side: int) -> tuple[int, int]:
    scale = side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))
