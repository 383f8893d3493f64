"""Events and their deliveries in the database: written with what they tell of, sent afterwards."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import NotFound
from reseen.domain.record import Delivery, Event, EventType
from reseen.ports import Page
from reseen.store import deliveries as rows_of
from reseen.store.cursors import place_in
from reseen.store.database import Database, utc_now
from reseen.store.deliveries import DELIVERY, delivery_of, event_of, make_due, make_due_again
from reseen.store.endpoints import endpoint_with, endpoints_of
from reseen.store.review_tables import DELIVERIES, EVENTS
from reseen.store.rows import sliced
from reseen.store.text import json_object


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
            type=EventType(type).value,
            data=json_object(data, "data"),
            at=self._clock(),
            compensates=compensates,
        )
        with self._database.writing() as connection:
            if only is not None:
                wanted = [endpoint_with(connection, project_id, only).id]
            else:
                present = endpoints_of(connection, project_id, kept=True)
                wanted = [one.id for one in present if one.draft.wants(event.type)]
            connection.execute(
                sa.insert(EVENTS).values(
                    id=event.id,
                    project_id=project_id,
                    type=event.type,
                    data=dict(event.data),
                    at=event.at,
                    compensates=compensates,
                )
            )
            make_due(connection, event, wanted, event.at)
        return event

    def event(self, project_id: str, event_id: str) -> Event:
        with self._database.reading() as connection:
            return _event(connection, project_id, event_id)

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
            query = query.where(EVENTS.c.number < place_in(cursor))
        query = query.order_by(EVENTS.c.number.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found = tuple(event_of(row) for row in rows[:limit])
        return Page(found, str(rows[limit - 1].number) if len(rows) > limit else None)

    def claim(
        self, owner: str, lease: timedelta, now: datetime, limit: int = 20
    ) -> Sequence[Delivery]:
        with self._database.writing() as connection:
            return rows_of.claim_due(connection, owner, now + lease, now, limit)

    def settle(self, delivery: Delivery) -> bool:
        with self._database.writing() as connection:
            return rows_of.settle(connection, delivery)

    def deliveries(
        self,
        project_id: str,
        *,
        endpoint_id: str | None = None,
        dead: bool | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Delivery]:
        query = DELIVERY.where(DELIVERIES.c.project_id == project_id)
        if endpoint_id is not None:
            query = query.where(DELIVERIES.c.endpoint_id == endpoint_id)
        if dead is not None:
            ended = DELIVERIES.c.dead_at
            query = query.where(ended.is_not(None) if dead else ended.is_(None))
        if cursor is not None:
            query = query.where(DELIVERIES.c.number < place_in(cursor))
        query = query.order_by(DELIVERIES.c.number.desc()).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found = tuple(delivery_of(row) for row in rows[:limit])
        return Page(found, str(rows[limit - 1].place) if len(rows) > limit else None)

    def replay(self, project_id: str, event_id: str, endpoint_id: str | None = None) -> int:
        now = self._clock()
        of_event = DELIVERIES.c.event_id == event_id
        with self._database.writing() as connection:
            event = _event(connection, project_id, event_id, changing=True)
            sent = sa.select(DELIVERIES.c.endpoint_id).where(of_event)
            known = set(connection.execute(sent).scalars())
            if endpoint_id is not None:
                ids = [endpoint_with(connection, project_id, endpoint_id).id]
            else:
                ids = [
                    one.id
                    for one in endpoints_of(connection, project_id, kept=True)
                    if one.draft.enabled and (one.id in known or _may_go(event, one.draft.types))
                ]
            again = sa.and_(of_event, DELIVERIES.c.endpoint_id.in_(ids))
            make_due_again(connection, again, now)
            make_due(connection, event, [one for one in ids if one not in known], now)
        return len(ids)

    def revive(self, project_id: str, endpoint_id: str) -> int:
        given_up = sa.and_(
            DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.dead_at.is_not(None)
        )
        with self._database.writing() as connection:
            endpoint_with(connection, project_id, endpoint_id)
            return make_due_again(connection, given_up, self._clock())

    def forget(self, before: datetime, limit: int = 1000) -> int:
        waits = DELIVERIES.c.due_at.is_not(None)
        waiting = sa.exists().where(DELIVERIES.c.event_id == EVENTS.c.id, waits)
        over = sa.select(EVENTS.c.id).where(EVENTS.c.at < before, ~waiting).limit(limit)
        forgotten = 0
        with self._database.writing() as connection:
            locked = over.with_for_update(skip_locked=True)
            for some in sliced(list(connection.execute(locked).scalars())):
                replayed = sa.select(DELIVERIES.c.event_id).where(
                    DELIVERIES.c.event_id.in_(some), waits
                )
                gone = sorted(set(some) - set(connection.execute(replayed).scalars()))
                connection.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.event_id.in_(gone)))
                connection.execute(sa.delete(EVENTS).where(EVENTS.c.id.in_(gone)))
                forgotten += len(gone)
        return forgotten


def _may_go(event: Event, types: Sequence[str]) -> bool:
    """Whether an endpoint that was not sent an event wants it now; a test is for one alone."""
    return event.type != EventType.WEBHOOK_TEST and (not types or event.type in types)


def _event(
    connection: sa.Connection, project_id: str, event_id: str, *, changing: bool = False
) -> Event:
    """Raises ``NotFound``. ``changing``: it is not forgotten until the transaction ends."""
    own = sa.and_(EVENTS.c.project_id == project_id, EVENTS.c.id == event_id)
    query = sa.select(EVENTS).where(own)
    row = connection.execute(query.with_for_update() if changing else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no event {event_id[:80]!r}.")
    return event_of(row)
