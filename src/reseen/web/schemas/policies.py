"""Policies: under which conditions a match is acted on, in versions."""

from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field

from reseen.domain.choices import Action, Regime
from reseen.domain.media import Channel
from reseen.domain.policy import Band, Overlap, Policy, PolicyDraft, PolicyState
from reseen.engine.policy import RISING
from reseen.flows.policies import Enacted, Explained
from reseen.web.schemas.model import LONGEST_NOTE, Answer, Moment, Request
from reseen.web.schemas.references import BankKey
from reseen.web.schemas.review import Id
from reseen.web.schemas.uploads import ReasonSchema

MOST_BANDS = 20
LONGEST_OVERLAP_S = 86_400.0
LONGEST_TRIAL_DAYS = 366

Score = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]

EXAMPLE: dict[str, Any] = {
    "bank": "terror",
    "bands": {
        "still": [
            {"min_score": 0.95, "action": "remove"},
            {"min_score": 0.6, "action": "review"},
        ]
    },
    "overlap": {"seconds": 3.0, "upload_share": 0.1},
    "rollout": 0.25,
    "severity": 90,
    "note": "A quarter of all uploads first.",
}


class BandSchema(Request):
    """What is done from a score up."""

    min_score: Score
    action: Action


def _in_order(bands: list[BandSchema]) -> list[BandSchema]:
    """The highest first."""
    falling = sorted(bands, key=lambda band: -band.min_score)
    for higher, lower in pairwise(falling):
        if higher.min_score == lower.min_score:
            raise ValueError(f"{higher.min_score:g} is named twice")
        if RISING.index(higher.action) < RISING.index(lower.action):
            raise ValueError(
                f"{higher.min_score:g} asks for {higher.action}, and {lower.min_score:g} for "
                f"{lower.action}: a higher score may not ask for less"
            )
    return falling


Bands = Annotated[
    list[BandSchema], Field(min_length=1, max_length=MOST_BANDS), AfterValidator(_in_order)
]


class OverlapSchema(Request):
    """What a match covers at least, for an action to follow."""

    seconds: Annotated[float, Field(ge=0, le=LONGEST_OVERLAP_S)] = 0.0
    """Of the upload; not asked of pictures."""

    upload_share: Share = 0.0
    """Of the upload's time and frame, 0 to 1."""

    reference_share: Share = 0.0
    """Of the reference's time and frame, 0 to 1; of the frame alone where the upload is a picture,
    which shows a moment of a film at most."""


def _every_channel() -> list[Channel]:
    return list(Channel)


class PolicyRequest(Request):
    """A new version of the policy of a bank, or of the project."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    bank: BankKey | None = None
    """Name or id; null: for all banks without a policy of their own."""

    bands: dict[Regime, Bands] = Field(default_factory=dict)
    """Scores in place of the bank's confidences, by what is compared. Below the lowest band of a
    regime nothing is asked for; a regime without bands keeps what the bank says of each
    confidence."""

    overlap: OverlapSchema = OverlapSchema()

    channels: Annotated[list[Channel], Field(min_length=1)] = Field(default_factory=_every_channel)
    """Which count. Equal files always do."""

    rollout: Share = 1.0
    """The share of uploads of which it removes; of the others it asks for a review at most. The
    same uploads in every version, and more of them in a wider one."""

    dry_run: bool = False
    """Says what it would do, beside the version that acts, and does nothing."""

    severity: Annotated[int, Field(ge=0, le=100)] = 50
    """Ranks the cases that it opens."""

    two_person: bool = False
    """Whether a second person must agree to what is decided of them."""

    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    """For people."""

    def draft(self, bank_id: str | None) -> PolicyDraft:
        return PolicyDraft(
            bank_id=bank_id,
            bands={
                regime: tuple(Band(band.min_score, band.action) for band in bands)
                for regime, bands in self.bands.items()
            },
            overlap=Overlap(
                self.overlap.seconds, self.overlap.upload_share, self.overlap.reference_share
            ),
            channels=frozenset(self.channels),
            rollout=self.rollout,
            dry_run=self.dry_run,
            severity=self.severity,
            two_person=self.two_person,
            note=self.note,
        )


class LiveRequest(Request):
    """Bring a version into force."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    force: bool = False
    """Although it was not tried on past uploads; `reason` says why."""

    reason: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    """For the audit."""


