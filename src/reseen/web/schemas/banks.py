"""Banks: what a client says of one, and what it is told."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from reseen.domain.bank import ActionPolicy, Bank, BankDraft
from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Cuts
from reseen.flows.past_scores import STEPS, PastScores
from reseen.web.schemas.model import UNCHANGED, Answer, Moment, Request

LONGEST_RETENTION_S = 100 * 366 * 86_400.0

BankName = Annotated[str, Field(min_length=1, max_length=100)]
Trust = Annotated[float, Field(ge=0, le=1)]
Retention = Annotated[float, Field(gt=0, le=LONGEST_RETENTION_S)]
Score = Annotated[float, Field(gt=0, le=1)]

LONGEST_LOOK_BACK_DAYS = 366

EXAMPLE: dict[str, Any] = {
    "name": "terror",
    "role": "known",
    "thresholds": {"still": {"low": 0.3, "medium": 0.7, "high": 0.95}},
    "policy": {"high": "remove", "medium": "review", "low": "pass"},
}


class CutsSchema(Request):
    """Scores from which confidence is low, medium and high; a match is medium or high."""

    low: Score
    medium: Score
    high: Score

    @model_validator(mode="after")
    def _rise(self) -> Self:
        self.cuts()
        return self

    def cuts(self) -> Cuts:
        return Cuts(self.low, self.medium, self.high)

    @classmethod
    def of(cls, cuts: Cuts) -> Self:
        return cls(low=cuts.low, medium=cuts.medium, high=cuts.high)


class PolicySchema(Request):
    """What to do at each confidence; an allowed bank always lets pass."""

    high: Action = Action.REVIEW
    medium: Action = Action.REVIEW
    low: Action = Action.PASS


class PolicyChange(Request):
    """The confidences whose action changes."""

    high: Action = UNCHANGED
    medium: Action = UNCHANGED
    low: Action = UNCHANGED


class BankRequest(Request):
    """A new bank."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: BankName
    """What people call it, once in the project."""

    role: BankRole = BankRole.KNOWN
    """What a match means. `known`: harm. `recent`: actioned lately. `allowed`: cleared. `seen`:
    uploaded before."""

    thresholds: dict[Regime, CutsSchema] = Field(default_factory=dict)
    """By what is compared; the usual ones hold for what is not named."""

    policy: PolicySchema = PolicySchema()
    """What to do at each confidence."""

    trust: Trust = 1.0
    """How far its source is trusted, 0 to 1; handed on with each match."""

    retention_s: Retention | None = None
    """Seconds after which a new reference expires; null: never."""

    enabled: bool = True
    """Whether it may match."""

    def draft(self) -> BankDraft:
        return BankDraft(
            name=self.name,
            role=self.role,
            cuts={regime: cuts.cuts() for regime, cuts in self.thresholds.items()},
            policy=ActionPolicy(self.policy.high, self.policy.medium, self.policy.low),
            trust=self.trust,
            retention_s=self.retention_s,
            enabled=self.enabled,
        )


class BankChange(Request):
    """What changes; the rest stays. Holds from the next search on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    name: BankName = UNCHANGED
    role: BankRole = UNCHANGED
    thresholds: dict[Regime, CutsSchema | None] = UNCHANGED
    """The regimes that change; null: the usual ones again."""

    policy: PolicyChange = UNCHANGED
    trust: Trust = UNCHANGED
    retention_s: Retention | None = UNCHANGED
    """Of references that are added from now on."""

    enabled: bool = UNCHANGED

    def applied(self, draft: BankDraft) -> BankDraft:
        """The draft with what was sent."""
        plain = self.model_fields_set - {"thresholds", "policy"}
        draft = replace(draft, **{name: getattr(self, name) for name in plain})
        if "thresholds" in self.model_fields_set:
            merged = dict(draft.cuts)
            for regime, cuts in self.thresholds.items():
                merged.pop(regime, None)
                if cuts is not None:
                    merged[regime] = cuts.cuts()
            draft = replace(draft, cuts=merged)
        if "policy" in self.model_fields_set:
            changed = {name: getattr(self.policy, name) for name in self.policy.model_fields_set}
            draft = replace(draft, policy=replace(draft.policy, **changed))
        return draft


class BankSchema(Answer):
    """A named set of references."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "bank_4fd1c2a09b7e",
                    **EXAMPLE,
                    "trust": 1.0,
                    "retention_s": None,
                    "enabled": True,
                    "references": 1204,
                    "created_at": "2026-05-04T03:02:01.000Z",
                }
            ]
        }
    )

    id: str
    name: str
    role: BankRole
    """What a match means: `known` harm, `recent` actioned lately, `allowed` cleared, `seen`
    uploaded before."""

    thresholds: dict[Regime, CutsSchema]
    """By what is compared, where they differ from the usual ones."""

    policy: PolicySchema
    """What to do at each confidence."""

    trust: float
    """How far its source is trusted, 0 to 1."""

    retention_s: float | None
    """Seconds after which a new reference expires; null: never."""

    enabled: bool
    """Whether it may match."""

    references: int
    """How many it holds, those that may not match now included."""

    created_at: Moment

    @classmethod
    def of(cls, bank: Bank, references: int) -> Self:
        draft = bank.draft
        return cls(
            id=bank.id,
            name=draft.name,
            role=draft.role,
            thresholds={regime: CutsSchema.of(cuts) for regime, cuts in draft.cuts.items()},
            policy=PolicySchema(
                high=draft.policy.high, medium=draft.policy.medium, low=draft.policy.low
            ),
            trust=draft.trust,
            retention_s=draft.retention_s,
            enabled=draft.enabled,
            references=references,
            created_at=bank.created_at,
        )


class BankList(Answer):
    """A stretch of the banks, by name."""

    data: list[BankSchema]
    next_cursor: str | None
    """Send it as `cursor` for the following ones; null at the end."""


class RegimeScores(Answer):
    """Past searches in one regime."""

    thresholds: CutsSchema
    """Those that hold now: the bank's, or the usual ones."""

    usual: bool
    """Whether they are the usual ones."""

    counts: list[int]
    """How many searches scored best in each hundredth: entry 60 counts scores from 0.60 to 0.61,
    the last one scores of 1. A cut at 0.6 would match the sum from entry 60 on."""


class BankScores(Answer):
    """How past searches scored against a bank, for whoever looks for a threshold."""

    bank_id: str
    since: Moment
    first_at: Moment | None
    """The time of the oldest search that is counted; null where there was none."""

    queries: int
    """Different media that were searched for and had a score here."""

    regimes: dict[Regime, RegimeScores]
    """By what is compared, every regime."""

    @classmethod
    def of(cls, bank: Bank, usual: Cuts, since: datetime, past: PastScores) -> Self:
        return cls(
            bank_id=bank.id,
            since=since,
            first_at=past.first,
            queries=past.queries,
            regimes={
                regime: RegimeScores(
                    thresholds=CutsSchema.of(bank.draft.cuts.get(regime, usual)),
                    usual=regime not in bank.draft.cuts,
                    counts=list(past.bins.get(regime, (0,) * (STEPS + 1))),
                )
                for regime in Regime
            },
        )
