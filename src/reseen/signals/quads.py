"""The ``quads`` track: keys of a sound track's peaks, for finding candidates in an index.

A reference keeps its few quads; each has one key. To ask, use ``query_keys``: every key that a copy
of the sound might have been stored under, without the usual ones. Some 30,000 of a billion keys are
in one window of sound in five hundred or more, music or speech; sharing them says nothing, and
they are two thirds of what an index would count (stop words; Sivic and Zisserman, 2003). Of 134
disguised sounds that pairs find, half under noise or other sound, the original comes first among
1,500 real windows for .81 without such keys, for .53 with them, by lists made from sources that
none of them is of; weights by rarity tell no more (.82). The list kept here was made likewise, of
the sources that calibrate (``benchmarks.train_keys``).
"""

from functools import cache
from importlib.resources import files

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

_FILE = "usual_keys.npz"


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


def query_keys(
    peaks: Track,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.uint32]]:
    """Times and pitches (``float64 [N]``, of the anchors) and keys (``uint32 [N]``) to ask an index
    for.

    Many more than a reference stores: of each anchor many quads, of each quad all cells near it.
    """
    found = find_quads(constellation(peaks), QUERY_QUADS)
    rows, keys = nearby_cells(found.shape, INDEX_CELL)
    usual = usual_keys()
    tells = usual[np.minimum(np.searchsorted(usual, keys), len(usual) - 1)] != keys
    rows = rows[tells]
    return found.time[rows], found.pitch[rows], keys[tells]


@cache
def usual_keys() -> npt.NDArray[np.uint32]:
    """Keys that say nothing, ascending."""
    with (files(__package__) / _FILE).open("rb") as file, np.load(file) as held:
        return np.cumsum(held["steps"], dtype=np.uint32)
