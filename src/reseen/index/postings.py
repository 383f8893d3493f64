"""Quads: for each key the windows that hold it, when, and how high. A query counts the keys that it
shares with each window by how much later they are there, and of the likeliest windows by how much
higher: those of a copy agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reseen.engine.sound.quads import PITCH_BITS, TICK_BITS
from reseen.index.quad_windows import MARK_BITS, SAME, clocks, on_one_shift
from reseen.index.rows import Alive, Arrays, Flags, Near, Rows, best, living

_LONG = 64
_AT_ONCE = 1 << 23
"""Places counted at once. For fewer, what is counted into is added up too often."""


_LIKELY = 1024
"""Windows, or twice as many as are asked for, whose shared keys are told by pitch as well."""


class Postings:
    """``rows.Kind`` of windows of quads; one of the largest has a quarter of the windows that there
    is room for in a place.
    """

    name = "postings"
    largest = 1 << 30

    def build(self, rows: Rows) -> Arrays:
        if rows.owners is None:
            raise ValueError("windows of quads say which keys are theirs")
        places = (rows.owners << np.uint32(MARK_BITS)) | rows.codes[:, 1]
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
        """``queries`` is one row: the distinct keys asked for, each with its mark."""
        asked = queries[0][np.argsort(queries[0][:, 0])]
        held = _Held.of(arrays, asked)
        windows = len(arrays["slots"])
        if held is None:
            return Near.join([])
        shared = _counted((d >> PITCH_BITS for d in held.differences()), windows << TICK_BITS)
        agreeing, clock = clocks(shared.reshape(windows, -1))
        mask = alive.mask()
        if mask is not None:
            agreeing[~mask] = 0
        likely = np.flatnonzero(agreeing)
        likely = np.sort(likely[best(agreeing[likely], max(_LIKELY, 2 * count))])
        if not len(likely):
            return Near.join([])
        nearness = _shifted(held, likely, clock)
        rows = np.flatnonzero(nearness)
        first = best(nearness[rows], count)
        return Near.of(0, likely[rows[first]], nearness[rows[first]])


def _rows(arrays: Arrays) -> Rows:
    keys, places = np.repeat(arrays["keys"], np.diff(arrays["starts"])), arrays["places"]
    codes = np.stack([keys, places & np.uint32(2**MARK_BITS - 1)], axis=1)
    return Rows(arrays["slots"], arrays["numbers"], codes, places >> np.uint32(MARK_BITS))


@dataclass(frozen=True, slots=True)
class _Held:
    """Those of the keys asked for that a segment holds: where their places lie in it, and what is
    added to each of them so that it tells the difference of two marks.
    """

    places: npt.NDArray[np.uint32]
    begins: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]
    added: npt.NDArray[np.int64]

    @classmethod
    def of(cls, arrays: Arrays, asked: npt.NDArray[np.uint32]) -> "_Held | None":
        keys, starts = arrays["keys"], arrays["starts"]
        if not len(keys):
            return None
        found = np.minimum(np.searchsorted(keys, asked[:, 0]), len(keys) - 1)
        is_held = keys[found] == asked[:, 0]
        found, marks = found[is_held], asked[is_held, 1].astype(np.int64)
        return cls(arrays["places"], starts[found], starts[found + 1], SAME - marks)

    def differences(self) -> Iterator[npt.NDArray[np.int64]]:
        """The window, and the difference of the marks, of each shared key; some at a time."""
        return _listed(self.places, self.begins, self.ends, self.added)


def _shifted(
    held: _Held, likely: npt.NDArray[np.int64], clock: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """How many keys of these windows agree on their clock and on one shift of pitch."""
    number = np.zeros(len(clock), np.int64)
    number[likely] = np.arange(len(likely))
    is_likely = np.zeros(len(clock), np.bool_)
    is_likely[likely] = True

    def places() -> Iterator[npt.NDArray[np.int64]]:
        for differences in held.differences():
            near = differences[is_likely.take(differences >> MARK_BITS)]
            window = near >> MARK_BITS
            late = (near >> PITCH_BITS & (2**TICK_BITS - 1)) - clock[window]
            on_clock = (late == 0) | (late == 1)
            higher = near[on_clock] & (2**PITCH_BITS - 1)
            yield (number[window[on_clock]] << PITCH_BITS) | higher

    counts = _counted(places(), len(likely) << PITCH_BITS)
    return on_one_shift(counts.reshape(len(likely), -1))


def _counted(places: Iterator[npt.NDArray[np.int64]], length: int) -> npt.NDArray[np.int64]:
    """How often each place comes; there is one stretch nearly always."""
    first = next(places, np.empty(0, np.int64))
    counts = np.bincount(first, minlength=length)
    for more in places:
        counts += np.bincount(more, minlength=length)
    return counts


def _listed(
    places: npt.NDArray[np.uint32],
    begins: npt.NDArray[np.uint32],
    ends: npt.NDArray[np.uint32],
    added: npt.NDArray[np.int64],
) -> Iterator[npt.NDArray[np.int64]]:
    """The places of all these ranges, with what is added to each range, some at a time: long ranges
    are copied one by one, which is three times as fast as picking each of their places.
    """
    is_long = ends - begins > _LONG
    short = ~is_long
    picked = places[ranges(begins[short], ends[short])].astype(np.int64)
    picked += np.repeat(added[short], (ends - begins)[short])
    begins, ends, added = begins[is_long], ends[is_long], added[is_long]
    reached = np.cumsum(ends - begins, dtype=np.int64)
    total = int(reached[-1]) if len(reached) else 0
    turns = np.searchsorted(reached, np.arange(_AT_ONCE, total, _AT_ONCE))
    for firsts, lasts, more in zip(
        *(np.split(c, turns) for c in (begins, ends, added)), strict=True
    ):
        pairs = zip(firsts.tolist(), lasts.tolist(), strict=True)
        listed = np.concatenate([picked, *(places[a:b] for a, b in pairs)], dtype=np.int64)
        listed[len(picked) :] += np.repeat(more, lasts - firsts)
        yield listed
        picked = picked[:0]


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
