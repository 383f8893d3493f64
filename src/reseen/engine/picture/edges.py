"""The edges of a picture, drawn where a guess puts them.

Edges are written as double angles (Granlund, *In search of a general picture processing operator*,
1978), so that a line, its negative and the outline of an area have one direction; their strength is
relative to the surroundings, so that a dim picture equals a bright one.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.media import Pixels
from reseen.engine.picture.projective import CORNERS, Matrix, apply

type Plane = npt.NDArray[np.float32]

SMALLEST = 40
"""Shorter side in pixels under which a level is not halved again."""
_LONGEST = 640
"""An inset at a tenth of the area still fills the finest canvas."""
_SEEN = 0.08
"""Share of a side of the reference that the query must show."""
_SMOOTH = 1.0
_FLOOR = 16.0
"""Half a grey level a pixel, as Scharr's operator measures it: what is fainter is no edge."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Edges on a canvas: double angles ``[height, width, 2]``, strength ``[height, width]``, where
    the picture lies, and its luma where that is known.
    """

    angles: Plane
    strength: Plane
    inside: npt.NDArray[np.bool_]
    luma: Plane | None


class Drawable(Protocol):
    """A picture whose edges can be drawn."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the finest that is known of it."""
        ...

    def drawn(self, matrix: Matrix, size: tuple[int, int], around: int) -> Drawing:
        """On a canvas of this width and height; ``matrix``: canvas to fractions of the picture.
        ``around`` is the side in pixels of an edge's surroundings.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pyramid:
    """A ``Drawable`` of which all is known: luma ``float32 [height, width]``, each level half as
    large as the one before.
    """

    levels: tuple[Plane, ...]

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.levels[0].shape
        return width, height

    def drawn(self, matrix: Matrix, size: tuple[int, int], around: int) -> Drawing:
        luma, inside = _laid(self.levels, matrix, size)
        angles, strength = _edges(luma, inside, around)
        return Drawing(angles, strength, inside, luma)


def pyramid(pixels: Pixels) -> Pyramid:
    """What ``register`` looks at."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    height, width = luma.shape
    scale = _LONGEST / max(height, width)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    levels = [luma.astype(np.float32)]
    while min(levels[-1].shape) > SMALLEST:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    return Pyramid(tuple(levels))


def canvas(
    matrix: Matrix, aspect: float, longest: int, least: int
) -> tuple[Matrix, tuple[int, int]] | None:
    """From canvas pixels to fractions of the reference, and the canvas' width and height.

    It holds what the query shows of a reference of this aspect. ``longest`` is its longer side;
    ``None`` if the other would be shorter than ``least``, or hardly anything is shown.
    """
    if not np.isfinite(matrix).all() or abs(float(np.linalg.det(matrix))) < 1e-9:
        return None
    back = np.linalg.inv(matrix)
    depth = CORNERS @ back[2, :2] + back[2, 2]
    if (depth / depth.mean() <= 0.05).any():
        return None
    corners = apply(back, CORNERS)
    low, high = np.maximum(corners.min(axis=0), 0.0), np.minimum(corners.max(axis=0), 1.0)
    seen = high - low
    if seen.min() < _SEEN:
        return None
    shape = seen * (aspect, 1.0)
    width, height = (int(v) for v in np.rint(shape * (longest / shape.max())))
    if min(width, height) < least:
        return None
    scale = np.diag([seen[0] / width, seen[1] / height, 1.0])
    scale[:2, 2] = low
    return scale, (width, height)


def _laid(
    levels: tuple[Plane, ...], matrix: Matrix, size: tuple[int, int]
) -> tuple[Plane, npt.NDArray[np.bool_]]:
    """The picture drawn on the canvas, and where it lies; ``matrix``: canvas to its fractions."""
    width, height = levels[0].shape[1], levels[0].shape[0]
    zoom = math.sqrt(abs(float(np.linalg.det(matrix[:2, :2]))) * width * height)
    level = levels[min(len(levels) - 1, max(0, round(math.log2(max(zoom, 1e-3)))))]
    scale = np.diag([float(level.shape[1]), float(level.shape[0]), 1.0]) @ matrix
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpPerspective(level, scale, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpPerspective(np.ones(level.shape, np.uint8), scale, size, flags=how)
    return np.asarray(drawn, np.float32), np.asarray(inside > 0, np.bool_)


def _edges(drawn: Plane, inside: npt.NDArray[np.bool_], around: int) -> tuple[Plane, Plane]:
    """Edges as double angles ``[height, width, 2]``, and their strength ``[height, width]``."""
    smooth = cv2.GaussianBlur(drawn, (0, 0), _SMOOTH)
    across = cv2.Scharr(smooth, cv2.CV_32F, 1, 0)
    down = cv2.Scharr(smooth, cv2.CV_32F, 0, 1)
    square = across * across + down * down + 1e-6
    clear = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8))
    strength = np.sqrt(square) * clear
    mean = float(strength.sum()) / max(1.0, float(clear.sum()))
    relative = strength / (cv2.blur(strength, (around, around)) + 0.5 * mean + _FLOOR)
    angles = np.dstack([across * across - down * down, 2.0 * across * down])
    angles *= (relative / square)[:, :, None]
    return angles.astype(np.float32), relative.astype(np.float32)
