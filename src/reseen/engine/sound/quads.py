"""Quads: an anchor peak and three that follow it, described so that pitch and tempo drop out.

A quad's *shape* is the three intervals above its anchor, in semitones, and the two inner times as
parts of the whole: unchanged when sound is played higher, lower, faster or slower (Sonnleitner and
Widmer, *Robust quad-based audio fingerprinting*, 2016, in log-frequency). References keep few quads
of their strongest peaks; queries make many, so that some survive noise.

Shapes are quantised into cells. Two shapes within tolerance of each other lie in the same or in
neighbouring cells: one side is stored under its own cell, the other asks all within tolerance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from reseen.engine.sound.constellation import Constellation, Floats, Indices

NEAREST, FARTHEST = 0.08, 1.6
"""Seconds between an anchor and the others."""
SMALLEST_STEP, LARGEST_STEP = 0.6, 14.0
"""Semitones between an anchor and the others. A steady tone thus has no quad."""
SHORTEST_SPREAD = 0.03
GLIDE = 1.5
"""Semitones within which a rising or falling quad lies on a straight line: a sweep, which fits any
other sweep."""

INTERVAL_TOLERANCE, RATIO_TOLERANCE = 0.25, 0.025
TOLERANCE = np.array([INTERVAL_TOLERANCE] * 3 + [RATIO_TOLERANCE] * 2)
INDEX_CELL = np.array([0.5] * 3 + [0.1] * 2)
PAIR_CELL = np.array([1.0] * 3 + [0.1] * 2)
"""An index over millions of quads wants narrow cells, and many keys to a question; in a pair fewer
keys and more exact comparisons are a third faster."""
SHIFTS = np.array([24, 18, 12, 6, 0], np.uint64)
SHELVES = 1 << 16
SHELF_SHIFT = np.uint32(16)
LONGEST_LOG_RATE = 0.27
"""Natural log of rates up to 25%, and of the error of a quad's own length."""
WIDEST_PITCH = 5.6

