"""A case as whoever reviews it sees it: with its cluster, a face, and who works on it."""

from dataclasses import dataclass
from datetime import datetime

from reseen.domain.cluster import Cluster
from reseen.domain.media import Medium
from reseen.domain.review import Case, Decision, Upload

STRETCHES = 24
"""Into how many equal stretches of time the uploads of a cluster are counted."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many uploads came in each of ``STRETCHES`` equal stretches between two moments."""

    since: datetime
    until: datetime
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """What stands for a content: its first upload, of those whose media are kept if any are."""

    upload: Upload
    medium: Medium | None


@dataclass(frozen=True, slots=True)
class Brief:
    """``holder`` is the name of who works on the case; ``proposal`` waits for a second person."""

    case: Case
    cluster: Cluster
    reference_id: str
    face: Face | None
    arrivals: Arrivals
    holder: str
    proposal: Decision | None = None


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What an upload matched, and an upload that shows it, where its media are kept."""

    reference_id: str
    upload: Upload | None