class PolicyBacktestRequest(Request):
    """Try a version on the past."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since_days": 30}]})

    since_days: Annotated[int, Field(ge=1, le=LONGEST_TRIAL_DAYS)] = 30
    """How far back."""


class ExplainRequest(Request):
    """The upload that a version is to be tried on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"upload_id": "upl_1f0c2ab94e07d3a1"}]}
    )

    upload_id: Id


class PolicyVersion(Answer):
    """One version of a policy. It never changes but for its state."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "pol_51ce0a7733d2b4f9",
                    "bank_id": "bank_4fd1c2a09b7e",
                    "number": 3,
                    "state": "draft",
                    **{name: said for name, said in EXAMPLE.items() if name != "bank"},
                    "overlap": {"seconds": 3.0, "upload_share": 0.1, "reference_share": 0.0},
                    "channels": ["file", "visual", "audio"],
                    "dry_run": False,
                    "two_person": False,
                    "created_at": "2026-05-04T03:02:01.000Z",
                    "created_by": "key_5d0f2f1c",
                    "backtest_id": None,
                    "live_at": None,
                }
            ]
        }
    )

    id: str
    bank_id: str | None
    """Null: of the project, for all banks without a policy of their own."""

    number: int
    """From 1 on, by bank."""

    state: PolicyState
    """`draft`, `live` or `retired`; of each bank, and of the project, one is live and acts at most,
    and one more is live and runs dry."""

    bands: dict[Regime, list[BandSchema]]
    overlap: OverlapSchema
    channels: list[Channel]
    rollout: float
    dry_run: bool
    severity: int
    two_person: bool
    note: str
    created_at: Moment
    created_by: str
    """The id of a key."""

    backtest_id: str | None
    """The job that tried it last on the past."""

    live_at: Moment | None
    """When it went live last."""

    @classmethod
    def of(cls, policy: Policy) -> Self:
        draft, overlap = policy.draft, policy.draft.overlap
        return cls(
            id=policy.id,
            bank_id=draft.bank_id,
            number=policy.number,
            state=policy.state,
            bands={
                regime: [BandSchema(min_score=b.min_score, action=b.action) for b in bands]
                for regime, bands in draft.bands.items()
            },
            overlap=OverlapSchema(
                seconds=overlap.seconds,
                upload_share=overlap.upload_share,
                reference_share=overlap.reference_share,
            ),
            channels=[channel for channel in Channel if channel in draft.channels],
            rollout=draft.rollout,
            dry_run=draft.dry_run,
            severity=draft.severity,
            two_person=draft.two_person,
            note=draft.note,
            created_at=policy.created_at,
            created_by=policy.created_by,
            backtest_id=policy.backtest_id,
            live_at=policy.live_at,
        )


class PolicyList(Answer):
    """Some versions, the newest first."""

    data: list[PolicyVersion]
    next_cursor: str | None


class LiveAnswer(Answer):
    """A version that is in force now."""

    policy: PolicyVersion
    replaced: str | None
    """The version that retired."""

    remarks: list[str]
    """What should be known of it: that it was forced, runs dry, or removes of a share only."""

    @classmethod
    def of(cls, enacted: Enacted) -> Self:
        return cls(
            policy=PolicyVersion.of(enacted.policy),
            replaced=None if enacted.replaced is None else enacted.replaced.id,
            remarks=list(enacted.remarks),
        )


class Explanation(Answer):
    """What a version would say of an upload. Nothing was done."""

    upload_id: str
    policy_id: str
    answered: Action | None
    """What the upload was answered."""

    action: Action
    """What it would be answered now, with this version in the place of the one that is live."""

    severity: int
    """Of the case that it would open."""

    two_person: bool
    cleared: bool
    """Whether allowed references explain all that it matches of harm."""

    reasons: list[ReasonSchema]
    """The gravest first; `rule` says of each what led to its action."""

    @classmethod
    def of(cls, policy_id: str, upload_id: str, explained: Explained) -> Self:
        ruling = explained.ruling
        return cls(
            upload_id=upload_id,
            policy_id=policy_id,
            answered=explained.answered,
            action=ruling.action,
            severity=ruling.severity,
            two_person=ruling.two_person,
            cleared=ruling.cleared,
            reasons=[ReasonSchema.of(reason) for reason in ruling.reasons],
        )
