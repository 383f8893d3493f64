"""The truth and its blobs: banks, and the references that they hold."""

from collections.abc import Buffer, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reseen.domain.bank import (
    Added,
    Bank,
    BankDraft,
    Change,
    Content,
    Hash,
    JobItem,
    Reference,
    ReferenceDraft,
)
from reseen.domain.choices import ReferenceKind, ReferenceState
from reseen.domain.fingerprint import Fingerprint, Signal, Track


@dataclass(frozen=True, slots=True)
class Page[T]:
    """A stretch of a list; ``next`` is the cursor of the following one, ``None`` at the end."""

    items: tuple[T, ...]
    next: str | None = None


class ReadRange(Protocol):
    """Parts of one blob, as it was when this was made."""

    @property
    def size(self) -> int: ...

    def __call__(self, start: int, length: int) -> Buffer:
        """Fewer bytes at the end. Raises ``BlobMissing``."""
        ...


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

    def reader(self, key: str) -> ReadRange:
        """To look at parts of a blob; whatever its size, few megabytes of it are in memory. Raises
        ``BlobMissing``.
        """
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
        as it was, but a removed one enters anew, and a fingerprint that was lost or holds another
        version of a signal is replaced by the one at hand. Raises ``NotFound`` where the bank is
        gone.
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
        name: str | None = None,
        kind: ReferenceKind | None = None,
        state: ReferenceState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Reference]:
        """Newest first, of those that are all of what is asked for; ``name`` is a part of it, in
        which upper and lower case of A to Z are alike. Raises ``InvalidValue`` for a cursor that is
        none.
        """
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

    def signals(self, reference: Reference) -> Sequence[Signal]:
        """Of what is kept of its medium, read from the beginning of it alone; none for hashes.
        Raises as ``fingerprint``, and finds out what that would.
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
