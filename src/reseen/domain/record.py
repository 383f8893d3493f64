"""What is written down for others: the audit, which nobody can alter unseen, and events."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from reseen.domain.moment import rfc3339

FIRST = "0" * 64
"""What stands before the first entry of a project."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a key or ``SYSTEM_ACTOR``, in which role, for which request."""

    id: str
    role: str
    request_id: str = ""


SYSTEM_ACTOR = Actor("reseen", "system")
"""Who acts when no key does: policies, inherited decisions, expiry."""


@dataclass(frozen=True, slots=True)
class AuditDraft:
    """What happened: ``what`` as ``case.decided``; ``subject`` is an id. ``detail`` is a JSON
    object. ``sensitive``: media were seen.
    """

    who: Actor
    what: str
    subject: str
    reason: str = ""
    policy_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a project's audit. Positions begin at 1 and have no holes; ``digest`` covers the
    entry and the ``digest`` of the one before it.
    """

    project_id: str
    position: int
    at: datetime
    draft: AuditDraft
    previous: str
    digest: str


def chained(project_id: str, position: int, at: datetime, draft: AuditDraft, previous: str) -> str:
    """The digest of an entry: SHA-256, in hexadecimal, of its canonical JSON (sorted keys, no
    spaces, UTF-8) with that of the entry before.
    """
    said = _said(project_id, position, at, draft, previous)
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def told(entry: AuditEntry) -> dict[str, Any]:
    """An entry as others are given it: what its digest covers, and the digest."""
    said = _said(entry.project_id, entry.position, entry.at, entry.draft, entry.previous)
    return {**said, "digest": entry.digest}


def _said(
    project_id: str, position: int, at: datetime, draft: AuditDraft, previous: str
) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "position": position,
        "at": rfc3339(at),
        "who": draft.who.id,
        "role": draft.who.role,
        "request_id": draft.who.request_id,
        "what": draft.what,
        "subject": draft.subject,
        "reason": draft.reason,
        "policy_id": draft.policy_id,
        "detail": dict(draft.detail),
        "sensitive": draft.sensitive,
        "previous": previous,
    }


COLUMNS = (
    "project_id",
    "position",
    "at",
    "who",
    "role",
    "request_id",
    "what",
    "subject",
    "reason",
    "policy_id",
    "detail",
    "sensitive",
    "previous",
    "digest",
)
"""What ``told`` says, in this order."""


class EventType(StrEnum):
    """What events tell of. An event that takes another one back has its type, and names it."""

    UPLOAD_ANSWERED = "upload.answered"
    """An upload was answered, at once or by its job."""
    UPLOAD_FAILED = "upload.failed"
    """An upload that was to be answered later could not be read."""
    UPLOAD_ACTION_CHANGED = "upload.action_changed"
    """What is to be done with an upload is something else from now on."""
    DECISION_IN_FORCE = "decision.in_force"
    """A case was decided."""
    APPEAL_OPENED = "appeal.opened"
    """Somebody asks for another look at a decision."""
    APPEAL_ANSWERED = "appeal.answered"
    """A decision was upheld, or overturned."""
    CLUSTER_BURSTING = "cluster.bursting"
    """Unusually many accounts upload one thing at once."""
    REFERENCE_QUARANTINED = "reference.quarantined"
    """A reference matches far too much, and removes nothing for a while."""
    POLICY_LIVE = "policy.live"
    """Another version of a policy holds."""
    WEBHOOK_TEST = "webhook.test"
    """Somebody tries an endpoint."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that others are told, once recorded; ``evt_...``. ``data`` is a JSON object.
    ``compensates`` is the event that it takes back.
    """

    id: str
    project_id: str
    type: str
    data: Mapping[str, Any]
    at: datetime
    compensates: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """Where events go. ``types``: those that are wanted, none: all."""

    url: str
    types: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``whk_...``. ``secret`` signs what is sent; it is shown once."""

    id: str
    project_id: str
    draft: EndpointDraft
    created_at: datetime
    secret: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint. ``attempts`` so far; ``due_at`` of the next, ``None``
    when it was delivered or given up; ``status`` and ``error`` are of the last.
    """

    id: str
    event: Event
    endpoint_id: str
    attempts: int
    due_at: datetime | None
    delivered_at: datetime | None = None
    dead_at: datetime | None = None
    status: int | None = None
    error: str = ""
