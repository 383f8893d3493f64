"""The audit in the database: a chain of entries, each of which vouches for the one before it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
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

PAGE = 200
"""Entries that are in memory at once: the longest detail of each is 100 kB."""
LONGEST_DETAIL = 100_000


class SqlAuditLog:
    """Implements ``ports.AuditLog``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def append(self, project_id: str, draft: AuditDraft) -> AuditEntry:
        kept = _storable(draft)
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
                    detail=dict(kept.detail),
                    sensitive=kept.sensitive,
                    previous=head.digest,
                    digest=digest,
                    name=kept.who.name or None,
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
        query = _chosen(project_id, who, what, subject, since, until)
        if cursor is not None:
            if not (cursor.isdecimal() and len(cursor) <= len(str(1 << 62))):
                raise InvalidValue("This is no cursor that a list gave.", field="cursor")
            query = query.where(AUDIT.c.position < int(cursor))
        query = query.order_by(AUDIT.c.position.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found = tuple(_entry_of(row) for row in rows[:limit])
        return Page(found, str(found[-1].position) if len(rows) > limit else None)

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
        chosen = _chosen(project_id, who, what, subject, since, until)
        while True:
            query = chosen.where(AUDIT.c.position > after).order_by(AUDIT.c.position).limit(PAGE)
            with self._database.reading() as connection:
                rows = connection.execute(query).all()
            yield from map(_entry_of, rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].position

    def verify(self, project_id: str, known: str | None = None) -> Verified:
        noted = self._head(project_id)
        position, digest = 0, FIRST
        known_at = 0 if known == FIRST else None
        for entry in self.walk(project_id):
            problem = _problem(entry, position, digest)
            if not problem and entry.position == noted[0] and entry.digest != noted[1]:
                problem = "it is not the one that was noted as the last"
            if problem:
                return Verified(position, digest, position + 1, problem, known_at)
            position, digest = entry.position, entry.digest
            if digest == known:
                known_at = position
        if position < noted[0]:
            missing = "the last entries are missing"
            return Verified(position, digest, position + 1, missing, known_at)
        last, held = self._head(project_id)  # again: who appended meanwhile moved it on
        if position > last:
            return Verified(last, held, last + 1, "it was never noted", known_at)
        return Verified(position, digest, known_at=known_at)

    def _head(self, project_id: str) -> tuple[int, str]:
        """Position and digest of the entry that was noted as the last."""
        query = sa.select(AUDIT_HEADS).where(AUDIT_HEADS.c.project_id == project_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return (0, FIRST) if row is None else (row.position, row.digest)


def _problem(entry: AuditEntry, position: int, digest: str) -> str:
    """Why an entry cannot follow the one at this position with this digest."""
    if entry.position != position + 1:
        return "it is missing"
    if entry.previous != digest:
        return "it follows another entry"
    made = chained(entry.project_id, entry.position, entry.at, entry.draft, entry.previous)
    return "" if made == entry.digest else "it was changed"


def _storable(draft: AuditDraft) -> AuditDraft:
    """As it will be read again, so that its digest is that of what is kept: names in JSON are text,
    an enumeration is its value, and what is no character in UTF-8 is replaced.
    """
    plain = json_object(draft.detail, "detail", LONGEST_DETAIL)
    detail = json.loads(cleaned(json.dumps(plain, ensure_ascii=False)) or "{}")
    who = replace(draft.who, name=cleaned(draft.who.name) or "")
    return replace(draft, who=who, reason=cleaned(draft.reason) or "", detail=detail)


def _chosen(
    project_id: str,
    who: str | None,
    what: str | None,
    subject: str | None,
    since: datetime | None,
    until: datetime | None,
) -> sa.Select[Any]:
    query = sa.select(AUDIT).where(AUDIT.c.project_id == project_id)
    asked = {AUDIT.c.who: who, AUDIT.c.what: what, AUDIT.c.subject: subject}
    for column, wanted in asked.items():
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(AUDIT.c.at >= since)
    if until is not None:
        query = query.where(AUDIT.c.at < until)
    return query


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
        who=Actor(row.who, row.role, row.request_id, row.name or ""),
        what=row.what,
        subject=row.subject,
        reason=row.reason,
        policy_id=row.policy_id,
        detail=row.detail,
        sensitive=row.sensitive,
    )
    return AuditEntry(row.project_id, row.position, row.at, draft, row.previous, row.digest)
