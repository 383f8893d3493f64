"""Quads: for each key the windows that hold it. A query counts the keys it shares with each."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from reseen.index.rows import UNBOUNDED, Alive, Arrays, Flags, Near, Rows, best, living

_LONG = 64
_AT_ONCE = 1 << 19
"""Windows counted at once: 4 MB, which stays in cache."""


class Postings:
    """``rows.Kind`` of windows of quads."""

    name = "postings"
    largest = UNBOUNDED

    def build(self, rows: Rows) -> Arrays:
        if rows.owners is None:
            raise ValueError("windows of quads say which keys are theirs")
        pairs = np.sort((rows.codes.astype(np.uint64) << np.uint64(32)) | rows.owners)
        keys = (pairs >> np.uint64(32)).astype(np.uint32)
        firsts = np.flatnonzero(np.diff(keys, prepend=keys[:1] ^ np.uint32(1)))
        return {
            "slots": rows.slots,
            "numbers": rows.numbers,
            "keys": keys[firsts],
            "starts": np.append(firsts, len(keys)).astype(np.uint32),
            "windows": pairs.astype(np.uint32),
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
        """``queries`` is one row: the distinct keys asked for, ascending."""
        keys, starts = arrays["keys"], arrays["starts"]
        asked = queries[0]
        if not len(keys):
            return Near.join([])
        places = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        places = places[keys[places] == asked]
        shared = np.zeros(len(arrays["slots"]), np.int64)
        for windows in _listed(arrays["windows"], starts[places], starts[places + 1]):
            shared += np.bincount(windows, minlength=len(shared))
        mask = alive.mask()
        if mask is not None:
            shared[~mask] = 0
        rows = np.flatnonzero(shared)
        first = best(shared[rows], count)
        return Near.of(0, rows[first], shared[rows[first]])


def _rows(arrays: Arrays) -> Rows:
    keys = np.repeat(arrays["keys"], np.diff(arrays["starts"]))
    return Rows(arrays["slots"], arrays["numbers"], keys, arrays["windows"])


def _listed(
    windows: npt.NDArray[np.uint32], begins: npt.NDArray[np.uint32], ends: npt.NDArray[np.uint32]
) -> Iterator[npt.NDArray[np.int64]]:
    """The windows of all these ranges, some at a time: long ranges are copied one by one, which is
    three times as fast as picking each of their windows.
    """
    is_long = ends - begins > _LONG
    if not is_long.all():
        yield windows[ranges(begins[~is_long], ends[~is_long])].astype(np.int64)
    begins, ends = begins[is_long], ends[is_long]
    reached = np.cumsum(ends - begins, dtype=np.int64)
    total = int(reached[-1]) if len(reached) else 0
    turns = np.searchsorted(reached, np.arange(_AT_ONCE, total, _AT_ONCE))
    for firsts, lasts in zip(np.split(begins, turns), np.split(ends, turns), strict=True):
        if len(firsts):
            pairs = zip(firsts.tolist(), lasts.tolist(), strict=True)
            listed = [windows[first:last] for first, last in pairs]
            yield np.concatenate(listed, dtype=np.int64)


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
