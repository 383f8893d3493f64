"""The truth, the blobs and the index: what a search in banks depends on."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from reseen.domain.bank import (
    Added,
    Bank,
    BankDraft,
    Change,
    Content,
    Hash,
    Job,
    JobItem,
    JobKind,
    JobState,
    Reference,
    ReferenceDraft,
    StoredScore,
)
from reseen.domain.fingerprint import Fingerprint, Signal, Track

QUAD_WINDOW = 12.0
"""Seconds. An index counts shared keys of quads by window, and window n begins at n times this. A
query of 10 s fills most of one or halves of two; 300 hours are 90,000 windows."""


@dataclass(frozen=True, slots=True)
class Page[T]:
    """A stretch of a list; ``next`` is the cursor of the following one, ``None`` at the end."""

    items: tuple[T, ...]
    next: str | None = None


class Blobs(Protocol):
    """Bytes by key, in a folder or an object store. Any call may raise ``NotReady``.

    Keys are ASCII paths of at most 200 characters, such as ``default/ab/abcd.../1``.
    """

    def put(self, key: str, data: bytes) -> None:
        """Whole and durable when this returns; nothing is visible before."""
        ...

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """All or part. Raises ``BlobMissing``."""
        ...

    def view(self, key: str) -> memoryview:
        """All of it, read where it is looked at if the store can. Raises ``BlobMissing``."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Missing ones are no error."""
        ...

    def keys(self, prefix: str = "") -> Iterator[str]: ...

    def check(self) -> None:
        """Write, read and delete a small blob. Raises ``NotReady`` with what to do."""
        ...


class BankStore(Protocol):
    """Banks of projects. Any call of any store may raise ``NotReady``."""

    def create(self, project_id: str, draft: BankDraft) -> Bank:
        """Raises ``Conflict`` for a name in use, ``InvalidValue``, ``NotFound`` (project)."""
        ...

    def get(self, project_id: str, id_or_name: str) -> Bank:
        """Raises ``NotFound``."""
        ...

    def of_project(self, project_id: str) -> tuple[Bank, ...]: ...

    def update(self, project_id: str, bank_id: str, draft: BankDraft) -> Bank:
        """From now on the bank is so. Raises ``NotFound``, ``Conflict``, ``InvalidValue``."""
        ...

    def delete(self, project_id: str, bank_id: str) -> int:
        """With all its references; how many there were. Raises ``NotFound``."""
        ...

    def counts(self, project_id: str) -> Mapping[str, int]:
        """References by bank id, whether live or not."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference that may match, with its bank, as the truth has them at this moment."""

    reference: Reference
    bank: Bank


class ReferenceStore(Protocol):
    """References, their fingerprints and the change log; acknowledged is durable.

    Every change to a reference appends to the log of its project in the same transaction.
    """

    def add(self, bank: Bank, draft: ReferenceDraft, content: Content) -> Added:
        """Keep it, or find that the bank holds equal content. A reference found again is returned
        as it was, but a removed one enters anew. Raises ``NotFound`` where the bank is gone.
        """
        ...

    def add_many(
        self,
        bank: Bank,
        items: Sequence[tuple[ReferenceDraft, Content]],
        outcomes: Callable[[Sequence[Added]], Sequence[JobItem]] = lambda _: (),
    ) -> list[Added]:
        """As ``add``, in one transaction: all or nothing. ``outcomes`` says of what was added which
        job items it settles; they are recorded in the same transaction.
        """
        ...

    def get(self, project_id: str, reference_id: str) -> Reference:
        """Raises ``NotFound``."""
        ...

    def held(self, bank: Bank, identity: str) -> Reference | None:
        """The bank's reference with this content."""
        ...

    def list(
        self,
        project_id: str,
        *,
        bank_id: str | None = None,
        label: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Reference]:
        """Newest first. Raises ``InvalidValue`` for a cursor that is none."""
        ...

    def update(self, project_id: str, reference_id: str, draft: ReferenceDraft) -> Reference:
        """Replace all that is said of it. Raises ``NotFound``."""
        ...

    def refresh(self, project_id: str, reference_id: str, fingerprint: Fingerprint) -> Reference:
        """Keep this fingerprint of the same file from now on; the older one serves until then, and
        its blob goes. Raises ``NotFound``, and ``Conflict`` when it is of another file.
        """
        ...

    def move(self, project_id: str, reference_id: str, bank: Bank) -> Reference:
        """Into another bank of the project. Raises ``NotFound``, and ``Conflict`` where that bank
        holds the same content.
        """
        ...

    def delete(self, project_id: str, reference_id: str) -> Reference:
        """Gone from every answer at once, from the disk soon. Raises ``NotFound``."""
        ...

    def candidates(
        self, project_id: str, numbers: Sequence[int], now: datetime
    ) -> tuple[Candidate, ...]:
        """The live ones among these, in live banks. At any moment, whatever an index still holds,
        only these may match.
        """
        ...

    def with_hashes(self, project_id: str, hashes: Sequence[Hash]) -> tuple[int, ...]:
        """Numbers of the references with one of these exact hashes (SHA-256, MD5)."""
        ...

    def hashes_of(self, reference: Reference) -> tuple[Hash, ...]:
        """The hashes of a reference without media, or the exact ones of its file."""
        ...

    def fingerprint(self, reference: Reference) -> Fingerprint | None:
        """What is kept of its medium; tracks are read when they are used. ``None`` for hashes
        alone. Raises ``BlobMissing``.
        """
        ...

    def changes(self, project_id: str, after: int, limit: int = 1000) -> Sequence[Change]:
        """The log from a position on, in order; each position of a transaction that was committed
        later is higher than all that were read before.
        """
        ...

    def last_change(self, project_id: str) -> int: ...

    def indexed(self, project_id: str, numbers: Sequence[int]) -> Mapping[int, Sequence[Track]]:
        """The tracks that an index takes of these references (descriptor, quads, pdq; hash-only
        PDQ as a track of one row). Those gone, or with unreadable blobs, are left out.
        """
        ...

    def sweep(self, now: datetime, limit: int = 1000) -> int:
        """Remove expired references, and blobs that nothing holds any more; how many."""
        ...

    def project_ids(self) -> tuple[str, ...]:
        """Every project that may have references."""
        ...


