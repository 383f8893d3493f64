"""Whether two pictures fit block by block where a guess lays one on the other.

Keypoints need corners that look alike on both sides. A sketch, a halftone, heavy noise, a blend or
a flat graphic has few, but its edges stay where they were. So the reference is laid over the query
by a guessed matrix, and each block of its edges is asked where in a small neighbourhood of the
query it fits best. Blocks of unrelated pictures point anywhere; those of a copy agree on one small
affine move, which corrects the guess for the next, stricter round.

Conventions: matrices map fractions of the reference's frame to fractions of the query's; the canvas
is the part of the reference that the query shows, in pixels.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reseen.engine.picture.edges import Drawable, Drawing, Plane, canvas
from reseen.engine.picture.extent import transform_of
from reseen.engine.picture.geometry import Geometry, hull
from reseen.engine.picture.projective import Matrix, Points, apply

_LEAST = 6
_FAINT = 0.25
"""Mean edge strength, relative to the surroundings, below which a block says nothing."""
_CLEAR = 0.05
"""By how much the best fit exceeds the mean: in a gradient every place fits alike."""
_WANDER, _APART = 24, 4.0
"""Pixels of the finest canvas: how far it is moved to see whether it fits elsewhere, and how far
that must be to be elsewhere."""
_DRIFT = (0.6, 1.6)
"""Change of area that one round may make to a guess."""
_SURE = (40.0, 0.5)
"""Evidence and support from which no further guess is tried."""
_NEGATIVE = -0.4
_FILTERED = 0.5
"""Likeness of the blocks that agree at which noise, dots or strokes drew what the query alone has:
it counts against a fit only as far as the others fit better."""


@dataclass(frozen=True, slots=True)
class _Round:
    """``canvas`` is its longer side, ``block`` the side of a block, ``around`` of its surroundings;
    all in pixels of the canvas. Less evidence than ``least`` ends it.
    """

    canvas: int
    block: int
    around: int
    stride: int
    reach: int
    tolerance: float
    least: float


_ROUGH = _Round(96, 12, 13, 10, 5, 1.6, 3.0)
_FINE = _Round(192, 20, 25, 14, 5, 1.6, 2.0)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Centres ``[N, 2]``; where each fits best relative to them ``[N, 2]``, nan for nowhere; how
    well, 0..1; and how many more have edges in the query only.
    """

    centres: Points
    moves: Points
    likeness: npt.NDArray[np.float64]
    foreign: int


@dataclass(frozen=True, slots=True)
class _Fit:
    """A corrected guess; ``at`` are the centres of the blocks that agree, as fractions of the
    reference, of the ``asked`` ones; ``foreign`` more have edges in the query only; ``there`` and
    ``here`` are the edges of both on the canvas.
    """

    matrix: Matrix
    at: Points
    asked: int
    foreign: int
    likeness: float
    evidence: float
    is_negative: bool
    there: Plane
    here: Plane


def register(query: Drawable, reference: Drawable, guesses: Iterable[Matrix]) -> Geometry | None:
    """The best of what the guesses lead to, or ``None`` where blocks agree on nothing.

    ``evidence`` is minus log10 of the chance of so many blocks in agreement, ``support`` the share
    that agrees of the blocks in which either side has edges, ``density`` how well these fit.
    ``points`` are their centres.
    """
    best: Geometry | None = None
    for guess in guesses:
        found = _registered(query, reference, guess)
        if found is not None and (best is None or found.evidence > best.evidence):
            best = found
            if best.evidence >= _SURE[0] and best.support >= _SURE[1]:
                break
    return best


def _registered(query: Drawable, reference: Drawable, guess: Matrix) -> Geometry | None:
    rough = _corrected(query, reference, guess, _ROUGH)
    once = None if rough is None else _corrected(query, reference, rough.matrix, _FINE)
    if once is None:
        return None
    fit = _corrected(query, reference, once.matrix, _FINE) or once
    if _repeats(fit.there, fit.here):
        return None
    return _geometry(fit, query.size, reference.size)


def _corrected(query: Drawable, reference: Drawable, matrix: Matrix, step: _Round) -> _Fit | None:
    laying = canvas(matrix, reference.size[0] / reference.size[1], step.canvas, 2 * step.block)
    if laying is None:
        return None
    to_reference, size = laying
    there = reference.drawn(to_reference, size, step.around)
    here = query.drawn(matrix @ to_reference, size, step.around)
    blocks = _blocks(there, here, step)
    if blocks is None:
        return None
    move, agree = _shared_move(blocks, step.tolerance)
    evidence = _evidence(int(agree.sum()), len(agree), step)
    if agree.sum() < _LEAST or evidence < step.least:
        return None
    if not _DRIFT[0] < abs(float(np.linalg.det(move[:2, :2]))) < _DRIFT[1]:
        return None
    return _Fit(
        matrix=matrix @ to_reference @ move @ np.linalg.inv(to_reference),
        at=apply(to_reference, blocks.centres[agree]),
        asked=len(agree),
        foreign=blocks.foreign,
        likeness=float(blocks.likeness[agree].mean()),
        evidence=evidence,
        is_negative=_is_negative(here, there),
        there=there.angles,
        here=here.angles,
    )


