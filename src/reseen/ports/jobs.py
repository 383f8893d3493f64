"""Long work, past scores and repeated requests: what else is kept beside banks."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from reseen.domain.bank import Job, JobItem, StoredScore
from reseen.domain.choices import JobKind, JobState
from reseen.ports.banks import Page


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

    def listen(self, called: Callable[[], object]) -> AbstractContextManager[None]:
        """As long as the context is open, ``called`` when a job was made through this store that
        waits for a worker.
        """
        ...

    def get(self, project_id: str, job_id: str) -> Job:
        """Raises ``NotFound``."""
        ...

    def list(
        self,
        project_id: str,
        cursor: str | None = None,
        limit: int = 100,
        *,
        state: JobState | None = None,
    ) -> Page[Job]:
        """Newest first; those in one state."""
        ...

    def unfinished(
        self, project_id: str, kind: JobKind, request: Mapping[str, Any]
    ) -> Sequence[Job]:
        """Jobs that were asked for in these words and are not over."""
        ...

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

    def together(self) -> AbstractContextManager[None]:
        """What this thread writes to the truth in this context, through any store, is written at
        its end, at once; nothing of it when it ends with an error.
        """
        ...

    def finish(self, project_id: str, key: str, holder: str, answered: Answered) -> None:
        """Keep the answer. Raises ``Conflict`` where another took the request up meanwhile."""
        ...

    def release(self, project_id: str, key: str, holder: str) -> None:
        """Nothing came of it: the next request with this key is a new one."""
        ...

    def renew(self, holders: Sequence[str]) -> None:
        """These are still worked on. One that is silent for ten seconds may be taken up again: its
        server has died.
        """
        ...
