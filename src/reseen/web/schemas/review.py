"""Cases, decisions and appeals: what reviewers say, and what they are told."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from reseen.domain.review import (
    Appeal,
    AppealState,
    Case,
    CaseState,
    Consequence,
    ConsequenceKind,
    ConsequenceState,
    Decision,
    DecisionDraft,
    DecisionState,
    Verdict,
)
from reseen.web.schemas.model import LONGEST_NOTE, Answer, Labels, Moment, Request
from reseen.web.schemas.references import BankKey

Id = Annotated[str, Field(min_length=1, max_length=64)]
Why = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]


class DecisionRequest(Request):
    """What a reviewer decides of a case, as it was when it was looked at."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 3,
                    "verdict": "harmful",
                    "policy": "violent extremism",
                    "reason": "It praises an attack.",
                    "labels": ["attack"],
                }
            ]
        }
    )

    version: Annotated[int, Field(ge=1)]
    """The case's. One that has changed since is not decided: look again."""

    verdict: Verdict
    """`harmful`: remove, and catch the next copy. `allowed`: let pass, and clear the next copy.
    `no_action`: let pass."""

    policy: Annotated[str, Field(max_length=200)] = ""
    """Which of your rules was broken; needed where something is harmful."""

    reason: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    """Why, in words that the uploader may read."""

    labels: Labels = Field(default_factory=list)
    """Said of the reference that the next copy is caught with."""

    bank: BankKey | None = None
    """Name or id of the bank that it enters; without it the project's own for such verdicts."""

    def draft(self, bank_id: str | None) -> DecisionDraft:
        labels = tuple(dict.fromkeys(self.labels))
        return DecisionDraft(self.verdict, self.policy, self.reason, labels, bank_id)


class ReasonRequest(Request):
    """Why something is undone or declined."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "It is a scene of a film."}]}
    )

    reason: Why


class AppealRequest(Request):
    """Another look at an upload is asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"upload_id": "upl_5f0c9a3be1d24c77", "reason": "I filmed this myself."}]
        }
    )

    upload_id: Id
    reason: Why
    """What the uploader says."""


class AppealAnswer(Request):
    """What came of the other look."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"state": "overturned", "answer": "It is your own recording."}]
        }
    )

    state: Literal["upheld", "overturned"]
    """`upheld`: the decision stands. `overturned`: it is undone."""

    answer: Why

    def appeal_state(self) -> AppealState:
        return AppealState(self.state)


class LeaseSchema(Answer):
    """Who works on a case."""

    holder: str
    """The id of a key."""

    until: Moment


class CaseSchema(Answer):
    """The work on one cluster of near-copies."""

    id: str
    cluster_id: str
    state: CaseState
    version: int
    """Rises with every change; a decision names the one that it was made on."""

    rank: float
    """Its place in the queue, highest first: severity, reach and age."""

    severity: int
    why: str
    """What opened it."""

    opened_at: Moment
    two_person: bool
    """Whether a second person must agree."""

    lease: LeaseSchema | None
    decision_id: str | None

    @classmethod
    def of(cls, case: Case) -> Self:
        lease = case.lease
        return cls(
            id=case.id,
            cluster_id=case.cluster_id,
            state=case.state,
            version=case.version,
            rank=round(case.rank, 3),
            severity=case.severity,
            why=case.why,
            opened_at=case.opened_at,
            two_person=case.two_person,
            lease=None if lease is None else LeaseSchema(holder=lease.holder, until=lease.until),
            decision_id=case.decision_id,
        )


class CaseList(Answer):
    """Some cases."""

    data: list[CaseSchema]
    next_cursor: str | None


class NextCase(Answer):
    """The case that was given out; null: nothing waits."""

    case: CaseSchema | None


class ConsequenceSchema(Answer):
    """One thing that followed from a decision."""

    kind: ConsequenceKind
    subject: str
    """A reference, an upload or an event, by its id."""

    at: Moment
    state: ConsequenceState
    note: str
    """Why it could not be reversed, where it could not."""

    @classmethod
    def of(cls, one: Consequence) -> Self:
        return cls(kind=one.kind, subject=one.subject, at=one.at, state=one.state, note=one.note)


class DecisionSchema(Answer):
    """A decision; it covers what is in its cluster, and what joins it later."""

    id: str
    case_id: str
    cluster_id: str
    verdict: Verdict
    policy: str
    reason: str
    labels: list[str]
    bank_id: str | None
    state: DecisionState
    by: str
    at: Moment
    approved_by: str | None
    ended_by: str | None
    ended_at: Moment | None
    end_reason: str
    consequences: list[ConsequenceSchema] | None = None
    """What followed; told of one decision, not in lists."""

    @classmethod
    def of(cls, decision: Decision, became: tuple[Consequence, ...] | None = None) -> Self:
        draft = decision.draft
        fields: dict[str, Any] = {
            name: getattr(decision, name)
            for name in ("id", "case_id", "cluster_id", "state", "by", "at", "approved_by")
        }
        ended = {name: getattr(decision, name) for name in ("ended_by", "ended_at", "end_reason")}
        return cls(
            **fields,
            **ended,
            verdict=draft.verdict,
            policy=draft.policy,
            reason=draft.reason,
            labels=list(draft.labels),
            bank_id=draft.bank_id,
            consequences=None if became is None else [ConsequenceSchema.of(o) for o in became],
        )


class DecisionList(Answer):
    """Some decisions."""

    data: list[DecisionSchema]
    next_cursor: str | None


class AppealSchema(Answer):
    """An appeal."""

    id: str
    case_id: str
    upload_id: str
    decision_id: str | None
    """The decision; null where the upload was removed by a policy alone."""

    reason: str
    state: AppealState
    at: Moment
    answered_by: str | None
    answered_at: Moment | None
    answer: str

    @classmethod
    def of(cls, appeal: Appeal) -> Self:
        return cls(
            id=appeal.id,
            case_id=appeal.case_id,
            upload_id=appeal.upload_id,
            decision_id=appeal.decision_id,
            reason=appeal.reason,
            state=appeal.state,
            at=appeal.at,
            answered_by=appeal.answered_by,
            answered_at=appeal.answered_at,
            answer=appeal.answer,
        )


class AppealList(Answer):
    """Some appeals."""

    data: list[AppealSchema]
    next_cursor: str | None
