"""Peaks of two constellations that meet under a clock, and the clock that they follow.

Conventions: ``reference time = offset + rate * query time``; pitch is query minus reference, in
semitones.
"""

from dataclasses import dataclass

import numpy as np

from reseen.engine.sound.constellation import Constellation, Floats, Indices

SLOWEST, FASTEST = 0.77, 1.3
TIME_REACH, PITCH_REACH = 0.04, 0.35
"""Residuals beyond which peaks are not compared, in seconds and semitones. Copies through codecs
have 4 to 8 ms and 0.05 semitones; time-stretched ones up to 15 ms."""
LOOSE_FIT = 0.02
"""Seconds at which a residual counts half in the fit of a clock."""
FEW_STRENGTHS = 4
TOGETHER = 0.05
"""Seconds within which peaks sound together: one stroke, one syllable."""
APART = 0.5
"""Semitones beyond which two peaks are not two samples of one."""
NEIGHBOURS = 12
HORIZON = 8.0
"""Seconds to either side within which a beat or a bar would come round again."""
SHIFT_CELL = 0.01
ITSELF = 0.15
"""Seconds of shift below which an alignment is still the same one."""
MOST_ROWS = 2000
"""Rows looked at for rivals: a minute, so that hours cost no more."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How the query's time and pitch map to the reference's."""

    offset: float
    rate: float = 1.0
    pitch: float = 0.0

    def reference(self, time: float) -> float:
        return self.offset + self.rate * time

    def query(self, time: float) -> float:
        return (time - self.offset) / self.rate


@dataclass(frozen=True, slots=True)
class Pairs:
    """Peaks that meet under a clock, each at most once: rows on both sides (``intp [N]``) and
    residuals in seconds and semitones (``float64 [N]``), rising in query time.
    """

    query: Indices
    reference: Indices
    late: Floats
    sharp: Floats

    def __len__(self) -> int:
        return len(self.query)


def pair_peaks(
    query: Constellation,
    reference: Constellation,
    clock: Clock,
    time_reach: float = TIME_REACH,
    pitch_reach: float = PITCH_REACH,
) -> Pairs:
    """Peaks that are each other's nearest under the clock, within reach."""
    expected = clock.offset + clock.rate * query.time
    first = np.searchsorted(reference.time, expected - time_reach, side="left")
    count = np.searchsorted(reference.time, expected + time_reach, side="right") - first
    q = np.repeat(np.arange(len(query)), count)
    r = np.repeat(first, count) + np.arange(len(q)) - np.repeat(np.cumsum(count) - count, count)
    late = reference.time[r] - expected[q]
    sharp = query.pitch[q] - reference.pitch[r] - clock.pitch
    near = np.abs(sharp) <= pitch_reach
    q, r, late, sharp = q[near], r[near], late[near], sharp[near]
    order = np.argsort(np.abs(late) / time_reach + np.abs(sharp) / pitch_reach, kind="stable")
    nearest = np.zeros(len(q), np.int8)
    for side in (q, r):
        nearest[order[np.unique(side[order], return_index=True)[1]]] += 1
    both = nearest == 2
    return Pairs(q[both], r[both], late[both], sharp[both])


def fit_clock(
    query: Constellation,
    reference: Constellation,
    pairs: Pairs,
    clock: Clock,
    weights: Floats | None = None,
) -> Clock:
    """The clock that the pairs follow, outliers counting less."""
    if len(pairs) < 3:
        return clock
    x, y = query.time[pairs.query], reference.time[pairs.reference]
    shift = query.pitch[pairs.query] - reference.pitch[pairs.reference]
    prior = np.ones(len(x)) if weights is None else weights
    pitch = float(np.sum(prior * shift) / prior.sum()) if weights is not None else _middle(shift)
    if float(x[-1] - x[0]) < 1.5 or len(pairs) < 6:
        return Clock(_middle(y - clock.rate * x), clock.rate, pitch)
    rate, offset, weight = clock.rate, clock.offset, prior
    for _ in range(3):
        total = weight.sum()
        centre_x, centre_y = float(weight @ x / total), float(weight @ y / total)
        away = weight * (x - centre_x)
        rate = float(away @ (y - centre_y) / (away @ (x - centre_x) + 1e-9))
        rate = min(max(rate, SLOWEST), FASTEST)
        offset = centre_y - rate * centre_x
        weight = prior / (1 + ((y - rate * x - offset) / LOOSE_FIT) ** 2)
    return Clock(offset, rate, pitch)


