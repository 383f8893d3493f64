"""Contents, the edges found between them, and reviewers' pins: what clusters follow from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from reseen.domain.cluster import Edge, Node, Pin, Wish
from reseen.domain.media import Channel, Medium
from reseen.engine.cluster import binds
from reseen.store.review_tables import EDGES, NODES, PINS
from reseen.store.rows import sliced


def insert_missing(connection: sa.Connection, table: sa.Table, rows: Sequence[Any]) -> None:
    """Those whose key is taken are left out."""
    if rows:
        insert = _insert(connection, table)
        connection.execute(insert.on_conflict_do_nothing(), rows)


def put_edges(connection: sa.Connection, project_id: str, edges: Iterable[Edge]) -> None:
    """Of two between the same contents in one channel the stronger stays."""
    strongest: dict[tuple[int, int, Channel], Edge] = {}
    for edge in edges:
        key = edge.one, edge.other, edge.channel
        if key not in strongest or strongest[key].score < edge.score:
            strongest[key] = edge
    if not strongest:
        return
    insert = _insert(connection, EDGES)
    taken = {name: insert.excluded[name] for name in _MEASURED}
    stronger = insert.on_conflict_do_update(
        index_elements=list(EDGES.primary_key.columns),
        set_=taken,
        where=EDGES.c.score < insert.excluded.score,
    )
    connection.execute(
        stronger,
        [
            {
                "project_id": project_id,
                "one": edge.one,
                "other": edge.other,
                "channel": edge.channel.value,
                "score": edge.score,
                "one_share": edge.one_share,
                "other_share": edge.other_share,
                "is_across": edge.is_across,
            }
            for edge in strongest.values()
        ],
    )


_MEASURED = ("score", "one_share", "other_share", "is_across")


class Neighbourhood:
    """Grows from some contents along strong ties and pins, cluster by cluster, until nothing is
    added: a dozen statements, whatever its size, as copies of one thing lie close together.
    """

    def __init__(self, connection: sa.Connection, project_id: str) -> None:
        self._connection = connection
        self._project_id = project_id
        self.nodes: dict[int, Node] = {}
        self.cluster_of: dict[int, str] = {}
        self.edges: dict[Edge, None] = {}
        self.pins: dict[Pin, None] = {}

    def grow(self, contents: Iterable[int]) -> None:
        frontier = self._with_their_clusters(contents)
        while frontier:
            edges, pins = self._edges(frontier), self._pins(frontier)
            ends = {n for edge in edges for n in (edge.one, edge.other)}
            media = self._media(ends - self.nodes.keys())
            media |= {n: node.medium for n, node in self.nodes.items()}
            self.edges |= dict.fromkeys(edges)
            self.pins |= dict.fromkeys(pins)
            strong = (e for e in edges if binds(e, is_still=_are_stills(e, media)))
            reached = {n for edge in strong for n in (edge.one, edge.other)}
            reached |= {n for pin in pins for n in (pin.one, pin.other)}
            frontier = self._with_their_clusters(reached - self.nodes.keys())

    def inner_edges(self) -> tuple[Edge, ...]:
        return tuple(e for e in self.edges if {e.one, e.other} <= self.nodes.keys())

    def inner_pins(self) -> tuple[Pin, ...]:
        return tuple(p for p in self.pins if {p.one, p.other} <= self.nodes.keys())

    def _with_their_clusters(self, contents: Iterable[int]) -> list[int]:
        """Take these in, with all members of their clusters; those that are new."""
        some = [number for number in contents if number not in self.nodes]
        clusters = {
            row.cluster_id for row in self._rows(NODES.c.number, some, NODES) if row.cluster_id
        }
        before = len(self.nodes)
        found = [*self._rows(NODES.c.number, some, NODES)]
        found += self._rows(NODES.c.cluster_id, sorted(clusters), NODES)
        for row in found:
            self.nodes.setdefault(row.number, node_of(row))
            if row.cluster_id:
                self.cluster_of[row.number] = row.cluster_id
        return list(self.nodes)[before:]

    def _edges(self, contents: Sequence[int]) -> list[Edge]:
        rows = [*self._rows(EDGES.c.one, contents, EDGES)]
        rows += self._rows(EDGES.c.other, contents, EDGES)
        return list(dict.fromkeys(edge_of(row) for row in rows))

    def _pins(self, contents: Sequence[int]) -> list[Pin]:
        rows = [*self._rows(PINS.c.one, contents, PINS), *self._rows(PINS.c.other, contents, PINS)]
        return list(dict.fromkeys(pin_of(row) for row in rows))

    def _media(self, contents: Iterable[int]) -> dict[int, Medium | None]:
        return {
            row.number: None if row.medium is None else Medium(row.medium)
            for row in self._rows(NODES.c.number, sorted(contents), NODES)
        }

    def _rows(
        self, column: sa.Column[Any], values: Sequence[Any], table: sa.Table
    ) -> Iterator[sa.Row[Any]]:
        for some in sliced(values):
            query = sa.select(table).where(table.c.project_id == self._project_id, column.in_(some))
            yield from self._connection.execute(query).all()


def tied_to(
    connection: sa.Connection, project_id: str, number: int, since: datetime, limit: int
) -> tuple[int, ...]:
    """The newest uploaded contents with an edge to a reference, that joined since then."""
    found: set[int] = set()
    for mine, theirs in ((EDGES.c.one, EDGES.c.other), (EDGES.c.other, EDGES.c.one)):
        query = (
            sa.select(NODES.c.number)
            .join(
                EDGES, sa.and_(EDGES.c.project_id == NODES.c.project_id, theirs == NODES.c.number)
            )
            .where(
                NODES.c.project_id == project_id,
                mine == number,
                NODES.c.is_upload.is_(sa.true()),
                NODES.c.joined_at >= since,
            )
            .order_by(NODES.c.number.desc())
            .limit(limit)
        )
        found.update(connection.execute(query).scalars())
    return tuple(sorted(found, reverse=True)[:limit])


def edges_between(
    connection: sa.Connection, project_id: str, contents: Sequence[int]
) -> tuple[Edge, ...]:
    """Edges both ends of which are among these."""
    inside = frozenset(contents)
    found: list[Edge] = []
    for some in sliced(sorted(inside)):
        query = sa.select(EDGES).where(EDGES.c.project_id == project_id, EDGES.c.one.in_(some))
        found += (edge_of(row) for row in connection.execute(query) if row.other in inside)
    return tuple(found)


def nodes_with(connection: sa.Connection, project_id: str, numbers: Iterable[int]) -> list[Node]:
    """Those of these that are there."""
    found: list[Node] = []
    for some in sliced(sorted(set(numbers))):
        query = sa.select(NODES).where(NODES.c.project_id == project_id, NODES.c.number.in_(some))
        found += map(node_of, connection.execute(query))
    return found


def node_of(row: sa.Row[Any]) -> Node:
    return Node(
        number=row.number,
        medium=None if row.medium is None else Medium(row.medium),
        order=row.first,
        quality=row.quality,
        is_upload=row.is_upload,
        shown=row.shown,
    )


def edge_of(row: sa.Row[Any]) -> Edge:
    return Edge(
        one=row.one,
        other=row.other,
        score=row.score,
        one_share=row.one_share,
        other_share=row.other_share,
        channel=Channel(row.channel),
        is_across=row.is_across,
    )


def pin_of(row: sa.Row[Any]) -> Pin:
    return Pin(row.one, row.other, Wish(row.wish), row.by, row.at)


def _are_stills(edge: Edge, media: Mapping[int, Medium | None]) -> bool:
    return media.get(edge.one) is Medium.IMAGE and media.get(edge.other) is Medium.IMAGE


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that may say ``on_conflict``; both databases speak it, SQLAlchemy apart."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
