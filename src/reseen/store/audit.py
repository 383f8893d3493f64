"""The audit in the database: a chain of entries, each of which vouches for the one before it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.record import FIRST, Actor, AuditDraft, AuditEntry, chained
from reseen.ports import Page, Verified
from reseen.store.cluster_graph import insert_missing
from reseen.store.database import Database, utc_now
from reseen.store.review_tables import AUDIT, AUDIT_HEADS
from reseen.store.tables import PROJECTS
from reseen.store.text import cleaned, json_object

PAGE = 1000
LONGEST_DETAIL = 100_000


class SqlAuditLog:
    """Implements ``ports.AuditLog``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def append(self, project_id: str, draft: AuditDraft) -> AuditEntry:
        detail = json_object(draft.detail, "detail", LONGEST_DETAIL)
        kept = AuditDraft(
            who=draft.who,
            what=draft.what,
            subject=draft.subject,
            reason=cleaned(draft.reason) or "",
            policy_id=draft.policy_id,
            detail=detail,
            sensitive=draft.sensitive,
        )
        with self._database.writing() as connection:
            head = _locked(connection, project_id)
            now = self._clock()
            at = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as the digest says it
            position = head.position + 1
            digest = chained(project_id, position, at, kept, head.digest)
            connection.execute(
                sa.insert(AUDIT).values(
                    project_id=project_id,
                    position=position,
                    at=at,
                    who=kept.who.id,
                    role=kept.who.role,
                    request_id=kept.who.request_id,
                    what=kept.what,
                    subject=kept.subject,
                    reason=kept.reason,
                    policy_id=kept.policy_id,
                    detail=detail,
                    sensitive=kept.sensitive,
                    previous=head.digest,
                    digest=digest,
                )
            )
            row = sa.update(AUDIT_HEADS).where(AUDIT_HEADS.c.project_id == project_id)
            connection.execute(row.values(position=position, digest=digest))
        return AuditEntry(project_id, position, at, kept, head.digest, digest)

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
        query = sa.select(AUDIT).where(AUDIT.c.project_id == project_id)
        asked = {AUDIT.c.who: who, AUDIT.c.what: what, AUDIT.c.subject: subject}
        for column, wanted in asked.items():
            if wanted is not None:
                query = query.where(column == wanted)
        if since is not None:
            query = query.where(AUDIT.c.at >= since)
        if until is not None:
            query = query.where(AUDIT.c.at < until)
        if cursor is not None:
            if not (cursor.isdecimal() and len(cursor) <= len(str(1 << 62))):
                raise InvalidValue("This is no cursor that a list gave.", field="cursor")
            query = query.where(AUDIT.c.position < int(cursor))
        query = query.order_by(AUDIT.c.position.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found = tuple(_entry_of(row) for row in rows[:limit])
        return Page(found, str(found[-1].position) if len(rows) > limit else None)

    def walk(self, project_id: str, after: int = 0) -> Iterator[AuditEntry]:
        while True:
            query = (
                sa.select(AUDIT)
                .where(AUDIT.c.project_id == project_id, AUDIT.c.position > after)
                .order_by(AUDIT.c.position)
                .limit(PAGE)
            )
            with self._database.reading() as connection:
                rows = connection.execute(query).all()
            yield from map(_entry_of, rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].position

    def verify(self, project_id: str) -> Verified:
        query = sa.select(AUDIT_HEADS).where(AUDIT_HEADS.c.project_id == project_id)
        with self._database.reading() as connection:
            head = connection.execute(query).one_or_none()
        position, digest, is_reached = 0, FIRST, False
        for entry in self.walk(project_id):
            if entry.position != position + 1:
                missing = f"entry {position + 1} is missing"
                return Verified(position, digest, position + 1, missing)
            if entry.previous != digest:
                return Verified(position, digest, entry.position, "it follows another entry")
            made = chained(project_id, entry.position, entry.at, entry.draft, entry.previous)
            if made != entry.digest:
                return Verified(position, digest, entry.position, "it was changed")
            position, digest = entry.position, entry.digest
            if head is not None and position == head.position:
                is_reached = digest == head.digest
        if head is not None and head.position and not is_reached:
            return Verified(position, digest, position + 1, "the last entries are missing")
        return Verified(position, digest)


def _locked(connection: sa.Connection, project_id: str) -> sa.Row[Any]:
    """The last entry of the project, whose only writer we are until the transaction ends."""
    query = sa.select(AUDIT_HEADS).where(AUDIT_HEADS.c.project_id == project_id).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None:
        known = sa.select(PROJECTS.c.id).where(PROJECTS.c.id == project_id)
        if connection.execute(known).one_or_none() is None:
            raise NotFound(f"There is no project {project_id[:80]!r}.")
        first = {"project_id": project_id, "position": 0, "digest": FIRST}
        insert_missing(connection, AUDIT_HEADS, [first])
        found = connection.execute(query).one()
    return found


def _entry_of(row: sa.Row[Any]) -> AuditEntry:
    draft = AuditDraft(
        who=Actor(row.who, row.role, row.request_id),
        what=row.what,
        subject=row.subject,
        reason=row.reason,
        policy_id=row.policy_id,
        detail=row.detail,
        sensitive=row.sensitive,
    )
    return AuditEntry(row.project_id, row.position, row.at, draft, row.previous, row.digest)
