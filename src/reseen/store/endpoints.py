"""Where the events of a project are sent, in the database."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import NotFound
from reseen.domain.record import Endpoint, EndpointDraft
from reseen.store.database import Database, utc_now
from reseen.store.review_tables import DELIVERIES, ENDPOINTS


class SqlEndpoints:
    """Implements ``ports.Endpoints``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def add(self, project_id: str, draft: EndpointDraft) -> Endpoint:
        made = Endpoint(
            id=f"whk_{secrets.token_hex(8)}",
            project_id=project_id,
            draft=draft,
            created_at=self._clock(),
            secret=_new_secret(),
        )
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(ENDPOINTS).values(
                    id=made.id,
                    project_id=project_id,
                    url=draft.url,
                    types=list(draft.types),
                    enabled=draft.enabled,
                    secret=made.secret,
                    created_at=made.created_at,
                )
            )
        return made

    def get(self, project_id: str, endpoint_id: str) -> Endpoint:
        with self._database.reading() as connection:
            return endpoint_with(connection, project_id, endpoint_id)

    def of_project(self, project_id: str) -> Sequence[Endpoint]:
        with self._database.reading() as connection:
            return endpoints_of(connection, project_id)

    def update(self, project_id: str, endpoint_id: str, draft: EndpointDraft) -> Endpoint:
        values = {"url": draft.url, "types": list(draft.types), "enabled": draft.enabled}
        return self._changed(project_id, endpoint_id, values)

    def rotate_secret(self, project_id: str, endpoint_id: str) -> Endpoint:
        secret = _new_secret()
        changed = self._changed(project_id, endpoint_id, {"secret": secret})
        return Endpoint(changed.id, project_id, changed.draft, changed.created_at, secret)

    def remove(self, project_id: str, endpoint_id: str) -> None:
        now = self._clock()
        waiting = sa.and_(DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.due_at.is_not(None))
        with self._database.writing() as connection:
            endpoint_with(connection, project_id, endpoint_id)
            own = ENDPOINTS.c.id == endpoint_id
            connection.execute(sa.update(ENDPOINTS).where(own).values(removed_at=now))
            given_up = {"due_at": None, "dead_at": now, "error": "The endpoint was removed."}
            connection.execute(sa.update(DELIVERIES).where(waiting).values(given_up))

    def secret(self, endpoint_id: str) -> str:
        query = sa.select(ENDPOINTS.c.secret).where(ENDPOINTS.c.id == endpoint_id)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise _missing(endpoint_id)
        return str(found)

    def _changed(self, project_id: str, endpoint_id: str, values: Mapping[str, Any]) -> Endpoint:
        with self._database.writing() as connection:
            endpoint_with(connection, project_id, endpoint_id)
            row = sa.update(ENDPOINTS).where(ENDPOINTS.c.id == endpoint_id)
            connection.execute(row.values(values))
            return endpoint_with(connection, project_id, endpoint_id)


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def _missing(endpoint_id: str) -> NotFound:
    return NotFound(f"There is no webhook {endpoint_id[:80]!r}.")


def endpoints_of(connection: sa.Connection, project_id: str) -> list[Endpoint]:
    present = sa.and_(ENDPOINTS.c.project_id == project_id, ENDPOINTS.c.removed_at.is_(None))
    rows = connection.execute(sa.select(ENDPOINTS).where(present).order_by(ENDPOINTS.c.created_at))
    return [_endpoint_of(row) for row in rows]


def endpoint_with(connection: sa.Connection, project_id: str, endpoint_id: str) -> Endpoint:
    present = sa.and_(
        ENDPOINTS.c.project_id == project_id,
        ENDPOINTS.c.id == endpoint_id,
        ENDPOINTS.c.removed_at.is_(None),
    )
    row = connection.execute(sa.select(ENDPOINTS).where(present)).one_or_none()
    if row is None:
        raise _missing(endpoint_id)
    return _endpoint_of(row)


def _endpoint_of(row: sa.Row[Any]) -> Endpoint:
    """Without its secret."""
    draft = EndpointDraft(row.url, tuple(row.types), row.enabled)
    return Endpoint(row.id, row.project_id, draft, row.created_at)
