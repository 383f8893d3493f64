"""Jobs and their items between domain and rows, and the outcomes of items."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import batched
from typing import Any

import sqlalchemy as sa

from reseen.domain.bank import Job, JobItem
from reseen.domain.choices import ItemState, JobKind, JobState
from reseen.store.tables import JOB_ITEMS, JOBS
from reseen.store.text import cleaned, json_object, plainest

COUNTED = {ItemState.DONE: "done", ItemState.KNOWN: "known", ItemState.FAILED: "failed"}


def digest_of(kind: str, request: Mapping[str, Any]) -> str:
    """Equal for jobs that are asked for in the same words. Hexadecimal."""
    return hashlib.sha256(f"{kind} {plainest(request)}".encode()).hexdigest()


def settle(connection: sa.Connection, items: Sequence[JobItem], now: datetime) -> None:
    """Record the outcome of items that still wait, and count it in their jobs."""
    by_job: dict[str, list[JobItem]] = {}
    for item in items:
        by_job.setdefault(item.job_id, []).append(item)
    for job_id, ours in by_job.items():
        connection.execute(sa.select(JOBS.c.id).where(JOBS.c.id == job_id).with_for_update())
        fresh = _still_waiting(connection, job_id, ours)
        if not fresh:
            continue
        outcome = (
            sa.update(JOB_ITEMS)
            .where(JOB_ITEMS.c.job_id == job_id, JOB_ITEMS.c.number == sa.bindparam("at"))
            .values({name: sa.bindparam(name) for name in _OUTCOME})
        )
        connection.execute(
            outcome,
            [
                {
                    "at": item.number,
                    "state": item.state.value,
                    "reference_id": item.reference_id,
                    "error_code": item.error_code,
                    "error_detail": cleaned(item.error_detail),
                }
                for item in fresh
            ],
        )
        counted = Counter(COUNTED[item.state] for item in fresh)
        grown = {name: JOBS.c[name] + count for name, count in counted.items()}
        connection.execute(
            sa.update(JOBS).where(JOBS.c.id == job_id).values(**grown, updated_at=now)
        )


_OUTCOME = ("state", "reference_id", "error_code", "error_detail")


def _still_waiting(
    connection: sa.Connection, job_id: str, items: Sequence[JobItem]
) -> list[JobItem]:
    waiting: set[int] = set()
    numbers = [item.number for item in items]
    for some in batched(numbers, 500):
        query = sa.select(JOB_ITEMS.c.number).where(
            JOB_ITEMS.c.job_id == job_id,
            JOB_ITEMS.c.number.in_(some),
            JOB_ITEMS.c.state == ItemState.WAITING.value,
        )
        waiting.update(connection.execute(query).scalars())
    return list({item.number: item for item in items if item.number in waiting}.values())


def waiting_row(job_id: str, number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    item = JobItem(job_id, number, json_object(given, "items"))
    return {**asdict(item), "state": item.state.value}


def job_of(row: sa.Row[Any]) -> Job:
    return Job(
        id=row.id,
        project_id=row.project_id,
        kind=JobKind(row.kind),
        state=JobState(row.state),
        request=row.request,
        created_at=row.created_at,
        updated_at=row.updated_at,
        total=row.total,
        done=row.done,
        known=row.known,
        failed=row.failed,
        result=row.result,
        error=row.error,
    )


def item_of(row: sa.Row[Any]) -> JobItem:
    return JobItem(
        row.job_id,
        row.number,
        row.given,
        ItemState(row.state),
        row.reference_id,
        row.error_code,
        row.error_detail,
    )
