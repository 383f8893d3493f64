"""Quads by windows of ``ports.QUAD_WINDOW`` seconds: an index counts the keys shared with each."""

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Track
from reseen.ports import QUAD_WINDOW


def quad_windows(
    track: Track,
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.uint32]]]:
    """Numbers of the windows in which quads begin, ascending, and the distinct keys of each."""
    if not len(track):
        return np.empty(0, np.int64), []
    begins = np.maximum(track.spans[:, 0] / QUAD_WINDOW, 0.0).astype(np.int64)
    pairs = np.unique((begins << 32) | track.codes[:, 0].astype(np.int64))
    numbers, starts = np.unique(pairs >> 32, return_index=True)
    keys = (pairs & 0xFFFFFFFF).astype(np.uint32)
    return numbers, np.split(keys, starts[1:])
