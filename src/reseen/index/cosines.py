"""Descriptors: signs first, then cosines.

The sign of each of 512 numbers is one bit. The rows whose signs agree best with the query's
(``columns``) are compared in full. A scan of signs is as good after any change, which no graph is:
Qdrant's took a minute for 40,000 rows and missed 1.5% of the copies that an exact scan finds, this
0.5%. Lists around centroids lose more: a third of them holds 0.94 of the copies at a cosine of 0.3
to 0.4, the shortlist of a million rows 0.99 (decisions/0008).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reseen.index.columns import columns_of, flagged, most_alike
from reseen.index.rows import UNBOUNDED, Alive, Arrays, Flags, Near, Rows, best, living

_AT_ONCE = 8
"""Query rows that share a scan: a film has hundreds, and each takes a byte a row."""
SHORTLIST = 3072
"""Rows compared in full, by query row: of a million, all copies at a cosine of 0.35 and above."""
FEWEST = 512
"""Rows of one segment compared in full, however small its share: copies may have come together."""
_CLOSELY = 512
"""Rows compared in full at once: a megabyte, which stays in cache."""


class Cosines:
    """``rows.Kind`` of signals whose codes are unit vectors times 127."""

    name = "cosines"
    largest = UNBOUNDED

    def build(self, rows: Rows) -> Arrays:
        return {
            "slots": rows.slots,
            "numbers": rows.numbers,
            "codes": rows.codes,
            "signs": columns_of(rows.codes),
        }

    def merged(self, parts: Sequence[Arrays], alive: Sequence[Flags | None]) -> Arrays:
        return self.build(living([_rows(part) for part in parts], alive))

    def search(
        self,
        arrays: Arrays,
        queries: npt.NDArray[np.int8],
        count: int,
        alive: Alive,
        share: float,
    ) -> Near:
        wanted = max(4 * count, FEWEST, int(SHORTLIST * share))
        mask = alive.mask()
        groups = range(0, len(queries), _AT_ONCE)
        return Near.join(
            [_search(arrays, queries[g : g + _AT_ONCE], g, (count, wanted), mask) for g in groups]
        )


def _rows(arrays: Arrays) -> Rows:
    return Rows(arrays["slots"], arrays["numbers"], arrays["codes"])


def _search(
    arrays: Arrays,
    queries: npt.NDArray[np.int8],
    first: int,
    counts: tuple[int, int],
    alive: Flags | None,
) -> Near:
    """Near rows of some queries, which are numbered from ``first``."""
    count, wanted = counts
    total = len(arrays["slots"])
    units = queries.astype(np.float32) / np.float32(127.0**2)
    living = total if alive is None else int(np.count_nonzero(alive))
    if living <= wanted:
        every = np.arange(total) if alive is None else np.flatnonzero(alive)
        nearness = _cosines(arrays["codes"], every, units)
        return Near.join(
            [_nearest(at, every, own, count) for at, own in enumerate(nearness.T, first)]
        )
    allowed = flagged(np.ones(total, np.bool_) if alive is None else alive)
    return Near.join(
        [
            _nearest(first + at, rows, _cosines(arrays["codes"], rows, units[at]), count)
            for at, rows in enumerate(most_alike(arrays["signs"], queries, allowed, wanted))
        ]
    )


def _cosines(
    codes: npt.NDArray[np.int8], rows: npt.NDArray[np.int64], units: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Of these rows with one unit vector, ``[N]``, or with several, ``[N, Q]``."""
    parts = [
        np.asarray(codes[rows[start : start + _CLOSELY]], np.float32) @ units.T
        for start in range(0, len(rows), _CLOSELY)
    ]
    return np.concatenate(parts) if parts else np.empty((0, *units.shape[:-1]), np.float32)


def _nearest(
    at: int, rows: npt.NDArray[np.int64], cosines: npt.NDArray[np.float32], count: int
) -> Near:
    nearest = best(cosines, count)
    return Near.of(at, rows[nearest], cosines[nearest])
