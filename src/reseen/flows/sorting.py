"""A reviewer's word on clusters: what belongs together, and what does not.

Words are kept as pins between contents, so that they hold for whatever arrives later, and each is
taken back as a whole. Each call is one transaction with its audit entry; a cluster that has changed
since it was looked at is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.cluster import Cluster, Pin, Wish
from reseen.domain.errors import Conflict, InvalidValue, NotFound
from reseen.domain.record import Actor, AuditDraft
from reseen.flows.clustering import Clustering
from reseen.flows.review import Reviewing
from reseen.ports import Alone, AuditLog, ClusterStore

MOST = 5000
"""Contents of a cluster that is split: each of them is pinned to its part."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A cluster as a reviewer looked at it."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Sorting:
    """All that it depends on. Any call may raise ``NotFound``, ``Conflict`` and ``NotReady``."""

    clusters: ClusterStore
    clustering: Clustering
    reviewing: Reviewing
    audit: AuditLog
    alone: Alone
    clock: Callable[[], datetime]

    def split(
        self, project_id: str, who: Actor, seen: Seen, contents: Sequence[int], reason: str = ""
    ) -> tuple[Cluster, Cluster]:
        """Take some contents out, to be a cluster of their own: what was left, which keeps its name
        and its decision, and that one.

        Raises ``InvalidValue`` for contents that are not of the cluster, or all of it.
        """
        with self.alone(project_id):
            cluster = self._at(project_id, seen)
            every = self.clusters.contents(project_id, cluster.id)
            moved = sorted(set(contents))
            if not moved or not set(moved) <= set(every):
                raise InvalidValue("Name members of this cluster.", field="members")
            left = _without(every, moved)
            if not left:
                raise InvalidValue("Something must be left of the cluster.", field="members")
            said = _Said(who, self.clock())
            said.split(left, moved)
            told = self.clustering.say(project_id, said.said, stays=left[0])
            self.reviewing.regrouped(project_id, told, who)
            parts = self._cluster_of(project_id, [left[0], moved[0]])
            detail = {"members": list(self.clusters.named(moved)), "new": parts[1].id}
            self._note(project_id, who, "cluster.split", cluster.id, reason, detail)
        return parts[0], parts[1]

    def merge(self, project_id: str, who: Actor, seen: Sequence[Seen], reason: str = "") -> Cluster:
        """Make them one. An older word that holds them apart gives way."""
        if len(seen) < 2 or len({one.id for one in seen}) < len(seen):
            raise InvalidValue("Name two clusters or more, each once.", field="clusters")
        with self.alone(project_id):
            some = [self._at(project_id, one) for one in seen]
            first, *others = some
            ids = {one.id for one in some}
            said = _Said(who, self.clock())
            for one in others:
                said.add(Wish.TOGETHER, first.representative, one.representative)
            self._overrule(project_id, said, [one.representative for one in some], ids)
            told = self.clustering.say(project_id, said.said)
            self.reviewing.regrouped(project_id, told, who)
            (merged,) = self._cluster_of(project_id, [first.representative])
            detail = {"clusters": sorted(ids)}
            self._note(project_id, who, "cluster.merged_by_hand", merged.id, reason, detail)
        return merged

    def pin(
        self, project_id: str, who: Actor, seen: Seen, content: int, reason: str = ""
    ) -> Cluster:
        """This content belongs to that cluster, whatever is found: it comes out of the one that it
        is in, and leaves that behind.

        Raises ``InvalidValue`` for what is in no cluster, and for the representative.
        """
        with self.alone(project_id):
            cluster = self._at(project_id, seen)
            if content == cluster.representative:
                raise InvalidValue("It stands for this cluster already.", field="reference_id")
            home = self.clusters.homes(project_id, [content]).get(content)
            if home is None:
                raise InvalidValue("This is in no cluster of yours.", field="reference_id")
            said = _Said(who, self.clock())
            left: Sequence[int] = ()
            if home != cluster.id:
                left = _without(self.clusters.contents(project_id, home), [content])
                said.split(left, [content])
            said.add(Wish.TOGETHER, content, cluster.representative)
            ends = [content, cluster.representative]
            self._overrule(project_id, said, ends, {cluster.id}, but=content)
            stays = left[0] if left else None
            told = self.clustering.say(project_id, said.said, stays)
            self.reviewing.regrouped(project_id, told, who)
            (found,) = self._cluster_of(project_id, [content])
            detail = {"member": self.clusters.named([content])[0], "from": home}
            self._note(project_id, who, "cluster.pinned", cluster.id, reason, detail)
        return found

    def represent(
        self, project_id: str, who: Actor, seen: Seen, content: int, reason: str = ""
    ) -> Cluster:
        """This member stands for the cluster, whatever is found, until another one is chosen or the
        word is taken back. What a decision put into a bank before stays there.

        Raises ``InvalidValue`` for what is no uploaded member of it.
        """
        with self.alone(project_id):
            cluster = self._at(project_id, seen)
            around = self.clusters.around(project_id, [content])
            is_upload = any(n.number == content and n.is_upload for n in around.nodes)
            if around.cluster_of.get(content) != cluster.id or not is_upload:
                raise InvalidValue("Name an upload of this cluster.", field="reference_id")
            said = _Said(who, self.clock())
            said.add(Wish.STANDS, content, content)
            self.clustering.say(project_id, said.said)
            chosen = self.clusters.get(project_id, cluster.id)
            before, now = self.clusters.named([cluster.representative, content])
            detail = {"member": now, "before": before}
            self._note(project_id, who, "cluster.representative_chosen", cluster.id, reason, detail)
        return chosen

    def unsay(
        self, project_id: str, who: Actor, cluster_id: str, word_id: str
    ) -> tuple[Cluster, ...]:
        """Take a word back: the clusters of all that it named, as if it had never been said."""
        with self.alone(project_id):
            cluster = self.clusters.get(project_id, cluster_id)
            words = self.clusters.words(project_id, cluster.id)
            word = next((one for one in words if one.id == word_id), None)
            if word is None:
                raise NotFound(f"Nothing was said of this cluster as {word_id[:80]!r}.")
            told = self.clustering.unsay(project_id, word.pins)
            self.reviewing.regrouped(project_id, told, who)
            found = {one.id: self.clusters.get(project_id, one.id) for one in told.clusters}
            detail = {"by": word.by, "clusters": sorted(found)}
            self._note(project_id, who, "cluster.word_taken_back", cluster.id, word.id, detail)
        return tuple(found.values())

    def _at(self, project_id: str, seen: Seen) -> Cluster:
        """Raises ``Conflict`` for what has changed since; from here on nobody else changes it."""
        cluster = self.clusters.get(project_id, seen.id)
        if cluster.id != seen.id:
            raise Conflict(f"It is part of the cluster {cluster.id} by now.", field="version")
        if cluster.version != seen.version:
            raise Conflict(
                f"The cluster is at version {cluster.version}, and you looked at {seen.version};"
                " look again.",
                field="version",
            )
        return cluster

    def _overrule(
        self,
        project_id: str,
        said: "_Said",
        contents: Sequence[int],
        ids: set[str],
        but: int | None = None,
    ) -> None:
        """Words that hold members of these clusters apart give way; only those on ``but``, where it
        is given.
        """
        around = self.clusters.around(project_id, contents)
        inside = {n for n, cluster_id in around.cluster_of.items() if cluster_id in ids}
        for pin in around.pins:
            ends = {pin.one, pin.other}
            meant = ends <= inside if but is None else but in ends and bool(ends & inside - {but})
            if pin.wish is Wish.APART and meant:
                said.add(Wish.TOGETHER, pin.one, pin.other)

    def _cluster_of(self, project_id: str, contents: Sequence[int]) -> list[Cluster]:
        homes = self.clusters.homes(project_id, contents)
        return [self.clusters.get(project_id, homes[number]) for number in contents]

    def _note(
        self,
        project_id: str,
        who: Actor,
        what: str,
        subject: str,
        reason: str,
        detail: Mapping[str, object],
    ) -> None:
        self.audit.append(project_id, AuditDraft(who, what, subject, reason, detail=detail))


class _Said:
    """The pins of one word."""

    def __init__(self, who: Actor, at: datetime) -> None:
        self._by, self._at = who.id, at
        self._pins: dict[tuple[int, int], Pin] = {}

    @property
    def said(self) -> tuple[Pin, ...]:
        return tuple(self._pins.values())

    def add(self, wish: Wish, one: int, other: int) -> None:
        """What was said first of a pair stays."""
        pair = min(one, other), max(one, other)
        self._pins.setdefault(pair, Pin(*pair, wish, self._by, self._at))

    def split(self, left: Sequence[int], moved: Sequence[int]) -> None:
        """Two parts, each of which stays whole. Raises ``InvalidValue``."""
        size = len(left) + len(moved)
        if size > MOST:
            raise InvalidValue(
                "The cluster is too large to be split member by member.",
                field="members",
                limit=MOST,
                actual=size,
            )
        if left:
            self.add(Wish.APART, left[0], moved[0])
        for part in (left, moved):
            for one in part[1:]:
                self.add(Wish.TOGETHER, part[0], one)


def _without(every: Iterable[int], some: Iterable[int]) -> list[int]:
    gone = set(some)
    return [number for number in every if number not in gone]
