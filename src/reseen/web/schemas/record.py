"""The audit, as it is told."""

from typing import Any, Self

from reseen.domain.record import AuditEntry
from reseen.ports import Verified
from reseen.web.schemas.model import Answer, Moment


class AuditEntrySchema(Answer):
    """One thing that was done, or one look at media. Entries have no holes, and each vouches for
    the one before it.
    """

    position: int
    """From 1, in the order in which it happened."""

    at: Moment
    who: str
    """The id of a key or a person; `reseen` where nobody acted, `nobody` where a stranger tried."""

    name: str | None = None
    """The label of the key, or what the person was called then."""

    role: str
    request_id: str
    what: str
    """As `case.decided` or `media.read`."""

    subject: str
    """The id of what was changed or looked at."""

    reason: str
    policy_id: str | None
    detail: dict[str, Any]
    sensitive: bool
    """Whether media were looked at."""

    previous: str
    """The digest of the entry before."""

    digest: str
    """SHA-256 of the entry and of `previous`."""

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        draft = entry.draft
        return cls(
            position=entry.position,
            at=entry.at,
            who=draft.who.id,
            name=draft.who.name or None,
            role=draft.who.role,
            request_id=draft.who.request_id,
            what=draft.what,
            subject=draft.subject,
            reason=draft.reason,
            policy_id=draft.policy_id,
            detail=dict(draft.detail),
            sensitive=draft.sensitive,
            previous=entry.previous,
            digest=entry.digest,
        )


class AuditList(Answer):
    """Some entries."""

    data: list[AuditEntrySchema]
    next_cursor: str | None


class VerifiedSchema(Answer):
    """Whether the audit is as it was written."""

    holds: bool
    """Whether nothing was changed, and nothing is missing but perhaps at the end; with `head`,
    whether that entry is still there, too."""

    entries: int
    """How many entries hold, from the first on."""

    head: str
    """The digest of the last of these. Keep it where nobody who could change the audit can change
    it: asked for as `head` later, it shows whether the end was cut off."""

    broken_at: int | None
    """The position of the first that does not hold."""

    problem: str
    head_at: int | None = None
    """The position of the digest that was asked for."""

    @classmethod
    def of(cls, told: Verified, known: str | None) -> Self:
        problem = told.problem
        is_lost = known is not None and told.known_at is None
        if is_lost and not problem:
            problem = "no entry has the digest that was asked for"
        return cls(
            holds=told.broken_at is None and not is_lost,
            entries=told.entries,
            head=told.head,
            broken_at=told.broken_at,
            problem=problem,
            head_at=told.known_at,
        )
