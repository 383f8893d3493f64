"""Where the events of a project are sent, in the database."""

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.errors import NotFound, QuotaExceeded
from reseen.domain.record import Endpoint, EndpointDraft
from reseen.store.database import Database, utc_now
from reseen.store.review_tables import DELIVERIES, ENDPOINTS
from reseen.store.seal import Seal

SHOWN = "whsec_"
SECRET_BYTES = 32
MOST = 50
"""Endpoints of a project: each event is written once for each of them."""


class SqlEndpoints:
    """Implements ``ports.Endpoints``. Safe to share between threads and processes."""

    def __init__(
        self, database: Database, seal: Seal, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def add(self, project_id: str, draft: EndpointDraft) -> Endpoint:
        endpoint_id, secret = f"whk_{secrets.token_hex(8)}", secrets.token_bytes(SECRET_BYTES)
        made = Endpoint(
            id=endpoint_id,
            project_id=project_id,
            draft=draft,
            created_at=self._clock(),
            secret=_shown(secret),
        )
        sealed = self._seal.close(project_id, secret, endpoint_id)
        with self._database.writing() as connection:
            held = len(endpoints_of(connection, project_id))
            if held >= MOST:
                raise QuotaExceeded(
                    f"A project has at most {MOST} webhooks.", limit=MOST, actual=held
                )
            connection.execute(
                sa.insert(ENDPOINTS).values(
                    id=made.id,
                    project_id=project_id,
                    url=draft.url,
                    types=list(draft.types),
                    enabled=draft.enabled,
                    secret=sealed,
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
        secret = secrets.token_bytes(SECRET_BYTES)
        sealed = self._seal.close(project_id, secret, endpoint_id)
        changed = self._changed(project_id, endpoint_id, {"secret": sealed})
        return Endpoint(changed.id, project_id, changed.draft, changed.created_at, _shown(secret))

    def remove(self, project_id: str, endpoint_id: str) -> None:
        now = self._clock()
        waiting = sa.and_(DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.due_at.is_not(None))
        with self._database.writing() as connection:
            endpoint_with(connection, project_id, endpoint_id, changing=True)
            own = ENDPOINTS.c.id == endpoint_id
            connection.execute(sa.update(ENDPOINTS).where(own).values(removed_at=now))
            given_up = {"due_at": None, "dead_at": now, "error": "The webhook was deleted."}
            nobody = {"owner": None, "lease_until": None}
            connection.execute(sa.update(DELIVERIES).where(waiting).values(given_up | nobody))

    def secret(self, endpoint_id: str) -> str:
        query = sa.select(ENDPOINTS.c.project_id, ENDPOINTS.c.secret).where(
            ENDPOINTS.c.id == endpoint_id
        )
        with self._database.reading() as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            raise _missing(endpoint_id)
        if found.secret.startswith(SHOWN):
            return self._sealed(found.project_id, endpoint_id, found.secret)
        return _shown(self._seal.open(found.project_id, found.secret, endpoint_id))

    def _sealed(self, project_id: str, endpoint_id: str, clear: str) -> str:
        """One that an earlier version wrote down in the clear is sealed when it is first used."""
        raw = base64.urlsafe_b64decode(clear.removeprefix(SHOWN) + "=")
        sealed = self._seal.close(project_id, raw, endpoint_id)
        same = sa.and_(ENDPOINTS.c.id == endpoint_id, ENDPOINTS.c.secret == clear)
        with self._database.writing() as connection:
            connection.execute(sa.update(ENDPOINTS).where(same).values(secret=sealed))
        return clear

    def _changed(self, project_id: str, endpoint_id: str, values: Mapping[str, Any]) -> Endpoint:
        with self._database.writing() as connection:
            endpoint_with(connection, project_id, endpoint_id, changing=True)
            row = sa.update(ENDPOINTS).where(ENDPOINTS.c.id == endpoint_id)
            connection.execute(row.values(values))
            return endpoint_with(connection, project_id, endpoint_id)


def _shown(secret: bytes) -> str:
    """As its owner is shown it, and signs with it."""
    return SHOWN + base64.urlsafe_b64encode(secret).decode().rstrip("=")


def _missing(endpoint_id: str) -> NotFound:
    return NotFound(f"There is no webhook {endpoint_id[:80]!r}.")


def endpoints_of(
    connection: sa.Connection, project_id: str, *, kept: bool = False
) -> list[Endpoint]:
    """Oldest first. ``kept``: none of them is changed or removed until the transaction ends."""
    present = sa.and_(ENDPOINTS.c.project_id == project_id, ENDPOINTS.c.removed_at.is_(None))
    query = sa.select(ENDPOINTS).where(present).order_by(ENDPOINTS.c.created_at, ENDPOINTS.c.id)
    if kept:
        query = query.with_for_update(read=True, key_share=True)
    return [_endpoint_of(row) for row in connection.execute(query)]


def endpoint_with(
    connection: sa.Connection, project_id: str, endpoint_id: str, *, changing: bool = False
) -> Endpoint:
    """Raises ``NotFound``. ``changing``: no event is emitted to it until the transaction ends."""
    query = sa.select(ENDPOINTS).where(
        ENDPOINTS.c.project_id == project_id,
        ENDPOINTS.c.id == endpoint_id,
        ENDPOINTS.c.removed_at.is_(None),
    )
    row = connection.execute(query.with_for_update() if changing else query).one_or_none()
    if row is None:
        raise _missing(endpoint_id)
    return _endpoint_of(row)


def _endpoint_of(row: sa.Row[Any]) -> Endpoint:
    """Without its secret."""
    draft = EndpointDraft(row.url, tuple(row.types), row.enabled)
    return Endpoint(row.id, row.project_id, draft, row.created_at)
