"""The clock of a scene that hardly changes, by what moves in it.

Descriptors see the place and who is in it, not where a hand is: two films of one scene resemble
each other along every line. What is left of small grey pictures once their mean over some seconds
is taken away is what moves. Along the right line that agrees; beside it, and in another take of the
same scene, it does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from reseen.domain.match import Segment
from reseen.domain.media import Frame, Pixels, Span
from reseen.engine.film.films import Floats
from reseen.engine.film.hough import ODD_RATE, RATES, Line
from reseen.engine.score import Calibration

SIDE = 32
CALM = 4.0
"""Seconds before and after a moment over which the mean is taken."""
NOISE = 1.0
"""Grey levels (root mean square) that re-encoding moves; a moment that moves less counts less."""
FEWEST = 6.0
"""Moments that move, from which anything is said."""
SHARE = 0.5
"""Of the query's moments, which a line must place inside the reference."""
STEP, LEEWAY = 0.125, 0.3
"""Seconds between offsets tried, and beyond the reference's ends that count as inside."""
ELSEWHERE = 1.5
"""Seconds from the best line, from which a line is another."""
AGREES, LEADS = 0.45, 0.15
"""Agreement, and lead before all other lines, from which a line is the clock: decisions/0005."""
SURELY, MANY = 2.0, 12
"""Grey levels that more than noise moves, and moments that move so on both sides, from which motion
may also disagree."""
DISAGREES = 0.25
"""Largest agreement along any line, under which two films do not go together though both move: of
halves of films by a still camera, of which the later is not in the earlier, most stay below."""
MOVED = Calibration(bias=-3.4, weights=(10.0,))
"""Of the agreement."""
STEADY, FADES = 2.0, 0.4
"""Seconds over which agreement is averaged to find where it ends, and the share of the whole under
which it has ended."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves at each moment. times ``float64 [n]`` seconds; moved ``float32 [n, SIDE, SIDE]``
    grey levels around 0; strength ``float32 [n]``, their root mean square.
    """

    times: Floats
    moved: npt.NDArray[np.float32]
    strength: npt.NDArray[np.float32]

    @property
    def weights(self) -> npt.NDArray[np.float32]:
        return np.asarray(np.minimum(1.0, self.strength / NOISE), np.float32)

    def mirrored(self) -> "Motion":
        return replace(self, moved=self.moved[:, :, ::-1])


def motion(frames: Iterable[Frame]) -> Motion:
    """Of frames with times, in order."""
    times, greys = [], []
    for frame in frames:
        times.append(frame.time or 0.0)
        greys.append(small(frame.pixels))
    return moving(np.array(times, np.float64), np.array(greys, np.uint8))


