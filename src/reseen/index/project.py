"""The index of one project, in one folder: segments, slots, and how far the log was followed.

What arrives is searchable in memory at once. ``flush`` writes it, and then a manifest that names
the files and the position: a process that is killed starts again from the last manifest and follows
the log from there, so nothing else needs to be logged. Files that no manifest names are removed.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import Metric, Signal
from reseen.index.folder import (
    Log,
    Manifest,
    append_records,
    read_records,
    remove,
    sweep,
)
from reseen.index.learning import Learnt, is_indexed, segment_of
from reseen.index.ranking import no_hits, ranked
from reseen.index.rows import Flags, Near
from reseen.index.segments import Damaged, Segment, due, merged, read, write
from reseen.index.slots import DEAD, MOST_SIGNALS, Slots
from reseen.ports import Entry, Hits

_FLAGS_KEPT = 64
_TRIES = 4
"""Times that rows are looked through while references are learnt anew: who began with the rows from
before, and saw them dead, would find neither these nor the new ones. After that, learning waits."""
_SAMPLED = 4096


@dataclass(frozen=True, slots=True)
class _Alive:
    """``rows.Alive`` of one search in one segment."""

    project: "ProjectIndex"
    segment: Segment
    bank_numbers: Sequence[int] | None

    def of(self, rows: npt.NDArray[np.int64]) -> Flags:
        flags = self.project.slots.alive(self.segment.arrays["slots"][rows], self.bank_numbers)
        return np.ones(len(rows), np.bool_) if flags is None else flags

    def mask(self) -> Flags | None:
        return self.project.alive(self.segment, self.bank_numbers)


@dataclass(frozen=True, slots=True)
class Merge:
    """Work for another process: these segments, without the rows of dead slots, into one file."""

    segments: tuple[Segment, ...]
    name: str


class ProjectIndex:
    """One writer at a time; any number of searches beside it."""

    def __init__(self, folder: Path) -> None:
        """Raises ``Damaged`` when the folder holds something else than was written."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.position = 0
        self._flushed = 0
        self._segments: tuple[Segment, ...] = ()
        self.slots = Slots()
        self._numbers: dict[str, int] = {}
        self._replaced = 0
        self._log = Log()
        self._made = 0
        self._held: tuple[Segment, ...] = ()
        self._lock = Lock()
        self._writing = Lock()
        self._flags: OrderedDict[Any, tuple[int, Segment, Flags | None]] = OrderedDict()
        self._open()

    def apply(self, entries: Sequence[Entry], position: int) -> None:
        """As ``ports.WritableIndex.apply``. What is learnt anew is found by its older rows until
        the new ones are there.
        """
        with self._lock:
            older: list[int] = []
            new: dict[str, tuple[Signal, list[Learnt]]] = {}
            for entry in entries:
                if entry.bank_number is None:
                    self.slots.remove(entry.reference_number)
                elif entry.tracks is None:
                    self.slots.move(entry.reference_number, entry.bank_number)
                else:
                    tracks = [t for t in entry.tracks if len(t) and is_indexed(t.signal)]
                    numbers = sorted({self._number(t.signal.id) for t in tracks})
                    slot, before = self.slots.put(
                        entry.reference_number, entry.bank_number, numbers
                    )
                    if before is not None:
                        older.append(before)
                    for track in tracks:
                        new.setdefault(track.signal.id, (track.signal, []))[1].append((slot, track))
            fresh = [segment_of(signal, learnt) for signal, learnt in new.values()]
            segments = (*self._segments, *fresh)
            for signal_id in new:
                while some := due([s for s in segments if self._is_free(s, signal_id)]):
                    gone = {id(one) for one in some}
                    kept = tuple(one for one in segments if id(one) not in gone)
                    whole = self._merged(some)
                    segments = (*kept, whole) if len(whole) else kept
            self._segments = segments
            self._replaced += bool(older)  # first: who sees rows dead looks again
            for before in older:
                self.slots.retire(before)
            self.position = max(position, self.position)

    def held(self) -> dict[str, int]:
        """As ``ports.Index.held``."""
        counts = self.slots.holders
        return {i: int(counts[n]) for i, n in tuple(self._numbers.items()) if counts[n]}

    def nearest(
        self,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        """As ``ports.Index.nearest``."""
        for _ in range(_TRIES):
            replaced = self._replaced
            hits = self._nearest(signal, codes, count, bank_numbers)
            if replaced == self._replaced:
                return hits
        with self._lock:
            return self._nearest(signal, codes, count, bank_numbers)

    def _nearest(
        self,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None,
    ) -> Hits:
        if not codes.size:
            return no_hits(signal)
        queries = codes[None] if signal.metric is Metric.EQUALITY else codes
        found, references, numbers = [], [], []
        segments = [s for s in self._segments if s.signal_id == signal.id and len(s)]
        total = sum(len(s) for s in segments)
        for segment in segments:
            alive = _Alive(self, segment, bank_numbers)
            share = len(segment) / total
            near = segment.kind.search(segment.arrays, queries, count, alive, share)
            found.append(near)
            references.append(self.slots.references[segment.arrays["slots"][near.rows]])
            numbers.append(segment.arrays["numbers"][near.rows].astype(np.int64))
        if not found:
            return no_hits(signal)
        near = Near.join(found)
        own, rows = np.concatenate(references), np.concatenate(numbers)
        return ranked(signal, near.query_rows, own, rows, near.nearness, count)

    def flush(self) -> None:
        """All that was applied is on the disk. May raise ``OSError``; then all is as before.

        What comes meanwhile is taken: a slow disk keeps nobody waiting.
        """
        with self._writing:
            with self._lock:
                position, records = self.position, self.slots.taken()
                if position == self._flushed and not len(records):
                    return
                held = self._held = tuple(s for s in self._segments if not s.name)
                fits = self._fits(len(records))
                kept = records if fits else self.slots.snapshot()
            try:
                anew = None if fits else self._name()
                log = append_records(self.folder, self._log, kept, anew=anew)
                written = [
                    write(self.folder, self._name(), whole)
                    for i in sorted({s.signal_id for s in held})
                    if len(whole := self._merged([s for s in held if s.signal_id == i]))
                ]
                self._commit(held, written, log, position)
            except OSError:
                with self._lock:
                    self.slots.untake(records)
                    self._held = ()
                raise

    def merge_due(self) -> Merge | None:
        """What maintenance should do next."""
        on_disk = [s for s in self._segments if s.name]
        for signal_id in sorted({s.signal_id for s in on_disk}):
            own = [s for s in on_disk if s.signal_id == signal_id]
            if some := due(own, [self._dead(s) for s in own]):
                return Merge(tuple(some), self._name())
        return None

    def merge_done(self, merge: Merge) -> None:
        """Take the file that was made in place of what it was made of. Raises ``Damaged``."""
        made = read(self.folder, merge.name)
        with self._writing:
            self._commit(merge.segments, [made] if len(made) else [], self._log, self._flushed)

    def dead_slots(self) -> npt.NDArray[np.bool_]:
        """A flag a slot."""
        return np.asarray(self.slots.banks[: self.slots.count] < 0)

    def stats(self) -> dict[str, Any]:
        """Live references, rows and bytes, some by signal; segments; bytes not yet on disk."""
        segments = self._segments
        signals = sorted({s.signal_id for s in segments})
        return {
            "position": self.position,
            "references": self.slots.live,
            "rows": {i: sum(len(s) for s in segments if s.signal_id == i) for i in signals},
            "held": self.held(),
            "bytes": sum(s.size for s in segments),
            "bytes_in_memory": self.unflushed_bytes,
            "segments": len(segments),
        }

    @property
    def unflushed_bytes(self) -> int:
        return sum(s.size for s in self._segments if not s.name)

    @property
    def is_flushed(self) -> bool:
        return self.position == self._flushed

    def _merged(self, segments: Sequence[Segment]) -> Segment:
        return merged(segments, [self.slots.alive(s.arrays["slots"]) for s in segments])

    def _dead(self, segment: Segment) -> float:
        """The share of dead rows, by some thousands of them."""
        some = segment.arrays["slots"][:: max(1, len(segment) // _SAMPLED)]
        return float((self.slots.banks[some] == DEAD).mean())

    def alive(self, segment: Segment, bank_numbers: Sequence[int] | None) -> Flags | None:
        """Flags of the segment's rows, remembered until a slot dies or moves."""
        banks = None if bank_numbers is None else tuple(sorted(set(bank_numbers)))
        key, version = (id(segment), banks), self.slots.version
        held = self._flags.get(key)
        if held is not None and held[0] == version and held[1] is segment:
            return held[2]
        flags = self.slots.alive(segment.arrays["slots"], banks)
        self._flags[key] = (version, segment, flags)
        while len(self._flags) > _FLAGS_KEPT:
            try:
                self._flags.popitem(last=False)
            except KeyError:
                break
        return flags

    def _number(self, signal_id: str) -> int:
        """Of a signal, among those that the project holds or held. Raises ``Damaged``."""
        number = self._numbers.setdefault(signal_id, len(self._numbers))
        if number >= MOST_SIGNALS:
            raise Damaged(f"there are more than {MOST_SIGNALS} signals")
        return number

    def _is_free(self, segment: Segment, signal_id: str) -> bool:
        """Whether it is of this signal, in memory only, and not being written."""
        is_held = any(segment is one for one in self._held)
        return segment.signal_id == signal_id and not segment.name and not is_held

    def _name(self) -> str:
        self._made += 1
        return f"{self._made:08d}"

    def _fits(self, records: int) -> bool:
        """Whether the log of slots may grow by these; else most of it is outdated."""
        log = self._log
        return bool(log.name) and log.count + records <= 2 * self.slots.count + (1 << 16)

    def _commit(
        self, old: Sequence[Segment], new: Sequence[Segment], log: Log, position: int
    ) -> None:
        """Write a manifest with the new segments in place of the old ones, serve them, and remove
        what it does not name. Only who holds ``_writing`` changes which segments are on the disk.
        """
        gone, old_log = {id(s) for s in old}, self._log.name
        named = [s.name for s in self._segments if s.name and id(s) not in gone]
        named += [s.name for s in new]
        Manifest(position, log, self._made, tuple(named)).write(self.folder)
        with self._lock:
            self._segments = (*(s for s in self._segments if id(s) not in gone), *new)
            self._log, self._flushed, self._held = log, position, ()
            self._flags.clear()
        unnamed = (s.name for s in old if s.name)
        remove(self.folder, unnamed, old_log if old_log != log.name else "")

    def _open(self) -> None:
        manifest = Manifest.read(self.folder)
        if manifest is not None:
            try:
                self._restore(manifest)
            except (KeyError, TypeError, ValueError) as e:
                raise Damaged(f"the slots are not whole: {e}") from e
        sweep(self.folder, manifest)

    def _restore(self, manifest: Manifest) -> None:
        self.slots = Slots(read_records(self.folder, manifest.log))
        self._segments = tuple(read(self.folder, name) for name in manifest.segments)
        for segment in self._segments:
            if len(segment) and int(segment.arrays["slots"].max()) >= self.slots.count:
                raise Damaged(f"{segment.name} names slots that are not there")
        rows = [(self._number(s.signal_id), s.arrays["slots"]) for s in self._segments]
        self.slots.restore_signals([(n, np.asarray(slots)) for n, slots in rows])
        self.position = self._flushed = manifest.position
        self._log, self._made = manifest.log, manifest.made
