"""Quads by windows of ``ports.QUAD_WINDOW`` seconds: an index counts the keys shared with each that
agree on one clock.
"""

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.ports import QUAD_TICKS, QUAD_WINDOW

TICK_BITS = 5
"""Of a place in time within a window, or of the difference between two of them."""


def quad_windows(
    track: Track,
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.uint32]]]:
    """Numbers of the windows in which quads begin, ascending, and of each window the distinct keys
    with their ticks ``uint32 [K, 2]``.
    """
    if not len(track):
        return np.empty(0, np.int64), []
    ticks = np.maximum(track.spans[:, 0] * (QUAD_TICKS / QUAD_WINDOW), 0.0).astype(np.int64)
    pairs = np.unique(np.stack([ticks, track.codes[:, 0].astype(np.int64)]), axis=1)
    numbers, starts = np.unique(pairs[0] // QUAD_TICKS, return_index=True)
    keys = np.stack([pairs[1], pairs[0] % QUAD_TICKS], axis=1).astype(np.uint32)
    return numbers, np.split(keys, starts[1:])


def on_one_clock(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of shared keys by how many ticks later they are in a window ``[N, 2 ** TICK_BITS]`` the most
    that two neighbouring differences have ``[N]``.
    """
    both: npt.NDArray[np.int64] = (counts[:, :-1] + counts[:, 1:]).max(axis=1)
    return both
