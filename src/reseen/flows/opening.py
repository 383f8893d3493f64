"""Cases: when somebody is to look at a cluster, and how soon.

Everything is written within the caller's transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster
from reseen.domain.policy import Reason, Ruling
from reseen.domain.review import Case, CaseState
from reseen.engine.priority import rank
from reseen.ports import CaseStore, PolicyStore


@dataclass(frozen=True, slots=True)
class Opening:
    """All that it depends on. Any call may raise ``NotReady``."""

    cases: CaseStore
    policies: PolicyStore
    clock: Callable[[], datetime]

    def open(self, project_id: str, cluster: Cluster, ruling: Ruling, why: str) -> Case:
        """The case of a cluster; a decided one is to be looked at again."""
        now = self.clock()
        two_person = ruling.two_person or self._asks_for_two(cluster.project_id, ruling.reasons)
        standing = rank(
            ruling.severity,
            cluster.accounts,
            cluster.reach,
            now,
            bursting=cluster.bursting_since is not None,
        )
        case = Case(
            id="",
            project_id=project_id,
            cluster_id=cluster.id,
            state=CaseState.OPEN,
            version=0,
            rank=standing,
            severity=ruling.severity,
            why=why,
            opened_at=now,
            two_person=two_person,
        )
        held = self.cases.open(case)
        raised = replace(
            held,
            rank=max(held.rank, standing),
            severity=max(held.severity, ruling.severity),
            two_person=held.two_person or two_person,
        )
        if held.state is CaseState.DECIDED:
            raised = replace(raised, state=CaseState.OPEN, why=why)
        return held if raised == held else self.cases.save(raised)

    def _asks_for_two(self, project_id: str, reasons: Sequence[Reason]) -> bool:
        """Whether a policy that did something, when it was asked, asks for two people."""
        acting = {r.policy_id for r in reasons if r.action is not Action.PASS and r.policy_id}
        return any(self.policies.get(project_id, one).draft.two_person for one in acting)
