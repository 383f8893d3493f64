"""The index of one project, in one folder: segments, slots, and how far the log was followed.

What arrives is searchable in memory at once. ``flush`` writes it, and then a manifest that names
the files and the position: a process that is killed starts again from the last manifest and follows
the log from there, so nothing else needs to be logged. Files that no manifest names are removed.
"""

import json
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from reseen.domain.fingerprint import QUADS, Metric, Signal, Track
from reseen.index.quad_windows import quad_windows
from reseen.index.ranking import no_hits, ranked
from reseen.index.rows import Flags, Near, Rows
from reseen.index.segments import (
    KIND_OF,
    KINDS,
    SUFFIX,
    Damaged,
    Segment,
    due,
    merged,
    read,
    sync,
    write,
)
from reseen.index.slots import DEAD, RECORD, Slots
from reseen.ports import Entry, Hits

_MANIFEST = "manifest.json"
_FLAGS_KEPT = 64
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
        self._log = ("", 0)
        self._made = 0
        self._lock = Lock()
        self._flags: OrderedDict[Any, tuple[int, Segment, Flags | None]] = OrderedDict()
        self._open()

    def apply(self, entries: Sequence[Entry], position: int) -> None:
        """As ``ports.WritableIndex.apply``."""
        with self._lock:
            new: dict[str, tuple[Signal, list[tuple[int, Track]]]] = {}
            for entry in entries:
                if entry.bank_number is None:
                    self.slots.remove(entry.reference_number)
                elif entry.tracks is None:
                    self.slots.move(entry.reference_number, entry.bank_number)
                else:
                    slot = self.slots.put(entry.reference_number, entry.bank_number)
                    for track in entry.tracks:
                        if len(track) and _is_indexed(track.signal):
                            new.setdefault(track.signal.id, (track.signal, []))[1].append(
                                (slot, track)
                            )
            fresh = [_segment(signal, kept) for signal, kept in new.values()]
            segments = (*self._segments, *fresh)
            for signal_id in new:
                while some := due([s for s in segments if s.signal_id == signal_id and not s.name]):
                    segments = self._replaced(segments, some, self._merged(some))
            self._segments = segments
            self.position = max(position, self.position)

    def nearest(
        self,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        """As ``ports.Index.nearest``."""
        if not codes.size:
            return no_hits(signal)
        queries = np.unique(codes)[None] if signal.metric is Metric.EQUALITY else codes
        found, references, numbers = [], [], []
        segments = [s for s in self._segments if s.signal_id == signal.id]
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
        """All that was applied is on the disk. May raise ``OSError``; then all is as before."""
        with self._lock:
            held = [s for s in self._segments if not s.name]
            position, records, log = self.position, self.slots.taken(), self._log
            if position == self._flushed and not len(records):
                return
            signals = sorted({s.signal_id for s in held})
            parts = {i: [s for s in held if s.signal_id == i] for i in signals}
            whole = {i: self._merged(some) for i, some in parts.items()}
            names = {i: self._name() for i in signals}
            try:
                written = {
                    i: write(self.folder, names[i], one) for i, one in whole.items() if len(one)
                }
                log = self._append(log, records)
                segments = self._segments
                for i, some in parts.items():
                    segments = self._replaced(segments, some, written.get(i))
                self._commit(segments, log, position)
            except OSError:
                self.slots.untake(records)
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
        with self._lock:
            segments = self._replaced(self._segments, merge.segments, made if len(made) else None)
            self._commit(segments, self._log, self._flushed)

    def dead_slots(self) -> npt.NDArray[np.bool_]:
        """A flag a slot."""
        return np.asarray(self.slots.banks[: self.slots.count] < 0)

    def stats(self) -> dict[str, Any]:
        """Live references; rows and bytes by signal; segments; bytes that are not on disk yet."""
        segments = self._segments
        signals = sorted({s.signal_id for s in segments})
        return {
            "position": self.position,
            "references": self.slots.live,
            "rows": {i: sum(len(s) for s in segments if s.signal_id == i) for i in signals},
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

    @staticmethod
    def _replaced(
        segments: tuple[Segment, ...], old: Sequence[Segment], new: Segment | None
    ) -> tuple[Segment, ...]:
        gone = {id(s) for s in old}
        kept = tuple(s for s in segments if id(s) not in gone)
        return kept if new is None or not len(new) else (*kept, new)

    def _name(self) -> str:
        self._made += 1
        return f"{self._made:08d}"

    def _append(self, log: tuple[str, int], records: npt.NDArray[np.void]) -> tuple[str, int]:
        """The log of slots with these records; a new and shorter one when most are outdated."""
        name, count = log
        if not name or count + len(records) > 2 * self.slots.count + (1 << 16):
            name, count, records = f"slots-{self._name()}", 0, self.slots.snapshot()
        with (self.folder / name).open("ab") as file:
            file.truncate(count * RECORD.itemsize)
            file.write(records.tobytes())
            file.flush()
            os.fsync(file.fileno())
        return name, count + len(records)

    def _commit(self, segments: tuple[Segment, ...], log: tuple[str, int], position: int) -> None:
        """Write the manifest, then forget what it does not name. The lock is held."""
        named = [s.name for s in segments if s.name]
        manifest = {"position": position, "slots": log, "made": self._made, "segments": named}
        part = self.folder / f"{_MANIFEST}.part"
        with part.open("w", encoding="utf-8") as file:
            json.dump(manifest, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / _MANIFEST)
        sync(self.folder)
        self._segments, self._log, self._flushed = segments, log, position
        self._flags.clear()
        self._sweep(frozenset(named), log[0])

    def _sweep(self, names: frozenset[str], log: str) -> None:
        for path in self.folder.iterdir():
            is_old_log = path.name.startswith("slots-") and path.name != log
            if is_old_log or (path.suffix == SUFFIX and path.stem not in names):
                path.unlink(missing_ok=True)

    def _open(self) -> None:
        path = self.folder / _MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self._sweep(frozenset(), "")
            return
        except (OSError, ValueError) as e:
            raise Damaged(f"the manifest cannot be read: {e}") from e
        try:
            name, count = manifest["slots"]
            self.slots = Slots(self._records(name, count))
            names = [str(n) for n in manifest["segments"]]
            self._segments = tuple(read(self.folder, n) for n in names)
            for segment in self._segments:
                if len(segment) and int(segment.arrays["slots"].max()) >= self.slots.count:
                    raise Damaged(f"{segment.name} names slots that are not there")
            self.position = self._flushed = int(manifest["position"])
            self._log, self._made = (str(name), int(count)), int(manifest["made"])
        except (KeyError, TypeError, ValueError) as e:
            raise Damaged(f"the manifest is not whole: {e}") from e
        self._sweep(frozenset(names), self._log[0])

    def _records(self, name: str, count: int) -> npt.NDArray[np.void]:
        try:
            records = np.fromfile(self.folder / name, RECORD, count)
        except OSError as e:
            raise Damaged(f"{name} cannot be read: {e}") from e
        if len(records) != count:
            raise Damaged(f"{name} is cut off")
        return records


def _is_indexed(signal: Signal) -> bool:
    if signal.metric is Metric.EQUALITY:
        return signal.name == QUADS.name
    return signal.metric in KIND_OF


def _segment(signal: Signal, kept: Sequence[tuple[int, Track]]) -> Segment:
    """Rows of some references, in memory."""
    kind = KINDS[KIND_OF[signal.metric]]
    if signal.metric is Metric.EQUALITY:
        return Segment(kind, signal.id, kind.build(_windows(kept)))
    slots = np.concatenate([np.full(len(t), s, np.uint32) for s, t in kept])
    numbers = np.concatenate([np.arange(len(t), dtype=np.uint32) for _, t in kept])
    codes = np.concatenate([t.codes for _, t in kept])
    return Segment(kind, signal.id, kind.build(Rows(slots, numbers, codes)))


def _windows(kept: Sequence[tuple[int, Track]]) -> Rows:
    slots: list[int] = []
    numbers: list[int] = []
    keys, owners = [], []
    for slot, track in kept:
        some, listed = quad_windows(track)
        for number, own in zip(some.tolist(), listed, strict=True):
            owners.append(np.full(len(own), len(slots), np.uint32))
            slots.append(slot)
            numbers.append(number)
            keys.append(own)
    return Rows(
        np.array(slots, np.uint32),
        np.array(numbers, np.uint32),
        np.concatenate(keys),
        np.concatenate(owners),
    )
