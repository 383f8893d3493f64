"""What a decision about harm was made on stays together.

Some members hang on by a piece: a clip of a film, a crop of a picture. When another piece of the
same comes, which has nothing in common with the first, all may be one thing or a collage of two,
and the pieces would leave. Somebody looked at the first as part of the cluster and decided on it,
so they are held together as by a reviewer's word, until the decision ends or a word says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reseen.domain.cluster import Pin, Wish
from reseen.domain.review import Decision, Verdict
from reseen.engine.cluster import loose
from reseen.flows.clustering import Clustering, Regrouping
from reseen.ports import ClusterStore


@dataclass(frozen=True, slots=True)
class Gathering:
    """All that it depends on. Every call writes within the caller's transaction, and may raise
    ``NotReady``.
    """

    clusters: ClusterStore
    clustering: Clustering
    clock: Callable[[], datetime]

    def hold(self, decision: Decision) -> bool:
        """Whether there was something to hold."""
        if decision.draft.verdict is not Verdict.HARMFUL:
            return False
        cluster = self.clusters.get(decision.project_id, decision.cluster_id)
        around = self.clusters.around(decision.project_id, [cluster.representative])
        own = [node for node in around.nodes if around.cluster_of.get(node.number) == cluster.id]
        at, stands = self.clock(), cluster.representative
        pins = [
            Pin(min(one, stands), max(one, stands), Wish.TOGETHER, decision.id, at)
            for one in loose(own, around.edges, stands)
        ]
        self.clusters.add_pins(decision.project_id, pins)
        return bool(pins)

    def let_go(self, decision: Decision) -> Regrouping | None:
        """The decision has ended; ``None`` where it held nothing."""
        words = self.clusters.words(decision.project_id, decision.cluster_id)
        pins = [pin for word in words if word.by == decision.id for pin in word.pins]
        return self.clustering.unsay(decision.project_id, pins) if pins else None
