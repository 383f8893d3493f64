"""Keep the clusters of a project as the set of edges and pins says they are.

Whatever arrives, a content or a reviewer's word, what hangs together with it is grouped anew
(``engine.cluster``) and the difference to what was is written, in one transaction that others wait
for. A cluster keeps its name through merges and splits: it goes to the group that has its first
content, and of several names the oldest stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.cluster import Cluster, Edge, Node, Pin
from reseen.engine.cluster import grouping, representative
from reseen.ports import Around, ClusterStore, Regrouped


@dataclass(frozen=True, slots=True)
class Regrouping:
    """What became of some contents: their clusters, in the order that was asked for, and which ones
    went, by the id of the one that they are part of now.
    """

    clusters: tuple[Cluster, ...]
    absorbed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clustering:
    """Every call writes within the caller's transaction, and may raise ``NotReady``."""

    clusters: ClusterStore
    clock: Callable[[], datetime]

    def arrive(
        self, project_id: str, node: Node, others: Sequence[Node], edges: Sequence[Edge]
    ) -> Regrouping:
        """A content, and what a search found it to repeat; ``others`` are the other ends."""
        self.clusters.lock(project_id)
        self.clusters.add_nodes(project_id, [node, *others])
        self.clusters.add_edges(project_id, edges)
        return self._settled(project_id, [node.number])

    def say(self, project_id: str, pins: Sequence[Pin]) -> Regrouping:
        """A reviewer's word. The clusters of all that it names."""
        self.clusters.lock(project_id)
        self.clusters.add_pins(project_id, pins)
        return self._settled(project_id, _named(pins))

    def unsay(self, project_id: str, pins: Sequence[Pin]) -> Regrouping:
        """As if it had never been said."""
        self.clusters.lock(project_id)
        self.clusters.remove_pins(project_id, pins)
        return self._settled(project_id, _named(pins))

    def _settled(self, project_id: str, contents: Sequence[int]) -> Regrouping:
        around = self.clusters.around(project_id, contents)
        told = grouping(around.nodes, around.edges, around.pins)
        names = _names(told.groups, around)
        groups = [
            Regrouped(
                id=names.kept.get(place),
                representative=_representative(members, around),
                members=members,
                absorbed=names.absorbed.get(place, ()),
            )
            for place, members in enumerate(told.groups)
        ]
        written = self.clusters.regroup(project_id, groups, self.clock())
        place_of = {n: place for place, members in enumerate(told.groups) for n in members}
        return Regrouping(
            clusters=tuple(written[place_of[number]] for number in contents),
            absorbed={
                old: written[place].id for place, gone in names.absorbed.items() for old in gone
            },
        )


@dataclass(frozen=True, slots=True)
class _Names:
    """The old cluster that each group is, by place, and those that went up in it."""

    kept: Mapping[int, str]
    absorbed: Mapping[int, tuple[str, ...]]


def _names(groups: Sequence[Sequence[int]], around: Around) -> _Names:
    orders = {node.number: (node.order, node.number) for node in around.nodes}
    first: dict[str, int] = {}
    for number in sorted(orders, key=orders.__getitem__):
        if number in around.cluster_of:
            first.setdefault(around.cluster_of[number], number)
    place_of = {number: place for place, members in enumerate(groups) for number in members}
    claims: dict[int, list[str]] = {}
    for cluster_id, number in first.items():
        claims.setdefault(place_of[number], []).append(cluster_id)
    for claim in claims.values():
        claim.sort(key=lambda c: (around.clusters[c].opened_at, c))
    return _Names(
        kept={place: claim[0] for place, claim in claims.items()},
        absorbed={place: tuple(claim[1:]) for place, claim in claims.items() if claim[1:]},
    )


def _representative(members: Sequence[int], around: Around) -> int:
    inside = frozenset(members)
    nodes = [node for node in around.nodes if node.number in inside]
    edges = (e for e in around.edges if e.one in inside and e.other in inside)
    return representative(nodes, edges)


def _named(pins: Sequence[Pin]) -> list[int]:
    return sorted({number for pin in pins for number in (pin.one, pin.other)})
