"""Counters of calls, and the facts of review, in the database."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from reseen.domain.choices import Action
from reseen.domain.review import CaseState, DecisionState, Verdict
from reseen.domain.usage import Ruled, Spent, Tally, Use
from reseen.store.database import Database
from reseen.store.review_tables import CASES, DECISIONS, UPLOADS
from reseen.store.tables import USAGE

_COUNTED = ("calls", "failed", "looked", "matched", "media_ms")


class SqlUsageStore:
    """Implements ``ports.UsageStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, spent: Sequence[Spent]) -> None:
        if not spent:
            return
        rows = [
            {
                "project_id": one.project_id,
                "caller_id": one.caller_id,
                "day": one.day,
                "use": one.use.value,
                **{name: getattr(one.tally, name) for name in _COUNTED},
            }
            for one in sorted(spent, key=_place)  # in one order, so that no two wait for each other
        ]
        with self._database.writing() as connection:
            of = postgresql if connection.dialect.name == "postgresql" else sqlite
            insert = of.insert(USAGE)
            added = {name: USAGE.c[name] + insert.excluded[name] for name in _COUNTED}
            key = list(USAGE.primary_key.columns)
            connection.execute(insert.on_conflict_do_update(index_elements=key, set_=added), rows)

    def between(self, project_id: str, first: date, last: date) -> Sequence[Spent]:
        query = (
            sa.select(USAGE)
            .where(USAGE.c.project_id == project_id, USAGE.c.day >= first, USAGE.c.day <= last)
            .order_by(USAGE.c.day, USAGE.c.caller_id, USAGE.c.use)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Spent(
                row.project_id,
                row.caller_id,
                row.day,
                Use(row.use),
                Tally(*(getattr(row, name) for name in _COUNTED)),
            )
            for row in rows
        ]


class SqlReviewFacts:
    """Implements ``ports.ReviewFacts``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, project_id: str) -> Sequence[datetime]:
        states = (CaseState.OPEN.value, CaseState.APPEALED.value)
        query = (
            sa.select(CASES.c.opened_at)
            .where(CASES.c.project_id == project_id, CASES.c.state.in_(states))
            .order_by(CASES.c.opened_at)
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalars().all()

    def ruled(self, project_id: str, since: datetime, until: datetime) -> Sequence[Ruled]:
        made, sent = DECISIONS.c, UPLOADS.c
        held_back = sa.and_(sent.ruled != Action.PASS.value, sent.received_at <= made.at)
        told = (made.id, made.by, made.at, made.verdict, CASES.c.opened_at)
        query = (
            sa.select(
                *told,
                sa.func.count(sent.id).label("copies"),
                sa.func.max(sa.case((held_back, 1), else_=0)).label("by_match"),
            )
            .join(CASES, CASES.c.id == made.case_id)
            .outerjoin(UPLOADS, sent.decision_id == made.id)
            .where(made.project_id == project_id, made.state == DecisionState.IN_FORCE.value)
            .where(made.at >= since, made.at < until)
            .group_by(*told)
            .order_by(made.at, made.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            Ruled(
                decision_id=row.id,
                by=row.by,
                at=row.at,
                opened_at=row.opened_at,
                harmful=row.verdict == Verdict.HARMFUL.value,
                copies=row.copies,
                by_match=bool(row.by_match),
            )
            for row in rows
        ]


def _place(spent: Spent) -> tuple[str, str, date, Use]:
    return spent.project_id, spent.caller_id, spent.day, spent.use