def small(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """What motion looks at of a frame, ``uint8 [SIDE, SIDE]``."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def moving(at: Floats, greys: npt.NDArray[np.uint8]) -> Motion:
    """Of small grey frames ``[n, SIDE, SIDE]`` at times ``[n]`` in order."""
    seen = greys.astype(np.float32).reshape(-1, SIDE, SIDE)
    sums = np.concatenate([np.zeros((1, SIDE, SIDE)), np.cumsum(seen, axis=0, dtype=np.float64)])
    low, high = np.searchsorted(at, at - CALM), np.searchsorted(at, at + CALM, side="right")
    mean = (sums[high] - sums[low]) / np.maximum(1, high - low)[:, None, None]
    moved = (seen - mean).astype(np.float32)
    return Motion(at, moved, np.sqrt((moved**2).mean(axis=(1, 2))))


@dataclass(frozen=True, slots=True)
class Meeting:
    """What motion says of two films that show one scene: a clock, or that they do not go together
    on any. Of films that hardly move it says neither.
    """

    clock: "_Clock | None"
    disagrees: bool

    def timed(self, segment: Segment) -> Segment:
        """The segment on the clock; as it was, where there is none."""
        if self.clock is None:
            return segment
        start, end = _extent(self.clock, segment.query)
        ends = self.clock.line.at(np.array([start, end]))
        return replace(
            segment,
            query=Span(start, end),
            reference=Span(max(0.0, float(ends.min())), float(ends.max())),
            score=MOVED.score(self.clock.agreement),
            offset=self.clock.line.offset,
            rate=self.clock.line.rate,
        )


def meet(query: Motion, reference: Motion) -> Meeting:
    """Hold what moves in a stretch of the query, as it is and mirrored, against the reference."""
    if min(query.weights.sum(), reference.weights.sum()) < FEWEST:
        return Meeting(None, disagrees=False)
    found = [_best(one, reference) for one in (query, query.mirrored())]
    agreement, clock = max(found, key=lambda one: one[0])
    surely = min(int((side.strength > SURELY).sum()) for side in (query, reference))
    return Meeting(clock, disagrees=agreement < DISAGREES and surely >= MANY)


@dataclass(frozen=True, slots=True)
class _Clock:
    """``seen``: agreement at each of the query's moments ``[n]``, nan outside the reference."""

    line: Line
    agreement: float
    query: Motion
    seen: Floats


def _best(query: Motion, reference: Motion) -> tuple[float, _Clock | None]:
    """The largest agreement along any line, and the line where it leads all others."""
    alike = _agreements(query, reference)
    tried = np.concatenate([_lines(alike, query, reference, rate) for rate in RATES])
    if not len(tried):
        return 1.0, None
    offsets, rates, agreements = tried.T
    offset, rate, agreement = tried[np.argmax(agreements * np.where(rates == 1.0, 1.0, ODD_RATE))]
    apart = np.abs(offsets - offset + (rates - rate) * query.times.mean())
    rival = agreements[apart > ELSEWHERE].max(initial=0.0)
    if agreement < AGREES or agreement - rival < LEADS:
        return float(agreement), None
    seen, inside = _along(alike, query, reference, rate, np.array([offset]))
    line = Line(float(offset), float(rate), votes=float(query.weights.sum()))
    return float(agreement), _Clock(
        line, float(agreement), query, np.where(inside, seen, np.nan)[0]
    )


def _agreements(query: Motion, reference: Motion) -> npt.NDArray[np.float32]:
    """Cosines of what moves, ``[moments of the query, moments of the reference]``; near 0 where one
    side hardly moves.
    """
    here, there = (side.moved.reshape(len(side.times), -1) for side in (query, reference))
    scale = np.maximum(np.outer(query.strength, reference.strength), NOISE**2)
    return np.asarray(here @ there.T / SIDE**2 / scale, np.float32)


def _lines(alike: npt.NDArray[np.float32], query: Motion, reference: Motion, rate: float) -> Floats:
    """Offset, rate and agreement ``[lines, 3]`` of all lines of a rate that place enough of the
    query inside the reference.
    """
    moments = rate * query.times
    low, high = reference.times[0] - moments.max(), reference.times[-1] - moments.min()
    offsets = np.arange(low, high + STEP, STEP)
    seen, inside = _along(alike, query, reference, rate, offsets)
    weights = query.weights[None] * inside
    total = weights.sum(axis=1)
    enough = (inside.mean(axis=1) >= SHARE) & (total >= FEWEST)
    mean = (seen * weights).sum(axis=1) / np.maximum(total, 1e-9)
    return np.column_stack([offsets, np.full(len(offsets), rate), mean])[enough]


def _along(
    alike: npt.NDArray[np.float32], query: Motion, reference: Motion, rate: float, offsets: Floats
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Agreement at the query's moments for each offset, ``[offsets, n]``, between the reference's
    moments before and after; and which lie inside the reference.
    """
    there = offsets[:, None] + rate * query.times[None]
    times = reference.times
    inside = (there >= times[0] - LEEWAY) & (there <= times[-1] + LEEWAY)
    after = np.clip(np.searchsorted(times, there), 1, len(times) - 1)
    gap = np.maximum(times[after] - times[after - 1], 1e-6)
    share = np.clip((there - times[after - 1]) / gap, 0.0, 1.0)
    row = np.arange(len(query.times))[None]
    seen = alike[row, after - 1] * (1.0 - share) + alike[row, after] * share
    return np.asarray(seen, np.float64), inside


def _extent(clock: _Clock, span: Span) -> tuple[float, float]:
    """The longest stretch of the span over which motion agrees; what hardly moves goes along."""
    query = clock.query
    near = np.abs(query.times[:, None] - query.times[None]) <= STEADY
    inside = np.isfinite(clock.seen)
    weights = near * (query.weights * inside)[None]
    seen = np.where(inside, clock.seen, 0.0)
    steady = (weights * seen[None]).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    is_calm = weights.sum(axis=1) < 1.0
    agrees = inside & (is_calm | (steady >= FADES * clock.agreement))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], agrees, [0]])))
    first, last = max(
        zip(edges[::2], edges[1::2] - 1, strict=True), key=lambda run: run[1] - run[0]
    )
    half = float(np.median(np.diff(query.times))) / 2
    start = span.start if first == 0 else float(query.times[first]) - half
    end = span.end if last == len(query.times) - 1 else float(query.times[last]) + half
    return start, end
