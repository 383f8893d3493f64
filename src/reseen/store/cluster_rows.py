"""Clusters between domain and rows, and what is counted of them."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reseen.domain.cluster import Cluster, Pin, Wish
from reseen.domain.errors import NotFound
from reseen.domain.review import DecisionState
from reseen.store.cluster_graph import pin_of
from reseen.store.review_tables import CASES, CLUSTERS, DECISIONS, EDGES, NODES, PINS, UPLOADS
from reseen.store.rows import sliced

_CASE = sa.select(CASES.c.id).where(CASES.c.cluster_id == CLUSTERS.c.id).scalar_subquery()
_DECISION = (
    sa.select(sa.func.max(DECISIONS.c.id))
    .where(
        DECISIONS.c.cluster_id == CLUSTERS.c.id,
        DECISIONS.c.state == DecisionState.IN_FORCE.value,
    )
    .scalar_subquery()
)
CLUSTER = sa.select(CLUSTERS, _CASE.label("case_id"), _DECISION.label("decision_id"))
"""A cluster with its case, and the decision that covers it."""

_MERGES = 100
"""Times a cluster may have become part of another one; more is a circle."""


def new_id() -> str:
    return f"clu_{secrets.token_hex(8)}"


def cluster_of(row: sa.Row[Any]) -> Cluster:
    """From a row of ``CLUSTER``."""
    return Cluster(**row._mapping)  # noqa: SLF001 documented, with an underscore for columns' sake


def clusters_with(connection: sa.Connection, ids: Sequence[str]) -> list[Cluster]:
    found: list[Cluster] = []
    for some in sliced(ids):
        rows = connection.execute(CLUSTER.where(CLUSTERS.c.id.in_(some))).all()
        found += map(cluster_of, rows)
    return found


def found_one(connection: sa.Connection, project_id: str, cluster_id: str) -> Cluster:
    """The cluster, or the one that it became part of. Raises ``NotFound``."""
    own, wanted = CLUSTERS.c.project_id == project_id, cluster_id
    for _ in range(_MERGES):
        row = connection.execute(CLUSTER.where(own, CLUSTERS.c.id == wanted)).one_or_none()
        if row is None:
            break
        if row.merged_into is None:
            return cluster_of(row)
        wanted = row.merged_into
    raise NotFound(f"There is no cluster {cluster_id[:80]!r}.")


def contents_of(connection: sa.Connection, cluster_id: str) -> list[int]:
    """Ascending."""
    query = sa.select(NODES.c.number).where(NODES.c.cluster_id == cluster_id)
    return list(connection.execute(query.order_by(NODES.c.number)).scalars())


def counted(connection: sa.Connection, project_id: str, members: Sequence[int]) -> dict[str, Any]:
    """How many members, uploads, accounts and people, and when the last upload came."""
    uploads, reach, last = 0, 0, None
    accounts: set[str] = set()
    for some in sliced(members):
        of_these = sa.and_(UPLOADS.c.project_id == project_id, UPLOADS.c.content.in_(some))
        seen = sa.func.coalesce(sa.func.sum(UPLOADS.c.reach), 0)
        query = sa.select(sa.func.count(), seen, sa.func.max(UPLOADS.c.received_at))
        count, seen_by, newest = connection.execute(query.where(of_these)).one()
        uploads, reach = uploads + count, reach + int(seen_by)
        last = newest if last is None or (newest is not None and newest > last) else last
        distinct = sa.select(UPLOADS.c.account_id).where(of_these).distinct()
        accounts.update(connection.execute(distinct).scalars())
    counts = {"members": len(members), "uploads": uploads, "accounts": len(accounts)}
    return {**counts, "reach": reach, "last_upload_at": last}


def move(
    connection: sa.Connection, project_id: str, members: Sequence[int], into: str, at: datetime
) -> None:
    """Those that are in another cluster come into this one."""
    for some in sliced(members):
        others = sa.and_(
            NODES.c.project_id == project_id,
            NODES.c.number.in_(some),
            NODES.c.cluster_id != into,
        )
        connection.execute(sa.update(NODES).where(others).values(cluster_id=into, joined_at=at))


def uploads_of(
    connection: sa.Connection, project_id: str, contents: Sequence[int]
) -> dict[int, int]:
    """How many uploads each has."""
    found: dict[int, int] = {}
    for some in sliced(contents):
        query = (
            sa.select(UPLOADS.c.content, sa.func.count())
            .where(UPLOADS.c.project_id == project_id, UPLOADS.c.content.in_(some))
            .group_by(UPLOADS.c.content)
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def scores_of(
    connection: sa.Connection, project_id: str, contents: Sequence[int], cluster_id: str
) -> dict[int, float]:
    """The surest edge that each has to another member."""
    inside = sa.select(NODES.c.number).where(NODES.c.cluster_id == cluster_id)
    found: dict[int, float] = {}
    for some in sliced(contents):
        for mine, theirs in ((EDGES.c.one, EDGES.c.other), (EDGES.c.other, EDGES.c.one)):
            query = (
                sa.select(mine, sa.func.max(EDGES.c.score))
                .where(EDGES.c.project_id == project_id, mine.in_(some), theirs.in_(inside))
                .group_by(mine)
            )
            for number, score in connection.execute(query):
                found[number] = max(score, found.get(number, 0.0))
    return found


def homes_of(connection: sa.Connection, project_id: str, contents: Sequence[int]) -> dict[int, str]:
    """The cluster of each, of those that are in one."""
    found: dict[int, str] = {}
    for some in sliced(contents):
        query = sa.select(NODES.c.number, NODES.c.cluster_id).where(
            NODES.c.project_id == project_id, NODES.c.number.in_(some), NODES.c.cluster_id != ""
        )
        found |= {row.number: row.cluster_id for row in connection.execute(query)}
    return found


def is_cut(connection: sa.Connection, project_id: str, cluster_id: str) -> bool:
    """Whether a word that holds members apart from others was said of it."""
    return any(
        connection.execute(
            sa.select(PINS.c.one)
            .join(NODES, sa.and_(NODES.c.project_id == PINS.c.project_id, NODES.c.number == end))
            .where(
                PINS.c.project_id == project_id,
                PINS.c.wish == Wish.APART.value,
                NODES.c.cluster_id == cluster_id,
            )
            .limit(1)
        ).first()
        for end in (PINS.c.one, PINS.c.other)
    )


def stands(connection: sa.Connection, project_id: str, content: int) -> list[Pin]:
    """What reviewers said of this content alone: that it stands for its cluster."""
    said = sa.select(PINS).where(
        PINS.c.project_id == project_id,
        PINS.c.one == content,
        PINS.c.other == content,
        PINS.c.wish == Wish.STANDS.value,
    )
    return [pin_of(row) for row in connection.execute(said)]


def put_shown(connection: sa.Connection, project_id: str, shown: Mapping[int, float]) -> None:
    """How much the others of its cluster show of each."""
    if shown:
        own = sa.and_(
            NODES.c.project_id == project_id, NODES.c.number == sa.bindparam("content_number")
        )
        changed = sa.update(NODES).where(own).values(shown=sa.bindparam("how_much"))
        rows = [{"content_number": n, "how_much": value} for n, value in sorted(shown.items())]
        connection.execute(changed, rows)


def uploads_by(
    connection: sa.Connection, project_id: str, cluster_id: str, account_id: str, limit: int
) -> int:
    """How many uploads of members an account made, counted up to a limit."""
    by_account = (
        sa.select(UPLOADS.c.id)
        .join(
            NODES,
            sa.and_(
                NODES.c.project_id == UPLOADS.c.project_id, NODES.c.number == UPLOADS.c.content
            ),
        )
        .where(
            UPLOADS.c.project_id == project_id,
            UPLOADS.c.account_id == account_id,
            NODES.c.cluster_id == cluster_id,
        )
        .limit(limit)
    )
    return len(connection.execute(by_account).all())


def new_accounts(connection: sa.Connection, project_id: str, cluster_id: str, number: int) -> int:
    """Accounts that uploaded a content, and no member of the cluster yet."""
    own = sa.and_(UPLOADS.c.project_id == project_id, UPLOADS.c.content == number)
    accounts = connection.execute(sa.select(UPLOADS.c.account_id).where(own).distinct()).scalars()
    return sum(
        not uploads_by(connection, project_id, cluster_id, one, limit=1) for one in list(accounts)
    )


def pinned_among(
    connection: sa.Connection, project_id: str, contents: Sequence[int]
) -> frozenset[int]:
    """Those that a reviewer said something of."""
    found: set[int] = set()
    for some in sliced(contents):
        for column in (PINS.c.one, PINS.c.other):
            query = sa.select(column).where(PINS.c.project_id == project_id, column.in_(some))
            found.update(connection.execute(query).scalars())
    return frozenset(found)
