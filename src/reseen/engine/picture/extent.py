"""How far two frames show the same once it is known how one lies in the other.

A matrix tells where the reference's frame would lie in the query's. Whether the query shows all of
it is another question: two pages, each with one picture in common beside another of its own, lie on
each other as wholes and share that one picture.
"""

import math

import numpy as np

from reseen.domain.match import Transform
from reseen.domain.media import Box
from reseen.engine.picture.projective import CORNERS, Matrix, Points, apply

NEAR = 0.15
"""Where agreeing keypoints come this near (in shares of what could be shown) to where the reference
or the frame ends, it is shown to there."""
OTHERWISE = 10
"""Keypoints of both sides beyond the last that agree, from which something else is shown there, as
in the other half of a split screen; a sky has fewer."""
MISSED = 7.0
"""How many of them would agree, if as many did as elsewhere, from which that none does is no chance
(Poisson: one in 1,000)."""
_ALL = 0.94
"""A box that shows more than this of itself is called whole: corners are known to a few percent."""


def extent(matrix: Matrix, points: Points, seen: tuple[Points, Points]) -> Box:
    """The part of the query that shows the reference: up to its ends, but for sides on which both
    show something else beyond the ``points`` that agree.

    ``matrix`` maps fractions of the reference's frame to fractions of the query's, in which
    ``points`` and ``seen``, all keypoints of query and reference, are given.
    """
    most = bounds(apply(matrix, CORNERS)).intersect(Box.WHOLE)
    low, high = np.array((most.x, most.y)), np.array((most.x + most.width, most.y + most.height))
    ends = np.array((low, high))
    reached = points.min(axis=0), points.max(axis=0)
    agreeing = len(points) / max(1, _fewer(seen, *reached))
    for axis, upper in ((0, 0), (0, 1), (1, 0), (1, 1)):
        strip = ends.copy()
        reach = reached[upper][axis]
        strip[1 - upper, axis] = reach
        gap = abs(float(ends[upper, axis] - reach))
        others = _fewer(seen, *strip)
        is_other = others >= OTHERWISE and others * agreeing >= MISSED
        if is_other and gap >= NEAR * float(high[axis] - low[axis]):
            ends[upper, axis] = reach
    return bounds(ends)


def _fewer(seen: tuple[Points, Points], low: Points, high: Points) -> int:
    """Keypoints between two corners, of the side that has fewer."""
    return min(int(((p >= low) & (p <= high)).all(axis=1).sum()) for p in seen)


def bounds(points: Points) -> Box:
    """The smallest upright box around them."""
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Box(left, top, right - left, bottom - top)


def turn_of(matrix: Matrix) -> float:
    """Degrees clockwise of the rotation nearest to a matrix."""
    return math.degrees(math.atan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))


def transform_of(
    linear: Matrix,
    whole: Matrix,
    *,
    mirrored: bool,
    inverted: bool,
    shown: Box = Box.WHOLE,
) -> Transform:
    """The words for a matrix. ``linear`` keeps the aspect, ``whole`` is in fractions of frames;
    of the query's frame no more than ``shown`` is shown.
    """
    box = bounds(apply(whole, CORNERS))
    visible = box.intersect(shown)
    return Transform(
        mirrored=mirrored,
        rotated=round(turn_of(linear), 1) % 360.0,
        inverted=inverted,
        cropped=box if visible.area < _ALL * box.area else None,
        inset=visible if visible.area < _ALL else None,
    )
