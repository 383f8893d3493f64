"""Spectral peaks as bare columns, and what makes a set of peaks distinct.

Conventions: times in seconds, pitches in semitones above 170 Hz, strengths in dB above the
surrounding spectrum; rows rise in time. A *constellation* is the word of Wang, *An Industrial-
Strength Audio Search Algorithm* (2003), for peaks without their amplitudes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

QUOTA_REACH = 0.5
"""Seconds to either side within which peaks compete for a place."""

PERIOD_HORIZON = 10.0
PERIOD_AGREEMENT = 0.6
"""A set repeats after a shift when this part of its peaks has a partner there; beeps reach 0.9."""

PERIOD_ROWS = 3000
"""Rows looked at for a period: about 90 s, so that hours cost no more than minutes."""


@dataclass(frozen=True, slots=True)
class Constellation:
    """``time``, ``pitch`` and ``strength``, each ``float64 [N]``; ``row`` is the row of the track
    that each came from.
    """

    time: Floats
    pitch: Floats
    strength: Floats
    row: Indices

    def __len__(self) -> int:
        return len(self.time)

    def rows(self, which: npt.NDArray[Any] | slice) -> "Constellation":
        return Constellation(
            self.time[which], self.pitch[which], self.strength[which], self.row[which]
        )

    def between(self, start: float, end: float) -> slice:
        """The rows with ``start <= time <= end``."""
        first = int(np.searchsorted(self.time, start, side="left"))
        return slice(first, max(first, int(np.searchsorted(self.time, end, side="right"))))

    def strongest(self, per_second: int) -> "Constellation":
        """At most about so many peaks in any second, the most prominent."""
        return self.rows(rank(self.time, self.strength) < per_second)


def constellation(track: Track) -> Constellation:
    """The columns of a ``peaks`` track, sorted by time.

    Times are those of the spans: ``float32`` places are a millisecond off after hours.
    """
    time = track.spans[:, 0].astype(np.float64)
    order = np.argsort(time, kind="stable")
    return Constellation(
        time[order],
        track.places[order, 1].astype(np.float64),
        track.quality[order].astype(np.float64),
        order,
    )


def rank(time: Floats, strength: Floats, reach: float = QUOTA_REACH) -> Indices:
    """For each peak, how many stronger ones lie within ``reach`` seconds; earlier wins a tie."""
    ranks = np.zeros(len(time), np.intp)
    for step in range(1, len(time)):
        near = time[step:] - time[:-step] <= reach
        if not near.any():
            break
        later_wins = strength[step:] > strength[:-step]
        ranks[:-step] += near & later_wins
        ranks[step:] += near & ~later_wins
    return ranks


def distinct_share(time: Floats, pitch: Floats) -> float:
    """The share of a set of peaks that its own repetition does not explain, 0..1.

    A beep that sounds every second says in a minute no more than in its first second: its share is
    a sixtieth. The shortest shift at which most peaks meet a peak of the same pitch is the period.
    """
    extra = len(time) - PERIOD_ROWS
    if extra > 0:
        time, pitch = (column[extra // 2 : extra // 2 + PERIOD_ROWS] for column in (time, pitch))
    if len(time) < 4:
        return 1.0
    length = float(time[-1] - time[0])
    horizon = min(PERIOD_HORIZON, length / 2)
    cell = 0.03
    partners = np.zeros(int(horizon / cell) + 2, np.int64)
    for step in range(1, len(time)):
        shift = time[step:] - time[:-step]
        if shift.min() > horizon:
            break
        same = (np.abs(pitch[step:] - pitch[:-step]) < 0.35) & (shift <= horizon)
        partners += np.bincount((shift[same] / cell).astype(np.intp), minlength=len(partners))
    shifts = (np.arange(len(partners) - 1) + 1) * cell
    pairs = partners[:-1] + partners[1:]
    possible = len(time) - np.searchsorted(time, time[0] + shifts)
    repeats = np.flatnonzero((pairs >= PERIOD_AGREEMENT * possible) & (possible >= 3))
    return min(1.0, float(shifts[repeats[0]]) / length) if len(repeats) else 1.0
