"""Events and their deliveries in the database: written with what they tell of, sent afterwards."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import InvalidValue, NotFound
from reseen.domain.record import Delivery, Event
from reseen.ports import Page
from reseen.store.database import Database, utc_now
from reseen.store.endpoints import endpoint_with, endpoints_of
from reseen.store.review_tables import DELIVERIES, ENDPOINTS, EVENTS
from reseen.store.rows import sliced
from reseen.store.text import json_object

AT_ONCE = 4
"""Deliveries to one endpoint that are claimed together: one that hangs holds up these."""


class SqlOutbox:
    """Implements ``ports.Outbox``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def emit(
        self,
        project_id: str,
        type: str,  # noqa: A002
        data: Mapping[str, Any],
        compensates: str | None = None,
        only: str | None = None,
    ) -> Event:
        event = Event(
            id=f"evt_{secrets.token_hex(12)}",
            project_id=project_id,
            type=type,
            data=json_object(data, "data"),
            at=self._clock(),
            compensates=compensates,
        )
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(EVENTS).values(
                    id=event.id,
                    project_id=project_id,
                    type=type,
                    data=dict(event.data),
                    at=event.at,
                    compensates=compensates,
                )
            )
            wanted = [
                one
                for one in endpoints_of(connection, project_id)
                if (one.id == only)
                or (only is None and one.draft.enabled and type in (one.draft.types or (type,)))
            ]
            _make_due(connection, event, [one.id for one in wanted], event.at)
        return event

    def event(self, project_id: str, event_id: str) -> Event:
        with self._database.reading() as connection:
            return _event_of(_event_row(connection, project_id, event_id))

    def events(
        self,
        project_id: str,
        *,
        type: str | None = None,  # noqa: A002
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Event]:
        query = sa.select(EVENTS).where(EVENTS.c.project_id == project_id)
        if type is not None:
            query = query.where(EVENTS.c.type == type)
        if cursor is not None:
            query = query.where(EVENTS.c.number < _number(cursor))
        query = query.order_by(EVENTS.c.number.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found = tuple(_event_of(row) for row in rows[:limit])
        return Page(found, str(rows[limit - 1].number) if len(rows) > limit else None)

    def claim(
        self, owner: str, lease: timedelta, now: datetime, limit: int = 20
    ) -> Sequence[Delivery]:
        free = sa.or_(DELIVERIES.c.lease_until.is_(None), DELIVERIES.c.lease_until <= now)
        at_work = (
            sa.select(DELIVERIES.c.endpoint_id, sa.func.count().label("busy"))
            .where(DELIVERIES.c.due_at.is_not(None), DELIVERIES.c.lease_until > now)
            .group_by(DELIVERIES.c.endpoint_id)
        )
        due = (
            sa.select(DELIVERIES.c.id, DELIVERIES.c.endpoint_id)
            .where(DELIVERIES.c.due_at <= now, free, DELIVERIES.c.endpoint_id.in_(_ENABLED))
            .order_by(DELIVERIES.c.due_at, DELIVERIES.c.number)
            .limit(limit * AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            busy = {row.endpoint_id: row.busy for row in connection.execute(at_work)}
            chosen: list[str] = []
            for row in connection.execute(due).all():
                if len(chosen) < limit and busy.get(row.endpoint_id, 0) < AT_ONCE:
                    busy[row.endpoint_id] = busy.get(row.endpoint_id, 0) + 1
                    chosen.append(row.id)
            for some in sliced(chosen):
                mine = sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(some))
                connection.execute(mine.values(owner=owner, lease_until=now + lease))
            return [_delivery(connection, one) for one in chosen]

    def settle(self, delivery: Delivery) -> bool:
        row = sa.update(DELIVERIES).where(
            DELIVERIES.c.id == delivery.id,
            DELIVERIES.c.attempts == delivery.attempts - 1,
            DELIVERIES.c.due_at.is_not(None),
        )
        with self._database.writing() as connection:
            settled = connection.execute(
                row.values(
                    attempts=delivery.attempts,
                    due_at=delivery.due_at,
                    delivered_at=delivery.delivered_at,
                    dead_at=delivery.dead_at,
                    status=delivery.status,
                    error=delivery.error,
                    owner=None,
                    lease_until=None,
                )
            )
        return settled.rowcount == 1

    def deliveries(
        self,
        project_id: str,
        *,
        endpoint_id: str | None = None,
        dead: bool | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Delivery]:
        query = _DELIVERY.where(DELIVERIES.c.project_id == project_id)
        if endpoint_id is not None:
            query = query.where(DELIVERIES.c.endpoint_id == endpoint_id)
        if dead is not None:
            ended = DELIVERIES.c.dead_at
            query = query.where(ended.is_not(None) if dead else ended.is_(None))
        if cursor is not None:
            query = query.where(DELIVERIES.c.number < _number(cursor))
        query = query.order_by(DELIVERIES.c.number.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found = tuple(_delivery_of(row) for row in rows[:limit])
        return Page(found, str(rows[limit - 1].place) if len(rows) > limit else None)

    def replay(self, project_id: str, event_id: str, endpoint_id: str | None = None) -> int:
        now = self._clock()
        with self._database.writing() as connection:
            event = _event_of(_event_row(connection, project_id, event_id))
            if endpoint_id is not None:
                ids = [endpoint_with(connection, project_id, endpoint_id).id]
            else:
                ids = [one.id for one in endpoints_of(connection, project_id) if one.draft.enabled]
            again = sa.and_(DELIVERIES.c.event_id == event_id, DELIVERIES.c.endpoint_id.in_(ids))
            known = set(
                connection.execute(sa.select(DELIVERIES.c.endpoint_id).where(again)).scalars()
            )
            connection.execute(sa.update(DELIVERIES).where(again).values(_anew(now)))
            _make_due(connection, event, [one for one in ids if one not in known], now)
        return len(ids)

    def revive(self, project_id: str, endpoint_id: str) -> int:
        with self._database.writing() as connection:
            endpoint_with(connection, project_id, endpoint_id)
            dead = sa.update(DELIVERIES).where(
                DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.dead_at.is_not(None)
            )
            return connection.execute(dead.values(_anew(self._clock()))).rowcount

    def forget(self, before: datetime, limit: int = 1000) -> int:
        waiting = sa.select(DELIVERIES.c.event_id).where(DELIVERIES.c.due_at.is_not(None))
        over = sa.select(EVENTS.c.id).where(EVENTS.c.at < before, EVENTS.c.id.not_in(waiting))
        with self._database.writing() as connection:
            ids = list(connection.execute(over.limit(limit)).scalars())
            for some in sliced(ids):
                connection.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.event_id.in_(some)))
                connection.execute(sa.delete(EVENTS).where(EVENTS.c.id.in_(some)))
        return len(ids)


_ENABLED = sa.select(ENDPOINTS.c.id).where(
    ENDPOINTS.c.enabled.is_(sa.true()), ENDPOINTS.c.removed_at.is_(None)
)
"""What waits for one that is not stays due."""

_DELIVERY = sa.select(
    DELIVERIES,
    DELIVERIES.c.number.label("place"),
    EVENTS.c.type,
    EVENTS.c.data,
    EVENTS.c.at,
    EVENTS.c.compensates,
).join(EVENTS, EVENTS.c.id == DELIVERIES.c.event_id)


def _anew(now: datetime) -> dict[str, Any]:
    free = {"delivered_at": None, "dead_at": None, "owner": None, "lease_until": None}
    return {**free, "attempts": 0, "due_at": now, "status": None, "error": ""}


def _number(cursor: str) -> int:
    if not (cursor.isdecimal() and len(cursor) <= len(str(1 << 62))):
        raise InvalidValue("This is no cursor that a list gave.", field="cursor")
    return int(cursor)


def _make_due(
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


def _event_row(connection: sa.Connection, project_id: str, event_id: str) -> sa.Row[Any]:
    own = sa.and_(EVENTS.c.project_id == project_id, EVENTS.c.id == event_id)
    row = connection.execute(sa.select(EVENTS).where(own)).one_or_none()
    if row is None:
        raise NotFound(f"There is no event {event_id[:80]!r}.")
    return row


def _event_of(row: sa.Row[Any]) -> Event:
    return Event(row.id, row.project_id, row.type, row.data, row.at, row.compensates)


def _delivery(connection: sa.Connection, delivery_id: str) -> Delivery:
    query = _DELIVERY.where(DELIVERIES.c.id == delivery_id)
    return _delivery_of(connection.execute(query).one())


def _delivery_of(row: sa.Row[Any]) -> Delivery:
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
    )
