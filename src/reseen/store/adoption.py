"""Blobs that are put before a row names them: orphans, until the transaction that does adopts them.

A blob has a name of its own each time, so that one that is being swept is never one that is being
added. Its name is an orphan's from before it is put until the transaction that names it: what is
killed between the two is swept a day later.
"""

import secrets
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa

from reseen.domain.errors import NotReady
from reseen.domain.fingerprint import Fingerprint
from reseen.ports import Blobs
from reseen.store import kept
from reseen.store.database import Database
from reseen.store.rows import sliced
from reseen.store.tables import ORPHANS

SIDE_BY_SIDE = 8
"""Blobs that are put at the same time: each waits for its disk or its network."""

SMALL = 1 << 19
"""Bytes up to which they are. Larger ones go one by one: side by side they would take each other's
time on a narrow way, and none would arrive in its own.
"""

ADOPTED_WITHIN = timedelta(days=1)
"""How long a blob that was put may wait to be named."""

MARGIN = timedelta(hours=1)
"""A blob is not named so shortly before it would be swept: clocks differ, transactions last."""


class Swept(Exception):
    """A fingerprint that was there, or that was put long ago, is gone now: it is to be put again.
    Seen by nobody outside the store.
    """


def put(
    database: Database,
    blobs: Blobs,
    project_id: str,
    fingerprints: Mapping[bytes, Fingerprint],
    now: datetime,
) -> dict[bytes, str]:
    """Put fingerprints under new names, as orphans; the names by identity."""
    if not fingerprints:
        return {}
    keys = {
        identity: _key(project_id, fingerprint.asset.sha256)
        for identity, fingerprint in fingerprints.items()
    }
    with database.writing() as connection:
        due = now + ADOPTED_WITHIN
        connection.execute(
            sa.insert(ORPHANS), [{"blob": key, "due_at": due} for key in keys.values()]
        )
    is_away = threading.Event()
    small = [i for i, fingerprint in fingerprints.items() if fingerprint.nbytes <= SMALL]

    def put_one(identity: bytes) -> None:
        if is_away.is_set():  # nobody waits once more; whoever saw it raises
            return
        try:
            blobs.put(keys[identity], kept.encode(fingerprints[identity]))
        except NotReady:
            is_away.set()
            raise

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        for _ in threads.map(put_one, small):
            pass
    for identity, fingerprint in fingerprints.items():
        if fingerprint.nbytes > SMALL:
            put_one(identity)
    return keys


def adopt(connection: sa.Connection, keys: Sequence[str], now: datetime) -> None:
    """These blobs are orphans no more. Raises ``Swept``."""
    for some in sliced(keys):
        ours = sa.and_(ORPHANS.c.blob.in_(some), ORPHANS.c.due_at > now + MARGIN)
        if connection.execute(sa.delete(ORPHANS).where(ours)).rowcount != len(some):
            raise Swept


def _key(project_id: str, sha256: str) -> str:
    """A new name for a fingerprint of these bytes."""
    return f"{project_id}/{sha256[:2]}/{sha256}.{secrets.token_hex(6)}"
