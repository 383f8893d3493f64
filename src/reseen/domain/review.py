"""From an upload to a decision and back: what people work on.

Identifiers are text made by the store: ``upl_...``, ``clu_...``, ``cas_...``, ``dec_...``,
``app_...``. Times are aware and in UTC. ``by`` is the id of a key,
or that of ``record.SYSTEM_ACTOR``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from reseen.domain.choices import Action
from reseen.domain.errors import ReseenError
from reseen.domain.policy import Reason


class UploadState(StrEnum):
    """An upload that is answered later is ``PENDING`` until its job ends."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class UploadDraft:
    """What a client says of an upload. ``content_id`` and ``account_id`` are the client's names; a
    ``content_id`` is uploaded once in a project. ``reach`` is how many have seen it by now.
    """

    content_id: str
    account_id: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reach: int = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """One act of uploading. ``action`` is what holds now: that of the policy, until a decision
    covers it. ``ruled`` is what the policy said on arrival. ``content`` is the number of the
    reference in the ``seen`` bank; ``media_key`` is where the encrypted media lie, while they do.
    """

    id: str
    project_id: str
    draft: UploadDraft
    state: UploadState
    received_at: datetime
    sha256: str = ""
    content: int | None = None
    reference_id: str | None = None
    cluster_id: str | None = None
    action: Action | None = None
    ruled: Action | None = None
    reasons: tuple[Reason, ...] = ()
    decision_id: str | None = None
    media_key: str | None = None
    job_id: str | None = None
    error: ReseenError | None = None
    late_from: int | None = None
    """The change of the truth after which what was added was not searched; ``None``: all was."""


ACCOUNT = "account:"
"""Before the client's name of an account, where a legal hold names it."""


def subjects_of(upload: Upload, case_id: str | None) -> tuple[str, ...]:
    """By what a legal hold may keep an upload: itself, its cluster, its case, its account."""
    named = (upload.id, upload.cluster_id, case_id, ACCOUNT + upload.draft.account_id)
    return tuple(subject for subject in named if subject)


class CaseState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    APPEALED = "appealed"
    """Decided, and to be looked at again."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a case, and until when nobody else may."""

    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """The work on one cluster. ``rank`` orders the queue, highest first; ``why`` says what opened
    it. A write that names another ``version`` than the present one is refused.
    """

    id: str
    project_id: str
    cluster_id: str
    state: CaseState
    version: int
    rank: float
    severity: int
    why: str
    opened_at: datetime
    two_person: bool = False
    lease: Lease | None = None
    decision_id: str | None = None


class Verdict(StrEnum):
    """``HARMFUL``: remove, and catch the next copy. ``ALLOWED``: let pass, and clear the next copy.
    ``NO_ACTION``: let pass, and say nothing of the next copy.
    """

    HARMFUL = "harmful"
    ALLOWED = "allowed"
    NO_ACTION = "no_action"


class DecisionState(StrEnum):
    PROPOSED = "proposed"
    """A second person is to agree."""
    IN_FORCE = "in_force"
    DECLINED = "declined"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """What a reviewer decides. ``policy`` names the platform's rule that was broken; ``reason``
    says why, in words that the uploader may read. ``bank_id``: where the representative goes;
    ``None``: the project's bank for such verdicts, or nowhere for ``NO_ACTION``.
    """

    verdict: Verdict
    policy: str = ""
    reason: str = ""
    labels: tuple[str, ...] = ()
    bank_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a case; it covers the members of its cluster, present and future."""

    id: str
    project_id: str
    case_id: str
    cluster_id: str
    draft: DecisionDraft
    state: DecisionState
    by: str
    at: datetime
    approved_by: str | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_reason: str = ""


class ConsequenceKind(StrEnum):
    REFERENCE = "reference"
    """The representative entered a bank; ``subject`` is the reference."""
    ACTION = "action"
    """An upload's action changed; ``subject`` is the upload, ``before`` the action it had."""
    EVENT = "event"
    """Others were told; ``subject`` is the event."""
    MEDIA = "media"
    """Kept media were deleted; ``subject`` is the upload. It cannot be reversed."""
    HELD = "held"
    """Members that hang on by a piece are held together; ``subject`` is the cluster."""


class ConsequenceState(StrEnum):
    DONE = "done"
    REVERSED = "reversed"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that followed from a decision, so that it can be taken back."""

    decision_id: str
    number: int
    kind: ConsequenceKind
    subject: str
    at: datetime
    state: ConsequenceState = ConsequenceState.DONE
    before: str | None = None
    note: str = ""


class AppealState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    """The decision stands."""
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Appeal:
    """An uploader asks for another look: at a decision, or (``None``) at an automatic removal."""

    id: str
    project_id: str
    case_id: str
    upload_id: str
    decision_id: str | None
    reason: str
    state: AppealState
    at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None
    answer: str = ""
