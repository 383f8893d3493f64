"""What an index takes of references: of media from their blobs, of hashes from their rows."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from reseen.domain.errors import BlobMissing
from reseen.domain.fingerprint import PDQ, Track, hash_track
from reseen.ports import Blobs
from reseen.store import kept
from reseen.store.database import Database
from reseen.store.rows import sliced
from reseen.store.tables import CONTENTS, HASHES, REFERENCES

INDEXED = frozenset({"pdq", "descriptor", "quads", "looks"})


def tracks(
    database: Database, blobs: Blobs, project_id: str, numbers: Sequence[int]
) -> Mapping[int, Sequence[Track]]:
    """As ``ports.ReferenceStore.indexed``."""
    found: dict[int, Sequence[Track]] = {}
    named: dict[int, str] = {}
    with database.reading() as connection:
        for some in sliced(numbers):
            stored = (
                sa.select(REFERENCES.c.number, REFERENCES.c.medium, CONTENTS.c.blob)
                .outerjoin(
                    CONTENTS,
                    sa.and_(
                        CONTENTS.c.project_id == REFERENCES.c.project_id,
                        CONTENTS.c.identity == REFERENCES.c.identity,
                    ),
                )
                .where(REFERENCES.c.project_id == project_id, REFERENCES.c.number.in_(some))
            )
            for row in connection.execute(stored).all():
                if row.medium is None:
                    found[row.number] = ()
                elif row.blob is not None:
                    named[row.number] = row.blob
            hashed = sa.select(HASHES.c.number, HASHES.c.code).where(
                HASHES.c.project_id == project_id,
                HASHES.c.number.in_(some),
                HASHES.c.kind == PDQ.name,
            )
            for number, code in connection.execute(hashed).all():
                found[number] = (hash_track([code]),)
    for number, blob in named.items():
        try:
            found[number] = kept.read(blobs.reader(blob), INDEXED).tracks
        except BlobMissing:
            continue
    return found
