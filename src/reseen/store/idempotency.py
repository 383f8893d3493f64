"""Requests that were sent with a key of their sender's choice, and what they were answered.

A request is taken up in one transaction; what it does and what it is answered are written in
another, so that it is done if and only if its answer is kept. So that a killed server does not hold
a key for ever, what it took up is its own only as long as it renews; after ``LEASE`` another
request with the key may begin anew, and the older one, should it still live, can no longer be
written. Answers are sealed: the one to a new webhook has its secret.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import exc

from reseen.domain.errors import Conflict, IdempotencyMismatch
from reseen.ports import Answered
from reseen.store.database import Database, utc_now
from reseen.store.seal import FORM, Seal
from reseen.store.tables import METADATA, UtcDateTime

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=10)

REQUESTS = sa.Table(
    "idempotency",
    METADATA,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("renewed_at", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sa.Column("status", sa.Integer),
    sa.Column("body", sa.LargeBinary),
)
"""``status`` and ``body``, which is sealed (``seal``), are null while the request is worked on."""


class SqlIdempotencyStore:
    """Implements ``ports.IdempotencyStore``. Safe to share between threads and processes."""

    def __init__(
        self, database: Database, seal: Seal, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock

    def begin(self, project_id: str, key: str, digest: str, holder: str) -> Answered | None:
        try:
            return self._begin(project_id, key, digest, holder)
        except exc.IntegrityError:  # another took the key between our look and our insert
            return self._begin(project_id, key, digest, holder)

    def together(self) -> AbstractContextManager[None]:
        return self._database.together()

    def finish(self, project_id: str, key: str, holder: str, answered: Answered) -> None:
        kept = sa.update(REQUESTS).where(_is(project_id, key), REQUESTS.c.holder == holder)
        sealed = self._seal.close(project_id, answered.body, _of(key)).encode()
        with self._database.writing() as connection:
            done = connection.execute(kept.values(status=answered.status, body=sealed))
            if done.rowcount != 1:
                raise Conflict(
                    "Another request with this Idempotency-Key took over; send it again to learn"
                    " its answer.",
                    retry_after_s=1,
                )

    def release(self, project_id: str, key: str, holder: str) -> None:
        ours = sa.and_(REQUESTS.c.holder == holder, REQUESTS.c.status.is_(None))
        with self._database.writing() as connection:
            connection.execute(sa.delete(REQUESTS).where(_is(project_id, key), ours))

    def renew(self, holders: Sequence[str]) -> None:
        ours = sa.and_(REQUESTS.c.holder.in_(holders), REQUESTS.c.status.is_(None))
        with self._database.writing() as connection:
            connection.execute(sa.update(REQUESTS).where(ours).values(renewed_at=self._clock()))

    def _begin(self, project_id: str, key: str, digest: str, holder: str) -> Answered | None:
        now = self._clock()
        known = sa.select(REQUESTS).where(_is(project_id, key)).with_for_update()
        with self._database.writing() as connection:
            connection.execute(sa.delete(REQUESTS).where(REQUESTS.c.created_at <= now - KEPT))
            row = connection.execute(known).one_or_none()
            if row is None:
                fresh = {"digest": digest, "holder": holder, "created_at": now, "renewed_at": now}
                connection.execute(
                    sa.insert(REQUESTS).values(project_id=project_id, key=key, **fresh)
                )
                return None
            if row.digest != digest:
                raise IdempotencyMismatch(
                    "This Idempotency-Key came with another request in the last 24 hours; send a "
                    "new key with a new request, and the same bytes with the same key."
                )
            if row.status is not None:
                return Answered(row.status, self._opened(project_id, key, bytes(row.body)))
            if now - row.renewed_at < LEASE:
                raise Conflict(
                    "The request with this Idempotency-Key is still worked on.", retry_after_s=1
                )
            taken = sa.update(REQUESTS).where(_is(project_id, key))
            connection.execute(taken.values(holder=holder, renewed_at=now))
            return None

    def _opened(self, project_id: str, key: str, body: bytes) -> bytes:
        """For a day there are some that an earlier version wrote down in the clear."""
        if not body.startswith(FORM.encode()):
            return body
        return self._seal.open(project_id, body.decode(), _of(key))


def _of(key: str) -> str:
    return f"the answer to {key}"


def _is(project_id: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(REQUESTS.c.project_id == project_id, REQUESTS.c.key == key)
