"""What reviewers are shown at a glance, from the database: a few queries for a whole page."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from reseen.domain.briefing import STRETCHES, Arrivals, Face
from reseen.domain.cluster import Cluster
from reseen.domain.media import Medium
from reseen.store.access_tables import PEOPLE
from reseen.store.cluster_rows import clusters_with
from reseen.store.database import Database
from reseen.store.review_tables import CLUSTERS, NODES, UPLOADS
from reseen.store.rows import sliced
from reseen.store.tables import KEYS
from reseen.store.uploads import UPLOAD, upload_of


class SqlGlances:
    """Implements ``ports.Glances``. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def clusters(self, project_id: str, ids: Sequence[str]) -> Mapping[str, Cluster]:
        with self._database.reading() as connection:
            found = clusters_with(connection, ids)
        return {one.id: one for one in found if one.project_id == project_id}

    def faces(self, project_id: str, contents: Sequence[int]) -> Mapping[int, Face]:
        found: dict[int, Face] = {}
        kept = sa.case((UPLOADS.c.media_key.is_(None), 1), else_=0)
        place = sa.func.row_number().over(
            partition_by=UPLOADS.c.content, order_by=(kept, UPLOADS.c.received_at, UPLOADS.c.id)
        )
        with self._database.reading() as connection:
            for some in sliced(contents):
                own = sa.and_(UPLOADS.c.project_id == project_id, UPLOADS.c.content.in_(some))
                ranked = sa.select(UPLOADS.c.id, place.label("place")).where(own).subquery()
                first = sa.select(ranked.c.id).where(ranked.c.place == 1)
                query = UPLOAD.add_columns(NODES.c.medium).where(UPLOADS.c.id.in_(first))
                for row in connection.execute(query):
                    medium = None if row.medium is None else Medium(row.medium)
                    found[row.content] = Face(upload_of(row), medium)
        return found

    def arrivals(self, project_id: str, clusters: Sequence[Cluster]) -> Mapping[str, Arrivals]:
        began = _seconds(CLUSTERS.c.opened_at)
        lasted = _seconds(CLUSTERS.c.last_upload_at) - began
        into = _seconds(UPLOADS.c.received_at) - began
        width = sa.case((lasted > 0, lasted), else_=1)
        stretch = sa.cast(sa.func.floor(into * (STRETCHES * 1.0) / width), sa.Integer)
        inside = sa.case(
            (stretch < 0, 0), (stretch >= STRETCHES, STRETCHES - 1), else_=stretch
        ).label("stretch")
        joined = sa.join(
            NODES,
            UPLOADS,
            sa.and_(
                NODES.c.project_id == UPLOADS.c.project_id, NODES.c.number == UPLOADS.c.content
            ),
        ).join(CLUSTERS, CLUSTERS.c.id == NODES.c.cluster_id)
        counts = {one.id: [0] * STRETCHES for one in clusters}
        with self._database.reading() as connection:
            for some in sliced(list(counts)):
                query = (
                    sa.select(NODES.c.cluster_id, inside, sa.func.count())
                    .select_from(joined)
                    .where(NODES.c.project_id == project_id, NODES.c.cluster_id.in_(some))
                    .group_by(NODES.c.cluster_id, sa.text("stretch"))
                )
                for cluster_id, number, count in connection.execute(query):
                    counts[cluster_id][number] = count
        return {
            one.id: Arrivals(one.opened_at, one.last_upload_at, tuple(counts[one.id]))
            for one in clusters
        }

    def names(self, project_id: str, ids: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for some in sliced(sorted(set(ids))):
                for table, name in ((PEOPLE, PEOPLE.c.name), (KEYS, KEYS.c.label)):
                    own = sa.and_(table.c.project_id == project_id, table.c.id.in_(some))
                    rows = connection.execute(sa.select(table.c.id, name).where(own))
                    found |= {row[0]: row[1] for row in rows if row[1]}
        return found


def _seconds(moment: sa.Column[object]) -> sa.ColumnElement[float]:
    """Since 1970, in both databases."""
    return sa.cast(sa.extract("epoch", moment), sa.Float)
