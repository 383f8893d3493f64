"""A bank of pictures of any size to search in: real references, and many more that look like them.

Real references are kept as an ingest keeps them. A synthetic one has a row of its own in the truth
and in the index, a descriptor drawn like the real ones, words of keypoints of several distractors,
and, when it is looked at closely, the keypoints and edges of one: so that looking at it costs what
it would cost.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.index_data import descriptor_blocks
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Bank, BankDraft, Content, Hash, Reference, ReferenceDraft
from reseen.domain.fingerprint import DESCRIPTOR, LOOKS, SHA256, WORDS, Fingerprint, Signal, Track
from reseen.domain.media import Medium
from reseen.engine.picture.words import words_of
from reseen.index.follower import held_of
from reseen.index.maintenance import settle
from reseen.index.merge import merge_in_child
from reseen.index.segmented import SegmentedIndex
from reseen.ports import Blobs, Candidate, Entry, Hits
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.references import SqlReferenceStore

BATCH = 5000
INDEXED = frozenset({"descriptor", "pdq", "looks"})
MIXED = 4
"""Real frames whose keypoints a synthetic one mixes."""


@dataclass(slots=True)
class Clock:
    """Processor seconds spent in a part of a search, and how often."""

    seconds: float = 0.0
    calls: int = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        begin = time.process_time()
        try:
            yield
        finally:
            self.seconds += time.process_time() - begin
            self.calls += 1

    def taken(self) -> "Clock":
        """What it shows, and set it to nothing."""
        shown = Clock(self.seconds, self.calls)
        self.seconds, self.calls = 0.0, 0
        return shown


class TimedIndex:
    """The index of the index process, in this one. Implements ``ports.IndexService``."""

    def __init__(self, folder: Path) -> None:
        self.inner = SegmentedIndex(folder)
        self.clock = Clock()

    def nearest(
        self,
        project_id: str,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        with self.clock.running():
            return self.inner.nearest(project_id, signal, codes, count, bank_numbers)

    def held(self, project_id: str) -> Mapping[str, int]:
        return self.inner.held(project_id)

    def learn(self, entries: Sequence[Entry], position: int) -> None:
        """What the index process would follow, written and merged where that is due."""
        self.inner.apply(DEFAULT_PROJECT, entries, position)
        settle(self.inner.project(DEFAULT_PROJECT))

    def position(self, project_id: str) -> int:
        return self.inner.position(project_id)

    def nudge(self, project_id: str, position: int) -> None:
        """It is filled by hand."""

    def wait_for(self, project_id: str, position: int, timeout_s: float) -> bool:
        del timeout_s
        return self.position(project_id) >= position

    @contextmanager
    def rebuild(self, project_id: str | None = None) -> Iterator[Iterator[float]]:
        del project_id
        yield iter(())

    def check(self) -> Mapping[str, Any]:
        return {}


class TimedReferences(SqlReferenceStore):
    """The truth, timed; where it holds a synthetic reference, it says what that stands for."""

    def __init__(self, database: Database, blobs: Blobs, stand_ins: Sequence[Fingerprint]) -> None:
        super().__init__(database, blobs)
        self.stand_ins = stand_ins
        self.codes: dict[int, npt.NDArray[np.int8]] = {}
        self.truth, self.looked_at = Clock(), Clock()

    def candidates(
        self, project_id: str, numbers: Sequence[int], now: datetime
    ) -> tuple[Candidate, ...]:
        with self.truth.running():
            found = super().candidates(project_id, numbers, now)
        return tuple(
            replace(one, reference=replace(one.reference, medium=Medium.IMAGE))
            if one.reference.medium is None
            else one
            for one in found
        )

    def fingerprint(self, reference: Reference) -> Fingerprint | None:
        with self.looked_at.running():
            code = self.codes.get(reference.number)
            if code is None:
                return super().fingerprint(reference)
            kept = self.stand_ins[reference.number % len(self.stand_ins)]
            tracks = (described(code), *(t for t in kept.tracks if t.signal.name != "descriptor"))
            return replace(kept, asset=replace(kept.asset, sha256=digest(code)), tracks=tracks)


class SearchBank:
    """One bank in a folder. ``stand_ins`` are of pictures that no query was made of."""

    def __init__(
        self,
        folder: Path,
        kept: Sequence[tuple[str, Fingerprint]],
        stand_ins: Sequence[Fingerprint],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = database = open_database(sqlite_url(folder / "reseen.db"))
        self.banks = SqlBankStore(database)
        self.bank: Bank = self.banks.create(DEFAULT_PROJECT, BankDraft("pictures"))
        blobs = open_blobs((folder / "blobs").as_uri())
        self.references = TimedReferences(database, blobs, stand_ins)
        self.index = TimedIndex(folder / "index")
        for name, fingerprint in kept:
            draft = ReferenceDraft(name)
            added = self.references.add(self.bank, draft, Content(fingerprint)).reference
            tracks = [t for t in fingerprint.tracks if t.signal.name in INDEXED]
            self.index.learn([Entry(added.number, self.bank.number, held_of(tracks))], added.change)
        real = [one.track("descriptor") for _, one in kept]
        rows = np.concatenate([t.codes for t in real if t is not None])
        self._more = (code for block in descriptor_blocks(rows) for code in block)
        looks = [t for one in stand_ins for t in one.tracks if t.signal == LOOKS]
        self._words = word_blocks(np.concatenate([words_of(t).codes for t in looks]))
        self.size = len(kept)

    def close(self) -> None:
        """Of no use from now on; its folder is left."""
        self._database.close()

    def grow(self, size: int) -> None:
        """Add synthetic references up to this size."""
        while self.size < size:
            codes = [next(self._more) for _ in range(min(BATCH, size - self.size))]
            items = [
                (
                    ReferenceDraft(digest(code)),
                    Content(hashes=(Hash(SHA256, bytes.fromhex(digest(code))),)),
                )
                for code in codes
            ]
            added = self.references.add_many(self.bank, items)
            entries = []
            for one, code, words in zip(added, codes, self._words, strict=False):
                self.references.codes[one.reference.number] = code
                number = one.reference.number
                entries.append(Entry(number, self.bank.number, [described(code), worded(words)]))
            self.index.learn(entries, added[-1].reference.change)
            self.size += len(codes)
        project = self.index.inner.project(DEFAULT_PROJECT)
        project.flush()
        while (due := project.merge_due()) is not None:
            merge_in_child(project, due)


def word_blocks(real: npt.NDArray[np.uint32]) -> Iterator[npt.NDArray[np.uint32]]:
    """Rows of words without end. Each is of keypoints of some real frames ``[N, 3 K]``, so that
    words are as frequent, and as often together, as in pictures; a quarter of the bits of their
    marks are changed, so that no two frames share what is one keypoint.
    """
    rng = np.random.default_rng(5)
    frames = real.reshape(len(real), -1, 3)
    per = frames.shape[1] // MIXED
    while True:
        row = frames[rng.integers(0, len(frames), MIXED).repeat(per), rng.permutation(per * MIXED)]
        flips = rng.integers(0, 1 << 32, (2, 2, len(row)), np.uint32)
        low, high = flips[0] & flips[1]
        row[:, 1] ^= low
        row[:, 2] ^= high & 0xFFFF
        yield row.reshape(-1)


def worded(code: npt.NDArray[np.uint32]) -> Track:
    """The words of a still."""
    return replace(described(code), signal=WORDS)


def digest(code: npt.NDArray[np.int8]) -> str:
    return hashlib.sha256(code.tobytes()).hexdigest()


def described(code: npt.NDArray[Any]) -> Track:
    """One descriptor of a whole still."""
    return Track(
        DESCRIPTOR,
        spans=np.array([[-np.inf, np.inf]]),
        codes=code[None],
        quality=np.ones(1, np.float32),
        places=np.array([[0, 0, 1, 1, 0, 0]], np.float32),
    )
