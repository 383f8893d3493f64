"""Appeals: an uploader asks for another look, at a decision or at an automatic removal.

Somebody answers who did not decide. Everything here is one transaction each, with its audit entry
and its events.
"""

from dataclasses import dataclass, replace
from typing import TypeGuard

from reseen.domain.choices import Action
from reseen.domain.errors import Conflict, Forbidden
from reseen.domain.policy import Ruling
from reseen.domain.record import Actor, AuditDraft
from reseen.domain.review import (
    Appeal,
    AppealState,
    Case,
    CaseState,
    Decision,
    DecisionState,
    Upload,
)
from reseen.flows.review import Reviewing


@dataclass(frozen=True, slots=True)
class Appealing:
    """Over the cases and decisions that ``reviewing`` works on. Any call may raise ``NotReady``."""

    reviewing: Reviewing

    def appeal(self, project_id: str, who: Actor, upload_id: str, reason: str) -> Appeal:
        """An uploader asks for another look. Raises ``NotFound``, and ``Conflict`` where no
        decision holds for the upload and nothing removed it, or an appeal is open.
        """
        with self.reviewing.alone(project_id):
            upload = self.reviewing.uploads.get(project_id, upload_id)
            case_id = self._appealed(upload)
            appeal = self.reviewing.decisions.add_appeal(
                Appeal(
                    id="",
                    project_id=project_id,
                    case_id=case_id,
                    upload_id=upload_id,
                    decision_id=upload.decision_id,
                    reason=reason,
                    state=AppealState.OPEN,
                    at=self.reviewing.clock(),
                )
            )
            case = self.reviewing.cases.get(project_id, case_id)
            self.reviewing.cases.save(replace(case, state=CaseState.APPEALED, lease=None))
            self.reviewing.outbox.emit(project_id, "appeal.opened", {"appeal_id": appeal.id})
            self._note(project_id, who, "appeal.opened", appeal.id, reason)
        return appeal

    def answer(
        self, project_id: str, who: Actor, appeal_id: str, state: AppealState, answer: str
    ) -> Appeal:
        """Uphold the decision, or overturn it, which undoes it; not by who made it. An automatic
        removal that is overturned ends, and the case of its cluster waits for a decision.

        Raises ``NotFound``, ``Forbidden``, ``Conflict`` where it was answered.
        """
        with self.reviewing.alone(project_id):
            appeal = self.reviewing.decisions.appeal(project_id, appeal_id)
            decision = self._decision_of(appeal)
            if decision is not None and who.id in (decision.by, decision.approved_by):
                raise Forbidden("Who decided does not answer the appeal; somebody else must.")
            answered = replace(
                appeal,
                state=state,
                answered_by=who.id,
                answered_at=self.reviewing.clock(),
                answer=answer,
            )
            self.reviewing.decisions.save_appeal(answered, AppealState.OPEN)
            case = self.reviewing.cases.get(project_id, appeal.case_id)
            is_overturned = state is AppealState.OVERTURNED
            if is_overturned and decision is None:
                self._let_pass(self.reviewing.uploads.get(project_id, appeal.upload_id))
            if is_overturned and _is_in_force(decision):
                self.reviewing.end(decision, who, answer)
                self.reviewing.cases.save(
                    replace(case, state=CaseState.OPEN, decision_id=None, lease=None)
                )
                self.reviewing.let_go(decision, who)
            elif case.state is CaseState.APPEALED:
                self.reviewing.cases.save(replace(case, state=self._answered(case), lease=None))
            said = {"appeal_id": appeal_id, "state": str(state), "answer": answer}
            self.reviewing.outbox.emit(project_id, "appeal.answered", said)
            self._note(project_id, who, "appeal.answered", appeal_id, answer)
        return answered

    def _appealed(self, upload: Upload) -> str:
        """The case that an appeal of this upload is of."""
        if upload.decision_id is not None:
            return self.reviewing.decisions.get(upload.project_id, upload.decision_id).case_id
        if upload.action is not Action.REMOVE or upload.cluster_id is None:
            said = "Nothing was decided of this upload, and nothing removed it."
            raise Conflict(said, field="upload_id")
        cluster = self.reviewing.clusters.get(upload.project_id, upload.cluster_id)
        ruling = Ruling(Action.REVIEW, upload.reasons, severity=50)
        return self.reviewing.opened(
            upload.project_id, cluster, ruling, "an automatic removal is appealed"
        ).id

    def _decision_of(self, appeal: Appeal) -> Decision | None:
        if appeal.decision_id is None:
            return None
        return self.reviewing.decisions.get(appeal.project_id, appeal.decision_id)

    def _let_pass(self, upload: Upload) -> None:
        if upload.decision_id is None and upload.action is Action.REMOVE:
            changed = replace(upload, action=Action.PASS)
            self.reviewing.uploads.save(changed)
            self.reviewing.consequences.tell(changed)

    def _answered(self, case: Case) -> CaseState:
        """What a case is once an appeal was answered and changed nothing."""
        if self.reviewing.is_appealed(case):
            return CaseState.APPEALED
        held = self.reviewing.in_force(case.project_id, case.cluster_id)
        return CaseState.OPEN if held is None else CaseState.DECIDED

    def _note(self, project_id: str, who: Actor, what: str, subject: str, reason: str) -> None:
        self.reviewing.audit.append(project_id, AuditDraft(who, what, subject, reason))


def _is_in_force(decision: Decision | None) -> TypeGuard[Decision]:
    return decision is not None and decision.state is DecisionState.IN_FORCE
