"""Spatial verification: whether two frames show one picture, and how it lies in each.

Conventions: points are in units of a frame's longer side, y down; matrices map reference to query;
``rotated`` is clockwise on screen. Sizes are ``(width, height)`` in any unit, for the aspect only.

Every matched pair of keypoints proposes a whole similarity, since SIFT knows scale and direction
(Lowe, *Distinctive image features from scale-invariant keypoints*, 2004): all proposals are tried,
none drawn at random, so the answer repeats. The winner is refitted, up to a homography, and then
asked for support: of the places where both frames show detail under it, how many agree? A shared
caption, watermark or app frame around other content agrees in few of them; a true copy in most.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.domain.match import Transform
from reseen.engine.picture.extent import extent, transform_of, turn_of
from reseen.engine.picture.pairing import (
    DISGUISES,
    TOLERANCE,
    TURN,
    ZOOM,
    Encounter,
    Side,
    Size,
    Votes,
    side,
    tolerance_at,
)
from reseen.engine.picture.projective import (
    Matrix,
    Points,
    apply,
    is_plausible,
    least_squares,
)

_LEAST = 6
_SURE = 60.0
_SETTLED = 0.5
"""Evidence and density from which no other disguise is tried. Lower, and a symmetric picture that
was flipped, such as a mountain in a lake, would be called upright."""
_THINNEST = 0.012
_GRID = 10
_ALIKE = 0.85
_ENOUGH = 0.2

_LONGER = 416
"""Pixels of the longer side at which keypoints are found."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a reference's frame lies in a query's.

    ``matrix`` ``float64 [3, 3]`` maps fractions of the reference's frame to fractions of the
    query's. ``inliers`` counts distinct agreeing places on both sides. ``evidence`` is minus log10
    of the number of such agreements expected by chance. The areas, 0..1 of each frame, are those
    that inliers enclose.

    ``support`` and ``density``, 0..1, tell a copy from pictures that share a frame, a caption or a
    logo: the share of places with detail on both sides that agree, holes of two places filled, and
    the mean share of the keypoints around a place that do. Heavy filters leave much support at
    little density, a shared app little support at much density.

    ``points`` are the agreeing keypoints, ``float64 [N, 2]`` fractions of the query's frame and of
    the reference's.
    """

    matrix: Matrix
    inliers: int
    evidence: float
    support: float
    query_area: float
    reference_area: float
    transform: Transform
    density: float = 0.0
    points: tuple[Points, Points] | None = None

    def residual(self, query: tuple[int, int]) -> float:
        """By how much agreeing keypoints miss each other, in the median, in pixels of a query of
        this width and height at the size at which keypoints are found.
        """
        if self.points is None or not len(self.points[0]):
            return 0.0
        shown, known = self.points
        scale = np.array(query) * (_LONGER / max(query))
        return float(np.median(np.hypot(*((apply(self.matrix, known) - shown) * scale).T)))


@dataclass(frozen=True, slots=True)
class _Fit:
    matrix: Matrix
    inliers: int
    evidence: float
    query: Points
    reference: Points


def verify(
    query: Track,
    reference: Track,
    query_size: Size,
    reference_size: Size,
    *,
    disguises: tuple[tuple[bool, bool], ...] = DISGUISES,
) -> Geometry | None:
    """The geometry that the keypoints of two frames share, or ``None``.

    Give the rows of one frame on each side. Deterministic.
    """
    if len(query) < _LEAST or len(reference) < _LEAST:
        return None
    met = Encounter(side(query, query_size), side(reference, reference_size))
    return settle(met, disguises=disguises)


def settle(
    met: Encounter, *, disguises: tuple[tuple[bool, bool], ...] = DISGUISES
) -> Geometry | None:
    """As ``verify``, of an encounter that others ask as well."""
    if met.fewest < _LEAST:
        return None
    best: Geometry | None = None
    for disguise in disguises:
        found = _geometry(met, *disguise)
        if found is not None and (best is None or found.evidence > best.evidence):
            best = found
            if found.evidence >= _SURE and found.density >= _SETTLED:
                break
    return best


def _geometry(met: Encounter, mirrored: bool, inverted: bool) -> Geometry | None:
    """The geometry under one disguise."""
    here = met.here
    shown, votes = met.under(mirrored, inverted)
    fit = None if votes is None else _fit(votes, here.width * here.height)
    if fit is None:
        return None
    support, density, where = _support(here, shown, fit)
    flip = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    flip[0, 2] = 1.0 if mirrored else 0.0
    to_fractions = np.diag([1 / here.width, 1 / here.height, 1.0])
    whole = to_fractions @ fit.matrix @ np.diag([shown.width, shown.height, 1.0]) @ flip
    placed = to_fractions @ fit.matrix
    seen = apply(to_fractions, here.points), apply(placed, shown.points)
    return Geometry(
        matrix=whole / whole[2, 2],
        inliers=fit.inliers,
        evidence=fit.evidence,
        support=support,
        query_area=hull(apply(fit.matrix, where)) / (here.width * here.height),
        reference_area=hull(where) / (shown.width * shown.height),
        transform=transform_of(
            fit.matrix,
            whole,
            mirrored=mirrored,
            inverted=inverted,
            shown=extent(whole, apply(placed, where), seen),
        ),
        density=density,
        points=(
            fit.query / (here.width, here.height),
            apply(flip, fit.reference / (shown.width, shown.height)),
        ),
    )


def _fit(votes: Votes, frame: float) -> _Fit | None:
    """The transform that most matched pairs agree on, refitted, or ``None``."""
    if len(votes.p) < _LEAST:
        return None
    best: _Fit | None = None
    for k in np.argsort(-votes.near.sum(axis=1), kind="stable")[:3]:
        fit = _refit(votes.p, votes.q, votes.near[k], votes.akin[k], frame)
        if fit is not None and (best is None or fit.evidence > best.evidence):
            best = fit
    return best


def _refit(
    p: Points,
    q: Points,
    near: npt.NDArray[np.bool_],
    akin: npt.NDArray[np.bool_],
    frame: float,
) -> _Fit | None:
    """Least squares over what agrees, round after round, each stricter than the last."""
    matrix, tolerance, zoom = np.eye(3), TOLERANCE, 1.0
    for loose in (2.0, 1.5, 1.0, 1.0):
        fitted = least_squares(p[near], q[near]) if near.sum() >= _LEAST else None
        if fitted is None:
            return None
        matrix = fitted
        zoom = math.sqrt(abs(float(np.linalg.det(matrix[:2, :2]))))
        tolerance = float(tolerance_at(np.array(zoom)))
        near = akin & (np.hypot(*(apply(matrix, p) - q).T) < loose * tolerance)
    if not is_plausible(matrix, p[near]):
        return None
    inliers = min(_distinct(p[near]), _distinct(q[near]))
    if inliers < _LEAST or not (_has_spread(p[near]) and _has_spread(q[near])):
        return None
    # A wrong pair agrees by chance if it falls into the circle, and has the zoom and the turn.
    area = max(frame * min(1.0, zoom * zoom), 1e-3)
    chance = min(0.5, math.pi * tolerance**2 / area) * (TURN / 180.0) * 0.5
    choices = math.lgamma(len(p) + 1) - math.lgamma(inliers + 1) - math.lgamma(len(p) - inliers + 1)
    evidence = -(inliers - 2) * math.log10(chance) - (choices + math.log(len(p))) / math.log(10)
    return _Fit(matrix, inliers, evidence, q[near], p[near])


def _distinct(points: Points) -> int:
    """Places, a tolerance wide, that the points occupy: a stack of keypoints is one fact."""
    return len(np.unique(np.floor(points / TOLERANCE).astype(np.int64), axis=0))


def _has_spread(points: Points) -> bool:
    """False for points on a line, such as one row of text."""
    return bool(np.linalg.eigvalsh(np.cov(points.T))[0] > _THINNEST**2)


def _support(here: Side, there: Side, fit: _Fit) -> tuple[float, float, Points]:
    """Support and density, and the reference's points that agree.

    Places are cells of a grid laid over the part of the reference that the query shows; one counts
    as shared when both sides have a keypoint in it, else a blurred or a blank side would vote.
    """
    mapped = apply(fit.matrix, there.points)
    back = apply(np.linalg.inv(fit.matrix), here.points)
    shown = np.flatnonzero(_is_inside(mapped, here))
    seen = np.flatnonzero(_is_inside(back, there))
    if len(shown) == 0 or len(seen) == 0:
        return 0.0, 0.0, fit.reference
    zoom = math.sqrt(abs(float(np.linalg.det(fit.matrix[:2, :2]))))
    i, j = np.nonzero(here.codes[seen] @ there.codes[shown].T > _ALIKE)
    i, j = seen[i], shown[j]
    off = np.hypot(*(mapped[j] - here.points[i]).T)
    turned = turn_of(fit.matrix)
    agrees = (
        (off < float(tolerance_at(np.array(zoom))))
        & (np.abs(here.zoom[i] - there.zoom[j] - math.log(zoom)) < ZOOM)
        & (np.abs((here.turn[i] - there.turn[j] - turned + 180.0) % 360.0 - 180.0) < TURN)
    )
    agreeing = np.unique(np.concatenate([there.points[j[agrees]], fit.reference]), axis=0)
    low = there.points[shown].min(axis=0)
    step = np.maximum(there.points[shown].max(axis=0) - low, 1e-3) / _GRID

    def count(points: Points) -> npt.NDArray[np.int64]:
        cell = np.clip(np.floor((points - low) / step), 0, _GRID - 1).astype(np.int64)
        return np.bincount(cell[:, 0] * _GRID + cell[:, 1], minlength=_GRID * _GRID)

    agreed = count(agreeing)
    detail = np.minimum(count(there.points[shown]), count(back[seen]))
    shared = (detail > 0) | (agreed > 0)
    held = (agreed > 0) & (agreed >= _ENOUGH * detail)
    closed = cv2.morphologyEx(
        held.reshape(_GRID, _GRID).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)
    )
    density = np.minimum(1.0, _around(agreed) / np.maximum(_around(detail), 1.0))
    return float(closed.reshape(-1)[shared].mean()), float(density[shared].mean()), agreeing


def _around(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """For each cell of the grid, the sum over itself and its eight neighbours."""
    grid = np.pad(counts.reshape(_GRID, _GRID).astype(np.float64), 1)
    return np.lib.stride_tricks.sliding_window_view(grid, (3, 3)).sum(axis=(2, 3)).reshape(-1)


def _is_inside(points: Points, side: Side) -> npt.NDArray[np.bool_]:
    inside = (points >= 0.0) & (points <= (side.width, side.height))
    return np.asarray(inside.all(axis=1), np.bool_)


def hull(points: Points) -> float:
    """Area that the points enclose."""
    return float(cv2.contourArea(cv2.convexHull(points.astype(np.float32))))
