"""Descriptors: signs first, then cosines.

The sign of each of 512 numbers is one bit. The rows whose signs agree best with the query's are
compared in full. A scan of the signs reads 64 bytes a row and is as good after any change, which no
graph is: Qdrant's took a minute for 40,000 rows and missed 1.5% of the copies that an exact scan
finds, this 0.5%. Lists around centroids lose more: a third of them holds 0.94 of the copies at a
cosine of 0.3 to 0.4, the shortlist of a million rows 0.99 (decisions/0008).
"""

import numpy as np
import numpy.typing as npt

from reseen.index.rows import UNBOUNDED, Alive, Arrays, Flags, Near, Rows, best

_STEP = 16_384
"""Rows whose signs are compared at once: a megabyte, which stays in cache."""
_AT_ONCE = 8
"""Query rows that share a scan: a film has hundreds, and each takes two bytes a row."""
SHORTLIST = 4096
"""Rows compared in full, by query row: of a million, all copies at a cosine of 0.4 and above."""
FEWEST = 512
"""Rows of one segment compared in full, however small its share: copies may have come together."""
_SAMPLED = 16
_EXACT = 1 << 17
"""Rows from which the bound of the shortlist is estimated, by every ``_SAMPLED``-th."""
_FAR = np.iinfo(np.uint16).max


class Cosines:
    """``rows.Kind`` of signals whose codes are unit vectors times 127."""

    name = "cosines"
    largest = UNBOUNDED

    def build(self, rows: Rows) -> Arrays:
        return {
            "slots": rows.slots,
            "numbers": rows.numbers,
            "codes": rows.codes,
            "signs": np.ascontiguousarray(_signs(rows.codes).T),
        }

    def rows(self, arrays: Arrays) -> Rows:
        return Rows(arrays["slots"], arrays["numbers"], arrays["codes"])

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
    found = []
    if (total if alive is None else np.count_nonzero(alive)) <= wanted:
        rows = np.arange(total) if alive is None else np.flatnonzero(alive)
        all_cosines = units @ np.asarray(arrays["codes"][rows], np.float32).T
        for at, cosines in enumerate(all_cosines, first):
            nearest = best(cosines, count)
            found.append(Near.of(at, rows[nearest], cosines[nearest]))
        return Near.join(found)
    for at, apart in enumerate(_apart(arrays["signs"], _signs(queries))):
        rows = _shortlist(apart, alive, wanted)
        cosines = np.asarray(arrays["codes"][rows], np.float32) @ units[at]
        nearest = best(cosines, count)
        found.append(Near.of(first + at, rows[nearest], cosines[nearest]))
    return Near.join(found)


def _signs(codes: npt.NDArray[np.int8]) -> npt.NDArray[np.uint64]:
    """``uint64 [N, D / 64]``, zeros after the last."""
    packed = np.packbits(codes > 0, axis=1)
    short = -packed.shape[1] % 8
    return np.pad(packed, ((0, 0), (0, short))).view(np.uint64)


def _apart(
    signs: npt.NDArray[np.uint64], queries: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint16]:
    """How many signs of each row differ from each query's, ``[Q, N]``; signs are ``[D / 64, N]``.

    All queries are held against some rows before the next are read.
    """
    apart = np.empty((len(queries), signs.shape[1]), np.uint16)
    differ = np.empty((len(signs), _STEP), np.uint64)
    counts = np.empty((len(signs), _STEP), np.uint8)
    for start in range(0, signs.shape[1], _STEP):
        part = signs[:, start : start + _STEP]
        width = part.shape[1]
        for at, query in enumerate(queries):
            for row, word in enumerate(query):
                np.bitwise_xor(part[row], word, out=differ[row, :width])
            np.bitwise_count(differ[:, :width], out=counts[:, :width])
            counts[:, :width].sum(axis=0, dtype=np.uint16, out=apart[at, start : start + width])
    return apart


def _shortlist(
    apart: npt.NDArray[np.uint16], alive: Flags | None, wanted: int
) -> npt.NDArray[np.int64]:
    """About ``wanted`` rows with the fewest differing signs, ascending."""
    if alive is not None:
        apart[~alive] = _FAR
    sampled = 1 if len(apart) <= _EXACT else _SAMPLED
    some = apart[::sampled]
    bound = min(len(some) - 1, wanted // sampled)
    rows = np.flatnonzero(apart <= np.partition(some, bound)[bound])
    if len(rows) > 2 * wanted:  # very many rows are alike
        rows = np.sort(rows[np.argpartition(apart[rows], 2 * wanted)[: 2 * wanted]])
    return rows if alive is None else rows[alive[rows]]
