"""Why an upload was removed, in the words of Article 17 of the Digital Services Act.

Names and values of the fields are those of the Commission's Transparency Database, as of July 2025
(https://transparency.dsa.ec.europa.eu/page/api-documentation), so that a record can be sent there.
What that has no field for stands at the end, from ``OWN`` on, and is left out there.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from reseen.domain.choices import Action
from reseen.domain.media import Medium
from reseen.domain.moment import rfc3339
from reseen.domain.review import Decision, Upload

REMOVED = "DECISION_VISIBILITY_CONTENT_REMOVED"
ILLEGAL, INCOMPATIBLE = "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"
OTHER_VIOLATION = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
CATEGORY, KEYWORD = "STATEMENT_CATEGORY_", "KEYWORD_"
"""How labels of a decision begin that say the category, and what is more special."""

CONTENT_TYPES: Mapping[Medium | None, str] = {
    Medium.IMAGE: "CONTENT_TYPE_IMAGE",
    Medium.VIDEO: "CONTENT_TYPE_VIDEO",
    Medium.AUDIO: "CONTENT_TYPE_AUDIO",
    None: "CONTENT_TYPE_OTHER",
}
OWN_INITIATIVE, NOTICE, OTHER_NOTICE = (
    "SOURCE_VOLUNTARY",
    "SOURCE_ARTICLE_16",
    "SOURCE_TYPE_OTHER_NOTIFICATION",
)
FULLY, PARTIALLY, NOT_AUTOMATED = (
    "AUTOMATED_DECISION_FULLY",
    "AUTOMATED_DECISION_PARTIALLY",
    "AUTOMATED_DECISION_NOT_AUTOMATED",
)

_COUNTRIES = "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEISITLILTLULVMTNLNOPLPTROSESISK"
EEA = tuple(_COUNTRIES[at : at + 2] for at in range(0, len(_COUNTRIES), 2))
"""The European Economic Area."""

REDRESS = (
    "You may complain to us free of charge within six months (Article 20 of the Digital Services "
    "Act), choose a certified body to settle the dispute out of court (Article 21), or go to court."
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operator says once for all statements. ``laws`` are the policies of decisions that
    name a law, not a rule of the platform's own.
    """

    territory: tuple[str, ...] = EEA
    laws: frozenset[str] = frozenset()
    redress: str = REDRESS


@dataclass(frozen=True, slots=True)
class Act:
    """A decision that changed what is done with an upload, and when; ``undone`` where its
    ``before`` was restored when the decision ended.
    """

    decision: Decision
    at: datetime
    before: Action | None = None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Overturned:
    """An appeal against an automatic removal was granted: the upload was shown again."""

    at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class Restricted:
    """An upload that was removed at some time, with all that decisions did to it, oldest first, and
    the appeals that were granted where no decision had removed it.
    """

    upload: Upload
    medium: Medium | None
    acts: tuple[Act, ...] = ()
    overturned: tuple[Overturned, ...] = ()


@dataclass(frozen=True, slots=True)
class Background:
    """What else there is to know of a removal: when the upload was first reported, the decision
    behind what it matches, and the name of the list that this is on.
    """

    reported_at: datetime | None = None
    origin: Decision | None = None
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One removal of one upload. Days are as ``2026-03-01``; ``puid`` is never used again."""

    puid: str
    decision_visibility: tuple[str, ...]
    decision_ground: str
    illegal_content_legal_ground: str | None
    illegal_content_explanation: str | None
    incompatible_content_ground: str | None
    incompatible_content_explanation: str | None
    content_type: tuple[str, ...]
    content_type_other: str | None
    category: str
    category_specification: tuple[str, ...]
    territorial_scope: tuple[str, ...]
    content_date: str
    application_date: str
    end_date_visibility_restriction: str | None
    decision_facts: str
    source_type: str
    automated_detection: str
    automated_decision: str
    upload_id: str
    platform_content_id: str
    platform_account_id: str
    decision_id: str | None
    applied_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str
    redress: str


OWN = "upload_id"
"""The first field that is ours."""

COLUMNS = tuple(Statement.__dataclass_fields__)


def told(statement: Statement) -> dict[str, Any]:
    """A statement as plain JSON values."""
    said = asdict(statement)
    said["applied_at"] = rfc3339(statement.applied_at)
    if statement.withdrawn_at is not None:
        said["withdrawn_at"] = rfc3339(statement.withdrawn_at)
    return said
