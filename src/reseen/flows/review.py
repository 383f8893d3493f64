"""Cases and decisions: one look decides a cluster, and every consequence can be taken back.

Whoever works on a case holds it for a while, so that nobody else is given it. A decision names the
version of the case that it was made on: one that was made on an older state is refused, never lost.
Where a bank asks for two people, a decision is a proposal until another one agrees. Everything here
is one transaction each, with its audit entry and its events.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reseen.domain.cluster import Cluster
from reseen.domain.errors import Conflict, Forbidden, InvalidValue
from reseen.domain.policy import Ruling
from reseen.domain.record import Actor, AuditDraft
from reseen.domain.review import (
    AppealState,
    Case,
    CaseState,
    Consequence,
    Decision,
    DecisionDraft,
    DecisionState,
    Lease,
    Verdict,
)
from reseen.flows.clustering import Regrouping
from reseen.flows.consequences import Consequences
from reseen.flows.following import Following
from reseen.flows.reversal import Reversal
from reseen.ports import (
    Alone,
    AuditLog,
    CaseStore,
    ClusterStore,
    DecisionStore,
    Outbox,
    UploadStore,
)

HELD = timedelta(minutes=15)
"""How long a case is held by whoever was given it; asking again holds it anew."""


@dataclass(frozen=True, slots=True)
class Reviewing:
    """All that review depends on. Any call may raise ``NotReady``."""

    cases: CaseStore
    decisions: DecisionStore
    clusters: ClusterStore
    uploads: UploadStore
    consequences: Consequences
    reversal: Reversal
    opened: Callable[[str, Cluster, Ruling, str], Case]
    """Opens the case of a cluster (``opening``)."""

    audit: AuditLog
    outbox: Outbox
    alone: Alone
    clock: Callable[[], datetime]

    def in_force(self, project_id: str, cluster_id: str) -> Decision | None:
        """The decision that covers a cluster."""
        held = self._held(project_id, cluster_id, DecisionState.IN_FORCE)
        return held[0] if held else None

    # What reviewers do.

    def claim(self, project_id: str, who: Actor, case_id: str | None = None) -> Case | None:
        """The next case, or this one; nobody else is given it for ``HELD``. Raises ``Conflict``
        where somebody else holds it.
        """
        now = self.clock()
        with self.alone(project_id):
            case = self.cases.claim(project_id, Lease(who.id, now + HELD), now, case_id)
            if case is not None:
                self._note(project_id, who, "case.claimed", case.id)
        return case

    def release(self, project_id: str, who: Actor, case_id: str) -> Case:
        with self.alone(project_id):
            case = self.cases.release(project_id, case_id, who.id)
            self._note(project_id, who, "case.released", case_id)
        return case

    def decide(
        self, project_id: str, who: Actor, case_id: str, version: int, draft: DecisionDraft
    ) -> Decision:
        """Decide a case as it was at ``version``; in force at once, or when a second person agrees.

        Raises ``NotFound``, ``Conflict`` where the case has changed since, is held by another or is
        decided, ``InvalidValue``.
        """
        if draft.verdict is Verdict.HARMFUL and not draft.policy:
            raise InvalidValue("Say which policy was broken.", field="policy")
        self.consequences.check(project_id, draft)
        now = self.clock()
        with self.alone(project_id):
            case = self._at(project_id, case_id, version)
            if case.lease is not None and case.lease.holder != who.id and case.lease.until > now:
                raise Conflict("Somebody else works on this case.", field="case_id")
            if case.state is CaseState.DECIDED:
                raise Conflict("The case is decided; undo that decision, or answer an appeal.")
            state = DecisionState.PROPOSED if case.two_person else DecisionState.IN_FORCE
            self._supersede(case, who)
            decision = self.decisions.add(
                Decision("", project_id, case.id, case.cluster_id, draft, state, who.id, now)
            )
            if state is DecisionState.IN_FORCE:
                self._enforce(case, decision, who)
            else:
                self.cases.save(replace(case, decision_id=decision.id, lease=None))
                self._note(project_id, who, "decision.proposed", decision.id, draft.reason)
        return self.decisions.get(project_id, decision.id)

    def approve(self, project_id: str, who: Actor, decision_id: str) -> Decision:
        """A second person agrees. Raises ``Forbidden`` for the first, ``Conflict``, also where the
        case was decided otherwise meanwhile.
        """
        with self.alone(project_id):
            decision = self._proposed(project_id, who, decision_id)
            case = self.cases.get(project_id, decision.case_id)
            if case.state is CaseState.DECIDED:
                raise Conflict("The case was decided otherwise meanwhile.", field="decision_id")
            agreed = replace(decision, state=DecisionState.IN_FORCE, approved_by=who.id)
            self.decisions.save(agreed, DecisionState.PROPOSED)
            self._enforce(case, agreed, who)
        return agreed

    def decline(self, project_id: str, who: Actor, decision_id: str, reason: str) -> Decision:
        """A second person disagrees: the case waits again. Raises as ``approve``."""
        with self.alone(project_id):
            decision = self._proposed(project_id, who, decision_id)
            declined = self._ended(decision, who, reason, DecisionState.DECLINED)
            self.decisions.save(declined, DecisionState.PROPOSED)
            case = self.cases.get(project_id, decision.case_id)
            state = CaseState.APPEALED if self.is_appealed(case) else CaseState.OPEN
            held = self.in_force(project_id, case.cluster_id)
            stands = None if held is None else held.id
            self.cases.save(replace(case, state=state, decision_id=stands, lease=None))
            self._note(project_id, who, "decision.declined", decision_id, reason)
        return declined

    def undo(
        self, project_id: str, who: Actor, decision_id: str, reason: str
    ) -> tuple[Decision, tuple[Consequence, ...]]:
        """Take a decision back, and what became of each of its consequences. The case waits again.

        Raises ``NotFound``, and ``Conflict`` where it is not in force.
        """
        with self.alone(project_id):
            decision = self.decisions.get(project_id, decision_id)
            if decision.state is not DecisionState.IN_FORCE:
                raise Conflict(f"The decision is {decision.state}, not in force.")
            undone, became = self.end(decision, who, reason)
            case = self.cases.get(project_id, decision.case_id)
            self.cases.save(replace(case, state=CaseState.OPEN, decision_id=None, lease=None))
            self.let_go(decision, who)
        return undone, became

    def is_appealed(self, case: Case) -> bool:
        """Whether an appeal against what was decided of it is open."""
        waiting = self.decisions.appeals(
            case.project_id, case_id=case.id, state=AppealState.OPEN, limit=1
        )
        return bool(waiting.items)

    # Clusters that became one, or two.

    def regrouped(self, project_id: str, told: Regrouping, who: Actor) -> None:
        """Cases and decisions follow their clusters."""
        following = Following(
            self.cases,
            self.decisions,
            self.clusters,
            self.uploads,
            self.consequences,
            self.audit,
            self.opened,
        )
        following.regrouped(project_id, told, who)

    def _supersede(self, case: Case, who: Actor) -> None:
        """Proposals that nobody agreed to yet give way to another decision."""
        proposed = DecisionState.PROPOSED
        for one in self._held(case.project_id, case.cluster_id, proposed):
            why = "another decision took its place"
            self.decisions.save(self._ended(one, who, why, DecisionState.DECLINED), proposed)
            self._note(case.project_id, who, "decision.declined", one.id, why)

    def _held(self, project_id: str, cluster_id: str, state: DecisionState) -> Sequence[Decision]:
        """Newest first."""
        return self.decisions.list(project_id, cluster_id=cluster_id, state=state).items

    def _enforce(self, case: Case, decision: Decision, who: Actor) -> None:
        held = self._held(case.project_id, case.cluster_id, DecisionState.IN_FORCE)
        ended = [before for before in held if before.id != decision.id]
        for before in ended:
            self.end(before, who, "another decision took its place")
        self.consequences.follow(decision)
        self.cases.save(replace(case, state=CaseState.DECIDED, decision_id=decision.id, lease=None))
        made = {"decision": decision.id, "verdict": decision.draft.verdict.value}
        reason = decision.draft.reason
        noted = AuditDraft(who, "case.decided", case.id, reason, detail=made)
        self.audit.append(decision.project_id, noted)
        for before in ended:
            self.let_go(before, who)

    def let_go(self, decision: Decision, who: Actor) -> None:
        """What an ended decision held together is grouped as if it had not been said."""
        told = self.consequences.gathering.let_go(decision)
        if told is not None:
            self.regrouped(decision.project_id, told, who)

    def end(
        self, decision: Decision, who: Actor, reason: str
    ) -> tuple[Decision, tuple[Consequence, ...]]:
        undone = self._ended(decision, who, reason, DecisionState.UNDONE)
        self.decisions.save(undone, DecisionState.IN_FORCE)
        became = self.reversal.take_back(decision)
        self._note(decision.project_id, who, "decision.undone", decision.id, reason)
        return undone, became

    def _ended(self, decision: Decision, who: Actor, reason: str, state: DecisionState) -> Decision:
        now = self.clock()
        return replace(decision, state=state, ended_by=who.id, ended_at=now, end_reason=reason)

    def _at(self, project_id: str, case_id: str, version: int) -> Case:
        case = self.cases.get(project_id, case_id)
        if case.id != case_id:
            raise Conflict(f"It is part of the case {case.id} by now; look there.", field="version")
        if case.version != version:
            raise Conflict(
                f"The case is at version {case.version}, and you looked at {version}; look again.",
                field="version",
            )
        return case

    def _proposed(self, project_id: str, who: Actor, decision_id: str) -> Decision:
        decision = self.decisions.get(project_id, decision_id)
        if decision.by == who.id:
            raise Forbidden("Another person than the first must agree.")
        return decision

    def _note(self, project_id: str, who: Actor, what: str, subject: str, reason: str = "") -> None:
        self.audit.append(project_id, AuditDraft(who, what, subject, reason))
