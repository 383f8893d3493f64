"""The index: nearest rows by signal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Signal, Track

QUAD_WINDOW = 12.0
"""Seconds. An index counts shared keys of quads by window, and window n begins at n times this. A
query of 10 s fills most of one or halves of two; 300 hours are 90,000 windows."""

QUAD_TICKS = 16
"""Parts of a window, of 0.75 s. Keys that a copy shares lie as far apart in time on both sides, and
in pitch; those shared by chance do not. Of 134 disguised sounds that pairs find, half under noise
or other sound, the original is among the first two of 492 for .97 by the keys that agree on one
clock and one shift of pitch, for .93 on one clock, for .84 by all that are shared; finer ticks tell
no more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an index learns: the tracks of one reference and its bank; ``bank_number`` ``None``:
    gone. ``tracks`` ``None``: as before, only the bank changed.
    """

    reference_number: int
    bank_number: int | None
    tracks: Sequence[Track] | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows of references near rows of a query, nearest first for each query row.

    references, query_rows, reference_rows: ``int64 [N]``; nearness ``float32 [N]``, larger is
    nearer: cosine of a descriptor, minus the distance in bits of PDQ, shared keys of quads that
    agree on one clock, to two ticks, and on one shift of pitch. A reference row of quads is a
    window of ``QUAD_WINDOW`` seconds.
    """

    signal: Signal
    references: npt.NDArray[np.int64]
    query_rows: npt.NDArray[np.int64]
    reference_rows: npt.NDArray[np.int64]
    nearness: npt.NDArray[np.float32]


class Index(Protocol):
    """Nearest rows by signal within one project. Follows the change log; can be rebuilt from the
    truth at any time. Any call may raise ``NotReady``.
    """

    def nearest(
        self,
        project_id: str,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        """Up to ``count`` hits for each query row, in these banks (``None``: all).

        codes of a descriptor ``int8 [N, D]``, of PDQ ``uint8 [N, 32]`` (all within the signal's
        radius, at most ``count``); of quads ``uint32 [K, 2]``, the distinct keys that one query
        asks for, as one row, each with its mark in a window of the query (``quads.marks``).
        """
        ...

    def held(self, project_id: str) -> Mapping[str, int]:
        """Living references that have rows, by the id of the signal with its version: a query must
        be described in each of these versions to be held against all that there is.
        """
        ...

    def position(self, project_id: str) -> int:
        """The change that it has reached: what was acknowledged before is found."""
        ...


class WritableIndex(Index, Protocol):
    """The side of an index that its follower feeds."""

    def apply(self, project_id: str, entries: Sequence[Entry], position: int) -> None:
        """Take these changes, in order; ``position`` is that of the last. Twice is as once."""
        ...

    def clear(self, project_id: str) -> None:
        """Forget all of a project, and start at position 0."""
        ...

    def close(self) -> None: ...


class IndexService(Index, Protocol):
    """An index with a follower beside it, as searches see it."""

    def nudge(self, project_id: str, position: int) -> None:
        """Say that the log has grown: it is followed at once, not at the next look. Advice: an
        index that cannot be told finds out by itself, and nothing is raised.
        """
        ...

    def wait_for(self, project_id: str, position: int, timeout_s: float) -> bool:
        """Whether the change was reached in time."""
        ...

    def rebuild(self, project_id: str | None = None) -> AbstractContextManager[Iterator[float]]:
        """Make the index anew from the truth while the old one serves; yields progress 0..1."""
        ...

    def check(self) -> Mapping[str, Any]:
        """How it is: position, lag, rows, bytes, by project. Raises ``NotReady``."""
        ...
