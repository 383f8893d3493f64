"""Quads by windows of ``ports.QUAD_WINDOW`` seconds: an index counts the keys shared with each that
agree on one clock, and of these those that agree on one shift of pitch.

What a mark of the reference is above one of the query is how many ticks later, and how many
semitones higher, a key is there; both are counted from the middle of their bits.
"""

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.engine.sound.quads import PITCH_BITS, TICK_BITS, WIDEST_PITCH, marks
from reseen.ports import QUAD_TICKS, QUAD_WINDOW

type Integers = npt.NDArray[np.int64]

MARK_BITS = TICK_BITS + PITCH_BITS
SAME = (QUAD_TICKS << PITCH_BITS) + (1 << (PITCH_BITS - 1))
"""The difference of two equal marks."""
_FARTHEST = int(WIDEST_PITCH) + 1
"""Semitones by which a copy may be higher or lower."""


def quad_windows(
    track: Track,
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.uint32]]]:
    """Numbers of the windows in which quads begin, ascending, and of each window the distinct keys
    with their marks ``uint32 [K, 2]``.
    """
    if not len(track):
        return np.empty(0, np.int64), []
    ticks = np.maximum(track.spans[:, 0] * (QUAD_TICKS / QUAD_WINDOW), 0.0).astype(np.int64)
    own = marks(ticks % QUAD_TICKS, track.places[:, 1].astype(np.float64))
    numbered = np.stack([ticks // QUAD_TICKS, track.codes[:, 0].astype(np.int64), own])
    pairs = np.unique(numbered, axis=1)
    numbers, starts = np.unique(pairs[0], return_index=True)
    return numbers, np.split(pairs[1:].T.astype(np.uint32), starts[1:])


def clocks(counts: Integers) -> tuple[Integers, Integers]:
    """Of shared keys by how many ticks later they are ``[N, 2 ** TICK_BITS]``: the most that two
    neighbouring differences have ``[N]``, and the lower of these.
    """
    both = counts[:, :-1] + counts[:, 1:]
    lower = both.argmax(axis=1)
    return both[np.arange(len(both)), lower], lower


def on_one_shift(counts: Integers) -> Integers:
    """Of those on one clock, by how much higher they are ``[N, 2 ** PITCH_BITS]``: the most that
    two neighbouring differences have ``[N]``, among those that a copy may have.
    """
    middle = 1 << (PITCH_BITS - 1)
    near = counts[:, middle - _FARTHEST : middle + _FARTHEST + 1]
    both: Integers = (near[:, :-1] + near[:, 1:]).max(axis=1)
    return both
