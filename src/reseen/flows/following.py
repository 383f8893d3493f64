"""Cases and decisions follow their clusters, when these become one or come apart.

A decision spreads to what came to its cluster as far as that is surely the same; where it is not,
or where decisions differ, somebody is to look. What comes out of a decided cluster keeps the action
that it has, until somebody looks at it by itself: it loses the decision, unless that was about
nothing else. Everything is written within the caller's transaction, and each upload of which
something changed is in the audit and told of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reseen.domain.choices import Action
from reseen.domain.cluster import Cluster
from reseen.domain.media import Medium
from reseen.domain.policy import Ruling
from reseen.domain.record import Actor, AuditDraft
from reseen.domain.review import Appeal, Case, CaseState, Decision, DecisionState, Upload
from reseen.engine.cluster import binds
from reseen.flows.clustering import Regrouping
from reseen.flows.consequences import ACTION_OF, PAGE, Consequences
from reseen.ports import Around, AuditLog, CaseStore, ClusterStore, DecisionStore, UploadStore

SURE = 0.9
"""Score from which what makes two contents one cluster is beyond doubt: the usual cut of ``high``,
which is what a new upload is covered at."""
DIFFER = "clusters with different decisions became one"
UNSURE = "what joined a decided cluster resembles it, and not surely"
PARTED = "it came out of a decided cluster"
ALONE = "it came out of a cluster that waits for review"

type Open = Callable[[str, Cluster, Ruling, str], Case]
"""The case of a cluster, open: ``review.Reviewing.open``."""


@dataclass(frozen=True, slots=True)
class Following:
    """All that it depends on. Any call may raise ``NotReady``."""

    cases: CaseStore
    decisions: DecisionStore
    clusters: ClusterStore
    uploads: UploadStore
    consequences: Consequences
    audit: AuditLog
    open: Open

    def regrouped(self, project_id: str, told: Regrouping, who: Actor) -> None:
        """Write what follows from it."""
        gone: dict[str, list[str]] = {}
        for old, kept in told.absorbed.items():
            gone.setdefault(kept, []).append(old)
        settles = {
            kept: self._merged(project_id, who, kept, absorbed) for kept, absorbed in gone.items()
        }
        for (old, now), contents in told.parted.items():
            self._parted(project_id, who, old, now, contents)
        for kept in dict.fromkeys([*gone, *(now for _, now in told.parted)]):
            self._spread(project_id, who, kept, settles=settles.get(kept, False))

    # Clusters that became one.

    def _merged(self, project_id: str, who: Actor, kept: str, absorbed: Sequence[str]) -> bool:
        """Whether whoever waits for review waits for nothing else than a decision that one of these
        clusters has.
        """
        settles = all(self._is_settled(project_id, one) for one in (kept, *absorbed))
        case = self.cases.merge(project_id, kept, absorbed)
        self.decisions.merge(project_id, kept, absorbed, None if case is None else case.id)
        self._note(project_id, who, "cluster.merged", kept, {"clusters": list(absorbed)})
        return settles

    def _is_settled(self, project_id: str, cluster_id: str) -> bool:
        case = self.cases.of_cluster(project_id, cluster_id)
        if case is None or case.state is CaseState.DECIDED:
            return True
        return case.state is CaseState.OPEN and not self._in_force(project_id, cluster_id)

    def _spread(self, project_id: str, who: Actor, cluster_id: str, *, settles: bool) -> None:
        """The decision on a cluster covers what it does not cover yet."""
        held = self._in_force(project_id, cluster_id)
        if not held:
            return
        cluster = self.clusters.get(project_id, cluster_id)
        if len({decision.draft.verdict for decision in held}) > 1:
            self.open(project_id, cluster, _look(50), DIFFER)
            return
        decision, *_ = held
        every = list(self.consequences.members(decision))
        around = self.clusters.around(project_id, [cluster.representative])
        sure = _surely(around, {one.content for one in every if one.decision_id is not None})
        is_doubtful = False
        for upload in every:
            if upload.decision_id is None:
                is_doubtful |= not self._covers(who, decision, upload, upload.content in sure)
        if is_doubtful:
            self.open(project_id, cluster, _look(50), UNSURE)
            return
        case = self.cases.of_cluster(project_id, cluster_id)
        if settles and case is not None and case.state is CaseState.OPEN:
            decided = replace(case, state=CaseState.DECIDED, decision_id=decision.id, lease=None)
            self.cases.save(decided)

    def _covers(self, who: Actor, decision: Decision, upload: Upload, is_sure: bool) -> bool:
        """Put the upload under the decision, or not."""
        action = ACTION_OF[decision.draft.verdict]
        if is_sure or upload.action is action:
            changed = self.consequences.cover(decision, upload)
        elif upload.action is Action.PASS:
            changed = replace(upload, action=Action.REVIEW)
        else:
            return False
        self.uploads.save(changed)
        said = {"decision": changed.decision_id, "action": changed.action}
        self._note(upload.project_id, who, "upload.covered", upload.id, said)
        if changed.action is not upload.action:
            self.consequences.tell(changed)
        return changed.decision_id is not None

    # A cluster that came apart.

    def _parted(
        self, project_id: str, who: Actor, old: str, now: str, contents: Sequence[int]
    ) -> None:
        moved = list(self._uploads_of(project_id, contents))
        left = self.clusters.contents(project_id, old)
        still = {one.decision_id for one in self._uploads_of(project_id, left)}
        held = {one.id: one for one in self._in_force(project_id, old)}
        lost = [one for one in moved if one.decision_id in held and one.decision_id in still]
        alone = {one.decision_id for one in moved if one.decision_id in held} - still
        case = self.cases.of_cluster(project_id, old)
        if case is not None:
            case = self.cases.save(case)  # whoever looked at more decides on what is not there
        for upload in lost:
            self._uncover(who, upload, now)
        severity = 50 if case is None else case.severity
        ruling = replace(_look(severity), two_person=case is not None and case.two_person)
        cluster = self.clusters.get(project_id, now)
        if lost:
            self.open(project_id, cluster, ruling, PARTED)
        elif any(one.action is Action.REVIEW and one.decision_id is None for one in moved):
            self.open(project_id, cluster, ruling, ALONE)
        for decision_id in sorted(filter(None, alone)):
            self._along(held.pop(decision_id), cluster, ruling)
        if case is not None and (case.state, case.why) == (CaseState.OPEN, DIFFER):
            self._agreed(case, list(held.values()))

    def _uncover(self, who: Actor, upload: Upload, now: str) -> None:
        """Its action stays; no decision stands behind it."""
        self.uploads.save(replace(upload, decision_id=None))
        said = {"decision": upload.decision_id, "action": upload.action, "cluster": now}
        self._note(upload.project_id, who, "upload.uncovered", upload.id, said)
        self.consequences.tell(replace(upload, decision_id=None), "upload.uncovered")

    def _along(self, decision: Decision, cluster: Cluster, ruling: Ruling) -> None:
        """A decision that was about nothing but what came out goes with it."""
        project_id = decision.project_id
        case = self.cases.of_cluster(project_id, cluster.id)
        if case is None:
            case = self.open(project_id, cluster, ruling, PARTED)
            decided = replace(case, state=CaseState.DECIDED, decision_id=decision.id)
            case = self.cases.save(decided)
        moved = replace(decision, cluster_id=cluster.id, case_id=case.id)
        self.decisions.save(moved, DecisionState.IN_FORCE)
        for appeal in self._appeals_of(project_id, decision.case_id):
            if appeal.decision_id == decision.id:
                self.decisions.save_appeal(replace(appeal, case_id=case.id), appeal.state)

    def _agreed(self, case: Case, held: Sequence[Decision]) -> None:
        """Decisions differed, and those that are left do not."""
        if len({decision.draft.verdict for decision in held}) == 1:
            decided = replace(case, state=CaseState.DECIDED, decision_id=held[0].id, lease=None)
            self.cases.save(decided)

    def _in_force(self, project_id: str, cluster_id: str) -> Sequence[Decision]:
        """Newest first."""
        state = DecisionState.IN_FORCE
        return self.decisions.list(project_id, cluster_id=cluster_id, state=state).items

    def _appeals_of(self, project_id: str, case_id: str) -> Iterator[Appeal]:
        page = self.decisions.appeals(project_id, case_id=case_id)
        yield from page.items
        while page.next is not None:
            page = self.decisions.appeals(project_id, case_id=case_id, cursor=page.next)
            yield from page.items

    def _uploads_of(self, project_id: str, contents: Sequence[int]) -> Iterator[Upload]:
        after = ""
        while page := self.uploads.of_contents(project_id, contents, after, PAGE):
            yield from page
            after = page[-1].id

    def _note(
        self, project_id: str, who: Actor, what: str, subject: str, detail: Mapping[str, object]
    ) -> None:
        self.audit.append(project_id, AuditDraft(who, what, subject, detail=detail))


def _surely(around: Around, covered: set[int | None]) -> set[int | None]:
    """Contents that are the same as these, step by step, beyond doubt."""
    stills = {node.number for node in around.nodes if node.medium is Medium.IMAGE}
    same: dict[int, list[int]] = {}
    for edge in around.edges:
        is_still = {edge.one, edge.other} <= stills
        if edge.score >= SURE and binds(edge, is_still=is_still):
            same.setdefault(edge.one, []).append(edge.other)
            same.setdefault(edge.other, []).append(edge.one)
    found = set(covered)
    frontier = [number for number in covered if number is not None]
    while frontier:
        for number in same.get(frontier.pop(), ()):
            if number not in found:
                found.add(number)
                frontier.append(number)
    return found


def _look(severity: int) -> Ruling:
    return Ruling(Action.REVIEW, severity=severity)
