"""The clocks of a pair of films, and whether each is known or one of many.

A line stands for a clock when the pictures resemble each other more along it than beside it. Where
a shift of a second and a half or more leaves the resemblance as it was, the scene stands still (or
repeats) and no clock is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from reseen.engine.film.boundaries import Stretch, profile
from reseen.engine.film.films import ONE_PICTURE, Film, Floats, Pairing, distinct, stands
from reseen.engine.film.hough import RATES, Hits, Line, best_line, hits

MOST_LINES = 8
WEAK = 0.12
"""Share of the first line's votes under which no more lines are looked for."""
FEWEST_VOTES = 1e-4
SHIFTS = (1.5, 2.5, 4.0, 6.0, 9.0, 14.0)
"""Seconds by which a line is moved to see whether that matters."""
NOISE = 0.01
"""What re-encoding does to the cosine of one frame with itself."""
BEST_LEFT_OUT, MANY = 2, 20
"""Moments that lose most, left out where there are many: a fade that two films begin with is half a
second of one clock, and tells nothing of the takes that follow it."""
KNOWN = 0.5
"""Certainty from which a clock is claimed."""


FLOOR = 0.27
"""Cosine under which two frames are not the same picture whatever the line says: of 1,500 pairs of
unrelated films, 99 in 100 have no two frames that reach 0.264, and the worst pair has 0.35."""
SHARE_OF_LEVEL = 0.5
SAME = 1.0
"""Seconds by which two lines may part and still be one clock."""
MARGIN, LEAN = 0.5, 2.0
"""Seconds around a stretch, and beside its line, within which the line is found anew."""
RIVAL = 0.1
"""Cosine by which a second pairing may be worse than the first and still be listened to."""
STRAIGHT = 0.995
"""Share of the resemblance along a line of another rate that suffices to believe in rate 1."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A line, the pairing in which it was found, and the resemblance of its best pairs. ``others``
    are nearly the same line, found in other pairings.
    """

    pairing: Pairing
    line: Line
    level: float
    hits: Hits
    others: tuple["Clock", ...] = ()

    @property
    def floor(self) -> float:
        """The resemblance under which a moment speaks against the line."""
        return max(FLOOR, SHARE_OF_LEVEL * self.level)

    def profile(self, times: Floats) -> Floats:
        """Resemblance along the line at times of the query, as of the best pairing."""
        best = profile(self.pairing.query, self.pairing.reference, self.line, times)
        for other in self.others:
            seen = other.profile(times)
            best = np.where(seen > -1.0, np.maximum(best, seen - other.floor + self.floor), best)
        return best

    def moved(self, shift: float) -> "Clock":
        """The clock set wrong by some seconds."""
        line = Line(self.line.offset + shift, self.line.rate, self.line.votes)
        return replace(self, line=line, others=tuple(other.moved(shift) for other in self.others))

    def inverse(self) -> "Clock":
        """The same clock, read from the reference's side."""
        turned = Pairing(self.pairing.reference, self.pairing.query)
        others = tuple(other.inverse() for other in self.others)
        return replace(self, pairing=turned, line=self.line.inverse(), others=others)


def clocks(pairs: Sequence[Pairing]) -> list[Clock]:
    """The lines of all pairings, those with most votes first, each clock once."""
    return _grouped([clock for pairing in pairs for clock in _lines(pairing)])


def refined(
    known: Sequence[Clock], found: Sequence[Stretch], beside: Sequence[Clock] = ()
) -> list[Clock]:
    """The clocks of the stretches, each found anew from the pairs of its stretch alone: a line that
    was drawn through all pairs leans towards what lies outside. Those ``beside`` them stay as they
    are and keep their moments: a clock that is sure of a little would take them over.
    """
    fresh = []
    for stretch in found:
        for clock in (known[stretch.line], *known[stretch.line].others):
            moment = clock.pairing.query.middles[clock.hits.query]
            inside = (moment > stretch.start - MARGIN) & (moment < stretch.end + MARGIN)
            inside &= _near(clock.pairing, clock.hits, clock.line, reach=LEAN)
            anew = _best(clock.pairing, clock.hits.rows(inside))
            if anew is not None:
                fresh.append(replace(anew, hits=clock.hits))
    better = _grouped(fresh)
    end = max((float(c.pairing.query.until.max()) for c in known), default=0.0)
    return better + [
        one for one in beside if not any(_is_same(one.line, b.line, end) for b in better)
    ]


