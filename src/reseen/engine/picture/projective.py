"""Plane transforms between two frames: proposed by one pair of keypoints, fitted to many, judged.

Conventions: points ``float64 [N, 2]``, x right and y down; a matrix ``float64 [3, 3]`` maps points
of the reference to points of the query.
"""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

type Points = npt.NDArray[np.float64]
type Matrix = npt.NDArray[np.float64]

CORNERS: Points = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
"""Of a picture, in fractions of it, from the upper left, clockwise."""

_LARGEST_ZOOM = 12.0
_LARGEST_STRETCH = 2.5
"""Ratio of the two axes' zooms: a picture on a table seen from 25 degrees above it has 2.4."""
_LARGEST_BEND = 5.0
"""Ratio of areas between two places of one picture, by perspective."""
_AFFINE_FROM, _PROJECTIVE_FROM = 8, 24


def apply(matrix: Matrix, points: Points) -> Points:
    """Map points by a projective matrix."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)


def similarities(
    p: Points, q: Points, zoom: npt.NDArray[np.float64], turn: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """One similarity ``[2, 3]`` a pair, ``[N, 2, 3]``: moves p onto q, zooms by e to the ``zoom``
    and turns by ``turn`` degrees clockwise.
    """
    scale, angle = np.exp(zoom), np.radians(turn)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    found = np.empty((len(p), 2, 3))
    found[:, 0, 0], found[:, 0, 1] = cos, -sin
    found[:, 1, 0], found[:, 1, 1] = sin, cos
    found[:, :, 2] = q - np.einsum("nij,nj->ni", found[:, :, :2], p)
    return found


def least_squares(p: Points, q: Points) -> Matrix | None:
    """The best similarity, affinity or homography from p to q: the more pairs, the freer.

    ``None`` when the points do not determine it.
    """
    centre, middle = p.mean(axis=0), q.mean(axis=0)
    a, b = p - centre, q - middle
    matrix = np.eye(3)
    if len(p) < _AFFINE_FROM:
        square = float((a * a).sum())
        if square < 1e-9:
            return None
        cos = float((a * b).sum()) / square
        sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / square
        matrix[:2, :2] = [[cos, -sin], [sin, cos]]
    elif len(p) < _PROJECTIVE_FROM:
        solution, _, rank, _ = np.linalg.lstsq(a, b, rcond=1e-4)
        if rank < 2:
            return None
        matrix[:2, :2] = solution.T
    else:
        projective: Any = cv2.findHomography(p, q, 0)[0]
        if projective is None or not np.isfinite(projective).all():
            return None
        return np.asarray(projective, np.float64)
    matrix[:2, 2] = middle - matrix[:2, :2] @ centre
    return matrix


def is_plausible(matrix: Matrix, points: Points) -> bool:
    """Whether a camera, a screen or an editor could have done this to a picture with these points.

    False for folds, for flips (a mirrored picture is matched as such, not by a negative area), for
    extreme zoom, squeeze or perspective; and of no points.
    """
    if not len(points) or not np.isfinite(matrix).all() or abs(matrix[2, 2]) < 1e-9:
        return False
    matrix = matrix / matrix[2, 2]
    depth = points @ matrix[2, :2] + 1.0
    if depth.min() <= 0.05:
        return False
    areas = float(np.linalg.det(matrix)) / depth**3
    if areas.min() <= 0.0 or areas.max() > _LARGEST_BEND * areas.min():
        return False
    x, y = points.mean(axis=0)
    w = float(matrix[2, :2] @ (x, y)) + 1.0
    at = apply(matrix, np.array([(x, y)]))[0]
    jacobian = (matrix[:2, :2] - np.outer(at, matrix[2, :2])) / w
    large, small = np.linalg.svd(jacobian, compute_uv=False)
    zoom = math.sqrt(large * small)
    return bool(large < _LARGEST_STRETCH * small and 1.0 / _LARGEST_ZOOM < zoom < _LARGEST_ZOOM)
