"""Jobs and their items in the database.

An item's outcome is counted once: it is recorded only while the item waits. A job whose items are
still being written has the state ``creating`` here, which nobody is told of and nobody claims.
"""

import contextlib
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

import sqlalchemy as sa

from reseen.domain.bank import Job, JobItem
from reseen.domain.choices import ItemState, JobKind, JobState
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.ports import Page
from reseen.store.database import Database, utc_now
from reseen.store.job_rows import digest_of, item_of, job_of, settle, waiting_row
from reseen.store.tables import JOB_ITEMS, JOBS
from reseen.store.text import json_object

AT_ONCE = 1000
CREATING = "creating"
ABANDONED = timedelta(days=1)
"""A job that was not added to for so long will never be: its maker was killed."""

IS_ID = re.compile(r"job_[0-9a-f]{16}\Z").match
LARGEST_CURSOR = 1 << 31
OVER = tuple(state.value for state in (JobState.DONE, JobState.CANCELLED, JobState.FAILED))


class SqlJobStore:
    """Implements ``ports.JobStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._listeners: list[Callable[[], object]] = []

    @contextlib.contextmanager
    def listen(self, called: Callable[[], object]) -> Iterator[None]:
        self._listeners.append(called)
        try:
            yield
        finally:
            self._listeners.remove(called)

    def create(
        self,
        project_id: str,
        kind: JobKind,
        request: Mapping[str, Any],
        items: Iterable[Mapping[str, Any]] = (),
        *,
        owner: str | None = None,
        lease: timedelta | None = None,
    ) -> Job:
        job_id, now = f"job_{secrets.token_hex(8)}", self._clock()
        asked = json_object(request, "request")
        self._forget_abandoned(now)
        with self._database.writing(apart=True) as connection:
            connection.execute(
                sa.insert(JOBS).values(
                    id=job_id,
                    project_id=project_id,
                    kind=kind.value,
                    state=CREATING,
                    request=asked,
                    digest=digest_of(kind.value, asked),
                    total=0,
                    done=0,
                    known=0,
                    failed=0,
                    created_at=now,
                    updated_at=now,
                )
            )
        total = 0
        try:
            for some in batched(items, AT_ONCE):
                rows = [waiting_row(job_id, total + k, given) for k, given in enumerate(some)]
                with self._database.writing(apart=True) as connection:
                    connection.execute(sa.insert(JOB_ITEMS), rows)
                    alive = sa.update(JOBS).where(JOBS.c.id == job_id)
                    connection.execute(alive.values(updated_at=self._clock()))
                total += len(rows)
        except BaseException:
            self._forget(job_id)
            raise
        now = self._clock()
        values: dict[str, Any] = {"state": JobState.QUEUED.value, "total": total, "updated_at": now}
        if owner is not None:
            held = now + (lease or timedelta(0))
            values |= {"state": JobState.RUNNING.value, "owner": owner, "lease_until": held}
        with self._database.writing() as connection:
            made = self._update(connection, job_id, values)
        if owner is None:
            for called in tuple(self._listeners):
                self._database.afterwards(called)
        return made

    def get(self, project_id: str, job_id: str) -> Job:
        with self._database.reading() as connection:
            return job_of(_find(connection, project_id, job_id))

    def list(
        self,
        project_id: str,
        cursor: str | None = None,
        limit: int = 100,
        *,
        state: JobState | None = None,
    ) -> Page[Job]:
        query = (
            _visible(project_id)
            .order_by(JOBS.c.created_at.desc(), JOBS.c.id.desc())
            .limit(limit + 1)
        )
        if state is not None:
            query = query.where(JOBS.c.state == state.value)
        with self._database.reading() as connection:
            if cursor is not None:
                try:
                    last = _find(connection, project_id, cursor)
                except NotFound:
                    raise InvalidValue(
                        "This is no cursor that a list gave.", field="cursor"
                    ) from None
                query = query.where(
                    sa.or_(
                        JOBS.c.created_at < last.created_at,
                        sa.and_(JOBS.c.created_at == last.created_at, JOBS.c.id < last.id),
                    )
                )
            found = [job_of(row) for row in connection.execute(query)]
        more = len(found) > limit
        return Page(tuple(found[:limit]), found[limit - 1].id if more else None)

    def unfinished(
        self, project_id: str, kind: JobKind, request: Mapping[str, Any]
    ) -> Sequence[Job]:
        alike = _visible(project_id).where(
            JOBS.c.digest == digest_of(kind.value, json_object(request, "request")),
            JOBS.c.state.not_in(OVER),
        )
        with self._database.reading() as connection:
            return tuple(job_of(row) for row in connection.execute(alike))

    def items(
        self,
        project_id: str,
        job_id: str,
        *,
        failed_only: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[JobItem]:
        if cursor is not None and not (cursor.isdecimal() and int(cursor[:11]) < LARGEST_CURSOR):
            raise InvalidValue("This is no cursor that a list gave.", field="cursor")
        query = _items(job_id, -1 if cursor is None else int(cursor), limit + 1)
        if failed_only:
            query = query.where(JOB_ITEMS.c.state == ItemState.FAILED.value)
        with self._database.reading() as connection:
            _find(connection, project_id, job_id)
            found = [item_of(row) for row in connection.execute(query)]
        more = len(found) > limit
        return Page(tuple(found[:limit]), str(found[limit - 1].number) if more else None)

    def claim_job(
        self,
        owner: str,
        lease: timedelta,
        job_id: str | None = None,
        kinds: Collection[JobKind] | None = None,
    ) -> Job | None:
        now = self._clock()
        free = (
            sa.select(JOBS.c.id)
            .where(
                JOBS.c.state.in_([JobState.QUEUED.value, JobState.RUNNING.value]),
                sa.or_(JOBS.c.lease_until.is_(None), JOBS.c.lease_until <= now),
            )
            .order_by(JOBS.c.created_at, JOBS.c.id)
            .limit(1)
        )
        if job_id is not None and not IS_ID(job_id):
            return None
        if job_id is not None:
            free = free.where(JOBS.c.id == job_id)
        if kinds is not None:
            free = free.where(JOBS.c.kind.in_([kind.value for kind in kinds]))
        with self._database.reading() as connection:
            if connection.execute(free).first() is None:
                return None
        with self._database.writing() as connection:
            found = connection.execute(free.with_for_update(skip_locked=True)).scalar_one_or_none()
            if found is None:
                return None
            held = {"owner": owner, "lease_until": now + lease, "updated_at": now}
            return self._update(connection, found, {"state": JobState.RUNNING.value, **held})

    def renew(self, job_id: str, owner: str, lease: timedelta) -> Job:
        now = self._clock()
        with self._database.writing() as connection:
            ours = sa.select(*JOBS.c).where(JOBS.c.id == job_id).with_for_update()
            row = connection.execute(ours).one_or_none() if IS_ID(job_id) else None
            if row is None:
                raise NotFound(f"There is no job {job_id!r}.")
            if row.state in OVER:
                return job_of(row)
            if row.owner != owner:
                raise Conflict(f"{job_id} is worked on by another.")
            if lease <= timedelta(0):
                free = {"owner": None, "lease_until": None, "state": JobState.QUEUED.value}
                return self._update(connection, job_id, free)
            return self._update(connection, job_id, {"lease_until": now + lease})

    def waiting(self, job_id: str, after: int = -1, limit: int = 100) -> Sequence[JobItem]:
        query = _items(job_id, after, limit).where(JOB_ITEMS.c.state == ItemState.WAITING.value)
        with self._database.reading() as connection:
            return tuple(item_of(row) for row in connection.execute(query))

    def finish_items(self, items: Sequence[JobItem]) -> None:
        with self._database.writing() as connection:
            settle(connection, items, self._clock())

    def finish(
        self,
        job_id: str,
        state: JobState,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        with self._database.writing() as connection:
            connection.execute(
                sa.update(JOBS)
                .where(JOBS.c.id == job_id, JOBS.c.state.not_in(OVER))
                .values(
                    state=state.value,
                    result=None if result is None else dict(result),
                    error=error,
                    owner=None,
                    lease_until=None,
                    updated_at=self._clock(),
                )
            )

    def cancel(self, project_id: str, job_id: str) -> Job:
        with self._database.writing() as connection:
            row = _find(connection, project_id, job_id, lock=True)
            if row.state in OVER:
                raise Conflict(f"{job_id} is over already: {row.state}.")
            over = {"state": JobState.CANCELLED.value, "updated_at": self._clock()}
            return self._update(connection, job_id, over)

    def _update(self, connection: sa.Connection, job_id: str, values: Mapping[str, Any]) -> Job:
        changed = sa.update(JOBS).where(JOBS.c.id == job_id).values(**values)
        return job_of(connection.execute(changed.returning(*JOBS.c)).one())

    def _forget_abandoned(self, now: datetime) -> None:
        """Remove jobs whose items were never all written."""
        query = sa.select(JOBS.c.id).where(
            JOBS.c.state == CREATING, JOBS.c.updated_at < now - ABANDONED
        )
        with self._database.reading() as connection:
            abandoned = connection.execute(query).scalars().all()
        for job_id in abandoned:
            self._forget(job_id)

    def _forget(self, job_id: str) -> None:
        with self._database.writing(apart=True) as connection:
            connection.execute(sa.delete(JOB_ITEMS).where(JOB_ITEMS.c.job_id == job_id))
            connection.execute(sa.delete(JOBS).where(JOBS.c.id == job_id))


def _items(job_id: str, after: int, limit: int) -> sa.Select[Any]:
    return (
        sa.select(*JOB_ITEMS.c)
        .where(JOB_ITEMS.c.job_id == job_id, JOB_ITEMS.c.number > after)
        .order_by(JOB_ITEMS.c.number)
        .limit(limit)
    )


def _visible(project_id: str) -> sa.Select[Any]:
    return sa.select(*JOBS.c).where(JOBS.c.project_id == project_id, JOBS.c.state != CREATING)


def _find(
    connection: sa.Connection, project_id: str, job_id: str, *, lock: bool = False
) -> sa.Row[Any]:
    query = _visible(project_id).where(JOBS.c.id == job_id)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none() if IS_ID(job_id) else None
    if row is None:
        raise NotFound(f"There is no job {job_id[:80]!r}.")
    return row