def _blocks(there: Drawing, here: Drawing, step: _Round) -> _Blocks | None:
    """Where each block of the reference that has edges fits best; ``None`` if there are too few.

    Those of which the query shows nothing are asked too: a shared caption has no other blocks.
    """
    inside = here.inside
    block, reach, height, width = step.block, step.reach, *inside.shape
    mine = cv2.boxFilter(there.strength, -1, (block, block))
    shown = cv2.boxFilter(here.strength, -1, (block, block))
    wide = block + 2 * reach
    theirs = cv2.boxFilter(here.strength, -1, (wide, wide))
    found, foreign = [], 0
    for y in range(reach, height - block - reach + 1, step.stride):
        for x in range(reach, width - block - reach + 1, step.stride):
            middle = y + block // 2, x + block // 2
            last = block - 1
            is_foreign = mine[middle] < _FAINT
            if is_foreign and shown[middle] < _FAINT:
                continue
            if not inside[y : y + block : last, x : x + block : last].all():
                continue
            if is_foreign:
                foreign += 1
                continue
            if theirs[middle] < _FAINT:
                found.append((*middle[::-1], np.nan, np.nan, 0.0))
                continue
            part = there.angles[y : y + block, x : x + block]
            window = here.angles[y - reach : y + block + reach, x - reach : x + block + reach]
            fits = cv2.matchTemplate(window, part, cv2.TM_CCORR_NORMED)
            _, value, _, (right, below) = cv2.minMaxLoc(fits)
            clear = value >= float(fits.mean()) + _CLEAR
            move = (right - reach, below - reach) if clear else (np.nan, np.nan)
            found.append((*middle[::-1], *move, value))
    if len(found) < _LEAST:
        return None
    table = np.array(found, np.float64)
    return _Blocks(table[:, :2], table[:, 2:4], table[:, 4], foreign)


def _shared_move(blocks: _Blocks, tolerance: float) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """The small affine move on which most blocks agree, canvas to canvas, and who agrees."""
    moves, move = blocks.moves, np.eye(3)
    surest = np.argsort(-blocks.likeness, kind="stable")[:40]
    close = (
        np.hypot(*(moves[None, :] - moves[surest][:, None]).transpose(2, 0, 1)) < 1.3 * tolerance
    )
    agree: npt.NDArray[np.bool_] = close[close.sum(axis=1).argmax()]
    at = np.column_stack([blocks.centres, np.ones(len(moves))])
    for _ in range(4):
        if agree.sum() < _LEAST:
            break
        if agree.sum() < 10:
            fitted = np.zeros((3, 2))
            fitted[2] = moves[agree].mean(axis=0)
        else:
            fitted = np.linalg.lstsq(at[agree], moves[agree], rcond=1e-3)[0]
        agree = np.hypot(*(moves - at @ fitted).T) < tolerance
        move = np.eye(3)
        move[:2] += fitted.T
    return move, agree


def _evidence(agreeing: int, asked: int, step: _Round) -> float:
    """Minus log10 of the chance of so many (Chernoff's bound), were each to point anywhere."""
    chance = min(0.5, math.pi * step.tolerance**2 / (2 * step.reach + 1) ** 2)
    share = agreeing / asked
    if share <= chance:
        return 0.0
    rest = (1.0 - share) * math.log10((1.0 - share) / (1.0 - chance)) if share < 1.0 else 0.0
    return asked * (share * math.log10(share / chance) + rest)


def _repeats(there: Plane, here: Plane) -> bool:
    """Whether the canvas fits elsewhere as well as where it was laid: dots, tiles, grids."""
    height, width = there.shape[:2]
    margin = min(_WANDER, height // 4, width // 4)
    part = there[margin : height - margin, margin : width - margin]
    fits = cv2.matchTemplate(here, part, cv2.TM_CCORR_NORMED)
    y, x = np.ogrid[: fits.shape[0], : fits.shape[1]]
    off = np.hypot(y - margin, x - margin)
    return bool(fits[off > _APART].max() >= fits[off <= _APART].max())


def _is_negative(here: Drawing, there: Drawing) -> bool:
    """Whether dark is bright; not told where edges are all that is known."""
    if here.luma is None or there.luma is None:
        return False
    known = (here.luma, there.luma)
    one, other = (cv2.GaussianBlur(luma, (0, 0), 3.0)[here.inside] for luma in known)
    if min(one.std(), other.std()) < 1.0:
        return False
    return float(np.corrcoef(one, other)[0, 1]) < _NEGATIVE


def _geometry(fit: _Fit, query: tuple[int, int], reference: tuple[int, int]) -> Geometry:
    """In words; ``query`` and ``reference`` are width and height."""
    shown = apply(fit.matrix, fit.at)
    mirrored = bool(np.linalg.det(fit.matrix[:2, :2]) < 0.0)
    flip = np.diag([-1.0, 1.0, 1.0]) if mirrored else np.eye(3)
    to_query, to_reference = (np.diag([*map(float, size), 1.0]) for size in (query, reference))
    clear = max(0.0, (fit.likeness - _FILTERED) / (1.0 - _FILTERED))
    linear = to_query @ fit.matrix @ np.linalg.inv(to_reference) @ flip
    return Geometry(
        matrix=fit.matrix / fit.matrix[2, 2],
        inliers=len(fit.at),
        evidence=fit.evidence,
        support=len(fit.at) / (fit.asked + fit.foreign * clear),
        query_area=hull(shown),
        reference_area=hull(fit.at),
        transform=transform_of(linear, fit.matrix, mirrored=mirrored, inverted=fit.is_negative),
        density=fit.likeness,
        points=(shown, fit.at),
    )
