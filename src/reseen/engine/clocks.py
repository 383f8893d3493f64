"""The clocks of a pair of films, and whether each is known or one of many.

A line stands for a clock when the pictures resemble each other more along it than beside it. Where
a shift of a second and a half or more leaves the resemblance as it was, the scene stands still (or
repeats) and no clock is claimed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reseen.engine.boundaries import Stretch, profile
from reseen.engine.films import Film, Floats, Pairing
from reseen.engine.hough import Hits, Line, best_line, hits

MOST_LINES = 8
WEAK = 0.12
"""Share of the first line's votes under which no more lines are looked for."""
FEWEST_VOTES = 1e-4
SHIFTS = (1.5, 2.5, 4.0, 6.0, 9.0, 14.0)
"""Seconds by which a line is moved to see whether that matters."""
NOISE = 0.02
"""What re-encoding does to the cosine of one frame with itself."""
KNOWN = 0.5
"""Certainty from which a clock is claimed."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A line, the pairing in which it was found, and the resemblance of its best pairs."""

    pairing: Pairing
    line: Line
    level: float


def clocks(pairing: Pairing) -> list[Clock]:
    """The lines with most votes, best first; each takes its votes away from the next."""
    left = hits(pairing.query, pairing.reference)
    found: list[Clock] = []
    while len(found) < MOST_LINES:
        line = best_line(pairing.query, pairing.reference, left)
        if line is None or line.votes < FEWEST_VOTES:
            break
        if found and line.votes < WEAK * found[0].line.votes:
            break
        near = _near(pairing, left, line)
        if not near.any():
            break
        level = float(np.average(left.similarity[near], weights=left.weight[near]))
        found.append(Clock(pairing, line, level))
        left = left.rows(~near)
    return found


def certainty(clock: Clock, stretch: Stretch) -> float:
    """0..1: how much of the resemblance is lost by the shift that loses least of it."""
    query, reference, line = clock.pairing.query, clock.pairing.reference, clock.line
    times = np.arange(stretch.start + 0.25, stretch.end, 0.5)
    here = profile(query, reference, line, times)
    distinct = max(1, int(((query.starts < stretch.end) & (query.ends > stretch.start)).sum()))
    least = 1.0
    for shift in (*SHIFTS, *(-s for s in SHIFTS)):
        moved = profile(query, reference, Line(line.offset + shift, line.rate, 0.0), times)
        both = (here > -1.0) & (moved > -1.0)
        if both.sum() < 2:
            continue
        lost = (here - moved)[both]
        doubt = NOISE * both.sum() / np.sqrt(min(distinct, int(both.sum())))
        least = min(least, float(lost.sum() / (np.abs(lost).sum() + doubt)))
    return max(0.0, least)


def _near(pairing: Pairing, found: Hits, line: Line) -> npt.NDArray[np.bool_]:
    x, y = pairing.query.middles[found.query], pairing.reference.middles[found.reference]
    long = np.maximum(
        _lengths(pairing.query)[found.query], _lengths(pairing.reference)[found.reference]
    )
    return np.asarray(np.abs(y - line.at(x)) < 0.75 + long / 2)


def _lengths(film: Film) -> Floats:
    return film.ends - film.starts
