"""Descriptors: signs first, then cosines.

The sign of each of 512 numbers is one bit. The rows whose signs agree best with the query's are
compared in full. A scan of the signs reads 64 bytes a row and is as good after any change, which no
graph is; docs/benchmarks has what it finds of an exact scan, and what graphs took.
"""

import cv2
import numpy as np
import numpy.typing as npt

from reseen.index.rows import Arrays, Flags, Near, Rows, best

_STEP = 16_384
"""Rows whose signs are compared at once: 1 MB, which stays in cache for all query rows."""
_A_STEP = 128
"""Rows that one step may put forward."""
SHORTLIST = 4096
"""Rows compared in full, by query row. Of copies that an exact scan ranks among the first 50, it
keeps 99% (cropped, turned, written over and compressed at once; 300,000 rows)."""


class Cosines:
    """``rows.Kind`` of signals whose codes are unit vectors times 127."""

    name = "cosines"

    def build(self, rows: Rows) -> Arrays:
        return {
            "slots": rows.slots,
            "numbers": rows.numbers,
            "codes": rows.codes,
            "signs": _signs(rows.codes),
        }

    def rows(self, arrays: Arrays) -> Rows:
        return Rows(arrays["slots"], arrays["numbers"], arrays["codes"])

    def search(
        self, arrays: Arrays, queries: npt.NDArray[np.int8], count: int, alive: Flags | None
    ) -> Near:
        total = len(arrays["slots"])
        wanted = max(SHORTLIST, 4 * count)
        some = None if alive is None else np.flatnonzero(alive)
        if some is not None and len(some) <= wanted:
            each = [some] * len(queries)
        elif total <= wanted:
            each = [np.arange(total)] * len(queries)
        else:
            each = _alike(arrays["signs"], _signs(queries), alive, wanted)
        found = []
        for at, (query, rows) in enumerate(zip(queries, each, strict=True)):
            codes = np.asarray(arrays["codes"][rows], np.float32)
            cosines = codes @ (query.astype(np.float32) / np.float32(127.0**2))
            first = best(cosines, count)
            found.append(Near.of(at, rows[first], cosines[first]))
        return Near.join(found)


def _signs(codes: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
    return np.packbits(codes > 0, axis=1)


def _alike(
    signs: npt.NDArray[np.uint8],
    queries: npt.NDArray[np.uint8],
    alive: Flags | None,
    wanted: int,
) -> list[npt.NDArray[np.int64]]:
    """For each query the rows with the fewest differing signs, ascending."""
    a_step = max(_A_STEP, 2 * wanted * _STEP // len(signs))
    distances, places = [], []
    for start in range(0, len(signs), _STEP):
        part = signs[start : start + _STEP]
        at = np.arange(start, start + len(part))
        if alive is not None and not alive[start : start + _STEP].all():
            inside = alive[start : start + _STEP]
            part, at = part[inside], at[inside]
        if not len(part):
            continue
        apart, nearest = cv2.batchDistance(
            queries, part, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=min(a_step, len(part))
        )
        distances.append(apart)
        places.append(at[nearest])
    apart, rows = np.concatenate(distances, axis=1), np.concatenate(places, axis=1)
    if apart.shape[1] <= wanted:
        return [np.sort(row) for row in rows]
    first = np.argpartition(apart, wanted, axis=1)[:, :wanted]
    return [np.sort(row[f]) for row, f in zip(rows, first, strict=True)]
