"""Uploads: what a platform says of one, and what it is told to do with it."""

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Confidence
from reseen.domain.policy import Reason
from reseen.domain.review import Upload, UploadDraft
from reseen.web.schemas.model import LONGEST_NOTE, Answer, ErrorSchema, Moment, Request, Url
from reseen.web.schemas.segment import SegmentSchema

LARGEST_REACH = 1 << 53

ClientId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Described(Request):
    """What is said of an upload."""

    content_id: ClientId
    """Your name for it. Sent again with the same file, the answer is the same."""

    account_id: ClientId
    """Your name for who uploaded it."""

    metadata: dict[str, Any] = Field(default_factory=dict)
    """Any JSON object, kept with it and shown to reviewers."""

    reach: Annotated[int, Field(ge=0, le=LARGEST_REACH)] = 0
    """How many people have seen it by now."""

    def draft(self) -> UploadDraft:
        return UploadDraft(self.content_id, self.account_id, self.metadata, self.reach)


class UploadForm(Described):
    """The texts of a form with a file, or with its address."""

    url: Url | None = None
    wait: bool = True


class UploadRequest(Described):
    """An upload: `url`, or the file of a form."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "content_id": "post-8812",
                    "account_id": "user-17",
                    "url": "https://example.com/upload.mp4",
                    "metadata": {"language": "en"},
                }
            ]
        }
    )

    url: Url | None = None
    """Where the medium is."""

    wait: bool = True
    """Whether to answer when all is known. If not, the upload is `pending` at first, a job works on
    it, and the event `upload.answered` tells of the answer."""


class Reported(Request):
    """What is said of a report."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    """Why somebody should look at it."""

    severity: Annotated[int, Field(ge=0, le=100)] = 50
    """How bad it is if it is so; ranks the case."""


class ReportForm(Reported):
    """The texts of a form with the file, for reviewers, where none is kept."""


class ReportRequest(Reported):
    """Somebody says that an upload is harmful."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "It shows an attack.", "severity": 80}]}
    )


class DryRunSchema(Answer):
    """What a version that runs dry would do about a match. Nothing is done."""

    policy_id: str
    action: Action
    rule: str
    """Which rule, in words."""


class ReasonSchema(Answer):
    """One reference that the upload matches, and the rule that applied. The source of a segment is
    the upload, the target the reference.
    """

    reference_id: str
    bank_id: str
    role: BankRole
    """What a match with its bank means."""

    similarity_score: float
    confidence: Confidence
    regime: Regime
    rule: str
    """Which rule, in words: bank or policy with its version, and what held it back."""

    asked: Action
    """What the rule asks for."""

    action: Action
    """What it led to."""

    policy_id: str | None = None
    dry_run: DryRunSchema | None = None
    """What a version that runs dry beside it would do."""

    decision_id: str | None = None
    """The decision that the reference comes from."""

    matched_segments: list[SegmentSchema]

    @classmethod
    def of(cls, reason: Reason) -> Self:
        return cls(
            reference_id=reason.reference_id,
            bank_id=reason.bank_id,
            role=reason.role,
            similarity_score=round(reason.score, 4),
            confidence=reason.confidence,
            regime=reason.regime,
            rule=reason.rule,
            asked=reason.asked,
            action=reason.action,
            policy_id=reason.policy_id,
            dry_run=None if reason.trial is None else DryRunSchema(**asdict(reason.trial)),
            decision_id=reason.decision_id,
            matched_segments=[SegmentSchema.of(segment) for segment in reason.segments],
        )


class UploadSchema(Answer):
    """An upload, and what is done with it."""

    id: str
    content_id: str
    account_id: str
    metadata: dict[str, Any]
    reach: int
    state: Literal["pending", "done", "failed"]
    received_at: Moment
    action: Action | None
    """What holds now: that of the policy, until a decision covers it. Null while it is pending."""

    ruled: Action | None
    """What the policy said on arrival."""

    reasons: list[ReasonSchema]
    """Why, the gravest first."""

    reference_id: str | None
    """What is kept of it, in the bank of uploads."""

    cluster_id: str | None
    """The near-copies that it is one of."""

    decision_id: str | None
    """The decision that covers it."""

    job_id: str | None = None
    """The job that answers it, where it is answered later."""

    error: ErrorSchema | None = None
    """Why it could not be answered."""

    media_kept: bool
    """Whether reviewers can look at it."""


class UploadList(Answer):
    """Some uploads."""

    data: list[UploadSchema]
    next_cursor: str | None


def upload_fields(upload: Upload) -> dict[str, Any]:
    """All of ``UploadSchema`` but its error."""
    return {
        "id": upload.id,
        "content_id": upload.draft.content_id,
        "account_id": upload.draft.account_id,
        "metadata": dict(upload.draft.metadata),
        "reach": upload.draft.reach,
        "state": upload.state.value,
        "received_at": upload.received_at,
        "action": upload.action,
        "ruled": upload.ruled,
        "reasons": [ReasonSchema.of(reason) for reason in upload.reasons],
        "reference_id": upload.reference_id,
        "cluster_id": upload.cluster_id,
        "decision_id": upload.decision_id,
        "job_id": upload.job_id,
        "media_kept": upload.media_key is not None,
    }
