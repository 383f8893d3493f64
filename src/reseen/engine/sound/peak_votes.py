"""Let single peaks vote for the clocks that a query and a reference may share.

Where noise or a voice hides most peaks, no four survive together and no quad is repeated. Single
peaks still are: under the right clock many more of them meet than under any other (the histogram of
offsets of Wang, 2003, over peaks instead of pairs). A peak tells neither rate nor pitch, so likely
ones are tried in turn: as it was, stretched, played faster or slower, shifted. Rates and pitches
changed each by an amount of its own would be thousands of clocks; those are left to quads. As it
was, all of a query votes together: evidence under noise grows with its length.
"""

import math
from dataclasses import dataclass

import numpy as np

from reseen.engine.sound.constellation import Constellation, Floats, Indices
from reseen.engine.sound.peak_pairs import Clock
from reseen.engine.sound.quad_votes import Proposal

WINDOW = 12.0
"""Seconds of the query that vote together: a rate that is a quarter of a per cent off moves a vote
by half a cell."""
OFFSET_CELL = 0.03
PITCH_REACH = 0.2
PER_SECOND = 25
"""Peaks of either side that vote, and are voted for."""
RATE_STEP, WIDEST_LOG_RATE = 0.005, 0.25
PITCH_STEP, WIDEST_PITCH = 0.3, 5.4
SURROUNDING = 133
"""Cells, four seconds, whose mean is what chance gives."""
LEAST_EXCESS = 4.5
"""Votes above chance in standard deviations. The best of all offsets of unrelated sounds reaches 5
to 7: verification refuses those, and copies at -5 dB have no more."""
BEST_OFFSETS = 2
SAME_RATE = 0.05
"""Within which chance is as good as the same, as it is within a step of pitch."""
SAME_CELLS = 3
"""Cells beside a vote that tell of the same offset."""
MOST_PER_WINDOW = 6
SAME_PLACE, SAME_PITCH = 0.2, 1.0
MOST_PAIRS = 16_000_000
"""Pairs of peaks counted, about 0.2 s. Where trying all clocks would need more (10 s against more
than five minutes), only sound as it was is looked for."""


def _clocks() -> tuple[tuple[float, float], ...]:
    """Rates and pitches: stretched, played faster or slower, shifted."""
    rates = np.exp(np.arange(-WIDEST_LOG_RATE, WIDEST_LOG_RATE + RATE_STEP / 2, RATE_STEP))
    pitches = np.arange(-WIDEST_PITCH, WIDEST_PITCH + PITCH_STEP / 2, PITCH_STEP)
    return (
        *((float(rate), 0.0) for rate in rates),
        *((float(rate), 12 * math.log2(rate)) for rate in rates),
        *((1.0, float(pitch)) for pitch in pitches),
    )


AS_IT_WAS = ((1.0, 0.0),)
CLOCKS = _clocks()


@dataclass(frozen=True, slots=True)
class _Vote:
    """An offset that stands out: by how much, and where the window's middle lands."""

    excess: float
    rate: float
    pitch: float
    lands: float


def propose_by_peaks(query: Constellation, reference: Constellation) -> list[Proposal]:
    """Clocks under which more peaks meet than chance explains, the most surprising first.

    ``votes`` of a proposal are tenths of standard deviations.
    """
    query, reference = query.strongest(PER_SECOND), reference.strongest(PER_SECOND)
    by_pitch = reference.rows(np.argsort(reference.pitch, kind="stable"))
    work = len(_alike(query, by_pitch, 0.0)[0]) * len(CLOCKS)
    clocks = CLOCKS if work <= MOST_PAIRS else AS_IT_WAS
    found: list[Proposal] = []
    middles = _middles(query)
    if len(middles) > 1:
        middle = float(query.time[0] + query.time[-1]) / 2
        found += [_proposal(v, middle) for v in _apart(_votes(query, by_pitch, middle, AS_IT_WAS))]
    for middle in middles:
        near = query.rows(query.between(middle - WINDOW / 2, middle + WINDOW / 2))
        if len(near):
            found += [_proposal(v, middle) for v in _apart(_votes(near, by_pitch, middle, clocks))]
    return sorted(found, key=lambda p: -p.votes)


