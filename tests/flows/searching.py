"""Real banks to search in: a database and blobs in a folder, and the exact index beside them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Bank, BankDraft, Content, Hash, Reference, ReferenceDraft
from reseen.domain.choices import BankRole
from reseen.domain.fingerprint import Fingerprint, Signal
from reseen.domain.match import Cuts
from reseen.flows.fingerprint import Perception, remember
from reseen.flows.search import Answer, Scope, Searching
from reseen.index.flat import FlatIndex
from reseen.index.follower import held_of
from reseen.media.receive import local_file
from reseen.ports import (
    BankStore,
    Blobs,
    Entry,
    Hits,
    JobStore,
    ReferenceStore,
    ScoreLog,
    WritableIndex,
)
from reseen.signals.quads import query_keys
from reseen.store.banks import SqlBankStore
from reseen.store.blobs import open_blobs
from reseen.store.database import Database, open_database, sqlite_url
from reseen.store.jobs import SqlJobStore
from reseen.store.references import SqlReferenceStore
from reseen.store.scores import SqlScoreLog

CUTS = Cuts(low=0.3, medium=0.6, high=0.9)


class FollowedIndex:
    """The exact index as a service that follows the truth when it is waited for."""

    def __init__(self, truth: ReferenceStore, banks: BankStore) -> None:
        self._truth, self._banks = truth, banks
        self._inner: WritableIndex = FlatIndex()
        self.stuck = False
        self.asked: list[str] = []
        """Ids of the signals that were asked for."""

    def nearest(
        self,
        project_id: str,
        signal: Signal,
        codes: npt.NDArray[Any],
        count: int,
        bank_numbers: Sequence[int] | None = None,
    ) -> Hits:
        self.asked.append(signal.id)
        return self._inner.nearest(project_id, signal, codes, count, bank_numbers)

    def held(self, project_id: str) -> Mapping[str, int]:
        return self._inner.held(project_id)

    def position(self, project_id: str) -> int:
        return self._inner.position(project_id)

    def nudge(self, project_id: str, position: int) -> None:
        del position
        if not self.stuck:
            self._follow(project_id)

    def wait_for(self, project_id: str, position: int, timeout_s: float) -> bool:
        del timeout_s
        return self.position(project_id) >= position

    @contextmanager
    def rebuild(self, project_id: str | None = None) -> Iterator[Iterator[float]]:
        self._inner.clear(project_id or DEFAULT_PROJECT)
        self._follow(project_id or DEFAULT_PROJECT)
        yield iter((1.0,))

    def check(self) -> Mapping[str, Any]:
        return {}

    def _follow(self, project_id: str) -> None:
        while changes := self._truth.changes(project_id, self.position(project_id)):
            tracks = self._truth.indexed(project_id, [c.reference_number for c in changes])
            entries = [
                Entry(
                    c.reference_number,
                    c.bank_number,
                    held_of(tracks[c.reference_number]) if c.reference_number in tracks else None,
                )
                for c in changes
            ]
            self._inner.apply(project_id, entries, changes[-1].position)


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that a test of searches needs."""

    perception: Perception
    database: Database
    banks: BankStore
    references: ReferenceStore
    jobs: JobStore
    scores: ScoreLog
    blobs: Blobs
    index: FollowedIndex
    searching: Searching

    def bank(self, name: str, role: BankRole = BankRole.KNOWN, **more: Any) -> Bank:
        return self.banks.create(DEFAULT_PROJECT, BankDraft(name, role, **more))

    def kept(self, path: Path) -> Fingerprint:
        with local_file(path) as file:
            return remember(self.perception, file)

    def add(self, bank: Bank, path: Path, **more: Any) -> Reference:
        content = Content(self.kept(path))
        return self.references.add(bank, ReferenceDraft(path.name, **more), content).reference

    def add_again(self, bank: Bank, kept: Fingerprint, times: int, **more: Any) -> None:
        """As if so many files with other bytes looked and sounded the same."""
        digests = [f"{k:064x}" for k in range(times)]
        assets = [replace(kept.asset, sha256=one, md5=one[32:]) for one in digests]
        items = [
            (ReferenceDraft(asset.sha256, **more), Content(replace(kept, asset=asset)))
            for asset in assets
        ]
        self.references.add_many(bank, items)

    def add_hash(self, bank: Bank, name: str, *hashes: Hash) -> Reference:
        content = Content(hashes=hashes)
        return self.references.add(bank, ReferenceDraft(name), content).reference

    def search(self, path: Path, **scope: Any) -> Answer:
        with local_file(path) as file:
            return self.searching.by_file(DEFAULT_PROJECT, file, Scope(**scope))

    def hashes(self, *hashes: Hash, **scope: Any) -> Answer:
        return self.searching.by_hashes(DEFAULT_PROJECT, hashes, Scope(**scope))


@contextmanager
def ground(folder: Path, perception: Perception) -> Iterator[Ground]:
    """Banks in a folder."""
    database = open_database(sqlite_url(folder / "reseen.db"))
    try:
        blobs = open_blobs((folder / "blobs").as_uri())
        banks, references = SqlBankStore(database), SqlReferenceStore(database, blobs)
        scores = SqlScoreLog(database)
        index = FollowedIndex(references, banks)
        searching = Searching(perception, CUTS, banks, references, index, query_keys, scores)
        yield Ground(
            perception,
            database,
            banks,
            references,
            SqlJobStore(database),
            scores,
            blobs,
            index,
            searching,
        )
    finally:
        database.close()


def names(answer: Answer) -> list[str]:
    return [found.reference.draft.name for found in answer.matches]
