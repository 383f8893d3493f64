"""Keep the clusters of a project as the set of edges and pins says they are.

Whatever arrives, a content or a reviewer's word, what hangs together with it is grouped anew
(``engine.cluster``) and the difference to what was is written, in one transaction that others wait
for. A cluster keeps its name through merges and splits: it goes to the group that has its first
content, and of several names the oldest stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reseen.domain.cluster import Cluster, Edge, Node, Pin
from reseen.domain.media import Medium
from reseen.engine.cluster import binds, grouping, is_plain, overlaps, representative, shown
from reseen.ports import Around, ClusterStore, Regrouped

EDGES_A_CLUSTER = 12
"""Edges of a new content into one cluster that are kept: of a cluster of thousands each would
otherwise bring hundreds. So many to uploads, and so many to references of banks: by these what a
reference did is found again when it goes."""
LEAST_SHOWN = 1e-9
"""What sums differ by when they are added up in another order."""


@dataclass(frozen=True, slots=True)
class Regrouping:
    """What became of some contents: their clusters, in the order that was asked for, and which ones
    went, by the id of the one that they are part of now. ``parted``: contents that came out of a
    cluster which stays, by that one and the one that they are in now.
    """

    clusters: tuple[Cluster, ...]
    absorbed: Mapping[str, str]
    parted: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clustering:
    """Every call writes within the caller's transaction, in which nobody else changes the project's
    clusters (``Alone``), and may raise ``NotReady``.
    """

    clusters: ClusterStore
    clock: Callable[[], datetime]

    def arrive(
        self, project_id: str, node: Node, others: Sequence[Node], edges: Sequence[Edge]
    ) -> Regrouping:
        """A new content, and what a search found it to repeat; ``others`` are the other ends.

        What clearly belongs to one cluster comes into it without a look at the rest of that.
        """
        self.clusters.add_nodes(project_id, [node, *others])
        homes = self.clusters.homes(project_id, [one.number for one in others])
        kept = _strongest(node, edges, homes, _listed(others))
        self.clusters.add_edges(project_id, kept)
        home = self._home(project_id, node, others, kept, homes)
        if home is None:
            return self._settled(project_id, [node.number])
        inner = [edge for edge in kept if homes.get(_end(node, edge)) == home]
        return Regrouping((self.clusters.join(project_id, node.number, home, inner),), {})

    def repeat(
        self, project_id: str, content: int, account_id: str, reach: int
    ) -> Regrouping | None:
        """The bytes of a content were uploaded once more; ``None`` where it is in no cluster."""
        home = self.clusters.homes(project_id, [content]).get(content)
        if home is None:
            return None
        return Regrouping((self.clusters.uploaded(project_id, home, account_id, reach),), {})

    def found(
        self, project_id: str, node: Node, others: Sequence[Node], edges: Sequence[Edge]
    ) -> Regrouping:
        """What a later search found of a content that is in a cluster, or was."""
        self.clusters.add_nodes(project_id, [node, *others])
        ends = [_end(node, edge) for edge in edges]
        homes = self.clusters.homes(project_id, [node.number, *ends])
        home = homes.get(node.number)
        apart = [e for e in edges if home is None or homes.get(_end(node, e)) != home]
        listed = _listed(others)
        self.clusters.add_edges(project_id, _strongest(node, apart, homes, listed))
        return self._settled(project_id, [node.number])

    def _home(
        self,
        project_id: str,
        node: Node,
        others: Sequence[Node],
        edges: Sequence[Edge],
        homes: Mapping[int, str],
    ) -> str | None:
        """The one cluster that all strong edges of a new content lead to."""
        media = {one.number: one.medium for one in others}
        strong: list[Edge] = []
        pieces = set[str | None]()
        for edge in edges:
            is_still = node.medium is media.get(_end(node, edge)) is Medium.IMAGE
            if binds(edge, is_still=is_still):
                if not is_plain(node, edge, is_still=is_still):
                    return None
                strong.append(edge)
            elif overlaps(edge, is_still=is_still):
                pieces.add(homes.get(_end(node, edge)))
        found = {homes.get(_end(node, edge)) for edge in strong}
        if len(found) != 1 or not pieces <= found:
            return None
        (home,) = found
        return None if home is None or self.clusters.is_cut(project_id, home) else home

    def say(self, project_id: str, pins: Sequence[Pin], stays: int | None = None) -> Regrouping:
        """A reviewer's word. The clusters of all that it names. Of a cluster that comes apart, the
        part with the content that ``stays`` keeps the name.
        """
        self.clusters.add_pins(project_id, pins)
        return self._settled(project_id, _named(pins), stays)

    def unsay(self, project_id: str, pins: Sequence[Pin]) -> Regrouping:
        """As if it had never been said."""
        self.clusters.remove_pins(project_id, pins)
        return self._settled(project_id, _named(pins))

    def _settled(
        self, project_id: str, contents: Sequence[int], stays: int | None = None
    ) -> Regrouping:
        around = self.clusters.around(project_id, contents)
        told = grouping(around.nodes, around.edges, around.pins)
        names = _names(told.groups, around, stays)
        by_number = {node.number: node for node in around.nodes}
        nodes = {
            number: replace(by_number[number], shown=how_much)
            for members in told.groups
            for number, how_much in shown(members, around.edges).items()
        }
        groups = [
            Regrouped(
                id=names.kept.get(place),
                representative=representative(map(nodes.__getitem__, members), around.pins),
                members=members,
                shown={n: nodes[n].shown for n in members if _differs(nodes[n], by_number[n])},
                absorbed=names.absorbed.get(place, ()),
            )
            for place, members in enumerate(told.groups)
        ]
        written = self.clusters.regroup(project_id, groups, self.clock())
        place_of = {n: place for place, members in enumerate(told.groups) for n in members}
        absorbed = {
            old: written[place].id for place, gone in names.absorbed.items() for old in gone
        }
        parted: dict[tuple[str, str], list[int]] = {}
        for number, old in sorted(around.cluster_of.items()):
            now = written[place_of[number]].id
            if now != absorbed.get(old, old):
                parted.setdefault((absorbed.get(old, old), now), []).append(number)
        return Regrouping(
            clusters=tuple(written[place_of[number]] for number in contents),
            absorbed=absorbed,
            parted={way: tuple(numbers) for way, numbers in parted.items()},
        )


@dataclass(frozen=True, slots=True)
class _Names:
    """The old cluster that each group is, by place, and those that went up in it."""

    kept: Mapping[int, str]
    absorbed: Mapping[int, tuple[str, ...]]


def _names(groups: Sequence[Sequence[int]], around: Around, stays: int | None) -> _Names:
    orders = {node.number: (node.number != stays, node.order, node.number) for node in around.nodes}
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


def _differs(one: Node, other: Node) -> bool:
    return abs(one.shown - other.shown) > LEAST_SHOWN


def _end(node: Node, edge: Edge) -> int:
    return edge.other if edge.one == node.number else edge.one


def _listed(others: Sequence[Node]) -> frozenset[int]:
    """References of banks, which nobody uploaded."""
    return frozenset(one.number for one in others if not one.is_upload)


def _strongest(
    node: Node, edges: Sequence[Edge], homes: Mapping[int, str], listed: frozenset[int]
) -> list[Edge]:
    """So many edges into each cluster that losing one to a reviewer's word leaves others."""
    kept: list[Edge] = []
    count: dict[tuple[str, bool], int] = {}
    for edge in sorted(edges, key=lambda e: (-e.score, e.one, e.other, e.channel)):
        end = _end(node, edge)
        home = homes.get(end)
        if home is not None:
            into = home, end in listed
            count[into] = count.get(into, 0) + 1
        if home is None or count[into] <= EDGES_A_CLUSTER:
            kept.append(edge)
    return kept


def _named(pins: Sequence[Pin]) -> list[int]:
    return sorted({number for pin in pins for number in (pin.one, pin.other)})
