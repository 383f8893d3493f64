"""Pictures laid out beside or above each other, whatever their shape.

A panel is a box on the canvas with a picture fitted inside; panels of a row share their height, so
that the eye compares like with like. Pictures too wide for a row are stacked.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.media import Pixels

MARGIN = 20
GAP = 16
WIDTH = 1200
"""Of the widest canvas: fits a review screen and a mail."""

_AREA = 330_000
"""Canvas pixels for all panels together: about 250 kB as PNG in 256 colours."""
_TALLEST = 460
_LARGEST = 1600
"""Pixels a side: a region a quarter as wide still fills its panel sharply."""
_LOWEST_ROW = 150
"""Rows less high than this are stacked instead."""
_THIN = (1 / 5, 11.0)
"""Panels are never thinner than this; a thinner picture lies in the middle of one."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A box on the canvas in whole pixels, and where in it the picture lies."""

    x: int
    y: int
    width: int
    height: int
    inner: tuple[int, int, int, int]
    """x, y, width, height of the picture on the canvas."""

    def place(self, points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Canvas positions of points given in fractions of the picture."""
        x, y, width, height = self.inner
        return np.asarray(points, np.float64) * (width, height) + (x, y)


def arrange(aspects: Sequence[float], top: int, caption: int) -> tuple[tuple[Panel, ...], int, int]:
    """Panels for pictures of these aspects (width over height) from ``top`` on, with room for a
    caption of that height below each; then the canvas's width and the bottom of the last caption.
    """
    shapes = [min(max(a, _THIN[0]), _THIN[1]) for a in aspects]
    room = WIDTH - 2 * MARGIN - GAP * (len(shapes) - 1)
    fits = room / sum(shapes)
    if fits >= _LOWEST_ROW:
        height = int(min(_TALLEST, fits, math.sqrt(_AREA / sum(shapes))))
        panels, x = [], MARGIN
        for shape, aspect in zip(shapes, aspects, strict=True):
            panels.append(_panel(x, top, max(1, round(height * shape)), height, aspect))
            x += panels[-1].width + GAP
        return tuple(panels), x - GAP + MARGIN, top + height + caption
    panels, y = [], top
    across = WIDTH - 2 * MARGIN
    share = _AREA / len(shapes)
    for shape, aspect in zip(shapes, aspects, strict=True):
        width = int(min(across, math.sqrt(share * shape)))
        panels.append(_panel(MARGIN, y, width, max(1, round(width / shape)), aspect))
        y += panels[-1].height + caption + GAP
    return tuple(panels), max(p.width for p in panels) + 2 * MARGIN, y - GAP


def cell(x: int, y: int, width: int, height: int, aspect: float) -> Panel:
    """A panel of a fixed size."""
    return _panel(x, y, width, height, aspect)


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture at another size; much enlarged pixels stay visible as squares."""
    growth = max(width / pixels.shape[1], height / pixels.shape[0])
    way = cv2.INTER_AREA if growth < 1 else cv2.INTER_CUBIC if growth < 4 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=way), np.uint8)


def bounded(pixels: Pixels) -> Pixels:
    """The picture at no more than ``_LARGEST`` pixels a side, so that later steps are quick.

    Shrunk by a whole number, which is five times faster; up to a thousandth of the right and lower
    edge is lost.
    """
    step = -(-max(pixels.shape[:2]) // _LARGEST)
    height, width = (n // step for n in pixels.shape[:2])
    if step == 1 or not (height and width):
        return pixels
    return resized(pixels[: height * step, : width * step], width, height)


def _panel(x: int, y: int, width: int, height: int, aspect: float) -> Panel:
    inner_width = min(width, max(1, round(height * aspect)))
    inner_height = min(height, max(1, round(width / aspect)))
    inner = (
        x + (width - inner_width) // 2,
        y + (height - inner_height) // 2,
        inner_width,
        inner_height,
    )
    return Panel(x, y, width, height, inner)
