"""What is done about a match: policies as data, in versions, and what they make of one upload.

A bank says what it asks for at each confidence (``bank.ActionPolicy``). A policy says under which
conditions, and may name scores in place of confidences. The newest live version of the bank's own
policy holds; else that of its project; else nothing is demanded besides the confidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reseen.domain.choices import Action, BankRole, Regime
from reseen.domain.match import Confidence, Segment
from reseen.domain.media import Channel


class PolicyState(StrEnum):
    """A draft is tried on past scores, then goes live; the one before it retires."""

    DRAFT = "draft"
    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Band:
    """What is done from this score up, 0 < ``min_score`` <= 1."""

    min_score: float
    action: Action


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a match covers at least, for an action to follow: seconds of the upload, and shares of
    the upload and of the reference, 0..1; of stills, shares of the frame. Seconds are not asked of
    stills.
    """

    seconds: float = 0.0
    upload_share: float = 0.0
    reference_share: float = 0.0


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """What a client says of a policy. ``bank_id`` ``None``: of all banks without one of their own.

    ``bands`` take the place of the bank's action at each confidence, of the regimes that they are
    given for. ``channels`` are those that count. ``rollout``: the share of uploads, told by a hash
    of their ``content_id``, for which it acts; a match of the others is reviewed at most. A
    ``dry_run`` says what it would do, beside the version that acts, and does nothing. ``severity``,
    0..100, ranks the cases that it opens. ``two_person``: a decision that follows it needs a second
    person.
    """

    bank_id: str | None = None
    bands: Mapping[Regime, tuple[Band, ...]] = field(default_factory=dict)
    overlap: Overlap = Overlap()
    channels: frozenset[Channel] = frozenset({Channel.VISUAL, Channel.AUDIO, Channel.FILE})
    rollout: float = 1.0
    dry_run: bool = False
    severity: int = 50
    two_person: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version. Versions of a bank, or of the project, are numbered from 1 and never change but
    for their state. ``backtest_id`` is the job that tried it on past scores.
    """

    id: str
    project_id: str
    number: int
    draft: PolicyDraft
    state: PolicyState
    created_at: datetime
    created_by: str
    backtest_id: str | None = None
    live_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a rule was told of a match besides its segments: with both another policy is tried on it
    exactly. ``score`` is that of the whole match, ``media`` the regime of both media. Durations are
    in seconds, ``None`` of stills and hashes.
    """

    score: float
    media: Regime
    upload_duration: float | None = None
    reference_duration: float | None = None
    is_quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What a version that runs dry would do, and by which rule. Nothing is done."""

    policy_id: str
    action: Action
    rule: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an upload was answered so: one reference that it matches, and the rule that applied.

    ``asked`` is what the rule asks for, ``action`` what is done: less where the policy runs dry,
    the upload is outside its rollout, the overlap is too small or the reference in quarantine.
    ``rule`` says which, in a sentence with the policy's version.
    """

    reference_id: str
    bank_id: str
    role: BankRole
    score: float
    confidence: Confidence
    regime: Regime
    asked: Action
    action: Action
    rule: str
    policy_id: str | None = None
    segments: tuple[Segment, ...] = ()
    decision_id: str | None = None
    """The decision whose reference, or whose cluster, this is."""
    trial: "Trial | None" = None
    """What a version that runs dry makes of it."""
    basis: Basis | None = None
    """``None`` where it is not kept: other policies cannot be tried on this."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is done with an upload, and every reason, gravest first. ``severity`` is the highest of
    the rules that do something; ``two_person`` if any of them asks for it.
    """

    action: Action
    reasons: tuple[Reason, ...] = ()
    severity: int = 0
    two_person: bool = False
    cleared: bool = False
