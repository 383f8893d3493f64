"""What an upload comes under as it arrives: the decision on its cluster, or a case.

Everything is written within the caller's transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster
from reseen.domain.match import Confidence
from reseen.domain.policy import Ruling
from reseen.domain.review import Case, Decision, DecisionState, Upload, Verdict
from reseen.flows.consequences import Consequences
from reseen.flows.following import DIFFER
from reseen.ports import ClusterStore, DecisionStore, UploadStore


@dataclass(frozen=True, slots=True)
class Inheriting:
    """All that it depends on; ``opened`` opens the case of a cluster. Any call may raise
    ``NotReady``.
    """

    decisions: DecisionStore
    clusters: ClusterStore
    uploads: UploadStore
    consequences: Consequences
    opened: Callable[[str, Cluster, Ruling, str], Case]

    def cover(self, upload: Upload, cluster: Cluster, ruling: Ruling) -> Upload:
        """The upload as the decision on its cluster leaves it; without one, there is a case where
        somebody is to look. A decision removes by itself only what matches something that it covers
        as surely as a bank's match would have to; nor does it let pass what a bank removes, else.
        """
        held = self.decisions.list(
            upload.project_id, cluster_id=cluster.id, state=DecisionState.IN_FORCE
        ).items
        if len({decision.draft.verdict for decision in held}) > 1:
            kept = Action.REMOVE if upload.action is Action.REMOVE else Action.REVIEW
            self.opened(upload.project_id, cluster, ruling, DIFFER)
            return replace(upload, action=kept)
        if held:
            decision = held[0]
            is_harm = decision.draft.verdict is Verdict.HARMFUL
            is_removed = upload.action is Action.REMOVE
            if is_harm is is_removed or self._is_same(upload, cluster, decision):
                return self.consequences.cover(decision, upload)
            upload = replace(upload, action=Action.REMOVE if is_removed else Action.REVIEW)
            why = "a new member resembles what was decided, and not surely"
            self.opened(upload.project_id, cluster, ruling, why)
            return upload
        if upload.action is Action.REVIEW:
            self.opened(upload.project_id, cluster, ruling, "a match asks for review")
        return upload

    def _is_same(self, upload: Upload, cluster: Cluster, decision: Decision) -> bool:
        """Whether it surely matches a member that the decision covers, or one that a bank holds."""
        project_id = upload.project_id
        sure = [
            reason.reference_id
            for reason in upload.reasons
            if reason.confidence is Confidence.HIGH
            and not (reason.basis and reason.basis.is_quarantined)
        ]
        numbers = [n for n in self.clusters.numbered(sure) if n is not None]
        homes = self.clusters.homes(project_id, [n for n in numbers if n != upload.content])
        for number in (n for n, home in homes.items() if home == cluster.id):
            known = self.uploads.of_contents(project_id, [number])
            if not known or any(one.decision_id == decision.id for one in known):
                return True
        same = self.uploads.of_contents(project_id, [upload.content or 0])
        return any(one.decision_id == decision.id for one in same)
