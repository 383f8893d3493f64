"""Let single peaks vote for the clocks that a query and a reference may share.

Where noise or a voice hides most peaks, no four survive together and no quad is repeated. Single
peaks still are: under the right clock many more of them meet than under any other (the histogram of
offsets of Wang, 2003, over peaks instead of pairs). A peak tells neither rate nor pitch, so likely
ones are tried in turn: as it was, stretched, played faster or slower, shifted. Rates and pitches
changed each by an amount of its own would be thousands of clocks; those are left to quads.
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
PITCH_REACH = 0.3
PER_SECOND = 25
"""Peaks of the reference that are voted for."""
RATE_STEP, WIDEST_LOG_RATE = 0.005, 0.25
WIDEST_PITCH = 5.4
SURROUNDING = 133
"""Cells, four seconds, whose mean is what chance gives."""
LEAST_EXCESS = 4.5
"""Votes above chance in standard deviations. The best of all offsets of unrelated sounds reaches 5
to 7: verification refuses those, and copies at -5 dB have no more."""
BEST_OFFSETS = 2
MOST_PER_WINDOW = 6
SAME_PLACE, SAME_PITCH = 0.2, 1.0
MOST_PAIRS = 16_000_000
"""Pairs of peaks counted, about 0.2 s. Where trying all clocks would need more (10 s against more
than five minutes), only sound as it was is looked for."""


def _clocks() -> tuple[tuple[float, float], ...]:
    """Rates and pitches: stretched, played faster or slower, shifted."""
    rates = np.exp(np.arange(-WIDEST_LOG_RATE, WIDEST_LOG_RATE + RATE_STEP / 2, RATE_STEP))
    pitches = np.arange(-WIDEST_PITCH, WIDEST_PITCH + PITCH_REACH / 2, PITCH_REACH)
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
    reference = reference.strongest(PER_SECOND)
    by_pitch = reference.rows(np.argsort(reference.pitch, kind="stable"))
    work = len(_alike(query, by_pitch, 0.0)[0]) * len(CLOCKS)
    clocks = CLOCKS if work <= MOST_PAIRS else AS_IT_WAS
    found: list[Proposal] = []
    for middle in _middles(query):
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
    first = float(by_pitch.time.min()) - WINDOW
    cells = 2 + int((float(by_pitch.time.max()) + WINDOW - first) / OFFSET_CELL)
    found: list[_Vote] = []
    last, q, r = math.nan, np.zeros(0, np.intp), np.zeros(0, np.intp)
    for rate, pitch in clocks:
        if pitch != last:
            last = pitch
            q, r = _alike(query, by_pitch, pitch)
        lands = by_pitch.time[r] - rate * (query.time[q] - middle) - first
        excess = _excess((lands / OFFSET_CELL).astype(np.intp), cells)
        best = np.argpartition(-excess, BEST_OFFSETS)[:BEST_OFFSETS]
        found += [
            _Vote(float(excess[k]), rate, pitch, first + (int(k) + 1) * OFFSET_CELL)
            for k in best[excess[best] >= LEAST_EXCESS]
        ]
    return found


def _excess(cell: Indices, cells: int) -> Floats:
    """For each edge between two cells, how many standard deviations their votes are above chance,
    which is the mean about there.
    """
    votes = np.bincount(cell, minlength=cells)
    votes = votes[:-1] + votes[1:]
    sums = np.concatenate([[0], np.cumsum(votes)])
    low = np.maximum(np.arange(len(votes)) - SURROUNDING // 2, 0)
    chance = (sums[np.minimum(low + SURROUNDING, len(votes))] - sums[low]) / SURROUNDING
    excess: Floats = (votes - chance) / np.sqrt(chance + 1)
    return excess


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