ANCHOR_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many quads to make: ``per_anchor`` of the ``neighbours`` strongest peaks in the zone.

    ``slack`` widens the zone so that quads of the other side still fall inside after a change of
    tempo. ``per_second`` is the quota of peaks used.
    """

    per_second: int
    neighbours: int
    per_anchor: int
    slack: float


REFERENCE_QUADS = Recipe(per_second=25, neighbours=4, per_anchor=3, slack=1.0)
PAIR_QUADS = Recipe(per_second=25, neighbours=5, per_anchor=6, slack=1.0)
"""The reference's quads where only one pair is compared: under other sound of the same loudness, 2
of 16 more clips are found than with three an anchor."""
LEAN_QUERY_QUADS = Recipe(per_second=25, neighbours=6, per_anchor=10, slack=1.25)
"""For queries so long that work grows with the square: hours against hours stay within minutes."""
QUERY_QUADS = Recipe(per_second=35, neighbours=10, per_anchor=45, slack=1.25)


@dataclass(frozen=True, slots=True)
class Quads:
    """shape ``float64 [N, 5]`` (three intervals, two ratios); duration, time and pitch of the
    anchor, each ``float64 [N]``; anchor ``intp [N]``, its row of the track.
    """

    shape: Floats
    duration: Floats
    time: Floats
    pitch: Floats
    anchor: Indices

    def __len__(self) -> int:
        return len(self.time)


def find_quads(points: Constellation, recipe: Recipe) -> Quads:
    """The quads of a constellation, without those that lie on a line."""
    points = points.strongest(recipe.per_second)
    blocks = [
        corners[~_glides(points.time[corners], points.pitch[corners])]
        for corners in _corners(points, recipe)
    ]
    corners = np.concatenate(blocks) if blocks else np.zeros((0, 4), np.intp)
    anchor, time, pitch = corners[:, 0], points.time[corners], points.pitch[corners]
    duration = time[:, 3] - time[:, 0]
    shape = np.empty((len(corners), 5))
    shape[:, :3] = pitch[:, 1:] - pitch[:, :1]
    shape[:, 3:] = (time[:, 1:3] - time[:, :1]) / duration[:, None]
    return Quads(shape, duration, time[:, 0], pitch[:, 0], points.row[anchor])


def straight_share(points: Constellation, recipe: Recipe) -> float:
    """Which part of the quads of a constellation lies on a line, 0..1; 0 where there are none.

    Sweeps and sirens are all line. Music and speech have one straight quad in ten or fewer.
    """
    points = points.strongest(recipe.per_second)
    straight = [_glides(points.time[c], points.pitch[c]) for c in _corners(points, recipe)]
    count = sum(map(len, straight))
    return sum(int(s.sum()) for s in straight) / count if count else 0.0


def _corners(points: Constellation, recipe: Recipe) -> Iterator[Indices]:
    """Rows of the four corners, ``intp [n, 4]``, a block of anchors at a time."""
    for first in range(0, len(points), ANCHOR_BLOCK):
        yield _quads_of(points, np.arange(first, min(first + ANCHOR_BLOCK, len(points))), recipe)


def _quads_of(points: Constellation, anchors: Indices, recipe: Recipe) -> Indices:
    """Rows of the four corners, ``intp [n, 4]``, for a block of anchors."""
    width = recipe.neighbours
    ends = np.searchsorted(points.time, points.time[anchors] + FARTHEST * recipe.slack, "right")
    zone = max(width, int((ends - anchors).max(initial=0)))
    rows = anchors[:, None] + np.arange(1, zone + 1)
    inside = rows < ends[:, None]
    rows = np.minimum(rows, len(points) - 1)
    wait = points.time[rows] - points.time[anchors, None]
    step = np.abs(points.pitch[rows] - points.pitch[anchors, None])
    inside &= wait >= NEAREST / recipe.slack
    inside &= (step >= SMALLEST_STEP) & (step <= LARGEST_STEP)
    strength = np.where(inside, points.strength[rows], -np.inf)
    best = np.sort(np.argpartition(-strength, width - 1, axis=1)[:, :width], axis=1)
    rows, strength = (np.take_along_axis(a, best, axis=1) for a in (rows, strength))

    triple = np.array(list(combinations(range(width), 3)))
    score = strength[:, triple].sum(axis=2)
    x, y, z = (rows[:, triple[:, k]] for k in range(3))
    score[points.time[z] - points.time[x] < SHORTEST_SPREAD] = -np.inf
    if score.shape[1] > recipe.per_anchor:
        kept = np.argpartition(-score, recipe.per_anchor - 1, axis=1)[:, : recipe.per_anchor]
        x, y, z, score = (np.take_along_axis(a, kept, axis=1) for a in (x, y, z, score))
    which, column = np.nonzero(np.isfinite(score))
    return np.stack([anchors[which], x[which, column], y[which, column], z[which, column]], axis=1)


def _glides(time: Floats, pitch: Floats) -> npt.NDArray[np.bool_]:
    """Which quads rise or fall along a straight line."""
    up = pitch[:, 1:] > pitch[:, :-1]
    glides = (up[:, 0] == up[:, 1]) & (up[:, 1] == up[:, 2])
    rows = np.flatnonzero(glides)
    time, pitch = time[rows] - time[rows, :1], pitch[rows] - pitch[rows, :1]
    line = pitch[:, 3:] / time[:, 3:] * time[:, 1:3]
    glides[rows] = (np.abs(pitch[:, 1:3] - line) < GLIDE).all(axis=1)
    return np.asarray(glides, np.bool_)


def cells(shape: Floats, cell: Floats) -> npt.NDArray[np.uint32]:
    """The key of the cell that each shape lies in, ``uint32 [N]``."""
    return _hash(_places(shape, cell).sum(axis=0, dtype=np.uint64))


def nearby_cells(shape: Floats, cell: Floats) -> tuple[Indices, npt.NDArray[np.uint32]]:
    """Every cell within tolerance of each shape: rows of ``shape``, and keys."""
    low, high = _places(shape - TOLERANCE, cell), _places(shape + TOLERANCE, cell)
    differs = low != high
    rows, packed = np.arange(len(shape)), np.zeros(len(shape), np.uint64)
    for column in range(low.shape[0]):
        both = np.flatnonzero(differs[column, rows])
        packed = np.concatenate(
            [packed + low[column, rows], packed[both] + high[column, rows[both]]]
        )
        rows = np.concatenate([rows, rows[both]])
    return rows, _hash(packed)


def _places(shape: Floats, cell: Floats) -> npt.NDArray[np.uint64]:
    """What each coordinate's cell adds to the packed cell of all five, ``uint64 [5, N]``."""
    grid = (np.floor(shape.T / cell[:, None]) + 32).astype(np.uint64)
    return grid << SHIFTS[:, None]


