"""Removing references, and what they leave behind: one way for deletion, expiry and whole banks."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.ports import Blobs
from reseen.store import changelog
from reseen.store.database import Database
from reseen.store.rows import sliced
from reseen.store.tables import BANKS, CONTENTS, HASHES, LABELS, ORPHANS, REFERENCES


def remove(
    connection: sa.Connection, project_id: str, rows: Sequence[sa.Row[Any]], now: datetime
) -> None:
    """Remove these rows of ``REFERENCES`` with all that belongs to them, and log it. Fingerprints
    that nothing else in the project holds become orphans. The project is locked.
    """
    for some in sliced(rows):
        numbers = [row.number for row in some]
        for table in (LABELS, HASHES, REFERENCES):
            connection.execute(
                sa.delete(table).where(
                    table.c.project_id == project_id, table.c.number.in_(numbers)
                )
            )
        _release(connection, project_id, [row.identity for row in some])
        changelog.append(connection, project_id, [(number, None) for number in numbers], now)
    for bank_number, count in Counter(row.bank_number for row in rows).items():
        shrunk = sa.update(BANKS).where(BANKS.c.number == bank_number)
        connection.execute(shrunk.values(size=BANKS.c.size - count))


def _release(connection: sa.Connection, project_id: str, identities: Sequence[str]) -> None:
    """Orphan the fingerprints of these identities that no reference holds any more."""
    here = REFERENCES.c.project_id == project_id
    holding = sa.select(REFERENCES.c.identity).where(here, REFERENCES.c.identity.in_(identities))
    left = set(identities) - set(connection.execute(holding).scalars())
    if not left:
        return
    ours = sa.and_(CONTENTS.c.project_id == project_id, CONTENTS.c.identity.in_(left))
    blobs = connection.execute(sa.delete(CONTENTS).where(ours).returning(CONTENTS.c.blob))
    orphaned = [{"blob": blob} for blob in blobs.scalars().all()]
    if orphaned:
        connection.execute(sa.insert(ORPHANS), orphaned)


def sweep(database: Database, blobs: Blobs, now: datetime, limit: int) -> int:
    """Remove up to ``limit`` references that expired or whose bank was deleted, and as many blobs
    that nothing names; how many of both.
    """
    return _sweep_references(database, now, limit) + _sweep_blobs(database, blobs, limit)


def _sweep_references(database: Database, now: datetime, limit: int) -> int:
    over = sa.or_(REFERENCES.c.expires_at <= now, BANKS.c.deleted_at.is_not(None))
    query = (
        sa.select(REFERENCES.c.project_id)
        .join(BANKS, BANKS.c.number == REFERENCES.c.bank_number)
        .where(over)
        .limit(1)
    )
    with database.reading() as connection:
        project_id = connection.execute(query).scalar_one_or_none()
    if project_id is None:
        return _forget_banks(database)
    due = (
        sa.select(*REFERENCES.c)
        .join(BANKS, BANKS.c.number == REFERENCES.c.bank_number)
        .where(over, REFERENCES.c.project_id == project_id)
        .limit(limit)
    )
    with database.writing() as connection:
        changelog.lock(connection, project_id)
        rows = connection.execute(due).all()
        remove(connection, project_id, rows, now)
    return len(rows)


def _forget_banks(database: Database) -> int:
    """Deleted banks that hold nothing any more; no reference is counted."""
    empty = sa.and_(BANKS.c.deleted_at.is_not(None), BANKS.c.size == 0)
    with database.reading() as connection:
        if connection.execute(sa.select(BANKS.c.number).where(empty).limit(1)).first() is None:
            return 0
    with database.writing() as connection:
        connection.execute(sa.delete(BANKS).where(empty))
    return 0


def _sweep_blobs(database: Database, blobs: Blobs, limit: int) -> int:
    with database.reading() as connection:
        keys = list(connection.execute(sa.select(ORPHANS.c.blob).limit(limit)).scalars())
    if keys:
        blobs.delete(keys)
        with database.writing() as connection:
            for some in sliced(keys):
                connection.execute(sa.delete(ORPHANS).where(ORPHANS.c.blob.in_(some)))
    return len(keys)
