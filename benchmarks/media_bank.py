"""A bank of films and sounds of any size to search in: real references, and many more like them.

A synthetic film has scenes of its own: descriptors drawn like the real ones, and for each a few
more near it, as frames of one scene are. A synthetic sound has windows of keys drawn from real
ones. Looked at closely, they answer with all else of a real distractor, so that looking at one
costs what it would cost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.index_data import descriptor_blocks, recording, window_blocks
from benchmarks.search_bank import Clock, TimedIndex, digest
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Bank, BankDraft, Content, Hash, Reference, ReferenceDraft
from reseen.domain.fingerprint import DESCRIPTOR, QUADS, SHA256, Fingerprint, Track
from reseen.domain.media import Medium
from reseen.index.follower import held_of
from reseen.index.merge import merge_in_child
from reseen.index.quad_windows import quad_windows
from reseen.ports import Blobs, Candidate, Entry
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.indexed import INDEXED
from reseen.store.references import SqlReferenceStore

SCENES, FRAMES = 8, 5
"""Of a synthetic film: forty rows, twenty seconds."""
ALIKE = 0.9
"""Cosine of a frame of a synthetic film with its scene."""
TRACK_WINDOWS = 20
"""Of a synthetic sound: four minutes."""
BATCH = 500


class MediaReferences(SqlReferenceStore):
    """The truth, timed; where it holds a synthetic reference, it says what that stands for."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        super().__init__(database, blobs)
        self.stand_ins: dict[int, Fingerprint] = {}
        """By number; films with descriptors of their own."""
        self.truth, self.looked_at = Clock(), Clock()

    def candidates(
        self, project_id: str, numbers: Sequence[int], now: datetime
    ) -> tuple[Candidate, ...]:
        with self.truth.running():
            found = super().candidates(project_id, numbers, now)
        return tuple(self._as_medium(one) for one in found)

    def _as_medium(self, one: Candidate) -> Candidate:
        stands_in = self.stand_ins.get(one.reference.number)
        if stands_in is None:
            return one
        return replace(one, reference=replace(one.reference, medium=stands_in.asset.medium))

    def fingerprint(self, reference: Reference) -> Fingerprint | None:
        with self.looked_at.running():
            stands_in = self.stand_ins.get(reference.number)
            return super().fingerprint(reference) if stands_in is None else stands_in