def _hash(packed: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
    """Mix 30 bits into 32 (Fibonacci hashing)."""
    mixed = (packed ^ (packed >> np.uint64(15))) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(32)).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Meetings:
    """Quads of two sides with the same shape: rows of the query's and of the reference's quads,
    ``pitch`` (query minus reference) and ``log_rate`` (reference over query), ``float64 [N]``.
    """

    query: Indices
    reference: Indices
    pitch: Floats
    log_rate: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """A query's quads with every cell near each: ``rows`` of the quads ``intp [M]``, ``keys``."""

    quads: Quads
    rows: Indices
    keys: npt.NDArray[np.uint32]


def asked(quads: Quads) -> Asked:
    """What a query asks any reference for."""
    return Asked(quads, *nearby_cells(quads.shape, PAIR_CELL))


def meet(asking: Asked, reference: Quads) -> Meetings:
    """All pairs of quads whose shapes agree and whose pitch and tempo differ by plausible amounts.

    The reference's quads are sorted by their one key; every query quad asks for all cells near it.
    """
    query, rows, keys = asking.quads, asking.rows, asking.keys
    if not len(query) or not len(reference):
        nothing = np.zeros(0, np.intp)
        return Meetings(nothing, nothing, np.zeros(0), np.zeros(0))
    stored = cells(reference.shape, PAIR_CELL)
    order = np.argsort(stored)
    shelf = np.searchsorted(stored[order], np.arange(SHELVES + 1, dtype=np.uint64) << SHELF_SHIFT)
    slot = keys >> SHELF_SHIFT
    first = shelf[slot]
    count = shelf[slot + 1] - first
    some = np.flatnonzero(count)
    first, count = first[some], count[some]
    q = np.repeat(rows[some], count)
    within = np.arange(len(q)) - np.repeat(np.cumsum(count) - count, count)
    r = order[np.repeat(first, count) + within]
    same = stored[r] == np.repeat(keys[some], count)
    q, r = q[same], r[same]
    pitch = query.pitch[q] - reference.pitch[r]
    log_rate = np.log(reference.duration[r] / query.duration[q])
    near = (np.abs(pitch) <= WIDEST_PITCH) & (np.abs(log_rate) <= LONGEST_LOG_RATE)
    q, r, pitch, log_rate = q[near], r[near], pitch[near], log_rate[near]
    apart = np.abs(query.shape[q] - reference.shape[r])
    near = (apart <= TOLERANCE).all(axis=1)
    return Meetings(q[near], r[near], pitch[near], log_rate[near])


PITCH_BITS, TICK_BITS = 7, 5
"""Of a mark: the pitch in semitones, and above it the tick; each has room for a difference."""


def marks(ticks: npt.NDArray[np.int64], pitches: Floats) -> npt.NDArray[np.uint32]:
    """When and how high quads are, in one number each: for an index that counts those that a copy
    has later, and higher, by as much as each other. ``ticks`` from 0 to 15.
    """
    pitch = np.clip(pitches, 0.0, 2.0 ** (PITCH_BITS - 1) - 1.0).astype(np.int64)
    return ((ticks << PITCH_BITS) | pitch).astype(np.uint32)
