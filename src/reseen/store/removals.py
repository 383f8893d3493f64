"""Removing references, and what they leave behind: one way for deletion, expiry and whole banks."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reseen.ports import Blobs
from reseen.store import changelog
from reseen.store.database import Database
from reseen.store.rows import PLAIN, sliced
from reseen.store.tables import BANKS, CONTENTS, HASHES, LABELS, ORPHANS, REFERENCES

GRACE = timedelta(minutes=1)
"""How long the blob of a removed reference stays: a search that began before may be reading it."""


def remove(
    connection: sa.Connection, project_id: str, rows: Sequence[sa.Row[Any]], now: datetime
) -> None:
    """Remove these rows of references with all that belongs to them, and log it. Fingerprints that
    nothing else in the project holds become orphans. The project is locked.
    """
    for some in sliced(rows):
        numbers = [row.number for row in some]
        for table in (LABELS, HASHES, REFERENCES):
            connection.execute(
                sa.delete(table).where(
                    table.c.project_id == project_id, table.c.number.in_(numbers)
                )
            )
        _release(connection, project_id, [row.identity for row in some if row.medium], now)
        changelog.append(connection, project_id, [(number, None) for number in numbers], now)
    for bank_number, count in Counter(row.bank_number for row in rows).items():
        shrunk = sa.update(BANKS).where(BANKS.c.number == bank_number)
        connection.execute(shrunk.values(size=BANKS.c.size - count))


def orphan(connection: sa.Connection, blobs: Sequence[str], now: datetime) -> None:
    """Nothing names these any more."""
    if blobs:
        due = now + GRACE
        connection.execute(sa.insert(ORPHANS), [{"blob": one, "due_at": due} for one in blobs])


def _release(
    connection: sa.Connection, project_id: str, identities: Sequence[bytes], now: datetime
) -> None:
    """One reference less holds each of these; orphan the fingerprints that none holds now."""
    counts = Counter(identities)
    for count in set(counts.values()):
        fewer = [identity for identity, held in counts.items() if held == count]
        ours = sa.and_(CONTENTS.c.project_id == project_id, CONTENTS.c.identity.in_(fewer))
        connection.execute(
            sa.update(CONTENTS).where(ours).values(holders=CONTENTS.c.holders - count)
        )
        gone = sa.delete(CONTENTS).where(ours, CONTENTS.c.holders <= 0)
        orphan(connection, connection.execute(gone.returning(CONTENTS.c.blob)).scalars().all(), now)


def sweep(database: Database, blobs: Blobs, now: datetime, limit: int) -> int:
    """Remove up to ``limit`` references that expired or whose bank was deleted, and as many blobs
    that nothing names; how many of both.
    """
    return _sweep_references(database, now, limit) + _sweep_blobs(database, blobs, now, limit)


def _sweep_references(database: Database, now: datetime, limit: int) -> int:
    """Of one project, those that expired; where there are none, those of one deleted bank."""
    deleted = sa.select(BANKS.c.project_id, BANKS.c.number).where(BANKS.c.deleted_at.is_not(None))
    expired = sa.select(REFERENCES.c.project_id).where(REFERENCES.c.expires_at <= now)
    with database.reading() as connection:
        project_id = connection.execute(expired.limit(1)).scalar_one_or_none()
        over: sa.ColumnElement[bool] = REFERENCES.c.expires_at <= now
        if project_id is None:
            bank = connection.execute(deleted.limit(1)).one_or_none()
            if bank is None:
                return 0
            project_id, over = bank.project_id, REFERENCES.c.bank_number == bank.number
    due = sa.select(*PLAIN).where(over, REFERENCES.c.project_id == project_id).limit(limit)
    with database.writing() as connection:
        changelog.lock(connection, project_id)
        rows = connection.execute(due).all()
        remove(connection, project_id, rows, now)
        empty = sa.and_(BANKS.c.deleted_at.is_not(None), BANKS.c.size == 0)
        connection.execute(sa.delete(BANKS).where(BANKS.c.project_id == project_id, empty))
    return len(rows)


def _sweep_blobs(database: Database, blobs: Blobs, now: datetime, limit: int) -> int:
    due = sa.select(ORPHANS.c.blob).where(ORPHANS.c.due_at <= now).limit(limit)
    with database.reading() as connection:
        keys = list(connection.execute(due).scalars())
    if keys:
        blobs.delete(keys)
        with database.writing() as connection:
            for some in sliced(keys):
                connection.execute(sa.delete(ORPHANS).where(ORPHANS.c.blob.in_(some)))
    return len(keys)
