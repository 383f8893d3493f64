"""References in quarantine, and what a legal hold keeps, in the database."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.ports import LegalHold, Page, Quarantine
from reseen.store.database import Database, utc_now
from reseen.store.review_tables import HOLDS, NODES, QUARANTINES
from reseen.store.rows import sliced


class SqlQuarantines:
    """Implements ``ports.Quarantines``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def put(self, project_id: str, reference_id: str, until: datetime, why: str) -> None:
        own = _is(project_id, reference_id)
        with self._database.writing() as connection:
            connection.execute(sa.delete(QUARANTINES).where(own))
            connection.execute(
                sa.insert(QUARANTINES).values(
                    project_id=project_id,
                    reference_id=reference_id,
                    since=self._clock(),
                    until=until,
                    why=why,
                )
            )

    def get(self, project_id: str, reference_id: str) -> Quarantine:
        with self._database.reading() as connection:
            row = connection.execute(_QUARANTINE.where(_is(project_id, reference_id))).one_or_none()
        if row is None:
            raise _in_none(reference_id)
        return Quarantine(*row)

    def list(self, project_id: str, now: datetime) -> Sequence[Quarantine]:
        active = _QUARANTINE.where(
            QUARANTINES.c.project_id == project_id, QUARANTINES.c.until > now
        )
        with self._database.reading() as connection:
            rows = connection.execute(active.order_by(QUARANTINES.c.reference_id)).all()
        return [Quarantine(*row) for row in rows]

    def active(self, project_id: str, now: datetime) -> Mapping[str, datetime]:
        query = sa.select(QUARANTINES.c.reference_id, QUARANTINES.c.until).where(
            QUARANTINES.c.project_id == project_id, QUARANTINES.c.until > now
        )
        with self._database.reading() as connection:
            return {row.reference_id: row.until for row in connection.execute(query)}

    def lift(self, project_id: str, reference_id: str) -> None:
        gone = sa.delete(QUARANTINES).where(_is(project_id, reference_id))
        with self._database.writing() as connection:
            if connection.execute(gone).rowcount != 1:
                raise _in_none(reference_id)


_QUARANTINE = sa.select(
    QUARANTINES.c.reference_id, QUARANTINES.c.since, QUARANTINES.c.until, QUARANTINES.c.why
)


def _in_none(reference_id: str) -> NotFound:
    return NotFound(f"{reference_id[:80]!r} is in no quarantine.")


def _is(project_id: str, reference_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        QUARANTINES.c.project_id == project_id, QUARANTINES.c.reference_id == reference_id
    )


class SqlLegalHolds:
    """Implements ``ports.LegalHolds``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def hold(self, project_id: str, subject: str, reason: str, by: str) -> LegalHold:
        hold_id = _new_id()
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(HOLDS).values(
                    id=hold_id,
                    project_id=project_id,
                    subject=subject,
                    reason=reason,
                    by=by,
                    at=self._clock(),
                )
            )
            return _found(connection, project_id, hold_id)

    def release(self, project_id: str, hold_id: str, by: str) -> LegalHold:
        with self._database.writing() as connection:
            _found(connection, project_id, hold_id)
            held = sa.and_(HOLDS.c.id == hold_id, HOLDS.c.released_at.is_(None))
            row = sa.update(HOLDS).where(held)
            released = row.values(released_by=by, released_at=self._clock())
            if connection.execute(released).rowcount != 1:
                raise Conflict("The hold was released before.", field="hold_id")
            return _found(connection, project_id, hold_id)

    def held(self, project_id: str, subjects: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        with self._database.reading() as connection:
            for some in sliced(subjects):
                query = sa.select(HOLDS.c.subject).where(
                    HOLDS.c.project_id == project_id,
                    HOLDS.c.subject.in_(some),
                    HOLDS.c.released_at.is_(None),
                )
                found.update(connection.execute(query).scalars())
        return frozenset(found)

    def list(self, project_id: str, cursor: str | None = None, limit: int = 100) -> Page[LegalHold]:
        query = sa.select(HOLDS).where(HOLDS.c.project_id == project_id)
        at, own = HOLDS.c.at, HOLDS.c.id
        with self._database.reading() as connection:
            if cursor is not None:
                try:
                    last = _found(connection, project_id, cursor)
                except NotFound:
                    raise InvalidValue(
                        "This is no cursor that a list gave.", field="cursor"
                    ) from None
                query = query.where(sa.or_(at < last.at, sa.and_(at == last.at, own < last.id)))
            rows = connection.execute(query.order_by(at.desc(), own.desc()).limit(limit + 1)).all()
        found = tuple(LegalHold(*row) for row in rows[:limit])
        return Page(found, found[-1].id if len(rows) > limit else None)


def follow_merge(
    connection: sa.Connection, project_id: str, kept: str, gone: Sequence[str]
) -> None:
    """Holds of what became part of another, clusters or cases, are on that one from now on."""
    for some in sliced(gone):
        theirs = sa.and_(HOLDS.c.project_id == project_id, HOLDS.c.subject.in_(some))
        connection.execute(sa.update(HOLDS).where(theirs).values(subject=kept))


def follow_members(
    connection: sa.Connection, project_id: str, members: Sequence[int], into: str
) -> None:
    """Contents are about to come into this cluster: what holds the clusters that they leave holds
    this one, too.
    """
    active = sa.and_(HOLDS.c.project_id == project_id, HOLDS.c.released_at.is_(None))
    if connection.execute(sa.select(HOLDS.c.id).where(active).limit(1)).first() is None:
        return
    left: set[str] = set()
    for some in sliced(members):
        own = sa.and_(NODES.c.project_id == project_id, NODES.c.number.in_(some))
        left.update(connection.execute(sa.select(NODES.c.cluster_id).where(own)).scalars())
    known = {_said(row) for row in _holds_of(connection, active, [into])}
    for row in _holds_of(connection, active, sorted(left - {into, ""})):
        if _said(row) not in known:
            values = {**row._mapping, "id": _new_id(), "subject": into}  # noqa: SLF001 documented
            connection.execute(sa.insert(HOLDS).values(values))


def _holds_of(
    connection: sa.Connection, active: sa.ColumnElement[bool], subjects: Sequence[str]
) -> list[sa.Row[Any]]:
    found: list[sa.Row[Any]] = []
    for some in sliced(subjects):
        query = sa.select(HOLDS).where(active, HOLDS.c.subject.in_(some))
        found += connection.execute(query).all()
    return found


def _said(row: sa.Row[Any]) -> tuple[str, str, datetime]:
    """What a hold and those that followed from it have in common."""
    return row.reason, row.by, row.at


def _new_id() -> str:
    return f"hld_{secrets.token_hex(8)}"


def _found(connection: sa.Connection, project_id: str, hold_id: str) -> LegalHold:
    own = sa.and_(HOLDS.c.project_id == project_id, HOLDS.c.id == hold_id)
    row = connection.execute(sa.select(HOLDS).where(own)).one_or_none()
    if row is None:
        raise NotFound(f"There is no legal hold {hold_id[:80]!r}.")
    return LegalHold(*row)