def _middles(query: Constellation) -> list[float]:
    """The middles of windows that overlap by half; one where the query is no longer than one."""
    first, last = float(query.time[0]), float(query.time[-1])
    if last - first <= WINDOW:
        return [(first + last) / 2]
    count = 1 + math.ceil((last - first - WINDOW) / (WINDOW / 2))
    return np.linspace(first + WINDOW / 2, last - WINDOW / 2, count).tolist()


def _votes(
    query: Constellation,
    by_pitch: Constellation,
    middle: float,
    clocks: tuple[tuple[float, float], ...],
) -> list[_Vote]:
    """The offsets that stand out under any of the clocks; the reference rises in pitch."""
    reach = WINDOW + float(query.time[-1] - query.time[0])
    first = float(by_pitch.time.min()) - reach
    cells = 2 + int((float(by_pitch.time.max()) + reach - first) / OFFSET_CELL)
    there = (by_pitch.time - first) / OFFSET_CELL
    here = (query.time - middle) / OFFSET_CELL
    found: list[_Vote] = []
    last, then, now = math.nan, np.zeros(0), np.zeros(0)
    usual, expected = (math.nan, math.nan), _Chance(np.zeros(0), np.zeros(0))
    for rate, pitch in clocks:
        if pitch != last:
            last = pitch
            q, r = _alike(query, by_pitch, pitch)
            then, now = there[r], here[q]
        votes = np.bincount((then - rate * now).astype(np.intp), minlength=cells)
        votes = votes[:-1] + votes[1:]
        if not (abs(pitch - usual[0]) < PITCH_STEP and abs(rate - usual[1]) < SAME_RATE):
            usual, expected = (pitch, rate), _chance(votes)
        excess = (votes - expected.mean) * expected.scale
        for _ in range(BEST_OFFSETS):
            best = int(excess.argmax())
            if excess[best] < LEAST_EXCESS:
                break
            lands = first + (best + 1) * OFFSET_CELL
            found.append(_Vote(float(excess[best]), rate, pitch, lands))
            excess[max(0, best - SAME_CELLS) : best + SAME_CELLS + 1] = 0.0
    return found


@dataclass(frozen=True, slots=True)
class _Chance:
    """What votes an edge between two cells has by chance, and one over their standard deviation:
    ``float64 [cells - 1]``. Alike for neighbouring clocks.
    """

    mean: Floats
    scale: Floats


def _chance(votes: Indices) -> _Chance:
    """Chance is the mean about there."""
    sums = np.concatenate([[0], np.cumsum(votes)])
    low = np.maximum(np.arange(len(votes)) - SURROUNDING // 2, 0)
    mean = (sums[np.minimum(low + SURROUNDING, len(votes))] - sums[low]) / SURROUNDING
    return _Chance(mean, 1 / np.sqrt(mean + 1))


def _alike(query: Constellation, by_pitch: Constellation, pitch: float) -> tuple[Indices, Indices]:
    """All pairs of rows whose pitches differ by about ``pitch``."""
    low = np.searchsorted(by_pitch.pitch, query.pitch - pitch - PITCH_REACH)
    count = np.searchsorted(by_pitch.pitch, query.pitch - pitch + PITCH_REACH) - low
    q = np.repeat(np.arange(len(query)), count)
    return q, np.repeat(low - np.cumsum(count) + count, count) + np.arange(len(q))


def _apart(votes: list[_Vote]) -> list[_Vote]:
    """The best votes, none beside a better one."""
    kept: list[_Vote] = []
    for vote in sorted(votes, key=lambda v: -v.excess):
        if not any(
            abs(vote.lands - k.lands) < SAME_PLACE and abs(vote.pitch - k.pitch) < SAME_PITCH
            for k in kept
        ):
            kept.append(vote)
        if len(kept) == MOST_PER_WINDOW:
            break
    return kept


def _proposal(vote: _Vote, middle: float) -> Proposal:
    clock = Clock(vote.lands - vote.rate * middle, vote.rate, vote.pitch)
    return Proposal(clock, middle, round(10 * vote.excess))
