"""Rows of deliveries: what is due where, who is at it, and how it ended.

An endpoint is locked while some of its deliveries are claimed, and skipped by others meanwhile, so
that of one slow endpoint no more than a few are ever under way. Each endpoint that has something
due is asked for by itself: the backlog of one hides nothing of another's.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.record import Delivery, Event
from reseen.store.review_tables import DELIVERIES, ENDPOINTS, EVENTS
from reseen.store.rows import sliced

AT_ONCE = 4
"""Deliveries to one endpoint that are under way together: one that hangs holds up these."""

NOBODY: dict[str, None] = {"owner": None, "lease_until": None}

DELIVERY = sa.select(
    DELIVERIES,
    DELIVERIES.c.number.label("place"),
    EVENTS.c.type,
    EVENTS.c.data,
    EVENTS.c.at,
    EVENTS.c.compensates,
).join(EVENTS, EVENTS.c.id == DELIVERIES.c.event_id)


def make_due(
    connection: sa.Connection, event: Event, endpoint_ids: Sequence[str], at: datetime
) -> None:
    rows = [
        {
            "id": f"dlv_{secrets.token_hex(8)}",
            "project_id": event.project_id,
            "event_id": event.id,
            "endpoint_id": endpoint_id,
            "attempts": 0,
            "due_at": at,
            "error": "",
        }
        for endpoint_id in endpoint_ids
    ]
    if rows:
        connection.execute(sa.insert(DELIVERIES), rows)


def make_due_again(connection: sa.Connection, which: sa.ColumnElement[bool], at: datetime) -> int:
    """As if they had never been tried; whoever is at one of them has no say in it any more."""
    anew = {
        "attempts": 0,
        "due_at": at,
        "delivered_at": None,
        "dead_at": None,
        "status": None,
        "error": "",
        **NOBODY,
    }
    return connection.execute(sa.update(DELIVERIES).where(which).values(anew)).rowcount


def claim_due(
    connection: sa.Connection, owner: str, until: datetime, now: datetime, limit: int
) -> list[Delivery]:
    """What nobody is at, earliest first; of each endpoint what brings it to ``AT_ONCE``."""
    full = [one for one, busy in _busy(connection, now).items() if busy >= AT_ONCE]
    endpoints = connection.execute(_waiting(now, full).limit(limit)).scalars().all()
    busy = _busy(connection, now)  # of those that are locked now
    chosen: list[str] = []
    for endpoint_id in endpoints:
        room = min(AT_ONCE - busy.get(endpoint_id, 0), limit - len(chosen))
        if room > 0:
            chosen += connection.execute(_due(endpoint_id, now).limit(room)).scalars()
    claim = f"{owner[:40]}/{secrets.token_hex(8)}"
    found: list[Delivery] = []
    for some in sliced(chosen):
        mine = DELIVERIES.c.id.in_(some)
        taken = sa.update(DELIVERIES).where(mine).values(owner=claim, lease_until=until)
        connection.execute(taken)
        earliest = (DELIVERIES.c.due_at, DELIVERIES.c.number)
        rows = connection.execute(DELIVERY.where(mine).order_by(*earliest)).all()
        found += [delivery_of(row) for row in rows]
    return found


def settle(connection: sa.Connection, delivery: Delivery) -> bool:
    """Whether it was still claimed as it says."""
    ours = sa.and_(DELIVERIES.c.id == delivery.id, DELIVERIES.c.owner == delivery.claim)
    ended = {
        "attempts": delivery.attempts,
        "due_at": delivery.due_at,
        "delivered_at": delivery.delivered_at,
        "dead_at": delivery.dead_at,
        "status": delivery.status,
        "error": delivery.error,
        **NOBODY,
    }
    return connection.execute(sa.update(DELIVERIES).where(ours).values(ended)).rowcount > 0


def event_of(row: sa.Row[Any]) -> Event:
    return Event(row.id, row.project_id, row.type, row.data, row.at, row.compensates)


def delivery_of(row: sa.Row[Any]) -> Delivery:
    event = Event(row.event_id, row.project_id, row.type, row.data, row.at, row.compensates)
    return Delivery(
        id=row.id,
        event=event,
        endpoint_id=row.endpoint_id,
        attempts=row.attempts,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
        dead_at=row.dead_at,
        status=row.status,
        error=row.error,
        claim=row.owner or "",
    )


def _busy(connection: sa.Connection, now: datetime) -> dict[str, int]:
    """How many deliveries are under way, by endpoint."""
    query = (
        sa.select(DELIVERIES.c.endpoint_id, sa.func.count().label("busy"))
        .where(DELIVERIES.c.lease_until > now)
        .group_by(DELIVERIES.c.endpoint_id)
    )
    return {row.endpoint_id: row.busy for row in connection.execute(query)}


def _free(now: datetime) -> sa.ColumnElement[bool]:
    nobody = sa.or_(DELIVERIES.c.lease_until.is_(None), DELIVERIES.c.lease_until <= now)
    return sa.and_(DELIVERIES.c.due_at <= now, nobody)


def _due(endpoint_id: str, now: datetime) -> sa.Select[Any]:
    return (
        sa.select(DELIVERIES.c.id)
        .where(DELIVERIES.c.endpoint_id == endpoint_id, _free(now))
        .order_by(DELIVERIES.c.due_at, DELIVERIES.c.number)
        .with_for_update(skip_locked=True)
    )


def _waiting(now: datetime, full: Sequence[str]) -> sa.Select[Any]:
    """Endpoints at which something is due, the earliest first, locked. What waits for one that is
    disabled stays due.
    """
    earliest = (
        sa.select(DELIVERIES.c.due_at)
        .where(DELIVERIES.c.endpoint_id == ENDPOINTS.c.id, _free(now))
        .order_by(DELIVERIES.c.due_at)
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(ENDPOINTS.c.id)
        .where(
            ENDPOINTS.c.enabled.is_(sa.true()),
            ENDPOINTS.c.removed_at.is_(None),
            ENDPOINTS.c.id.not_in(full),
            earliest.is_not(None),
        )
        .order_by(earliest)
        .with_for_update(key_share=True, skip_locked=True)
    )
