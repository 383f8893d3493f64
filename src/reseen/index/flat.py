"""The exact index, in memory: every row is looked at. The truth that other indexes are tested with.

Rows of a signal lie in one block, which is made when it is asked for after a change. Versions of a
signal are different signals: only what was measured alike is compared.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Metric, Signal, Track
from reseen.engine.picture.words import ALIKE, SIGNATURE, split
from reseen.engine.sound.quads import PITCH_BITS, TICK_BITS
from reseen.index.quad_windows import SAME, clocks, on_one_shift, quad_windows
from reseen.index.ranking import Integers, no_hits, ranked
from reseen.index.votes import LEAST, Meetings, chances, flattened, tally
from reseen.ports import Entry, Hits

_STEP = 16_384
"""Rows compared at once: 32 MB of float32."""


class _Block(Protocol):
    """Rows of one signal: whose they are, and how near each is to one query."""

    references: Integers
    numbers: Integers

    def nearness(self, query: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Minus infinity for rows that are not near at all."""
        ...


class FlatIndex:
    """``ports.WritableIndex``. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._tracks: dict[str, dict[int, Sequence[Track]]] = {}
        self._banks: dict[str, dict[int, int]] = {}
        self._positions: dict[str, int] = {}
        self._blocks: dict[tuple[str, str], _Block] = {}

    def apply(self, project_id: str, entries: Sequence[Entry], position: int) -> None:
        with self._lock:
            tracks = self._tracks.setdefault(project_id, {})
            banks = self._banks.setdefault(project_id, {})
            for entry in entries:
                number = entry.reference_number
                if entry.bank_number is None:
                    tracks.pop(number, None)
                    banks.pop(number, None)
                    continue
                banks[number] = entry.bank_number
                if entry.tracks is not None:
                    tracks[number] = tuple(entry.tracks)
            self._positions[project_id] = max(position, self.position(project_id))
            self._forget_blocks(project_id)

    def nearest(
        self,
        project_id: str,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        queries = codes[None] if signal.metric is Metric.EQUALITY else codes
        with self._lock:
            block = self._block(project_id, signal)
            if block is None or not codes.size:
                return no_hits(signal)
            allowed = _allowed(block.references, self._banks[project_id], bank_numbers)
        nearness = np.stack([block.nearness(query) for query in queries])
        query_rows, rows = np.nonzero((nearness > -np.inf) & allowed)
        return ranked(
            signal,
            query_rows,
            block.references[rows],
            block.numbers[rows],
            nearness[query_rows, rows],
            count,
        )

    def held(self, project_id: str) -> Mapping[str, int]:
        with self._lock:
            every = self._tracks.get(project_id, {}).values()
            ids = (i for tracks in every for i in {t.signal.id for t in tracks if len(t)})
            return Counter(ids)

    def position(self, project_id: str) -> int:
        return self._positions.get(project_id, 0)

    def clear(self, project_id: str) -> None:
        with self._lock:
            for held in (self._tracks, self._banks, self._positions):
                held.pop(project_id, None)
            self._forget_blocks(project_id)

    def close(self) -> None:
        """Nothing is held open."""

    def _forget_blocks(self, project_id: str) -> None:
        self._blocks = {key: b for key, b in self._blocks.items() if key[0] != project_id}

    def _block(self, project_id: str, signal: Signal) -> _Block | None:
        key = project_id, signal.id
        if key not in self._blocks:
            kept = [
                (number, track)
                for number, tracks in sorted(self._tracks.get(project_id, {}).items())
                for track in tracks
                if track.signal == signal and len(track)
            ]
            if not kept:
                return None
            self._blocks[key] = _MAKE[signal.metric](kept, signal)
        return self._blocks[key]


class _Codes:
    """One row a row of a track."""

    def __init__(self, kept: Sequence[tuple[int, Track]], signal: Signal) -> None:
        self.references = np.concatenate([np.full(len(t), n, np.int64) for n, t in kept])
        self.numbers = np.concatenate([np.arange(len(t), dtype=np.int64) for _, t in kept])
        self.codes = np.concatenate([t.codes for _, t in kept])
        self.radius = signal.radius


class _Cosines(_Codes):
    def nearness(self, query: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        unit = query.astype(np.float32) / np.float32(127.0**2)
        starts = range(0, len(self.codes), _STEP)
        return np.concatenate([self.codes[s : s + _STEP].astype(np.float32) @ unit for s in starts])


class _Bits(_Codes):
    def nearness(self, query: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        apart = np.bitwise_count(self.codes ^ query).sum(axis=1, dtype=np.int64)
        return np.where(apart <= (self.radius or 0), -apart, -np.inf).astype(np.float32)


class _Windows:
    """One row a window of quads."""

    def __init__(self, kept: Sequence[tuple[int, Track]], _signal: Signal) -> None:
        windows = [(n, *quad_windows(t)) for n, t in kept]
        self.references = np.concatenate([np.full(len(w), n, np.int64) for n, w, _ in windows])
        self.numbers = np.concatenate([w for _, w, _ in windows])
        keys = [one for _, _, listed in windows for one in listed]
        self._keys, self._marks = np.concatenate(keys).astype(np.int64).T
        self._owners = np.repeat(np.arange(len(keys)), [len(one) for one in keys])

    def nearness(self, query: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        marks = dict(query.tolist())
        held = np.flatnonzero(np.isin(self._keys, query[:, 0]))
        asked = np.array([marks[key] for key in self._keys[held].tolist()], np.int64)
        owners, apart = self._owners[held], self._marks[held] - asked + SAME
        later = np.zeros((len(self.numbers), 2**TICK_BITS), np.int64)
        np.add.at(later, (owners, apart >> PITCH_BITS), 1)
        _, clock = clocks(later)
        late = (apart >> PITCH_BITS) - clock[owners]
        on_clock = (late == 0) | (late == 1)
        higher = np.zeros((len(self.numbers), 2**PITCH_BITS), np.int64)
        np.add.at(higher, (owners[on_clock], (apart % 2**PITCH_BITS)[on_clock]), 1)
        shared = on_one_shift(higher)
        return np.where(shared > 0, shared, -np.inf).astype(np.float32)


class _Words(_Codes):
    """One row a frame: all its keypoints meet all of the query's that have one word."""

    def __init__(self, kept: Sequence[tuple[int, Track]], signal: Signal) -> None:
        super().__init__(kept, signal)
        self._words, self._marks, self._owners = flattened(self.codes)

    def nearness(self, query: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        words, marks = split(query)
        asked, held = np.nonzero(words[:, None] == self._words)
        bits = np.bitwise_count((marks[asked] ^ self._marks[held]) & SIGNATURE)
        votes = chances(words)[asked, bits]
        met = Meetings(asked, held, self._owners[held].astype(np.int64), votes)
        frames, voted = tally(met.some((bits <= ALIKE) & (votes >= LEAST)), marks, self._marks)
        nearness = np.full(len(self.codes), -np.inf, np.float32)
        nearness[frames] = voted
        return nearness


_MAKE: Mapping[Metric, Callable[[Sequence[tuple[int, Track]], Signal], _Block]] = {
    Metric.COSINE: _Cosines,
    Metric.HAMMING: _Bits,
    Metric.EQUALITY: _Windows,
    Metric.VOTES: _Words,
}


def _allowed(
    references: Integers, banks: Mapping[int, int], bank_numbers: Sequence[int] | None
) -> npt.NDArray[np.bool_]:
    if bank_numbers is None:
        return np.ones(len(references), np.bool_)
    wanted = frozenset(bank_numbers)
    inside = [number for number, bank in banks.items() if bank in wanted]
    return np.isin(references, np.array(inside, np.int64))
