"""Fingerprints that take the place of others: made anew, or written again after they were lost.

The rows of a project say that a fingerprint is there; a disk that was replaced, or a bucket that
somebody tidied, may say otherwise; and an older reseen made some otherwise than this one does.
Whoever adds the file brings what is missing, and what is newer.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from reseen.domain.errors import BlobMissing
from reseen.domain.fingerprint import Fingerprint
from reseen.ports import Blobs
from reseen.store import changelog, kept, removals
from reseen.store.rows import sliced
from reseen.store.tables import CONTENTS, REFERENCES


def wanting(
    connection: sa.Connection,
    blobs: Blobs,
    project_id: str,
    fingerprints: Mapping[bytes, Fingerprint],
) -> set[bytes]:
    """Those of these contents of the project whose fingerprints cannot be read, or hold another
    version of a signal than the one at hand. Raises ``NotReady`` where that cannot be told.
    """
    found: set[bytes] = set()
    for some in sliced(sorted(fingerprints)):
        query = sa.select(CONTENTS.c.identity, CONTENTS.c.blob).where(
            CONTENTS.c.project_id == project_id, CONTENTS.c.identity.in_(some)
        )
        for row in connection.execute(query).all():
            made = {t.signal.name: t.signal.version for t in fingerprints[row.identity].tracks}
            try:
                held = kept.signals(blobs.reader(row.blob))
            except BlobMissing:
                found.add(row.identity)
            else:
                if any(made.get(one.name, one.version) != one.version for one in held):
                    found.add(row.identity)
    return found


def put_in_place(
    connection: sa.Connection, project_id: str, put: Mapping[bytes, str], now: datetime
) -> set[bytes]:
    """Name these blobs, which are no orphans any more, in place of those that the
    project has; which of them it still has a use for. All references that share them change. The
    project is locked.
    """
    placed: set[bytes] = set()
    for identity, blob in put.items():
        ours = sa.and_(CONTENTS.c.project_id == project_id, CONTENTS.c.identity == identity)
        old = connection.execute(sa.select(CONTENTS.c.blob).where(ours)).scalar_one_or_none()
        if old is None:
            continue
        connection.execute(sa.update(CONTENTS).where(ours).values(blob=blob))
        removals.orphan(connection, [old], now)
        _tell(connection, project_id, identity, now)
        placed.add(identity)
    return placed


def _tell(connection: sa.Connection, project_id: str, identity: bytes, now: datetime) -> None:
    """Log every reference that shares a content."""
    sharing = sa.and_(REFERENCES.c.project_id == project_id, REFERENCES.c.identity == identity)
    query = sa.select(REFERENCES.c.number, REFERENCES.c.bank_number).where(sharing)
    for row in connection.execute(query).all():
        position = changelog.append(connection, project_id, [(row.number, row.bank_number)], now)
        one = sa.and_(REFERENCES.c.project_id == project_id, REFERENCES.c.number == row.number)
        connection.execute(sa.update(REFERENCES).where(one).values(change=position))
