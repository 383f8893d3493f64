"""Clusters in the database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa

from reseen.domain.cluster import Cluster, Edge, Link, Member, Node, Pin, Tie, Word
from reseen.domain.media import Medium
from reseen.engine.cluster import representative, shown, tie_of
from reseen.ports import Around, Page, Regrouped
from reseen.store.cluster_graph import (
    Neighbourhood,
    edge_of,
    edges_between,
    insert_missing,
    nodes_with,
    put_edges,
    tied_to,
)
from reseen.store.cluster_rows import (
    CLUSTER,
    cluster_of,
    clusters_with,
    contents_of,
    counted,
    found_one,
    homes_of,
    is_cut,
    move,
    new_accounts,
    new_id,
    pinned_among,
    put_shown,
    scores_of,
    stands,
    uploads_by,
    uploads_of,
)
from reseen.store.cluster_words import words_on
from reseen.store.cursors import after_moment, moment_in, place_in
from reseen.store.database import Database, utc_now
from reseen.store.keeping import follow_members, follow_merge
from reseen.store.review_tables import CLUSTERS, EDGES, NODES, PINS
from reseen.store.rows import id_of, number_of


class SqlClusterStore:
    """Implements ``ports.ClusterStore``. Safe to share between threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def add_nodes(self, project_id: str, nodes: Sequence[Node]) -> None:
        rows = [
            {
                "project_id": project_id,
                "number": node.number,
                "medium": None if node.medium is None else node.medium.value,
                "first": node.order,
                "quality": node.quality,
                "shown": 0.0,
                "is_upload": node.is_upload,
                "cluster_id": "",
                "joined_at": self._clock(),
            }
            for node in nodes
        ]
        with self._database.writing() as connection:
            insert_missing(connection, NODES, rows)

    def add_edges(self, project_id: str, edges: Sequence[Edge]) -> None:
        with self._database.writing() as connection:
            put_edges(connection, project_id, edges)

    def add_pins(self, project_id: str, pins: Sequence[Pin]) -> None:
        rows = [{"project_id": project_id, **asdict(pin), "wish": pin.wish.value} for pin in pins]
        with self._database.writing() as connection:
            insert_missing(connection, PINS, rows)

    def remove_pins(self, project_id: str, pins: Sequence[Pin]) -> None:
        with self._database.writing() as connection:
            for pin in pins:
                connection.execute(
                    sa.delete(PINS).where(
                        PINS.c.project_id == project_id,
                        PINS.c.one == pin.one,
                        PINS.c.other == pin.other,
                        PINS.c.at == pin.at,
                    )
                )

    def words(self, project_id: str, cluster_id: str) -> tuple[Word, ...]:
        with self._database.reading() as connection:
            present = found_one(connection, project_id, cluster_id)
            return words_on(connection, project_id, present.id)

    def around(self, project_id: str, contents: Sequence[int]) -> Around:
        with self._database.reading() as connection:
            grown = Neighbourhood(connection, project_id)
            grown.grow(contents)
            ids = sorted(set(grown.cluster_of.values()))
            return Around(
                nodes=tuple(grown.nodes.values()),
                edges=grown.inner_edges(),
                pins=grown.inner_pins(),
                cluster_of=grown.cluster_of,
                clusters={one.id: one for one in clusters_with(connection, ids)},
            )

    def regroup(
        self, project_id: str, groups: Sequence[Regrouped], at: datetime
    ) -> Sequence[Cluster]:
        with self._database.writing() as connection:
            ids = [group.id for group in groups if group.id is not None]
            held = {one: frozenset(contents_of(connection, one)) for one in ids}
            for group in groups:
                put_shown(connection, project_id, group.shown)
            return [self._written(connection, project_id, group, held, at) for group in groups]

    def _written(
        self,
        connection: sa.Connection,
        project_id: str,
        group: Regrouped,
        held: Mapping[str, frozenset[int]],
        at: datetime,
    ) -> Cluster:
        counts = counted(connection, project_id, group.members)
        counts["representative"] = group.representative
        if group.id is None:
            cluster_id = new_id()
            newest = counts["last_upload_at"] or at
            opened = {"version": 1, "opened_at": newest, "last_upload_at": newest}
            values = {"id": cluster_id, "project_id": project_id, **counts, **opened}
            connection.execute(sa.insert(CLUSTERS).values(values))
        else:
            cluster_id = group.id
            (present,) = clusters_with(connection, [cluster_id])
            counts["last_upload_at"] = counts["last_upload_at"] or present.last_upload_at
            is_same = held[cluster_id] == set(group.members) and not group.absorbed
            if not (is_same and present.representative == group.representative):
                counts["version"] = present.version + 1
            row = sa.update(CLUSTERS).where(CLUSTERS.c.id == cluster_id)
            connection.execute(row.values(counts))
        follow_merge(connection, project_id, cluster_id, group.absorbed)
        follow_members(connection, project_id, group.members, cluster_id)
        move(connection, project_id, group.members, cluster_id, at)
        if group.absorbed:
            gone = sa.update(CLUSTERS).where(CLUSTERS.c.id.in_(group.absorbed))
            connection.execute(
                gone.values(merged_into=cluster_id, members=0, version=CLUSTERS.c.version + 1)
            )
        return clusters_with(connection, [cluster_id])[0]

    def homes(self, project_id: str, contents: Sequence[int]) -> Mapping[int, str]:
        with self._database.reading() as connection:
            return homes_of(connection, project_id, contents)

    def is_cut(self, project_id: str, cluster_id: str) -> bool:
        with self._database.reading() as connection:
            return is_cut(connection, project_id, cluster_id)

    def join(self, project_id: str, number: int, cluster_id: str, edges: Sequence[Edge]) -> Cluster:
        with self._database.writing() as connection:
            (present,) = clusters_with(connection, [cluster_id])
            ends = {n for edge in edges for n in (edge.one, edge.other)} | {number}
            nodes = nodes_with(connection, project_id, [*ends, present.representative])
            more = shown(ends, edges)
            nodes = [replace(n, shown=n.shown + more.get(n.number, 0.0)) for n in nodes]
            put_shown(
                connection, project_id, {n.number: n.shown for n in nodes if n.number in ends}
            )
            accounts = new_accounts(connection, project_id, cluster_id, number)
            counts = counted(connection, project_id, [number])
            last = max(present.last_upload_at, counts["last_upload_at"] or present.last_upload_at)
            row = sa.update(CLUSTERS).where(CLUSTERS.c.id == cluster_id)
            connection.execute(
                row.values(
                    version=present.version + 1,
                    representative=representative(
                        nodes, stands(connection, project_id, present.representative)
                    ),
                    members=present.members + 1,
                    uploads=present.uploads + counts["uploads"],
                    accounts=present.accounts + accounts,
                    reach=present.reach + counts["reach"],
                    last_upload_at=last,
                )
            )
            move(connection, project_id, [number], cluster_id, self._clock())
            return clusters_with(connection, [cluster_id])[0]

    def uploaded(self, project_id: str, cluster_id: str, account_id: str, reach: int) -> Cluster:
        with self._database.writing() as connection:
            is_new = uploads_by(connection, project_id, cluster_id, account_id, limit=2) < 2
            row = sa.update(CLUSTERS).where(CLUSTERS.c.id == cluster_id)
            connection.execute(
                row.values(
                    uploads=CLUSTERS.c.uploads + 1,
                    accounts=CLUSTERS.c.accounts + int(is_new),
                    reach=CLUSTERS.c.reach + reach,
                    last_upload_at=self._clock(),
                )
            )
            return clusters_with(connection, [cluster_id])[0]

    def count(self, project_id: str, cluster_id: str) -> Cluster:
        with self._database.writing() as connection:
            present = found_one(connection, project_id, cluster_id)
            counts = counted(connection, project_id, contents_of(connection, present.id))
            counts["last_upload_at"] = counts["last_upload_at"] or present.last_upload_at
            row = sa.update(CLUSTERS).where(CLUSTERS.c.id == present.id)
            connection.execute(row.values(counts))
            return clusters_with(connection, [present.id])[0]

    def get(self, project_id: str, cluster_id: str) -> Cluster:
        with self._database.reading() as connection:
            return found_one(connection, project_id, cluster_id)

    def list(
        self,
        project_id: str,
        *,
        bursting: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Cluster]:
        query = CLUSTER.where(CLUSTERS.c.project_id == project_id, CLUSTERS.c.merged_into.is_(None))
        if bursting:
            query = query.where(CLUSTERS.c.bursting_since.is_not(None))
        with self._database.reading() as connection:
            at, own = CLUSTERS.c.last_upload_at, CLUSTERS.c.id
            if cursor is not None:
                then, last = moment_in(cursor)
                query = query.where(sa.or_(at < then, sa.and_(at == then, own < last)))
            rows = connection.execute(query.order_by(at.desc(), own.desc()).limit(limit + 1)).all()
        found = tuple(cluster_of(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(found, after_moment(found[-1].last_upload_at, found[-1].id) if more else None)

    def members(
        self, project_id: str, cluster_id: str, cursor: str | None = None, limit: int = 100
    ) -> Page[Member]:
        last = -1 if cursor is None else place_in(cursor)
        with self._database.reading() as connection:
            present = found_one(connection, project_id, cluster_id)
            query = (
                sa.select(NODES)
                .where(NODES.c.cluster_id == present.id, NODES.c.number > last)
                .order_by(NODES.c.number)
                .limit(limit + 1)
            )
            rows = connection.execute(query).all()
            numbers = [row.number for row in rows[:limit]]
            uploads = uploads_of(connection, project_id, numbers)
            scores = scores_of(connection, project_id, numbers, present.id)
            pinned = pinned_among(connection, project_id, numbers)
        found = tuple(
            Member(
                cluster_id=present.id,
                content=row.number,
                reference_id=id_of(row.number),
                medium=None if row.medium is None else Medium(row.medium),
                uploads=uploads.get(row.number, 0),
                joined_at=row.joined_at,
                score=scores.get(row.number),
                is_pinned=row.number in pinned,
                is_upload=row.is_upload,
            )
            for row in rows[:limit]
        )
        return Page(found, str(found[-1].content) if len(rows) > limit else None)

    def contents(self, project_id: str, cluster_id: str) -> tuple[int, ...]:
        with self._database.reading() as connection:
            return tuple(contents_of(connection, found_one(connection, project_id, cluster_id).id))

    def numbered(self, reference_ids: Sequence[str]) -> tuple[int | None, ...]:
        return tuple(map(number_of, reference_ids))

    def named(self, contents: Sequence[int]) -> tuple[str, ...]:
        return tuple(map(id_of, contents))

    def links(self, project_id: str, cluster_id: str) -> tuple[Link, ...]:
        with self._database.reading() as connection:
            present = found_one(connection, project_id, cluster_id)
            own = sa.select(NODES.c.number).where(NODES.c.cluster_id == present.id)
            found: dict[str, Link] = {}
            for mine, theirs in ((EDGES.c.one, EDGES.c.other), (EDGES.c.other, EDGES.c.one)):
                query = (
                    sa.select(EDGES, NODES.c.cluster_id, NODES.c.medium)
                    .join(
                        NODES,
                        sa.and_(NODES.c.project_id == EDGES.c.project_id, NODES.c.number == theirs),
                    )
                    .where(
                        EDGES.c.project_id == project_id,
                        mine.in_(own),
                        NODES.c.cluster_id.not_in(("", present.id)),
                    )
                )
                for row in connection.execute(query):
                    edge = edge_of(row)
                    tie = tie_of(edge, is_still=row.medium == Medium.IMAGE)
                    link = Link(present.id, row.cluster_id, tie, edge.score, edge.channel)
                    found[row.cluster_id] = max(found.get(row.cluster_id, link), link, key=_rank)
        return tuple(
            sorted(found.values(), key=lambda link: (_rank(link), link.other), reverse=True)
        )

    def tied(self, project_id: str, number: int, since: datetime, limit: int) -> tuple[int, ...]:
        with self._database.reading() as connection:
            return tied_to(connection, project_id, number, since, limit)

    def between(self, project_id: str, contents: Sequence[int]) -> tuple[Edge, ...]:
        with self._database.reading() as connection:
            return edges_between(connection, project_id, contents)

    def set_burst(self, project_id: str, cluster_id: str, since: datetime | None) -> None:
        ours = sa.and_(CLUSTERS.c.project_id == project_id, CLUSTERS.c.id == cluster_id)
        with self._database.writing() as connection:
            connection.execute(sa.update(CLUSTERS).where(ours).values(bursting_since=since))


_TIES = (Tie.ACROSS, Tie.PART, Tie.WITHIN, Tie.NEAR)


def _rank(link: Link) -> tuple[int, float]:
    return _TIES.index(link.tie), link.score
