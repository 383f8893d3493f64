"""The audit and the events of a project, written in the transaction of what they tell of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from reseen.domain.record import (
    AuditDraft,
    AuditEntry,
    Delivery,
    Endpoint,
    EndpointDraft,
    Event,
)
from reseen.ports.banks import Page


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of checking a chain: how many entries hold, the digest of the last of these, and
    at which position it is broken (``None``: nowhere). ``known_at``: the position of the digest
    that was asked for, ``None`` where no entry that holds has it.
    """

    entries: int
    head: str
    broken_at: int | None = None
    problem: str = ""
    known_at: int | None = None


class AuditLog(Protocol):
    """Append-only: no call changes or removes an entry. Any call may raise ``NotReady``."""

    def append(self, project_id: str, draft: AuditDraft) -> AuditEntry: ...

    def entries(
        self,
        project_id: str,
        *,
        who: str | None = None,
        what: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[AuditEntry]:
        """Newest first."""
        ...

    def walk(
        self,
        project_id: str,
        after: int = 0,
        *,
        who: str | None = None,
        what: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[AuditEntry]:
        """All of them, or those that are asked for, oldest first; few are in memory at once."""
        ...

    def verify(self, project_id: str, known: str | None = None) -> Verified:
        """Every entry against the one before it, and the last against what is known of it.

        A chain that was cut short with care holds. Whoever kept the digest of an entry elsewhere
        asks for it as ``known``.
        """
        ...


class Endpoints(Protocol):
    """Where the events of a project are sent. What is looked for and is not there is ``NotFound``;
    any call may raise ``NotReady``.
    """

    def add(self, project_id: str, draft: EndpointDraft) -> Endpoint:
        """With its secret, this once."""
        ...

    def get(self, project_id: str, endpoint_id: str) -> Endpoint: ...

    def of_project(self, project_id: str) -> Sequence[Endpoint]: ...

    def update(self, project_id: str, endpoint_id: str, draft: EndpointDraft) -> Endpoint: ...

    def rotate_secret(self, project_id: str, endpoint_id: str) -> Endpoint:
        """With its new secret, this once."""
        ...

    def remove(self, project_id: str, endpoint_id: str) -> None:
        """What waits to be sent there is given up."""
        ...

    def secret(self, endpoint_id: str) -> str: ...


class Outbox(Protocol):
    """Events and their way to the endpoints of a project: at least once, in any order, each under
    one id for ever. Any call may raise ``NotReady``.
    """

    def emit(
        self,
        project_id: str,
        type: str,  # noqa: A002
        data: Mapping[str, Any],
        compensates: str | None = None,
        only: str | None = None,
    ) -> Event:
        """Recorded, and due at once at every endpoint that wants it, or at ``only`` this one."""
        ...

    def event(self, project_id: str, event_id: str) -> Event: ...

    def events(
        self,
        project_id: str,
        *,
        type: str | None = None,  # noqa: A002
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Event]: ...

    def claim(
        self, owner: str, lease: timedelta, now: datetime, limit: int = 20
    ) -> Sequence[Delivery]:
        """Deliveries that are due and that nobody is at; for the lease they are ours. Of one slow
        endpoint no more than a few at once, so that it does not hold up the others.
        """
        ...

    def settle(self, delivery: Delivery) -> bool:
        """How an attempt ended: delivered, due again, or dead. False where another attempt, or a
        replay, was faster: then that holds.
        """
        ...

    def deliveries(
        self,
        project_id: str,
        *,
        endpoint_id: str | None = None,
        dead: bool | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Delivery]: ...

    def replay(self, project_id: str, event_id: str, endpoint_id: str | None = None) -> int:
        """Due again at once, under the same id; at how many endpoints."""
        ...

    def revive(self, project_id: str, endpoint_id: str) -> int:
        """All that died at an endpoint is due again at once; how many."""
        ...

    def forget(self, before: datetime, limit: int = 1000) -> int:
        """Remove events that were delivered, or died, before then."""
        ...
