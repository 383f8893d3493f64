"""Cases in the database: one a cluster, in a queue that gives none to two people."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import Conflict, NotFound
from reseen.domain.review import Case, CaseState, DecisionState, Lease
from reseen.ports import Page
from reseen.store.cursors import after_number, number_in
from reseen.store.database import Database
from reseen.store.keeping import follow_merge
from reseen.store.review_tables import APPEALS, CASES, DECISIONS
from reseen.store.rows import sliced

_URGENCY = (CaseState.APPEALED, CaseState.OPEN, CaseState.DECIDED)
_PRESENT = CASES.c.merged_into.is_(None)
_MERGES = 100
"""Times a case may have become part of another one; more is a circle."""
_WAITING = CASES.c.state.in_([CaseState.OPEN.value, CaseState.APPEALED.value])


class SqlCaseStore:
    """Implements ``ports.CaseStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, case: Case) -> Case:
        with self._database.writing() as connection:
            held = _of_cluster(connection, case.project_id, case.cluster_id)
            if held is not None:
                return held
            case_id = f"cas_{secrets.token_hex(8)}"
            new = {"id": case_id, "project_id": case.project_id, "version": 1}
            connection.execute(sa.insert(CASES).values({**new, **_values(case)}))
            return _found(connection, case.project_id, case_id)

    def get(self, project_id: str, case_id: str) -> Case:
        with self._database.reading() as connection:
            return _found(connection, project_id, case_id)

    def of_cluster(self, project_id: str, cluster_id: str) -> Case | None:
        with self._database.reading() as connection:
            return _of_cluster(connection, project_id, cluster_id)

    def save(self, case: Case) -> Case:
        same = sa.and_(
            CASES.c.project_id == case.project_id,
            CASES.c.id == case.id,
            CASES.c.version == case.version,
        )
        row = sa.update(CASES).where(same)
        with self._database.writing() as connection:
            changed = row.values({**_values(case), "version": case.version + 1})
            if connection.execute(changed).rowcount != 1:
                present = _found(connection, case.project_id, case.id)
                raise Conflict(
                    f"The case is at version {present.version}, and this was {case.version};"
                    " look again.",
                    field="version",
                )
            return _found(connection, case.project_id, case.id)

    def claim(
        self, project_id: str, lease: Lease, now: datetime, case_id: str | None = None
    ) -> Case | None:
        own = sa.and_(CASES.c.project_id == project_id, _WAITING, _PRESENT)
        mine = sa.and_(CASES.c.holder == lease.holder, CASES.c.held_until > now)
        free = sa.or_(CASES.c.holder.is_(None), CASES.c.held_until <= now, mine)
        wanted = sa.select(CASES.c.id).where(own, free)
        first = (sa.case((mine, 0), else_=1), CASES.c.rank.desc(), CASES.c.id)
        with self._database.writing() as connection:
            if case_id is not None:
                case_id = _found(connection, project_id, case_id).id
                wanted = wanted.where(CASES.c.id == case_id)
            else:
                wanted = wanted.where(~_proposed_by(lease.holder))
            chosen = connection.execute(
                wanted.order_by(*first).limit(1).with_for_update(skip_locked=True)
            ).scalar_one_or_none()
            if chosen is None:
                if case_id is not None:
                    present = _found(connection, project_id, case_id)
                    why = "is decided" if present.state is CaseState.DECIDED else "is held"
                    raise Conflict(f"The case {why}; take another.", field="case_id")
                return None
            row = sa.update(CASES).where(CASES.c.id == chosen)
            connection.execute(row.values(holder=lease.holder, held_until=lease.until))
            return _found(connection, project_id, chosen)

    def release(self, project_id: str, case_id: str, holder: str) -> Case:
        with self._database.writing() as connection:
            present = _found(connection, project_id, case_id)
            if present.lease is None or present.lease.holder != holder:
                raise Conflict("The case is not yours to give back.", field="case_id")
            row = sa.update(CASES).where(CASES.c.id == present.id)
            connection.execute(row.values(holder=None, held_until=None))
            return _found(connection, project_id, present.id)

    def list(
        self,
        project_id: str,
        *,
        state: CaseState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Case]:
        query = sa.select(CASES).where(CASES.c.project_id == project_id, _PRESENT)
        if state is not None:
            query = query.where(CASES.c.state == state.value)
        rank, own = CASES.c.rank, CASES.c.id
        with self._database.reading() as connection:
            if cursor is not None:
                then, last = number_in(cursor)
                query = query.where(sa.or_(rank < then, sa.and_(rank == then, own > last)))
            rows = connection.execute(query.order_by(rank.desc(), own).limit(limit + 1)).all()
        found = tuple(_case_of(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(found, after_number(found[-1].rank, found[-1].id) if more else None)

    def merge(self, project_id: str, kept: str, absorbed: Sequence[str]) -> Case | None:
        with self._database.writing() as connection:
            gone = [
                case
                for cluster_id in absorbed
                if (case := _of_cluster(connection, project_id, cluster_id)) is not None
            ]
            held = _of_cluster(connection, project_id, kept)
            if not gone:
                return held
            every = gone if held is None else [held, *gone]
            if held is None:
                held, *gone = sorted(gone, key=lambda case: (-case.rank, case.id))
            follow_merge(connection, project_id, held.id, [case.id for case in gone])
            _lead(connection, [case.id for case in gone], held.id)
            waits = [case for case in every if case.state is not CaseState.DECIDED]
            state = min((case.state for case in waits), default=held.state, key=_URGENCY.index)
            row = sa.update(CASES).where(CASES.c.id == held.id)
            connection.execute(
                row.values(
                    cluster_id=kept,
                    state=state.value,
                    rank=max(case.rank for case in waits or every),
                    severity=max(case.severity for case in every),
                    two_person=any(case.two_person for case in every),
                    version=held.version + 1,
                )
            )
            return _found(connection, project_id, held.id)


def _proposed_by(holder: str) -> sa.ColumnElement[bool]:
    """Whoever proposed what waits for a second person has nothing left to do there."""
    return sa.exists().where(
        DECISIONS.c.id == CASES.c.decision_id,
        DECISIONS.c.state == DecisionState.PROPOSED.value,
        DECISIONS.c.by == holder,
    )


def _found(connection: sa.Connection, project_id: str, case_id: str) -> Case:
    """The case, or the one that it became part of. Raises ``NotFound``."""
    own, wanted = CASES.c.project_id == project_id, case_id
    for _ in range(_MERGES):
        row = connection.execute(sa.select(CASES).where(own, CASES.c.id == wanted)).one_or_none()
        if row is None:
            break
        if row.merged_into is None:
            return _case_of(row)
        wanted = row.merged_into
    raise NotFound(f"There is no case {case_id[:80]!r}.")


def _lead(connection: sa.Connection, gone: Sequence[str], kept: str) -> None:
    """From these cases to the one that they are part of now, with their appeals."""
    ended = {"merged_into": kept, "state": CaseState.DECIDED.value}
    nobody = {"holder": None, "held_until": None}
    for some in sliced(gone):
        row = sa.update(CASES).where(CASES.c.id.in_(some))
        connection.execute(row.values(ended | nobody))
        theirs = sa.update(APPEALS).where(APPEALS.c.case_id.in_(some))
        connection.execute(theirs.values(case_id=kept))


def _of_cluster(connection: sa.Connection, project_id: str, cluster_id: str) -> Case | None:
    own = sa.and_(CASES.c.project_id == project_id, CASES.c.cluster_id == cluster_id, _PRESENT)
    row = connection.execute(sa.select(CASES).where(own)).one_or_none()
    return None if row is None else _case_of(row)


def _values(case: Case) -> dict[str, Any]:
    return {
        "cluster_id": case.cluster_id,
        "state": case.state.value,
        "rank": case.rank,
        "severity": case.severity,
        "why": case.why,
        "opened_at": case.opened_at,
        "two_person": case.two_person,
        "holder": None if case.lease is None else case.lease.holder,
        "held_until": None if case.lease is None else case.lease.until,
        "decision_id": case.decision_id,
    }


def _case_of(row: sa.Row[Any]) -> Case:
    return Case(
        id=row.id,
        project_id=row.project_id,
        cluster_id=row.cluster_id,
        state=CaseState(row.state),
        version=row.version,
        rank=row.rank,
        severity=row.severity,
        why=row.why,
        opened_at=row.opened_at,
        two_person=row.two_person,
        lease=None if row.holder is None else Lease(row.holder, row.held_until),
        decision_id=row.decision_id,
    )