class JobStore(Protocol):
    """Jobs and their items; an item is claimed by one worker at a time, for a lease."""

    def create(
        self,
        project_id: str,
        kind: JobKind,
        request: Mapping[str, Any],
        items: Iterable[Mapping[str, Any]] = (),
        *,
        owner: str | None = None,
        lease: timedelta | None = None,
    ) -> Job:
        """With all its items, or not at all. Items are streamed: there may be millions. With an
        ``owner`` it is claimed from the start, for the ``lease``.
        """
        ...

    def get(self, project_id: str, job_id: str) -> Job:
        """Raises ``NotFound``."""
        ...

    def list(self, project_id: str, cursor: str | None = None, limit: int = 100) -> Page[Job]: ...

    def items(
        self,
        project_id: str,
        job_id: str,
        *,
        failed_only: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[JobItem]: ...

    def claim_job(
        self,
        owner: str,
        lease: timedelta,
        job_id: str | None = None,
        kinds: Collection[JobKind] | None = None,
    ) -> Job | None:
        """The oldest job that nobody works on (or whose worker's lease ended); now it is ours.
        With ``job_id`` that one or none, with ``kinds`` one of these.
        """
        ...

    def renew(self, job_id: str, owner: str, lease: timedelta) -> Job:
        """Keep it ours, and read its state (a cancelled one is to be left); a lease of no time
        gives it back. Raises ``Conflict`` when it went to another.
        """
        ...

    def waiting(self, job_id: str, after: int = -1, limit: int = 100) -> Sequence[JobItem]:
        """The next items that wait, by number."""
        ...

    def finish_items(self, items: Sequence[JobItem]) -> None:
        """Record their outcome, and count it in the job. Twice is as once."""
        ...

    def finish(
        self,
        job_id: str,
        state: JobState,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None: ...

    def cancel(self, project_id: str, job_id: str) -> Job:
        """Raises ``NotFound``, and ``Conflict`` when it is over."""
        ...


class ScoreLog(Protocol):
    """Scores of past searches, for backtests."""

    def record(self, scores: Sequence[StoredScore]) -> None: ...

    def since(self, project_id: str, bank_id: str, at: datetime) -> Iterator[StoredScore]: ...

    def forget(self, limit: int = 10_000) -> int:
        """Remove scores that were kept long enough; how many."""
        ...


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
    nearer: cosine of a descriptor, minus the distance in bits of PDQ, shared keys of quads. A
    reference row of quads is a window of ``QUAD_WINDOW`` seconds.
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
        radius, at most ``count``); of quads ``uint32 [K]``, the distinct keys that one query asks
        for, as one row.
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
        """Say that the log has grown: it is followed at once, not at the next look."""
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


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request was answered, to be said again to one that repeats it. ``body`` is JSON."""

    status: int
    body: bytes


class IdempotencyStore(Protocol):
    """Requests by the key that their sender chose, and what they were answered. Any call may raise
    ``NotReady``.

    ``digest`` tells one request from another, ``holder`` one attempt at it from the next.
    """

    def begin(self, project_id: str, key: str, digest: str, holder: str) -> Answered | None:
        """Take up a request, or learn what it was answered before; ``None``: it is ours to answer.

        Raises ``IdempotencyMismatch`` where the key was used for another request, and ``Conflict``
        while the same one is worked on.
        """
        ...

    def finish(self, project_id: str, key: str, holder: str, answered: Answered) -> None:
        """Keep the answer."""
        ...

    def release(self, project_id: str, key: str, holder: str) -> None:
        """Nothing came of it: the next request with this key is a new one."""
        ...

    def renew(self, holders: Sequence[str]) -> None:
        """These are still worked on. One that is silent for half a minute may be taken up again:
        its server has died.
        """
        ...
