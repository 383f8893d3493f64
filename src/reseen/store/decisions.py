"""Decisions, what followed from them, and appeals, in the database."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.review import (
    Appeal,
    AppealState,
    Consequence,
    ConsequenceKind,
    ConsequenceState,
    Decision,
    DecisionDraft,
    DecisionState,
    Verdict,
)
from reseen.ports import Page
from reseen.store.database import Database
from reseen.store.review_tables import APPEALS, CONSEQUENCES, DECISIONS


class SqlDecisionStore:
    """Implements ``ports.DecisionStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, decision: Decision) -> Decision:
        kept = replace(decision, id=f"dec_{secrets.token_hex(8)}")
        values = {"id": kept.id, "project_id": kept.project_id, **_values(kept)}
        with self._database.writing() as connection:
            connection.execute(sa.insert(DECISIONS).values(values))
        return kept

    def get(self, project_id: str, decision_id: str) -> Decision:
        with self._database.reading() as connection:
            return _found(connection, project_id, decision_id)

    def save(self, decision: Decision, expected: DecisionState) -> None:
        same = sa.and_(
            DECISIONS.c.project_id == decision.project_id,
            DECISIONS.c.id == decision.id,
            DECISIONS.c.state == expected.value,
        )
        with self._database.writing() as connection:
            row = sa.update(DECISIONS).where(same).values(_values(decision))
            if connection.execute(row).rowcount != 1:
                present = _found(connection, decision.project_id, decision.id)
                raise Conflict(f"The decision is {present.state} by now.", field="decision_id")

    def list(
        self,
        project_id: str,
        *,
        cluster_id: str | None = None,
        state: DecisionState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Decision]:
        query = sa.select(DECISIONS).where(DECISIONS.c.project_id == project_id)
        if cluster_id is not None:
            query = query.where(DECISIONS.c.cluster_id == cluster_id)
        if state is not None:
            query = query.where(DECISIONS.c.state == state.value)
        at, own = DECISIONS.c.at, DECISIONS.c.id
        with self._database.reading() as connection:
            if cursor is not None:
                try:
                    last = _found(connection, project_id, cursor)
                except NotFound:
                    raise _no_cursor() from None
                query = query.where(sa.or_(at < last.at, sa.and_(at == last.at, own < last.id)))
            rows = connection.execute(query.order_by(at.desc(), own.desc()).limit(limit + 1)).all()
        found = tuple(decision_of(row) for row in rows[:limit])
        return Page(found, found[-1].id if len(rows) > limit else None)

    def merge(
        self, project_id: str, kept: str, absorbed: Sequence[str], case_id: str | None
    ) -> None:
        every = sa.and_(
            DECISIONS.c.project_id == project_id, DECISIONS.c.cluster_id.in_([kept, *absorbed])
        )
        with self._database.writing() as connection:
            values = (
                {"cluster_id": kept}
                if case_id is None
                else {
                    "cluster_id": kept,
                    "case_id": case_id,
                }
            )
            ids = sa.select(DECISIONS.c.id).where(every)
            own = APPEALS.c.decision_id.in_(ids)
            if case_id is not None:
                connection.execute(sa.update(APPEALS).where(own).values(case_id=case_id))
            connection.execute(sa.update(DECISIONS).where(every).values(values))

    def by_reference(self, project_id: str, reference_id: str) -> Decision | None:
        made = sa.select(CONSEQUENCES.c.decision_id).where(
            CONSEQUENCES.c.subject == reference_id,
            CONSEQUENCES.c.kind == ConsequenceKind.REFERENCE.value,
            CONSEQUENCES.c.note == "",
        )
        query = sa.select(DECISIONS).where(
            DECISIONS.c.project_id == project_id,
            DECISIONS.c.id.in_(made),
            DECISIONS.c.state == DecisionState.IN_FORCE.value,
        )
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(DECISIONS.c.at.desc()).limit(1)).one_or_none()
        return None if row is None else decision_of(row)

    def add_consequences(self, consequences: Sequence[Consequence]) -> None:
        rows = [
            {
                "decision_id": one.decision_id,
                "number": one.number,
                "kind": one.kind.value,
                "subject": one.subject,
                "at": one.at,
                "state": one.state.value,
                "before": one.before,
                "note": one.note,
            }
            for one in consequences
        ]
        if rows:
            with self._database.writing() as connection:
                connection.execute(sa.insert(CONSEQUENCES), rows)

    def next_number(self, decision_id: str) -> int:
        query = sa.select(sa.func.max(CONSEQUENCES.c.number)).where(
            CONSEQUENCES.c.decision_id == decision_id
        )
        with self._database.reading() as connection:
            last = connection.execute(query).scalar_one()
        return 0 if last is None else int(last) + 1

    def consequences(self, decision_id: str) -> tuple[Consequence, ...]:
        query = (
            sa.select(CONSEQUENCES)
            .where(CONSEQUENCES.c.decision_id == decision_id)
            .order_by(CONSEQUENCES.c.number)
        )
        with self._database.reading() as connection:
            return tuple(_consequence_of(row) for row in connection.execute(query))

    def mark(self, decision_id: str, number: int, state: ConsequenceState, note: str = "") -> None:
        one = sa.and_(CONSEQUENCES.c.decision_id == decision_id, CONSEQUENCES.c.number == number)
        with self._database.writing() as connection:
            row = sa.update(CONSEQUENCES).where(one)
            connection.execute(row.values(state=state.value, note=note))

    def closed_at(self, decision_id: str) -> datetime | None:
        first = (
            sa.select(CONSEQUENCES.c.at)
            .where(CONSEQUENCES.c.decision_id == decision_id)
            .order_by(CONSEQUENCES.c.number)
            .limit(1)
        )
        answered = (
            sa.select(APPEALS.c.answered_at)
            .join(DECISIONS, DECISIONS.c.case_id == APPEALS.c.case_id)
            .where(DECISIONS.c.id == decision_id, APPEALS.c.decision_id == decision_id)
            .where(APPEALS.c.answered_at.is_not(None))
            .order_by(APPEALS.c.answered_at.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            told = [connection.execute(query).scalar_one_or_none() for query in (first, answered)]
        return max((moment for moment in told if moment is not None), default=None)

    def add_appeal(self, appeal: Appeal) -> Appeal:
        kept = replace(appeal, id=f"app_{secrets.token_hex(8)}")
        is_open = sa.select(APPEALS.c.id).where(
            APPEALS.c.project_id == kept.project_id,
            APPEALS.c.upload_id == kept.upload_id,
            APPEALS.c.state == AppealState.OPEN.value,
        )
        values = {"id": kept.id, "project_id": kept.project_id, **_appeal_values(kept)}
        with self._database.writing() as connection:
            if connection.execute(is_open).first() is not None:
                raise Conflict("An appeal on this upload is open.", field="upload_id")
            connection.execute(sa.insert(APPEALS).values(values))
        return kept

    def appeal(self, project_id: str, appeal_id: str) -> Appeal:
        with self._database.reading() as connection:
            return _found_appeal(connection, project_id, appeal_id)

    def save_appeal(self, appeal: Appeal, expected: AppealState) -> None:
        same = sa.and_(
            APPEALS.c.project_id == appeal.project_id,
            APPEALS.c.id == appeal.id,
            APPEALS.c.state == expected.value,
        )
        with self._database.writing() as connection:
            row = sa.update(APPEALS).where(same).values(_appeal_values(appeal))
            if connection.execute(row).rowcount != 1:
                present = _found_appeal(connection, appeal.project_id, appeal.id)
                raise Conflict(f"The appeal is {present.state} by now.", field="appeal_id")

    def appeals(
        self,
        project_id: str,
        *,
        case_id: str | None = None,
        state: AppealState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Appeal]:
        query = sa.select(APPEALS).where(APPEALS.c.project_id == project_id)
        if case_id is not None:
            query = query.where(APPEALS.c.case_id == case_id)
        if state is not None:
            query = query.where(APPEALS.c.state == state.value)
        at, own = APPEALS.c.at, APPEALS.c.id
        with self._database.reading() as connection:
            if cursor is not None:
                try:
                    last = _found_appeal(connection, project_id, cursor)
                except NotFound:
                    raise _no_cursor() from None
                query = query.where(sa.or_(at < last.at, sa.and_(at == last.at, own < last.id)))
            rows = connection.execute(query.order_by(at.desc(), own.desc()).limit(limit + 1)).all()
        found = tuple(_appeal_of(row) for row in rows[:limit])
        return Page(found, found[-1].id if len(rows) > limit else None)


def _no_cursor() -> InvalidValue:
    return InvalidValue("This is no cursor that a list gave.", field="cursor")


def _found(connection: sa.Connection, project_id: str, decision_id: str) -> Decision:
    own = sa.and_(DECISIONS.c.project_id == project_id, DECISIONS.c.id == decision_id)
    row = connection.execute(sa.select(DECISIONS).where(own)).one_or_none()
    if row is None:
        raise NotFound(f"There is no decision {decision_id[:80]!r}.")
    return decision_of(row)


def _found_appeal(connection: sa.Connection, project_id: str, appeal_id: str) -> Appeal:
    own = sa.and_(APPEALS.c.project_id == project_id, APPEALS.c.id == appeal_id)
    row = connection.execute(sa.select(APPEALS).where(own)).one_or_none()
    if row is None:
        raise NotFound(f"There is no appeal {appeal_id[:80]!r}.")
    return _appeal_of(row)


def _values(decision: Decision) -> dict[str, Any]:
    draft = decision.draft
    return {
        "case_id": decision.case_id,
        "cluster_id": decision.cluster_id,
        "verdict": draft.verdict.value,
        "policy": draft.policy,
        "reason": draft.reason,
        "labels": list(draft.labels),
        "bank_id": draft.bank_id,
        "state": decision.state.value,
        "by": decision.by,
        "at": decision.at,
        "approved_by": decision.approved_by,
        "ended_by": decision.ended_by,
        "ended_at": decision.ended_at,
        "end_reason": decision.end_reason,
    }


def decision_of(row: sa.Row[Any]) -> Decision:
    return Decision(
        id=row.id,
        project_id=row.project_id,
        case_id=row.case_id,
        cluster_id=row.cluster_id,
        draft=DecisionDraft(
            Verdict(row.verdict), row.policy, row.reason, tuple(row.labels), row.bank_id
        ),
        state=DecisionState(row.state),
        by=row.by,
        at=row.at,
        approved_by=row.approved_by,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )


def _consequence_of(row: sa.Row[Any]) -> Consequence:
    return Consequence(
        decision_id=row.decision_id,
        number=row.number,
        kind=ConsequenceKind(row.kind),
        subject=row.subject,
        at=row.at,
        state=ConsequenceState(row.state),
        before=row.before,
        note=row.note,
    )


def _appeal_values(appeal: Appeal) -> dict[str, Any]:
    return {
        "case_id": appeal.case_id,
        "upload_id": appeal.upload_id,
        "decision_id": appeal.decision_id or "",
        "reason": appeal.reason,
        "state": appeal.state.value,
        "at": appeal.at,
        "answered_by": appeal.answered_by,
        "answered_at": appeal.answered_at,
        "answer": appeal.answer,
    }


def _appeal_of(row: sa.Row[Any]) -> Appeal:
    return Appeal(
        id=row.id,
        project_id=row.project_id,
        case_id=row.case_id,
        upload_id=row.upload_id,
        decision_id=row.decision_id or None,
        reason=row.reason,
        state=AppealState(row.state),
        at=row.at,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        answer=row.answer,
    )