class MediaBank:
    """One bank in a folder. ``stand_ins`` are of media that no query was made of."""

    def __init__(
        self,
        folder: Path,
        kept: Sequence[tuple[str, Fingerprint]],
        stand_ins: Sequence[Fingerprint],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = database = open_database(sqlite_url(folder / "reseen.db"))
        self.banks = SqlBankStore(database)
        self.bank: Bank = self.banks.create(DEFAULT_PROJECT, BankDraft("media"))
        self.references = MediaReferences(database, open_blobs((folder / "blobs").as_uri()))
        self.index = TimedIndex(folder / "index")
        self.rows, self.windows = 0, 0
        for name, fingerprint in kept:
            added = self.references.add(self.bank, ReferenceDraft(name), Content(fingerprint))
            tracks = held_of([t for t in fingerprint.tracks if t.signal.name in INDEXED])
            entry = Entry(added.reference.number, self.bank.number, tracks)
            self.index.learn([entry], added.reference.change)
            self.rows += len(fingerprint.track(DESCRIPTOR.name) or ())
            self.windows += len(_windows(fingerprint))
        self._films = [f for f in stand_ins if f.asset.medium is Medium.VIDEO]
        self._sounds = [f for f in stand_ins if f.asset.medium is Medium.AUDIO]
        real = [f.track(DESCRIPTOR.name) for _, f in kept]
        seen = [t.codes for t in real if t is not None and t.signal == DESCRIPTOR]
        heard = [w for f in self._sounds for w in _windows(f)]
        self._more_films = film_blocks(np.concatenate(seen)) if self._films else iter(())
        self._more_sounds = window_blocks(heard, TRACK_WINDOWS) if heard else iter(())

    def close(self) -> None:
        """Of no use from now on; its folder is left."""
        self._database.close()

    def grow(self, rows: int, windows: int) -> None:
        """Add synthetic films up to so many descriptors, sounds up to so many windows."""
        while self._films and self.rows < rows:
            films = [next(self._more_films) for _ in range(_due(rows - self.rows, len(FILM)))]
            self._add([self._film(k, codes) for k, codes in enumerate(films)])
            self.rows += len(films) * len(FILM)
        while self._sounds and self.windows < windows:
            due = _due(windows - self.windows, TRACK_WINDOWS)
            self._add([self._sound(k, next(self._more_sounds)) for k in range(due)])
            self.windows += due * TRACK_WINDOWS
        project = self.index.inner.project(DEFAULT_PROJECT)
        project.flush()
        while (merge := project.merge_due()) is not None:
            merge_in_child(project, merge)

    def _film(self, at: int, codes: npt.NDArray[np.int8]) -> tuple[Fingerprint, Track]:
        own = replace(FILM, codes=codes)
        stands_in = self._films[at % len(self._films)]
        others = (t for t in stands_in.tracks if t.signal.name != DESCRIPTOR.name)
        return replace(stands_in, tracks=(own, *others)), own

    def _sound(
        self, at: int, windows: Sequence[npt.NDArray[np.uint32]]
    ) -> tuple[Fingerprint, Track]:
        return self._sounds[at % len(self._sounds)], recording(windows)

    def _add(self, some: Sequence[tuple[Fingerprint, Track]]) -> None:
        names = [digest(np.ascontiguousarray(own.codes)) for _, own in some]
        items = [
            (ReferenceDraft(name), Content(hashes=(Hash(SHA256, bytes.fromhex(name)),)))
            for name in names
        ]
        added = [one.reference for one in self.references.add_many(self.bank, items)]
        self.references.stand_ins.update(
            (one.number, stands_in) for one, (stands_in, _) in zip(added, some, strict=True)
        )
        entries = [
            Entry(one.number, self.bank.number, [own])
            for one, (_, own) in zip(added, some, strict=True)
        ]
        self.index.learn(entries, added[-1].change)


def _film_track() -> Track:
    starts = np.arange(SCENES * FRAMES) / 2.0
    whole = np.tile(np.array([0, 0, 1, 1, 0, 0], np.float32), (len(starts), 1))
    codes = np.zeros((len(starts), 1), np.int8)
    spans = np.stack([starts, starts + 0.5], axis=1)
    return Track(DESCRIPTOR, spans, codes, np.ones(len(starts), np.float32), whole)


FILM = _film_track()
"""Rows of a synthetic film, without their codes."""


def film_blocks(real: npt.NDArray[np.int8]) -> Iterator[npt.NDArray[np.int8]]:
    """Descriptors of one synthetic film after the other ``[SCENES * FRAMES, D]``."""
    rng = np.random.default_rng(7)
    for block in descriptor_blocks(real):
        for at in range(0, len(block) - SCENES + 1, SCENES):
            scenes = np.repeat(block[at : at + SCENES].astype(np.float32), FRAMES, axis=0)
            scenes /= np.linalg.norm(scenes, axis=1, keepdims=True)
            noise = rng.standard_normal(scenes.shape, dtype=np.float32)
            noise /= np.linalg.norm(noise, axis=1, keepdims=True)
            rows = ALIKE * scenes + np.sqrt(1.0 - ALIKE**2) * noise
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            yield np.rint(rows * 127.0).astype(np.int8)


def _windows(fingerprint: Fingerprint) -> list[npt.NDArray[np.uint32]]:
    quads = fingerprint.track(QUADS.name)
    return [] if quads is None else quad_windows(quads)[1]


def _due(left: int, size: int) -> int:
    """References in the next batch."""
    return min(BATCH, -(-left // size))
