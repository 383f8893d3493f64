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
    """Who did something: a key, a person or ``SYSTEM_ACTOR``, in which role, for which request.
    ``name`` is what people called them then.
    """

    id: str
    role: str
    request_id: str = ""
    name: str = ""


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
    spaces, UTF-8) with that of the entry before; a name that is empty is left out.
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
    name = {"name": draft.who.name} if draft.who.name else {}
    return {
        "project_id": project_id,
        "position": position,
        "at": rfc3339(at),
        "who": draft.who.id,
        **name,
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
    "name",
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
"""What ``told`` says, in this order; ``name`` of people only."""


class EventType(StrEnum):
    """All that events tell of; ``CARRIES`` says what the ``data`` of each hold."""

    UPLOAD_ANSWERED = "upload.answered"
    UPLOAD_FAILED = "upload.failed"
    UPLOAD_ACTION_CHANGED = "upload.action_changed"
    UPLOAD_UNCOVERED = "upload.uncovered"
    CLUSTER_BURSTING = "cluster.bursting"
    REFERENCE_QUARANTINED = "reference.quarantined"
    DECISION_IN_FORCE = "decision.in_force"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_ANSWERED = "appeal.answered"
    POLICY_LIVE = "policy.live"
    WEBHOOK_TEST = "webhook.test"


_UPLOAD = "`upload_id`, `content_id`, `account_id`, `action`, `cluster_id`, `decision_id`"

CARRIES: Mapping[EventType, tuple[str, str]] = {
    EventType.UPLOAD_ANSWERED: ("An upload was searched for and answered.", _UPLOAD),
    EventType.UPLOAD_FAILED: (
        "An upload that was to be answered later cannot be.",
        f"{_UPLOAD}, `code`, `detail`",
    ),
    EventType.UPLOAD_ACTION_CHANGED: (
        "Something else is to be done with an upload than was said before: act on `content_id`.",
        _UPLOAD,
    ),
    EventType.UPLOAD_UNCOVERED: (
        "An upload left the cluster whose decision covered it, and is looked at by itself.",
        _UPLOAD,
    ),
    EventType.CLUSTER_BURSTING: (
        "Far more accounts than usual upload copies of one thing; told once a burst.",
        "`cluster_id`, `accounts`, `window_s`, `usual`",
    ),
    EventType.REFERENCE_QUARANTINED: (
        "A reference matched far too much, and removes nothing for a while.",
        "`reference_id`, `until`, `why`",
    ),
    EventType.DECISION_IN_FORCE: (
        "A decision holds from now on.",
        "`decision_id`, `case_id`, `cluster_id`, `verdict`, `policy`, `reason`, `labels`",
    ),
    EventType.APPEAL_OPENED: ("Another look at an upload was asked for.", "`appeal_id`"),
    EventType.APPEAL_ANSWERED: (
        "Somebody took the other look.",
        "`appeal_id`, `state`, `answer`",
    ),
    EventType.POLICY_LIVE: (
        "A policy rules from now on.",
        (
            "`policy_id`, `bank_id`, `number`, `replaced`, `backtest_id`, `forced`, `dry_run`,"
            " `rollout`"
        ),
    ),
    EventType.WEBHOOK_TEST: (
        "Sent to one webhook, on request, whichever types it wants.",
        "`webhook_id`",
    ),
}
"""What each type tells of, and the fields of its ``data``. An event that takes another one back is
of its type, and carries ``undone`` besides: the decision that was undone.
"""


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

    def wants(self, type: str) -> bool:  # noqa: A002 as events call it
        return self.enabled and (not self.types or type in self.types)


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
    when it was delivered or given up; ``status`` and ``error`` are of the last. ``claim`` names
    who is at it since when: only the last to claim it says what became of it.
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
    claim: str = field(repr=False, default="")
