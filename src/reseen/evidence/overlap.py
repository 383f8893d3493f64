"""Where two pictures show the same thing, as one convex region outlined in both.

Conventions: points are ``(x, y)`` in fractions of their picture, y down; the matrix is a
``float64 [3, 3]`` homography from reference to query, as ``engine.picture.geometry`` finds it.

The region is cut out on the reference's side only: an edge of the query's frame is a line, a
homography's transpose carries lines back to lines, and so does the horizon (points sent to
infinity). Five half-planes hence cut the reference's frame, and whatever is left projects safely;
projecting corners first and clipping then fails whenever a corner lies beyond the horizon.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from reseen.engine.picture.projective import CORNERS, Matrix, apply

_HORIZON = 1e-3
"""Least homogeneous weight, relative to that of the reference's centre: nearer to the horizon, a
point is enlarged a thousandfold."""

_SMALLEST = 1e-6
"""Part of a picture below which nothing can be seen."""
_SLIVER = 0.04
"""Of the region's extent: what changes its outline less is no corner."""


@dataclass(frozen=True, slots=True)
class Region:
    """The same polygon in both pictures, corner by corner: ``float64 [N, 2]`` each, 3 <= N <= 9,
    clockwise in the reference from its upper left.
    """

    query: npt.NDArray[np.float64]
    reference: npt.NDArray[np.float64]

    def landmarks(self) -> list[int]:
        """The corners worth a name, as indices: without those that hardly change the outline, as
        where an edge cuts off a sliver (Douglas and Peucker).
        """
        extent = np.maximum(np.ptp(self.reference, axis=0), 1e-9)
        outline = (self.reference / extent).astype(np.float32)
        kept = cv2.approxPolyDP(outline, _SLIVER, closed=True)[:, 0]
        return [i for i, corner in enumerate(outline) if (corner == kept).all(axis=1).any()]


def square(matrix: npt.NDArray[Any] | None) -> Matrix | None:
    """A ``[2, 3]`` or ``[3, 3]`` matrix as a usable homography; ``None`` where it is none."""
    if matrix is None:
        return None
    full = np.eye(3)
    full[: matrix.shape[0]] = matrix
    if not np.isfinite(full).all() or abs(np.linalg.det(full)) < 1e-12:
        return None
    return full


def shared_region(matrix: Matrix) -> Region | None:
    """What both frames show; ``None`` where they share nothing that could be seen."""
    polygon = CORNERS
    centre = matrix[2, :2].sum() / 2 + matrix[2, 2]
    if abs(centre) < 1e-9:
        return None
    upright = matrix / centre
    edges = np.array([[1, 0, 0], [-1, 0, 1], [0, 1, 0], [0, -1, 1]], np.float64) @ upright
    for line in (upright[2] - [0, 0, _HORIZON], *edges):
        polygon = _cut(polygon, line)
        if len(polygon) < 3:
            return None
    polygon = np.roll(polygon, -int(polygon.sum(axis=1).argmin()), axis=0)
    region = Region(apply(upright, polygon), polygon)
    return region if min(_area(region.query), _area(region.reference)) > _SMALLEST else None


def _cut(
    polygon: npt.NDArray[np.float64], line: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The part of a convex polygon where ``line . (x, y, 1) >= 0`` (Sutherland and Hodgman)."""
    side = polygon @ line[:2] + line[2]
    kept: list[npt.NDArray[np.float64]] = []
    for i in range(len(polygon)):
        here, there = side[i - 1], side[i]
        if (here >= 0) != (there >= 0):
            kept.append(polygon[i - 1] + (polygon[i] - polygon[i - 1]) * here / (here - there))
        if there >= 0:
            kept.append(polygon[i])
    corners = np.array(kept).reshape(-1, 2)
    if len(corners) < 2:
        return corners
    apart = np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1) > 1e-9
    return np.asarray(corners[apart])


def _area(polygon: npt.NDArray[np.float64]) -> float:
    x, y = polygon.T
    return float(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2)
