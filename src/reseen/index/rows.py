"""Rows of one signal as an index keeps them, whatever it builds upon them to search fast.

A row belongs to a *slot*: one reference as it was learnt at one time (``slots.Slots``). A row never
changes; that its slot is dead makes it invisible, and the next merge leaves it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

type Arrays = Mapping[str, npt.NDArray[Any]]
"""What a segment consists of: in memory, or mapped from a file each."""
type Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """slots ``uint32 [N]``; numbers ``uint32 [N]``, the row's number in its reference; codes
    ``[N, D]``, or for windows of quads ``uint32 [M, 2]``: all keys and their marks, with the row of
    each in owners ``uint32 [M]``.
    """

    slots: npt.NDArray[np.uint32]
    numbers: npt.NDArray[np.uint32]
    codes: npt.NDArray[Any]
    owners: npt.NDArray[np.uint32] | None = None

    def __len__(self) -> int:
        return len(self.slots)

    def kept(self, which: Flags) -> "Rows":
        """Without the rows that are not flagged."""
        if which.all():
            return self
        if self.owners is None:
            return Rows(self.slots[which], self.numbers[which], self.codes[which])
        keys = which[self.owners]
        moved = (np.cumsum(which) - 1).astype(np.uint32)
        owners = moved[self.owners[keys]]
        return Rows(self.slots[which], self.numbers[which], self.codes[keys], owners)


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows of the parts, in their order."""
    slots = np.concatenate([p.slots for p in parts])
    numbers = np.concatenate([p.numbers for p in parts])
    codes = np.concatenate([p.codes for p in parts])
    if parts[0].owners is None:
        return Rows(slots, numbers, codes)
    before = np.cumsum([0, *(len(p) for p in parts)]).astype(np.uint32)
    owners = [p.owners + b for p, b in zip(parts, before, strict=False) if p.owners is not None]
    return Rows(slots, numbers, codes, np.concatenate(owners))


def living(parts: Sequence[Rows], alive: Sequence[Flags | None]) -> Rows:
    """All rows of the parts that are flagged (``None``: every one), in their order."""
    return joined([p if a is None else p.kept(a) for p, a in zip(parts, alive, strict=True)])


@dataclass(frozen=True, slots=True)
class Near:
    """Rows of a segment near rows of a query: ``int64 [H]`` each, and nearness ``float32 [H]``."""

    query_rows: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    nearness: npt.NDArray[np.float32]

    @classmethod
    def join(cls, parts: Sequence["Near"]) -> "Near":
        if not parts:
            none = np.empty(0, np.int64)
            return cls(none, none, np.empty(0, np.float32))
        return cls(
            np.concatenate([p.query_rows for p in parts]),
            np.concatenate([p.rows for p in parts]),
            np.concatenate([p.nearness for p in parts]),
        )

    @classmethod
    def of(cls, query_row: int, rows: npt.NDArray[Any], nearness: npt.NDArray[Any]) -> "Near":
        at = np.full(len(rows), query_row, np.int64)
        return cls(at, rows.astype(np.int64), nearness.astype(np.float32))


class Alive(Protocol):
    """Which rows of a segment may be hits: their slots are not dead, and in the banks asked for."""

    def of(self, rows: npt.NDArray[np.int64]) -> Flags:
        """Flags of some rows."""
        ...

    def mask(self) -> Flags | None:
        """Flags of all; ``None``: every one."""
        ...


class Kind(Protocol):
    """How rows of one metric are laid out and searched. Pure functions under one name.

    ``search`` returns at least the ``count`` nearest living rows of each query row, in any order;
    ``share`` is that of these rows in all that are searched, 0..1. A segment of ``largest`` bytes
    or more is not merged with others: that would take too much memory.
    """

    name: str
    largest: int

    def build(self, rows: Rows) -> Arrays: ...

    def merged(self, parts: Sequence[Arrays], alive: Sequence[Flags | None]) -> Arrays:
        """As if built of all living rows of the parts."""
        ...

    def search(
        self,
        arrays: Arrays,
        queries: npt.NDArray[Any],
        count: int,
        alive: Alive,
        share: float,
    ) -> Near: ...


UNBOUNDED = 1 << 62
"""Bytes of a segment of a kind that is merged however large it is."""


def best(nearness: npt.NDArray[Any], count: int) -> npt.NDArray[np.int64]:
    """The places of the ``count`` largest, and of some that equal the last of them: which of equals
    comes first is decided where all segments meet.
    """
    if len(nearness) <= count:
        return np.arange(len(nearness))
    if not count:
        return np.empty(0, np.int64)
    last = np.partition(nearness, len(nearness) - count)[len(nearness) - count]
    above, equal = np.flatnonzero(nearness > last), np.flatnonzero(nearness == last)
    return np.concatenate([above, equal[:count]])
