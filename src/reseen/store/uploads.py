"""Uploads in the database."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from reseen.domain.choices import Action
from reseen.domain.errors import Conflict, NotFound
from reseen.domain.review import ACCOUNT, CaseState, Upload, UploadDraft, UploadState
from reseen.ports import Page
from reseen.store.cursors import after_moment, moment_in
from reseen.store.database import Database, utc_now
from reseen.store.review_errors import error_of, said_of_error
from reseen.store.review_json import reason_of, said_of
from reseen.store.review_tables import CASES, HOLDS, NODES, UPLOADS
from reseen.store.rows import id_of, sliced
from reseen.store.text import json_object

LONGEST_METADATA = 100_000

_CLUSTER = NODES.c.cluster_id.label("cluster_id")
_WITH_CLUSTER = sa.outerjoin(
    UPLOADS,
    NODES,
    sa.and_(NODES.c.project_id == UPLOADS.c.project_id, NODES.c.number == UPLOADS.c.content),
)
UPLOAD = sa.select(UPLOADS, _CLUSTER).select_from(_WITH_CLUSTER)
"""An upload with the cluster that its content is in."""


class SqlUploadStore:
    """Implements ``ports.UploadStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def add(self, upload: Upload) -> Upload:
        upload_id = f"upl_{secrets.token_hex(8)}"
        values = {"id": upload_id, "project_id": upload.project_id, **_values(upload)}
        with self._database.writing() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(sa.insert(UPLOADS).values(values))
            except exc.IntegrityError as error:
                raise Conflict(
                    f"The content_id {upload.draft.content_id!r} was uploaded a moment ago; ask"
                    " again.",
                    field="content_id",
                ) from error
            return _found(connection, upload.project_id, upload_id)

    def save(self, upload: Upload) -> None:
        row = sa.update(UPLOADS).where(_is(upload.project_id, upload.id))
        with self._database.writing() as connection:
            if connection.execute(row.values(_values(upload))).rowcount != 1:
                raise _missing(upload.id)

    def get(self, project_id: str, upload_id: str) -> Upload:
        with self._database.reading() as connection:
            return _found(connection, project_id, upload_id)

    def by_content_id(self, project_id: str, content_id: str) -> Upload | None:
        query = UPLOAD.where(UPLOADS.c.project_id == project_id, UPLOADS.c.content_id == content_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else upload_of(row)

    def list(
        self,
        project_id: str,
        *,
        cluster_id: str | None = None,
        account_id: str | None = None,
        action: Action | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Upload]:
        query = UPLOAD.where(UPLOADS.c.project_id == project_id)
        if cluster_id is not None:
            query = query.where(NODES.c.cluster_id == cluster_id)
        if account_id is not None:
            query = query.where(UPLOADS.c.account_id == account_id)
        if action is not None:
            query = query.where(UPLOADS.c.action == action.value)
        at, own = UPLOADS.c.received_at, UPLOADS.c.id
        with self._database.reading() as connection:
            if cursor is not None:
                then, last = moment_in(cursor)
                query = query.where(sa.or_(at < then, sa.and_(at == then, own < last)))
            rows = connection.execute(query.order_by(at.desc(), own.desc()).limit(limit + 1)).all()
        found = tuple(upload_of(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(found, after_moment(found[-1].received_at, found[-1].id) if more else None)

    def of_contents(
        self, project_id: str, contents: Sequence[int], after: str = "", limit: int = 500
    ) -> Sequence[Upload]:
        found: list[Upload] = []
        with self._database.reading() as connection:
            for some in sliced(contents):
                query = UPLOAD.where(
                    UPLOADS.c.project_id == project_id,
                    UPLOADS.c.content.in_(some),
                    UPLOADS.c.id > after,
                )
                rows = connection.execute(query.order_by(UPLOADS.c.id).limit(limit)).all()
                found += map(upload_of, rows)
        return sorted(found, key=lambda one: one.id)[:limit]

    def accounts(self, project_id: str, cluster_id: str, since: datetime) -> int:
        query = (
            sa.select(sa.func.count(UPLOADS.c.account_id.distinct()))
            .select_from(_WITH_CLUSTER)
            .where(
                UPLOADS.c.project_id == project_id,
                NODES.c.cluster_id == cluster_id,
                UPLOADS.c.received_at >= since,
            )
        )
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def arrivals(self, project_id: str, since: datetime) -> tuple[int, int]:
        query = (
            sa.select(sa.func.count(), sa.func.count(NODES.c.cluster_id.distinct()))
            .select_from(_WITH_CLUSTER)
            .where(UPLOADS.c.project_id == project_id, UPLOADS.c.received_at >= since)
        )
        with self._database.reading() as connection:
            uploads, clusters = connection.execute(query).one()
        return int(uploads), int(clusters)

    def keeping_media(
        self, project_id: str, cursor: str = "", limit: int = 500
    ) -> Sequence[Upload]:
        query = UPLOAD.where(
            UPLOADS.c.project_id == project_id,
            UPLOADS.c.media_key.is_not(None),
            UPLOADS.c.id > cursor,
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(UPLOADS.c.id).limit(limit)).all()
        return [upload_of(row) for row in rows]

    def late(self, limit: int = 100) -> Sequence[Upload]:
        query = UPLOAD.where(UPLOADS.c.late_from.is_not(None)).order_by(UPLOADS.c.late_from)
        with self._database.reading() as connection:
            return [upload_of(row) for row in connection.execute(query.limit(limit))]

    def drop_media(self, project_id: str, upload_id: str, media_key: str) -> bool:
        named = sa.and_(_is(project_id, upload_id), UPLOADS.c.media_key == media_key)
        with self._database.writing() as connection:
            row = sa.update(UPLOADS).where(named).values(media_key=None)
            return bool(connection.execute(row).rowcount)

    def naming(self, project_id: str, media_keys: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        with self._database.reading() as connection:
            for some in sliced(media_keys):
                query = sa.select(UPLOADS.c.media_key).where(
                    UPLOADS.c.project_id == project_id, UPLOADS.c.media_key.in_(some)
                )
                found.update(key for key in connection.execute(query).scalars() if key)
        return frozenset(found)

    def forget(self, project_id: str, before: datetime, limit: int = 100) -> Sequence[Upload]:
        held = sa.select(HOLDS.c.subject).where(
            HOLDS.c.project_id == project_id, HOLDS.c.released_at.is_(None)
        )
        own_cases = sa.select(CASES.c.cluster_id).where(CASES.c.project_id == project_id)
        kept = sa.or_(CASES.c.state != CaseState.DECIDED.value, CASES.c.id.in_(held))
        cluster = NODES.c.cluster_id
        due = UPLOAD.where(
            UPLOADS.c.project_id == project_id,
            UPLOADS.c.received_at < before,
            UPLOADS.c.media_key.is_(None),
            UPLOADS.c.id.not_in(held),
            sa.literal(ACCOUNT).concat(UPLOADS.c.account_id).not_in(held),
            sa.or_(
                cluster.is_(None),
                sa.and_(cluster.not_in(own_cases.where(kept)), cluster.not_in(held)),
            ),
        )
        with self._database.writing() as connection:
            rows = connection.execute(due.order_by(UPLOADS.c.received_at).limit(limit)).all()
            for some in sliced([row.id for row in rows]):
                connection.execute(sa.delete(UPLOADS).where(UPLOADS.c.id.in_(some)))
        return [upload_of(row) for row in rows]


def _is(project_id: str, upload_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(UPLOADS.c.project_id == project_id, UPLOADS.c.id == upload_id)


def _missing(upload_id: str) -> NotFound:
    return NotFound(f"There is no upload {upload_id[:80]!r}.")


def _found(connection: sa.Connection, project_id: str, upload_id: str) -> Upload:
    row = connection.execute(UPLOAD.where(_is(project_id, upload_id))).one_or_none()
    if row is None:
        raise _missing(upload_id)
    return upload_of(row)


def _values(upload: Upload) -> dict[str, Any]:
    draft = upload.draft
    return {
        "content_id": draft.content_id,
        "account_id": draft.account_id,
        "metadata": json_object(draft.metadata, "metadata", LONGEST_METADATA),
        "reach": draft.reach,
        "state": upload.state.value,
        "received_at": upload.received_at,
        "sha256": upload.sha256,
        "content": upload.content,
        "action": None if upload.action is None else upload.action.value,
        "ruled": None if upload.ruled is None else upload.ruled.value,
        "reasons": [said_of(reason) for reason in upload.reasons],
        "decision_id": upload.decision_id,
        "media_key": upload.media_key,
        "job_id": upload.job_id,
        "error": None if upload.error is None else said_of_error(upload.error),
        "late_from": upload.late_from,
    }


def upload_of(row: sa.Row[Any]) -> Upload:
    return Upload(
        id=row.id,
        project_id=row.project_id,
        draft=UploadDraft(row.content_id, row.account_id, row.metadata, row.reach),
        state=UploadState(row.state),
        received_at=row.received_at,
        sha256=row.sha256,
        content=row.content,
        reference_id=None if row.content is None else id_of(row.content),
        cluster_id=row.cluster_id or None,
        action=None if row.action is None else Action(row.action),
        ruled=None if row.ruled is None else Action(row.ruled),
        reasons=tuple(reason_of(one) for one in row.reasons),
        decision_id=row.decision_id,
        media_key=row.media_key,
        job_id=row.job_id,
        error=None if row.error is None else error_of(row.error),
        late_from=row.late_from,
    )
