"""Versions of policies in the database."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.choices import Action, Regime
from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.media import Channel
from reseen.domain.policy import Band, Overlap, Policy, PolicyDraft, PolicyState
from reseen.ports import Page
from reseen.store import changelog
from reseen.store.database import Database, utc_now
from reseen.store.review_tables import POLICIES


class SqlPolicyStore:
    """Implements ``ports.PolicyStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def add(self, project_id: str, draft: PolicyDraft, by: str) -> Policy:
        family = _family(project_id, draft.bank_id)
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)  # versions have no holes and no doubles
            last = connection.execute(
                sa.select(sa.func.max(POLICIES.c.number)).where(family)
            ).scalar_one()
            policy_id = f"pol_{secrets.token_hex(8)}"
            connection.execute(
                sa.insert(POLICIES).values(
                    id=policy_id,
                    project_id=project_id,
                    bank_id=draft.bank_id,
                    number=(last or 0) + 1,
                    draft=said_of(draft),
                    state=PolicyState.DRAFT.value,
                    created_at=self._clock(),
                    created_by=by,
                )
            )
            return _found(connection, project_id, policy_id)

    def get(self, project_id: str, policy_id: str) -> Policy:
        with self._database.reading() as connection:
            return _found(connection, project_id, policy_id)

    def list(
        self,
        project_id: str,
        *,
        bank_id: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Policy]:
        query = sa.select(POLICIES).where(POLICIES.c.project_id == project_id)
        if bank_id is not None:
            query = query.where(POLICIES.c.bank_id == bank_id)
        at, own = POLICIES.c.created_at, POLICIES.c.id
        with self._database.reading() as connection:
            if cursor is not None:
                try:
                    last = _found(connection, project_id, cursor)
                except NotFound:
                    raise InvalidValue(
                        "This is no cursor that a list gave.", field="cursor"
                    ) from None
                same = sa.and_(at == last.created_at, own < last.id)
                query = query.where(sa.or_(at < last.created_at, same))
            rows = connection.execute(query.order_by(at.desc(), own.desc()).limit(limit + 1)).all()
        found = tuple(_policy_of(row) for row in rows[:limit])
        return Page(found, found[-1].id if len(rows) > limit else None)

    def live(self, project_id: str) -> Mapping[str | None, Policy]:
        return self._running(project_id, dry_run=False)

    def trials(self, project_id: str) -> Mapping[str | None, Policy]:
        return self._running(project_id, dry_run=True)

    def _running(self, project_id: str, *, dry_run: bool) -> Mapping[str | None, Policy]:
        query = sa.select(POLICIES).where(
            POLICIES.c.project_id == project_id, POLICIES.c.state == PolicyState.LIVE.value
        )
        with self._database.reading() as connection:
            found = [_policy_of(row) for row in connection.execute(query)]
        return {one.draft.bank_id: one for one in found if one.draft.dry_run is dry_run}

    def tried(self, project_id: str, policy_id: str, job_id: str) -> Policy:
        with self._database.writing() as connection:
            _found(connection, project_id, policy_id)
            row = sa.update(POLICIES).where(POLICIES.c.id == policy_id)
            connection.execute(row.values(backtest_id=job_id))
            return _found(connection, project_id, policy_id)

    def go_live(self, project_id: str, policy_id: str, at: datetime) -> Policy:
        with self._database.writing() as connection:
            changelog.lock(connection, project_id)
            policy = _found(connection, project_id, policy_id)
            others = sa.and_(
                _family(project_id, policy.draft.bank_id),
                POLICIES.c.state == PolicyState.LIVE.value,
            )
            running = [
                _policy_of(row) for row in connection.execute(sa.select(POLICIES).where(others))
            ]
            ends = [one.id for one in running if one.draft.dry_run or not policy.draft.dry_run]
            retired = sa.update(POLICIES).where(POLICIES.c.id.in_(ends))
            connection.execute(retired.values(state=PolicyState.RETIRED.value))
            row = sa.update(POLICIES).where(POLICIES.c.id == policy_id)
            connection.execute(row.values(state=PolicyState.LIVE.value, live_at=at))
            return _found(connection, project_id, policy_id)


def _family(project_id: str, bank_id: str | None) -> sa.ColumnElement[bool]:
    own = POLICIES.c.bank_id.is_(None) if bank_id is None else POLICIES.c.bank_id == bank_id
    return sa.and_(POLICIES.c.project_id == project_id, own)


def _found(connection: sa.Connection, project_id: str, policy_id: str) -> Policy:
    own = sa.and_(POLICIES.c.project_id == project_id, POLICIES.c.id == policy_id)
    row = connection.execute(sa.select(POLICIES).where(own)).one_or_none()
    if row is None:
        raise NotFound(f"There is no policy {policy_id[:80]!r}.")
    return _policy_of(row)


def said_of(draft: PolicyDraft) -> dict[str, Any]:
    """All but its bank, as JSON."""
    overlap = draft.overlap
    return {
        "bands": {
            regime.value: [[band.min_score, band.action.value] for band in bands]
            for regime, bands in draft.bands.items()
        },
        "overlap": [overlap.seconds, overlap.upload_share, overlap.reference_share],
        "channels": sorted(draft.channels),
        "rollout": draft.rollout,
        "dry_run": draft.dry_run,
        "severity": draft.severity,
        "two_person": draft.two_person,
        "note": draft.note,
    }


def _draft_of(bank_id: str | None, said: Mapping[str, Any]) -> PolicyDraft:
    return PolicyDraft(
        bank_id=bank_id,
        bands={
            Regime(name): tuple(Band(score, Action(action)) for score, action in bands)
            for name, bands in said["bands"].items()
        },
        overlap=Overlap(*said["overlap"]),
        channels=frozenset(map(Channel, said["channels"])),
        rollout=said["rollout"],
        dry_run=said["dry_run"],
        severity=said["severity"],
        two_person=said["two_person"],
        note=said["note"],
    )


def _policy_of(row: sa.Row[Any]) -> Policy:
    return Policy(
        id=row.id,
        project_id=row.project_id,
        number=row.number,
        draft=_draft_of(row.bank_id, row.draft),
        state=PolicyState(row.state),
        created_at=row.created_at,
        created_by=row.created_by,
        backtest_id=row.backtest_id,
        live_at=row.live_at,
    )
