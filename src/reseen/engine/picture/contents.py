"""Whether two pictures that look alike and lie on each other hold the same content.

Two forms filled in otherwise, two positions of one game, two pages under one title share a layout:
their descriptors are near, their keypoints and edges agree on a geometry. So the reference is laid
over the query and cut into blocks, wherever either side has edges. A filter worsens all blocks
alike; a caption, a sticker or a crop worsens some that lie together. Where many fit far worse than
the best do, in between others that fit well, the content is another.

Conventions are those of ``registration``.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reseen.engine.picture.edges import Drawable, Drawing, canvas
from reseen.engine.picture.projective import Matrix

_CANVAS = 384
"""Pixels of the longer side: letters of a page are apart, and fit only themselves."""
_BLOCK, _AROUND, _REACH = 20, 25, 3
_FAINT = 0.25
_WORSE = 0.8
"""Of the likeness that a quarter of the blocks exceed: below, a block disagrees."""
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``share`` of the blocks with edges that disagree; and the share of borders between two blocks
    with edges that lie between one that agrees and one that does not: what is ``scattered``
    has many, a patch has few. Both 0..1.
    """

    share: float
    scattered: float


def disagreement(query: Drawable, reference: Drawable, matrix: Matrix) -> Disagreement | None:
    """How much the content differs where both pictures show it; ``None``: too little to tell."""
    wide, tall = reference.size
    zoom = abs(float(np.linalg.det(matrix[:2, :2]))) * math.prod(query.size) / (wide * tall)
    laying = canvas(matrix, wide / tall, _CANVAS, 2 * _BLOCK)
    if laying is None:
        return None
    # Finer than the coarser side there is only blur.
    finest = laying[0][0, 0] * laying[1][0] * wide, laying[0][1, 1] * laying[1][1] * tall
    longest = math.floor(max(finest) * min(1.0, math.sqrt(zoom)))
    if longest < _CANVAS:
        laying = canvas(matrix, wide / tall, longest, 2 * _BLOCK)
    if laying is None:
        return None
    to_reference, size = laying
    there = reference.drawn(to_reference, size, _AROUND)
    grid = _likeness(there, query.drawn(matrix @ to_reference, size, _AROUND))
    asked = ~np.isnan(grid)
    if asked.sum() < _FEWEST:
        return None
    agrees = grid >= _WORSE * np.percentile(grid[asked], 75)
    borders = [
        (asked[:-1] & asked[1:], agrees[:-1] != agrees[1:]),
        (asked[:, :-1] & asked[:, 1:], agrees[:, :-1] != agrees[:, 1:]),
    ]
    between = sum(int(both.sum()) for both, _ in borders)
    mixed = sum(int((both & differ).sum()) for both, differ in borders)
    return Disagreement(float((asked & ~agrees).sum() / asked.sum()), mixed / max(1, between))


def _likeness(there: Drawing, here: Drawing) -> npt.NDArray[np.float64]:
    """How well each block fits, -1..1, nan where neither side has edges or one does not reach."""
    inside = here.inside & there.inside
    height, width = inside.shape
    strength = np.maximum(
        *(cv2.boxFilter(side.strength, -1, (_BLOCK, _BLOCK)) for side in (there, here))
    )
    rows = range(_REACH, height - _BLOCK - _REACH + 1, _BLOCK)
    columns = range(_REACH, width - _BLOCK - _REACH + 1, _BLOCK)
    grid = np.full((len(rows), len(columns)), np.nan)
    last = _BLOCK - 1
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            if strength[y + _BLOCK // 2, x + _BLOCK // 2] < _FAINT:
                continue
            if not inside[y : y + _BLOCK : last, x : x + _BLOCK : last].all():
                continue
            part = there.angles[y : y + _BLOCK, x : x + _BLOCK]
            window = here.angles[y - _REACH : y + _BLOCK + _REACH, x - _REACH : x + _BLOCK + _REACH]
            grid[i, j] = cv2.matchTemplate(window, part, cv2.TM_CCORR_NORMED).max()
    return grid
