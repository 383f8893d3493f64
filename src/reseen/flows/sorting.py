"""A reviewer's word on clusters: what belongs together, and what does not.

Words are kept as pins between contents, so that they hold for whatever arrives later, and are taken
back one by one. Each call is one transaction with its audit entry; a cluster that has changed since
it was looked at is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.cluster import Cluster, Pin, Wish
from reseen.domain.errors import Conflict, InvalidValue
from reseen.domain.record import Actor, AuditDraft
from reseen.flows.clustering import Clustering
from reseen.flows.review import Reviewing
from reseen.ports import AuditLog, ClusterStore

MOST = 5000
"""Contents of a cluster that is split: each of them is pinned to its part."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """All that it depends on. Any call may raise ``NotFound``, ``Conflict`` and ``NotReady``."""

    clusters: ClusterStore
    clustering: Clustering
    reviewing: Reviewing
    audit: AuditLog
    together: Callable[[], AbstractContextManager[None]]
    clock: Callable[[], datetime]

    def split(
        self, project_id: str, who: Actor, cluster_id: str, version: int, contents: Sequence[int]
    ) -> tuple[Cluster, Cluster]:
        """Take some contents out, to be a cluster of their own: what was left, and that one.

        Raises ``InvalidValue`` for contents that are not of the cluster, or all of it.
        """
        with self.together():
            cluster = self._at(project_id, cluster_id, version)
            every = self.clusters.contents(project_id, cluster.id)
            moved = sorted(set(contents))
            left = [number for number in every if number not in set(moved)]
            if not moved or not set(moved) <= set(every):
                raise InvalidValue("Name members of this cluster.", field="members")
            if not left:
                raise InvalidValue("Something must be left of the cluster.", field="members")
            if len(every) > MOST:
                raise InvalidValue(
                    "The cluster is too large to be split member by member.",
                    field="members",
                    limit=MOST,
                    actual=len(every),
                )
            pins = [
                *self._pins(who, Wish.APART, [(left[0], moved[0])]),
                *self._pins(who, Wish.TOGETHER, ((left[0], one) for one in left[1:])),
                *self._pins(who, Wish.TOGETHER, ((moved[0], one) for one in moved[1:])),
            ]
            told = self.clustering.say(project_id, pins)
            self.reviewing.regrouped(project_id, told, who)
            self._note(project_id, who, "cluster.split", cluster.id, {"members": moved})
            by_content = self._cluster_of(project_id, [left[0], moved[0]])
        return by_content[0], by_content[1]

    def merge(self, project_id: str, who: Actor, cluster_ids: Sequence[str]) -> Cluster:
        """Make them one. An older word that holds them apart gives way."""
        if len(set(cluster_ids)) < 2:
            raise InvalidValue("Name two clusters or more.", field="clusters")
        with self.together():
            some = [self.clusters.get(project_id, one) for one in dict.fromkeys(cluster_ids)]
            first, *others = some
            around = self.clusters.around(project_id, [one.representative for one in some])
            ids = {one.id for one in some}
            inside = {n for n, cluster_id in around.cluster_of.items() if cluster_id in ids}
            apart = [
                (pin.one, pin.other)
                for pin in around.pins
                if pin.wish is Wish.APART and {pin.one, pin.other} <= inside
            ]
            pairs = [(first.representative, one.representative) for one in others]
            pins = self._pins(who, Wish.TOGETHER, dict.fromkeys([*pairs, *apart]))
            told = self.clustering.say(project_id, pins)
            self.reviewing.regrouped(project_id, told, who)
            detail = {"clusters": sorted(ids)}
            (merged,) = self._cluster_of(project_id, [first.representative])
            self._note(project_id, who, "cluster.merged_by_hand", merged.id, detail)
        return merged

    def pin(self, project_id: str, who: Actor, content: int, cluster_id: str) -> Cluster:
        """This content belongs to that cluster, whatever is found."""
        with self.together():
            cluster = self.clusters.get(project_id, cluster_id)
            if content == cluster.representative:
                raise InvalidValue("It stands for this cluster already.", field="member")
            pair = (content, cluster.representative)
            told = self.clustering.say(project_id, self._pins(who, Wish.TOGETHER, [pair]))
            self.reviewing.regrouped(project_id, told, who)
            self._note(project_id, who, "cluster.pinned", cluster.id, {"member": content})
            (found,) = self._cluster_of(project_id, [content])
        return found

    def _at(self, project_id: str, cluster_id: str, version: int) -> Cluster:
        cluster = self.clusters.get(project_id, cluster_id)
        if cluster.version != version:
            raise Conflict(
                f"The cluster is at version {cluster.version}, and you looked at {version}; look"
                " again.",
                field="version",
            )
        return cluster

    def _pins(self, who: Actor, wish: Wish, pairs: Iterable[tuple[int, int]]) -> list[Pin]:
        at = self.clock()
        return [Pin(min(pair), max(pair), wish, who.id, at) for pair in pairs]

    def _cluster_of(self, project_id: str, contents: Sequence[int]) -> list[Cluster]:
        around = self.clusters.around(project_id, contents)
        return [around.clusters[around.cluster_of[number]] for number in contents]

    def _note(
        self, project_id: str, who: Actor, what: str, subject: str, detail: Mapping[str, object]
    ) -> None:
        self.audit.append(project_id, AuditDraft(who, what, subject, detail=detail))
