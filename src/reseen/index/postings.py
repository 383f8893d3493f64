"""Quads: for each key the windows that hold it, and when. A query counts the keys that it shares
with each window, by how much later they are there than in the query: those of a copy agree.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from reseen.index.quad_windows import TICK_BITS, on_one_clock
from reseen.index.rows import UNBOUNDED, Alive, Arrays, Flags, Near, Rows, best, living
from reseen.ports import QUAD_TICKS

_LONG = 64
_AT_ONCE = 1 << 21
"""Places counted at once. For fewer, what is counted into is added up too often."""


class Postings:
    """``rows.Kind`` of windows of quads."""

    name = "postings"
    largest = UNBOUNDED

    def build(self, rows: Rows) -> Arrays:
        if rows.owners is None:
            raise ValueError("windows of quads say which keys are theirs")
        places = (rows.owners << np.uint32(TICK_BITS)) | rows.codes[:, 1]
        pairs = np.sort((rows.codes[:, 0].astype(np.uint64) << np.uint64(32)) | places)
        keys = (pairs >> np.uint64(32)).astype(np.uint32)
        firsts = np.flatnonzero(np.diff(keys, prepend=keys[:1] ^ np.uint32(1)))
        return {
            "slots": rows.slots,
            "numbers": rows.numbers,
            "keys": keys[firsts],
            "starts": np.append(firsts, len(keys)).astype(np.uint32),
            "places": pairs.astype(np.uint32),
        }

    def merged(self, parts: Sequence[Arrays], alive: Sequence[Flags | None]) -> Arrays:
        return self.build(living([_rows(part) for part in parts], alive))

    def search(
        self,
        arrays: Arrays,
        queries: npt.NDArray[np.uint32],
        count: int,
        alive: Alive,
        share: float,  # noqa: ARG002 all rows are looked at, however many others there are
    ) -> Near:
        """``queries`` is one row: the distinct keys asked for, each with its tick."""
        keys, starts = arrays["keys"], arrays["starts"]
        asked = queries[0][np.argsort(queries[0][:, 0])]
        if not len(keys):
            return Near.join([])
        found = np.minimum(np.searchsorted(keys, asked[:, 0]), len(keys) - 1)
        is_held = keys[found] == asked[:, 0]
        found, later = found[is_held], QUAD_TICKS - asked[is_held, 1]
        windows = len(arrays["slots"])
        shared = np.zeros(windows << TICK_BITS, np.int64)
        for places in _listed(arrays["places"], starts[found], starts[found + 1], later):
            shared += np.bincount(places, minlength=len(shared))
        agreeing = on_one_clock(shared.reshape(windows, -1))
        mask = alive.mask()
        if mask is not None:
            agreeing[~mask] = 0
        rows = np.flatnonzero(agreeing)
        first = best(agreeing[rows], count)
        return Near.of(0, rows[first], agreeing[rows[first]])


def _rows(arrays: Arrays) -> Rows:
    keys, places = np.repeat(arrays["keys"], np.diff(arrays["starts"])), arrays["places"]
    codes = np.stack([keys, places & np.uint32(2**TICK_BITS - 1)], axis=1)
    return Rows(arrays["slots"], arrays["numbers"], codes, places >> np.uint32(TICK_BITS))


def _listed(
    places: npt.NDArray[np.uint32],
    begins: npt.NDArray[np.uint32],
    ends: npt.NDArray[np.uint32],
    later: npt.NDArray[np.uint32],
) -> Iterator[npt.NDArray[np.int64]]:
    """The places of all these ranges, each range so many ticks later, some at a time: long ranges
    are copied one by one, which is three times as fast as picking each of their places.
    """
    is_long = ends - begins > _LONG
    if not is_long.all():
        short = ~is_long
        picked = places[ranges(begins[short], ends[short])].astype(np.int64)
        picked += np.repeat(later[short], (ends - begins)[short])
        yield picked
    begins, ends, later = begins[is_long], ends[is_long], later[is_long]
    reached = np.cumsum(ends - begins, dtype=np.int64)
    total = int(reached[-1]) if len(reached) else 0
    turns = np.searchsorted(reached, np.arange(_AT_ONCE, total, _AT_ONCE))
    for firsts, lasts, more in zip(
        *(np.split(c, turns) for c in (begins, ends, later)), strict=True
    ):
        if len(firsts):
            pairs = zip(firsts.tolist(), lasts.tolist(), strict=True)
            listed = np.concatenate([places[a:b] for a, b in pairs], dtype=np.int64)
            listed += np.repeat(more, lasts - firsts)
            yield listed


def ranges(begins: npt.NDArray[np.uint32], ends: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """``begins[0] .. ends[0] - 1, begins[1] .. ends[1] - 1, ...``; no range is empty."""
    lengths = (ends - begins).astype(np.int64)
    steps = np.ones(int(lengths.sum()), np.int64)
    if not len(steps):
        return steps
    steps[0] = begins[0]
    turns = np.cumsum(lengths[:-1])
    steps[turns] = begins[1:].astype(np.int64) - ends[:-1].astype(np.int64) + 1
    return np.cumsum(steps)
