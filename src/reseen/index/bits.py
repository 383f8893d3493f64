"""PDQ hashes by bands: all within the radius, none missed.

A hash is 16 bands of 16 bits. Of 31 differing bits at least one band holds fewer than two (the
pigeonhole principle; Norouzi et al., *Fast exact search in Hamming space with multi-index hashing*,
2014). So the rows that share a band with the query, but for at most one bit, hold all within 31;
they are then compared in full.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import PDQ
from reseen.index.rows import UNBOUNDED, Alive, Arrays, Flags, Near, Rows, best, living

_RADIUS = int(PDQ.radius or 0)
_BANDS = 16
_SCANNED = 32_768
"""Rows up to which a scan of all is as fast as the bands (0.2 ms)."""
_STEP = 1 << 16
_FLIPS = np.concatenate([[0], 1 << np.arange(16)]).astype(np.uint16)
_VALUES = 1 << 16


class Bits:
    """``rows.Kind`` of 256-bit hashes near within 31 bits."""

    name = "bits"
    largest = UNBOUNDED

    def build(self, rows: Rows) -> Arrays:
        arrays = {"slots": rows.slots, "numbers": rows.numbers, "codes": rows.codes}
        if len(rows) <= _SCANNED:
            return arrays
        bands = np.ascontiguousarray(rows.codes).view(np.uint16)
        order = np.empty((_BANDS, len(rows)), np.uint32)
        starts = np.empty((_BANDS, _VALUES + 1), np.uint32)
        for band in range(_BANDS):
            values = np.ascontiguousarray(bands[:, band])
            order[band] = np.argsort(values, kind="stable")
            starts[band, 0] = 0
            np.cumsum(np.bincount(values, minlength=_VALUES), out=starts[band, 1:])
        return {**arrays, "order": order, "starts": starts}

    def merged(self, parts: Sequence[Arrays], alive: Sequence[Flags | None]) -> Arrays:
        return self.build(living([_rows(part) for part in parts], alive))

    def search(
        self,
        arrays: Arrays,
        queries: npt.NDArray[np.uint8],
        count: int,
        alive: Alive,
        share: float,  # noqa: ARG002 all rows are looked at, however many others there are
    ) -> Near:
        codes = arrays["codes"].view(np.uint64)
        found = []
        for at, query in enumerate(np.ascontiguousarray(queries).view(np.uint64)):
            rows, apart = _near(arrays, codes, query)
            live = alive.of(rows)
            rows, apart = rows[live], apart[live]
            first = best(-apart.astype(np.int16), count)
            found.append(Near.of(at, rows[first], -apart[first].astype(np.float32)))
        return Near.join(found)


def _rows(arrays: Arrays) -> Rows:
    return Rows(arrays["slots"], arrays["numbers"], arrays["codes"])


def _near(
    arrays: Arrays, codes: npt.NDArray[np.uint64], query: npt.NDArray[np.uint64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows within the radius, and their distances."""
    listed = _sharing(arrays, query) if "order" in arrays else None
    if listed is not None:
        apart = np.bitwise_count(codes[listed] ^ query).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(apart <= _RADIUS)
        rows, first = np.unique(listed[near].astype(np.int64), return_index=True)
        return rows, apart[near[first]]
    parts = [
        np.bitwise_count(codes[s : s + _STEP] ^ query).sum(axis=1, dtype=np.int64)
        for s in range(0, len(codes), _STEP)
    ]
    apart = np.concatenate(parts)
    rows = np.flatnonzero(apart <= _RADIUS)
    return rows, apart[rows]


def _sharing(arrays: Arrays, query: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32] | None:
    """Rows that share a band but for one bit; ``None`` when they are so many that a scan of all is
    faster, as for hashes of black frames.
    """
    order, starts = arrays["order"], arrays["starts"]
    values = (query.view(np.uint16)[:, None] ^ _FLIPS).astype(np.intp)
    bands = np.arange(_BANDS)[:, None]
    begins, ends = starts[bands, values].ravel(), starts[bands, values + 1].ravel()
    if int((ends - begins).sum(dtype=np.int64)) > order.shape[1] // 8:
        return None
    listed = bands.repeat(len(_FLIPS), axis=1).ravel()
    return np.concatenate(
        [order[b, s:e] for b, s, e in zip(listed, begins, ends, strict=True) if e > s]
        or [np.empty(0, np.uint32)]
    )