def _grouped(every: list[Clock]) -> list[Clock]:
    every.sort(key=lambda c: -c.line.votes)
    end = max((float(c.pairing.query.until.max()) for c in every), default=0.0)
    groups: list[list[Clock]] = []
    for clock in every:
        group = next((g for g in groups if _is_same(g[0].line, clock.line, end)), None)
        if group is None:
            groups.append([clock])
        elif clock.level > group[0].level - RIVAL:
            group.append(clock)
    return [replace(group[0], others=tuple(group[1:])) for group in groups]


def _lines(pairing: Pairing) -> list[Clock]:
    """The lines of all rates, and those of rate 1 beside them: clips cut out of a film one after
    the other look like one that runs faster, and the cuts are decided moment by moment.
    """
    every = hits(pairing.query, pairing.reference)
    found = drawn(pairing, every, RATES)
    if all(clock.line.rate == 1.0 for clock in found):
        return found
    end = float(pairing.query.until.max())
    straight = drawn(pairing, every, (1.0,))
    return found + [c for c in straight if not any(_is_same(c.line, f.line, end) for f in found)]


def drawn(
    pairing: Pairing, every: Hits, rates: Sequence[float], most: int = MOST_LINES
) -> list[Clock]:
    """The lines with most votes, best first; each takes its votes away from the next."""
    left = every
    found: list[Clock] = []
    while len(found) < most:
        clock = _best(pairing, left, rates)
        if clock is None or (found and clock.line.votes < WEAK * found[0].line.votes):
            break
        found.append(replace(clock, hits=every))
        left = left.rows(~_near(pairing, left, clock.line))
    return found


def _best(pairing: Pairing, left: Hits, rates: Sequence[float] = RATES) -> Clock | None:
    """The line with most votes, or a straight one that fits as well."""
    clock = _clock(pairing, left, best_line(pairing.query, pairing.reference, left, rates))
    if clock is None or clock.line.rate == 1.0:
        return clock
    line = best_line(pairing.query, pairing.reference, left, rates=(1.0,))
    straight = _clock(pairing, left, line)
    times = pairing.query.middles[np.unique(left.query)]
    if straight and _gain(straight, times) >= STRAIGHT * _gain(clock, times):
        return straight
    return clock


def _clock(pairing: Pairing, found: Hits, line: Line | None) -> Clock | None:
    if line is None or line.votes < FEWEST_VOTES:
        return None
    near = _near(pairing, found, line)
    if not near.any():
        return None
    level = float(np.average(found.similarity[near], weights=found.weight[near]))
    return Clock(pairing, line, level, found)


def _gain(clock: Clock, times: Floats) -> float:
    seen = clock.profile(times)
    return float(np.maximum(0.0, seen - clock.floor).sum())


def _is_same(one: Line, other: Line, end: float) -> bool:
    drift = (one.offset - other.offset, one.offset - other.offset + (one.rate - other.rate) * end)
    return max(abs(d) for d in drift) < SAME


def certainty(clock: Clock, stretch: Stretch) -> float:
    """0..1: how much of the resemblance is lost by the shift that loses least of it; 0 where one
    side shows a single picture, which tells no pace.
    """
    query = clock.pairing.query
    there = clock.line.at(np.array([stretch.start, stretch.end]))
    if stands(query, stretch.start, stretch.end) or stands(
        clock.pairing.reference, float(there.min()), float(there.max())
    ):
        return 0.0
    times = np.arange(stretch.start + 0.25, stretch.end, 0.5)
    here = clock.profile(times)
    pictures = max(1.0, distinct(query, stretch.start, stretch.end, ONE_PICTURE))
    least = 1.0
    for shift in (*SHIFTS, *(-s for s in SHIFTS)):
        moved = clock.moved(shift).profile(times)
        both = (here > -1.0) & (moved > -1.0)
        if both.sum() < 2:
            continue
        lost = np.sort((here - moved)[both])
        lost = lost[:-BEST_LEFT_OUT] if len(lost) >= MANY else lost
        doubt = NOISE * both.sum() / np.sqrt(min(pictures, int(both.sum())))
        least = min(least, float(lost.sum() / (np.abs(lost).sum() + doubt)))
    return max(0.0, least)


def _near(pairing: Pairing, found: Hits, line: Line, reach: float = 0.75) -> npt.NDArray[np.bool_]:
    x, y = pairing.query.middles[found.query], pairing.reference.middles[found.reference]
    long = np.maximum(
        _lengths(pairing.query)[found.query], _lengths(pairing.reference)[found.reference]
    )
    return np.asarray(np.abs(y - line.at(x)) < reach + long / 2)


def _lengths(film: Film) -> Floats:
    return film.ends - film.starts
