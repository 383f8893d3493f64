"""The ``quads`` track: keys of a sound track's peaks, for finding candidates in an index.

A reference keeps its few quads; each has one key. To ask, use ``query_keys``: every key that a copy
of the sound might have been stored under.
"""

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import QUADS, Track
from reseen.engine.sound.constellation import constellation
from reseen.engine.sound.quads import (
    INDEX_CELL,
    QUERY_QUADS,
    REFERENCE_QUADS,
    cells,
    find_quads,
    nearby_cells,
)


def quads(peaks: Track) -> Track:
    """The ``QUADS`` track of a ``PEAKS`` track: about 60 rows a second of lively sound."""
    found = find_quads(constellation(peaks), REFERENCE_QUADS)
    return Track(
        signal=QUADS,
        spans=np.stack([found.time, found.time + found.duration], axis=1),
        codes=cells(found.shape, INDEX_CELL)[:, None],
        quality=peaks.quality[found.anchor],
        places=np.stack(
            [np.log(found.duration), found.pitch, found.shape[:, 3], found.shape[:, 4]], axis=1
        ).astype(np.float32),
    )


def query_keys(peaks: Track) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint32]]:
    """Times (``float64 [N]``, of the anchors) and keys (``uint32 [N]``) to ask an index for.

    Many more than a reference stores: of each anchor many quads, of each quad all cells near it.
    """
    found = find_quads(constellation(peaks), QUERY_QUADS)
    rows, keys = nearby_cells(found.shape, INDEX_CELL)
    return found.time[rows], keys