def _middle(values: Floats) -> float:
    return float(np.median(values))


def strength_agreement(query: Floats, reference: Floats) -> float:
    """The correlation of the strengths of matched peaks, drawn to zero when they are few.

    Copies keep which peaks stand out most: 0.95 and more through codecs, 0.7 and more under noise
    of the same loudness. The same notes played by other hands reach 0.6 to 0.8 though every peak is
    in its place.
    """
    if len(query) < 3 or np.ptp(query) == 0 or np.ptp(reference) == 0:
        return 0.0
    return float(np.corrcoef(query, reference)[0, 1]) * len(query) / (len(query) + FEW_STRENGTHS)


def shared_delay(time: Floats, pitch: Floats, late: Floats) -> float:
    """The variance, in s², of what peaks that sound together are late by *together*.

    Given are matched peaks with their residuals, rising in time. The mean product of the residuals
    of two simultaneous peaks of other pitches, less its error. A phase vocoder or a room displaces
    every peak by itself, however much (here 15 ms and more, together under 3); a hand that plays
    again is late with all partials of a stroke at once.
    """
    product, count = 0.0, 0
    for step in range(1, min(NEIGHBOURS, len(time))):
        together = time[step:] - time[:-step] < TOGETHER
        if not together.any():
            break
        together &= np.abs(pitch[step:] - pitch[:-step]) > APART
        product += float(np.sum((late[step:] * late[:-step])[together]))
        count += int(together.sum())
    if not count:
        return 0.0
    error = float(np.mean(late**2)) / float(np.sqrt(count + 1))
    return max(0.0, product / count - error)


def rivalry(query: Constellation, reference: Constellation, clock: Clock) -> float:
    """How nearly as many peaks meet some seconds earlier or later as under the clock, 0..1.

    Only what repeats meets elsewhere too. Pieces that share nothing but a drum machine reach 0.7 to
    1; copies under noise mostly stay below 0.4 although as small a part of their peaks meets.
    """
    extra = max(0, len(query) - MOST_ROWS)
    query = query.rows(slice(extra // 2, extra // 2 + MOST_ROWS))
    expected = clock.offset + clock.rate * query.time
    first = np.searchsorted(reference.time, expected - HORIZON)
    count = np.searchsorted(reference.time, expected + HORIZON) - first
    q = np.repeat(np.arange(len(query)), count)
    r = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(q))
    near = np.abs(query.pitch[q] - reference.pitch[r] - clock.pitch) <= PITCH_REACH / 2
    shift = reference.time[r[near]] - expected[q[near]]
    cells = round(2 * HORIZON / SHIFT_CELL) + 2
    votes = np.bincount(((shift + HORIZON) / SHIFT_CELL).astype(np.intp), minlength=cells)
    votes = votes[:-2] + votes[1:-1] + votes[2:]
    chance = float(votes.mean())
    at = (np.arange(len(votes)) + 1.5) * SHIFT_CELL - HORIZON
    here = float(votes[np.abs(at) <= 2 * SHIFT_CELL].max()) - chance
    elsewhere = float(votes[np.abs(at) >= ITSELF].max()) - chance
    return min(1.0, max(0.0, elsewhere / here)) if here > 0 else 1.0


def moments(time: Floats) -> int:
    """How many strokes a set of peaks is made of: those within 0.1 s of its first count as one.

    The partials of one chord are many peaks and one coincidence.
    """
    count, last = 0, -np.inf
    for moment in time:
        if moment - last > 2 * TOGETHER:
            count, last = count + 1, moment
    return count
