"""Let quads of equal shape vote for the clocks that a query and a reference may share.

Each pair of quads tells a pitch and a rate, and with them where the query's moment lies in the
reference. Votes are counted a chunk of the query at a time, so that errors of a quad's own rate,
a few per cent, do not scatter them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reseen.engine.sound.constellation import Constellation, Floats
from reseen.engine.sound.peak_pairs import Clock
from reseen.engine.sound.quads import Asked, Recipe, asked, find_quads, meet

CHUNK = 12.0
"""Seconds of the query that vote together: short enough that an error of 5% in a quad's own rate
moves its vote by less than a cell."""
OFFSET_CELL, PITCH_CELL = 1.2, 0.7
FEWEST_VOTES = 3
MOST_PER_PIECE = 30
MOST_SEEDS = 100
LEAST_OF_BEST = 12
"""A proposal with fewer votes than a twelfth of the best about the same moment is its shadow."""
QUERY_SECONDS = 60.0
"""Queries are taken through their quads in pieces, references likewise, to bound memory."""
REFERENCE_SECONDS = 1200.0
REMEMBERED = 150_000
"""Quads of a query, 200 bytes each with their cells: a minute has 90,000 in a first look."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A clock guessed from quads about one moment of the query, and how many quads agree."""

    clock: Clock
    centre: float
    votes: int


@dataclass(frozen=True)
class Heard:
    """The peaks of a query. What a short one asks with is found once, however many references it
    meets.
    """

    points: Constellation
    _asked: dict[Recipe, Asked] = field(default_factory=dict, repr=False)

    def asks(self, recipe: Recipe) -> Iterator[Asked]:
        """A piece of the query after the other."""
        if recipe in self._asked:
            yield self._asked[recipe]
            return
        pieces = _pieces(self.points, QUERY_SECONDS, 2.0)
        for piece in pieces:
            asking = asked(find_quads(piece, recipe))
            if len(pieces) == 1 and len(asking.quads) <= REMEMBERED:
                self._asked[recipe] = asking
            yield asking


def propose(
    query: Heard, reference: Constellation, asking: Recipe, storing: Recipe
) -> list[Proposal]:
    """Clocks that several quads agree on, most votes first."""
    stored = _pieces(reference, REFERENCE_SECONDS, 2.0)
    shelves = [find_quads(piece, storing) for piece in stored]
    found: list[Proposal] = []
    for piece in query.asks(asking):
        for shelf in shelves:
            met = meet(piece, shelf)
            found += _vote(
                piece.quads.time[met.query], shelf.time[met.reference], met.pitch, met.log_rate
            )
    best: dict[float, int] = {}
    for proposal in found:
        best[proposal.centre] = max(proposal.votes, best.get(proposal.centre, 0))
    found = [p for p in found if p.votes * LEAST_OF_BEST >= best[p.centre]]
    return sorted(found, key=lambda p: -p.votes)


def _pieces(points: Constellation, length: float, overlap: float) -> list[Constellation]:
    first, last = float(points.time[0]), float(points.time[-1])
    starts = np.arange(first, max(last, first + 1e-9), length)
    return [points.rows(points.between(s, s + length + overlap)) for s in starts]


def _vote(at: Floats, there: Floats, pitch: Floats, log_rate: Floats) -> list[Proposal]:
    """Count quads by chunk of the query, pitch, and reference time of the chunk's middle."""
    if len(at) < FEWEST_VOTES:
        return []
    order = np.argsort(at, kind="stable")
    at, there, pitch, log_rate = at[order], there[order], pitch[order], log_rate[order]
    found: list[Proposal] = []
    half = CHUNK / 2
    for side in (0, 1):
        chunk = np.floor(at / half).astype(np.int64) - side
        middle = (chunk + 1) * half
        lands = there - np.exp(log_rate) * (at - middle)
        cell = np.stack([chunk, np.floor(pitch / PITCH_CELL), np.floor(lands / OFFSET_CELL)])
        order = np.lexsort(cell)
        edges = np.flatnonzero(np.any(np.diff(cell[:, order], axis=1) != 0, axis=0)) + 1
        sizes = np.diff(np.concatenate([[0], edges, [len(order)]]))
        starts = np.concatenate([[0], edges])
        for which in np.argsort(-sizes, kind="stable")[:MOST_PER_PIECE]:
            if sizes[which] < 2:
                break
            rows = order[starts[which] : starts[which] + sizes[which]]
            first, last = np.searchsorted(chunk, chunk[rows[0]] + np.array([0, 1]))
            near = first + np.flatnonzero(
                (np.abs(pitch[first:last] - np.median(pitch[rows])) < PITCH_CELL)
                & (np.abs(lands[first:last] - np.median(lands[rows])) < OFFSET_CELL)
            )
            proposal = _line(at, there, pitch, log_rate, near, float(middle[rows[0]]))
            if proposal.votes >= FEWEST_VOTES:
                found.append(proposal)
    return found


def _line(
    at: Floats,
    there: Floats,
    pitch: Floats,
    log_rate: Floats,
    rows: npt.NDArray[np.intp],
    middle: float,
) -> Proposal:
    """The vote that most others agree with, as a clock."""
    seeds = rows[:: 1 + len(rows) // MOST_SEEDS]
    rate = np.exp(log_rate[seeds])[:, None]
    agree = np.abs(pitch[rows] - pitch[seeds, None]) < 0.4
    agree &= np.abs(log_rate[rows] - log_rate[seeds, None]) < 0.06
    agree &= np.abs(there[rows] - there[seeds, None] - rate * (at[rows] - at[seeds, None])) < 0.15
    votes = agree.sum(axis=1)
    best = seeds[int(np.argmax(votes))]
    tempo = float(np.exp(log_rate[best]))
    clock = Clock(float(there[best] - tempo * at[best]), tempo, float(pitch[best]))
    return Proposal(clock, middle, int(votes.max()))
