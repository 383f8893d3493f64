"""A reference that was a SHA-256 on a list, and whose file comes in later, becomes a reference with
media: the same one, with its labels and its id.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.bank import Content
from reseen.store import changelog
from reseen.store.rows import PLAIN, hashes_in
from reseen.store.tables import HASHES, REFERENCES


def completes(content: Content, row: sa.Row[Any]) -> bool:
    """Whether a content holds the medium that a row of ``REFERENCES`` lacks."""
    return content.fingerprint is not None and row.medium is None


def complete(
    connection: sa.Connection, row: sa.Row[Any], content: Content, now: datetime
) -> sa.Row[Any]:
    """Give the row its medium and the hashes that it lacks. The project is locked, and holds the
    fingerprint.
    """
    assert content.fingerprint is not None  # noqa: S101 - what ``completes`` says
    here = sa.and_(HASHES.c.project_id == row.project_id, HASHES.c.number == row.number)
    known = set(connection.execute(sa.select(HASHES.c.kind).where(here)).scalars())
    key = {"project_id": row.project_id, "number": row.number}
    fresh = [
        {**key, "kind": one.signal.name, "code": one.code}
        for one in hashes_in(content)
        if one.signal.name not in known
    ]
    if fresh:
        connection.execute(sa.insert(HASHES), fresh)
    change = changelog.append(connection, row.project_id, [(row.number, row.bank_number)], now)
    asset = content.fingerprint.asset
    updated = (
        sa.update(REFERENCES)
        .where(REFERENCES.c.project_id == row.project_id, REFERENCES.c.number == row.number)
        .values(change=change, medium=asset.medium.value, duration=asset.duration)
        .returning(*PLAIN)
    )
    return connection.execute(updated).one()
