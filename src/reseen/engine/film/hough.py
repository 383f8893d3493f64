"""Find the clocks on which two films agree: lines ``reference = offset + rate * query``.

Each pair of frames that resemble each other more than either resembles the rest of the other film
votes for all offsets under which their spans overlap, by the share that overlaps, at every rate. A
vote weighs the squared excess of the similarity over the mean of its row and column, so that a
scene which is everywhere says little about when.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reseen.engine.film.films import Film, Floats, Ints, similarities

NEAREST = 6
"""Best reference frames of a query frame that vote, and the reverse."""
LEAST = 0.22
"""Cosine from which a pair votes: of unrelated frames one pair in a thousand reaches 0.21."""
RIVALRY = 0.04
"""Cosine by which a pair may fall behind the best of its row or column before its vote drops to a
third: of the frames of one shot, the right one leads by about this much a second."""
BIN = 0.125
BACKWARDS = -1.0
RATES = (*(round(math.exp(0.025 * k), 4) for k in range(-28, 29)), BACKWARDS)
"""Half to double speed in steps of 2.5%: over 40 s the clock drifts by half a second to a
neighbour. And played backwards, at the film's own speed."""
ODD_RATE = 0.93
"""Votes for another rate than 1 count less: of 57 rates one always fits chance best."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Pairs of frames: their numbers, similarity, and weight as a vote, all ``[n]``."""

    query: Ints
    reference: Ints
    similarity: Floats
    weight: Floats

    def rows(self, which: np.ndarray) -> "Hits":
        return Hits(
            self.query[which], self.reference[which], self.similarity[which], self.weight[which]
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A clock: ``reference = offset + rate * query``. ``votes`` is the weight behind it. A rate
    below zero is a film played backwards.
    """

    offset: float
    rate: float
    votes: float

    def at(self, query: Floats) -> Floats:
        return self.offset + self.rate * query

    def inverse(self) -> "Line":
        """The query's time for a time of the reference."""
        return Line(-self.offset / self.rate, 1.0 / self.rate, self.votes)


def hits(query: Film, reference: Film) -> Hits:
    """The nearest pairs of both directions."""
    total = np.zeros(len(reference))
    rows, columns, values, means, tops = [], [], [], [], []
    best = np.full((NEAREST, len(reference)), -1.0, np.float32)
    who = np.zeros((NEAREST, len(reference)), np.intp)
    for at, block in similarities(query, reference):
        total += block.sum(axis=0)
        means.append(block.mean(axis=1))
        tops.append(block.max(axis=1))
        k = min(NEAREST, block.shape[1])
        near = np.argpartition(-block, k - 1, axis=1)[:, :k]
        here = np.arange(len(block))[:, None]
        rows.append((at + np.broadcast_to(here, near.shape)).ravel())
        columns.append(near.ravel())
        values.append(block[here, near].ravel())
        both = np.concatenate([best, block])
        names = np.concatenate([who, np.broadcast_to(at + here, block.shape)])
        order = np.argpartition(-both, NEAREST - 1, axis=0)[:NEAREST]
        best = np.take_along_axis(both, order, axis=0)
        who = np.take_along_axis(names, order, axis=0)
    seen = best > -1.0
    i = np.concatenate([*rows, who[seen]])
    j = np.concatenate([*columns, np.broadcast_to(np.arange(len(reference)), who.shape)[seen]])
    s = np.concatenate([*values, best[seen]]).astype(np.float64)
    _, once = np.unique(i * len(reference) + j, return_index=True)
    i, j, s = i[once], j[once], s[once]
    usual = np.maximum(np.concatenate(means)[i], total[j] / len(query))
    excess = np.maximum(0.0, s - np.maximum(usual, 0.0))
    behind = np.maximum(np.concatenate(tops)[i], best.max(axis=0)[j]) - s
    keep = (excess > 0.0) & (s > LEAST)
    return Hits(i[keep], j[keep], s[keep], (excess**2 * np.exp(-behind / RIVALRY))[keep])


def best_line(
    query: Film, reference: Film, found: Hits, rates: Sequence[float] = RATES
) -> Line | None:
    """The line with most votes, then fitted to the pairs near it; ``None`` without a vote."""
    if not len(found.query):
        return None
    best: Line | None = None
    qs, qe = query.starts[found.query], query.ends[found.query]
    rs, re = reference.starts[found.reference], reference.ends[found.reference]
    for rate in rates:
        line = _vote(rate, (qs, qe, rs, re), found.weight)
        fair = line.votes if rate == 1.0 else line.votes * ODD_RATE
        if best is None or fair > best.votes:
            best = Line(line.offset, line.rate, fair)
    return best if best is None else _fit(query, reference, found, best)


def _vote(rate: float, spans: tuple[Floats, Floats, Floats, Floats], weight: Floats) -> Line:
    """Sum of trapezoids: the overlap of two spans as a function of the offset, its peak scaled to
    the share of the longer one. Built by its four kinks and summed twice.
    """
    qs, qe, rs, re = spans
    first, last = (rate * qs, rate * qe) if rate > 0.0 else (rate * qe, rate * qs)
    long = np.maximum(last - first, re - rs)
    kinks = np.stack([rs - last, rs - first, re - last, re - first])
    low = float(kinks.min())
    size = int((float(kinks.max()) - low) / BIN) + 3
    slope = np.zeros(size)
    for kink, sign in zip(kinks, (1.0, -1.0, -1.0, 1.0), strict=True):
        place = (kink - low) / BIN
        cell = place.astype(np.intp)
        part = place - cell
        steep = sign * weight * BIN / long
        slope += np.bincount(cell, steep * (1 - part), size)
        slope += np.bincount(cell + 1, steep * part, size)
    votes = np.cumsum(np.cumsum(slope))
    # the second sum at cell k already holds the slope of cell k: it is the height at k + 1
    peak = int(votes.argmax())
    return Line(low + (peak + 1) * BIN, rate, float(votes[peak]))


def _fit(query: Film, reference: Film, found: Hits, line: Line) -> Line:
    """Least squares over the pairs near the line, narrowing; long spans say little of when."""
    x, y = query.middles[found.query], reference.middles[found.reference]
    long = np.maximum(
        (query.ends - query.starts)[found.query],
        (reference.ends - reference.starts)[found.reference],
    )
    sharp = found.weight / (0.25 + long) ** 2
    for reach in (1.5, 1.0, 0.75):
        off = y - line.offset - line.rate * x
        near = np.abs(off) < reach + long / 2
        w = sharp[near]
        if near.sum() < 3 or w.sum() <= 0.0:
            return line
        mx, mo = np.average(x[near], weights=w), np.average(off[near], weights=w)
        spread = np.average((x[near] - mx) ** 2, weights=w)
        tilt = np.average((x[near] - mx) * (off[near] - mo), weights=w) / max(spread, 1e-9)
        turn = float(np.clip(tilt, -0.03, 0.03)) if spread > 4.0 else 0.0
        line = Line(line.offset + float(mo - turn * mx), line.rate + turn, line.votes)
    pace = float(np.median(np.diff(np.unique(x[near])))) if np.ptp(x[near]) > 0 else 0.0
    own = math.copysign(1.0, line.rate)
    if abs(line.rate - own) * float(np.ptp(x[near])) < 0.35 + pace / 2:
        line = Line(line.offset + (line.rate - own) * float(mx), own, line.votes)
    return Line(float(line.offset), float(line.rate), line.votes)
